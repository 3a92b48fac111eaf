"""The small set kept in the repository, for ``seed --demo`` and the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from documents.samples.build import Made, make, make_packet, write
from documents.samples.people import person

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Sample:
    """One committed file: stem, (layout, patient) of each part, capture variant and seed."""

    stem: str
    parts: tuple[tuple[str, str], ...]
    variant: str
    seed: int


def _one(stem: str, layout: str, patient: str, variant: str, seed: int) -> Sample:
    return Sample(stem, ((layout, patient),), variant, seed)


ALEX, MARIA, JAMES = "alex-rodriguez", "maria-garcia", "james-smith"
SAMPLES: tuple[Sample, ...] = (
    _one("lab-rodriguez", "lab-classic", ALEX, "text", 3),
    _one("lab-garcia-photo", "lab-inout", MARIA, "photo", 2),
    _one("lab-smith-scan", "lab-grid", JAMES, "scan", 4),
    _one("lab-oconnor-fax", "lab-typewriter", "siobhan-oconnor", "fax", 5),
    _one("lab-beaumont-cumulative", "lab-cumulative", "jean-luc-beaumont", "text", 6),
    _one("lab-muller-german", "lab-german", "jurgen-muller", "text", 7),
    _one("lab-nguyen-rotated", "lab-wrapped", "nguyen-thi-mai", "rotated", 8),
    _one("card-garcia-photo", "card-band", MARIA, "photo", 9),
    _one("card-williams-copy", "card-photocopy", "dashawn-williams", "scan", 10),
    _one("referral-smith", "history-referral", JAMES, "text", 11),
    _one("history-delacruz-scan", "history-intake", "ana-de-la-cruz", "scan", 12),
    _one("imaging-rodriguez", "imaging-centre", ALEX, "text", 13),
    _one("denial-rodriguez", "letter-denial", ALEX, "scan", 14),
    _one("discharge-smith", "visit-discharge", JAMES, "text", 15),
    _one("visit-cermak", "visit-note", "lukasz-cermak", "turned", 16),
    _one("consent-garcia-scan", "consent-procedure", MARIA, "scan", 17),
    _one("consent-blank", "blank-consent", MARIA, "text", 18),
    _one("claim-smith", "claim-form", JAMES, "text", 19),
    Sample(
        "packet-two-patients",
        (("fax-cover", ALEX), ("lab-classic", ALEX), ("lab-classic", "beatrix-vanderberg")),
        "faxpdf",
        20,
    ),
)


def build(sample: Sample) -> Made:
    """Draw and capture one committed sample."""
    if len(sample.parts) == 1:
        layout, patient = sample.parts[0]
        return make(layout, person(patient), sample.variant, sample.seed)
    pieces = [(layout, person(patient)) for layout, patient in sample.parts]
    return make_packet(pieces, name="packet", variant=sample.variant, seed=sample.seed)


def write_committed(folder: Path = FILES) -> list[Path]:
    """Write every committed sample, its truth, and ``manifest.json`` with all of it."""
    entries: list[dict[str, object]] = []
    paths: list[Path] = []
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
                "layout": made.truth.layout,
                "variant": sample.variant,
                "pages": made.truth.pages,
            }
        )
    text = json.dumps(entries, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return paths
