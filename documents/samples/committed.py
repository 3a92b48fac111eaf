"""The small set kept in the repository, for ``seed --demo`` and the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from documents.samples.build import Made, make, write
from documents.samples.people import person

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Sample:
    """One committed file: its stem, layout, patient, capture variant and seed."""

    stem: str
    layout: str
    patient: str
    variant: str
    seed: int


SAMPLES: tuple[Sample, ...] = (
    Sample("lab-rodriguez", "lab-classic", "alex-rodriguez", "text", 3),
    Sample("lab-garcia-photo", "lab-inout", "maria-garcia", "photo", 2),
    Sample("lab-smith-scan", "lab-grid", "james-smith", "scan", 4),
    Sample("lab-oconnor-fax", "lab-typewriter", "siobhan-oconnor", "faxfine", 5),
    Sample("lab-beaumont-cumulative", "lab-cumulative", "jean-luc-beaumont", "text", 6),
    Sample("lab-muller-german", "lab-german", "jurgen-muller", "text", 7),
    Sample("lab-nguyen-rotated", "lab-wrapped", "nguyen-thi-mai", "rotated", 8),
)


def build(sample: Sample) -> Made:
    """Draw and capture one committed sample."""
    return make(sample.layout, person(sample.patient), sample.variant, sample.seed)


def write_committed(folder: Path = FILES) -> list[Path]:
    """Write every committed sample, its truth, and ``manifest.json`` with all of it."""
    entries, paths = [], []
    for sample in SAMPLES:
        made = build(sample)
        path = write(made, folder, sample.stem)
        paths.append(path)
        entries.append(
            {
                "file": path.name,
                "truth": f"{sample.stem}.json",
                "kind": made.truth.kind,
                "patient": made.truth.patient,
                "layout": sample.layout,
                "variant": sample.variant,
                "pages": made.truth.pages,
            }
        )
    text = json.dumps(entries, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return paths
