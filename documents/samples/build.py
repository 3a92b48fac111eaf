"""A document from a layout, a patient, a capture variant and a seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from documents.samples import capture, paperfile
from documents.samples.capture import Shot
from documents.samples.catalogue import Layout, layout
from documents.samples.packets import join
from documents.samples.people import Person
from documents.samples.sheet import Sheet
from documents.samples.truth import Box, Part, Truth

FAX_LINE = "{when}  FROM: FRONT DESK  (309) 555-0149  TO: (217) 555-0101   P.{page:02d}/{pages:02d}"
VARIANTS = (
    "text",
    "turned",
    "scan",
    "poorscan",
    "fax",
    "faxfine",
    "faxpdf",
    "photo",
    "photopdf",
    "lowres",
    "rotated",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file and its answers."""

    data: bytes
    suffix: str
    truth: Truth


def rng_for(*parts: object) -> Random:
    """A generator that depends on nothing but these parts."""
    return Random("|".join(str(part) for part in parts))  # noqa: S311 - sample data, not secrets


def draw(plan: Layout, person: Person, seed: int) -> tuple[bytes, Truth]:
    """The clean PDF of a layout for a patient."""
    rng = rng_for(seed, plan.name, person.key)
    family = rng.choice(plan.families) if person.latin1 else "vera"
    sheet = Sheet(size=plan.size, family=family)
    plan.draw(sheet, rng, person)
    data = sheet.finish()
    pages = tuple(range(1, sheet.page + 1))
    patient = None if plan.blank else person.key
    truth = Truth(
        kind=plan.kind,
        layout=plan.name,
        variant="text",
        patient=patient,
        pages=len(pages),
        fields=tuple(sheet.fields),
        parts=(Part(plan.kind, pages, patient),),
        language=plan.language,
        blank=plan.blank,
        held_out=plan.held_out,
    )
    return data, truth


def make_packet(
    pieces: Sequence[tuple[str, Person]], *, name: str, variant: str, seed: int
) -> Made:
    """Several layouts in one file, in order."""
    drawn = [draw(layout(part), who, seed + n) for n, (part, who) in enumerate(pieces)]
    pdf, truth = join(drawn, name=name)
    return captured(pdf, truth, variant, seed)


def make(layout_name: str, person: Person, variant: str, seed: int) -> Made:
    """A sample document; the same bytes for the same arguments."""
    pdf, truth = draw(layout(layout_name), person, seed)
    return captured(pdf, truth, variant, seed)


def captured(pdf: bytes, truth: Truth, variant: str, seed: int) -> Made:
    """A clean PDF put through a capture variant, the truth boxes with it."""
    if variant == "text":
        return Made(pdf, ".pdf", truth)
    if variant == "turned":
        return Made(paperfile.turned_text(pdf), ".pdf", truth.mapped(lambda _, box: box, variant))
    bits = rng_for(seed, truth.layout, truth.patient, variant).getrandbits(63)
    rng = np.random.default_rng(bits)
    shots, data, suffix = _CAPTURES[variant](pdf, rng)

    def move(page: int, box: Box) -> Box:
        return capture.map_box(shots[page - 1].matrix, box)

    return Made(data, suffix, truth.mapped(move, variant))


Captured = tuple[list[Shot], bytes, str]


def _scan(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = [capture.scan(page, rng) for page in capture.render(pdf, 200)]
    return shots, paperfile.image_pdf(shots), ".pdf"


def _poor_scan(pdf: bytes, rng: np.random.Generator) -> Captured:
    pages = capture.render(pdf, 150)
    shots = [capture.scan(page, rng, poor=True, dpi=150) for page in pages]
    return shots, paperfile.image_pdf(shots, quality=50), ".pdf"


def _faxed(pdf: bytes, rng: np.random.Generator, *, fine: bool = False) -> list[Shot]:
    pages = capture.render(pdf, 204)
    when = f"{int(rng.integers(1, 12)):02d}/{int(rng.integers(1, 28)):02d}/2026 09:14"
    return [
        capture.fax(page, rng, FAX_LINE.format(when=when, page=number, pages=len(pages)), fine=fine)
        for number, page in enumerate(pages, 1)
    ]


def _fax(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = _faxed(pdf, rng)
    return shots, paperfile.tiff(shots), ".tif"


def _fax_fine(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = _faxed(pdf, rng, fine=True)
    return shots, paperfile.tiff(shots), ".tif"


def _fax_pdf(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = _faxed(pdf, rng)
    return shots, paperfile.image_pdf(shots), ".pdf"


def _photographed(pdf: bytes, rng: np.random.Generator, *, tag: bool) -> list[Shot]:
    small = capture.render(pdf, 20)[0]
    # A card is held closer to the camera than a sheet of paper.
    dpi = 190 if small.shape[1] > 110 else 420
    return [
        capture.photo(page, rng, exif=int(rng.choice((1, 3, 6, 8))) if tag else 1)
        for page in capture.render(pdf, dpi)
    ]


def _photo(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = _photographed(pdf, rng, tag=True)
    if len(shots) == 1:
        return shots, paperfile.jpeg(shots[0]), ".jpg"
    return _photo_pdf(pdf, rng)


def _photo_pdf(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = _photographed(pdf, rng, tag=False)
    return shots, paperfile.image_pdf(shots, quality=75), ".pdf"


def _low_resolution(pdf: bytes, rng: np.random.Generator) -> Captured:
    shots = [capture.low_resolution(page, rng) for page in capture.render(pdf, 96)]
    if len(shots) == 1:
        return shots, paperfile.jpeg(shots[0], 60), ".jpg"
    return shots, paperfile.image_pdf(shots, quality=60), ".pdf"


def _rotated(pdf: bytes, rng: np.random.Generator) -> Captured:
    turns = int(rng.choice((1, 2, 3), p=(0.4, 0.2, 0.4)))
    shots = [
        capture.quarter_turn(capture.scan(page, rng), turns) for page in capture.render(pdf, 200)
    ]
    return shots, paperfile.image_pdf(shots), ".pdf"


_CAPTURES: dict[str, Callable[[bytes, np.random.Generator], Captured]] = {
    "scan": _scan,
    "poorscan": _poor_scan,
    "fax": _fax,
    "faxfine": _fax_fine,
    "faxpdf": _fax_pdf,
    "photo": _photo,
    "photopdf": _photo_pdf,
    "lowres": _low_resolution,
    "rotated": _rotated,
}


def write(made: Made, folder: Path, stem: str) -> Path:
    """Put the file and its truth (``stem.json``) into ``folder``; returns the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{made.suffix}"
    path.write_bytes(made.data)
    (folder / f"{stem}.json").write_text(truth_json(made.truth), encoding="utf-8")
    return path


def truth_json(truth: Truth) -> str:
    """The truth with one field a line, so that a difference shows as one."""
    data = truth.as_dict()
    rows = [json.dumps(row, ensure_ascii=False) for row in data.pop("fields")]
    head = json.dumps(data, ensure_ascii=False, indent=1)[:-2]
    body = ",\n  ".join(rows)
    return f'{head},\n "fields": [\n  {body}\n ]\n}}\n' if rows else f'{head},\n "fields": []\n}}\n'


def write_many(
    folder: Path, layouts: Sequence[Layout], people: Sequence[Person], *, seed: int, each: int,
    variants: Sequence[str],
) -> list[Path]:  # fmt: skip
    """``each`` documents per layout and variant, patients in turn."""
    paths = []
    for plan in layouts:
        for variant in variants:
            for index in range(each):
                number = seed * 1000 + index
                who = rng_for(number, plan.name, variant).choice(people)
                stem = f"{plan.name}-{variant}-{number}"
                paths.append(write(make(plan.name, who, variant, number), folder, stem))
    return paths
