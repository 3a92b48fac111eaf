"""Several documents in one file: fax cover sheets, packets, and pages with nothing on them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pikepdf

from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, LABORATORIES
from documents.samples.sheet import Sheet
from documents.samples.truth import Part, Truth, TruthField


def cover(sheet: Sheet, rng: Random, person: Person) -> None:
    """A fax cover sheet; the names and numbers on it are the offices', not the patient's."""
    place, clinic, day = rng.choice(LABORATORIES), rng.choice(CLINICS), recent(rng)
    sheet.text(306, 110, "FAX", size=40, style="b", align="center")
    rows = (
        ("To:", clinic.name), ("Fax:", clinic.fax), ("From:", place.name), ("Phone:", place.phone),
        ("Date:", f"{day:%m/%d/%Y}"), ("Pages including cover:", str(rng.randrange(2, 6))),
        ("Subject:", "Medical records as requested"),
    )  # fmt: skip
    for number, (label, value) in enumerate(rows):
        sheet.pair(80, 170 + number * 26, label, value, gap=150, size=13)
        sheet.line(80, 176 + number * 26, 532, 176 + number * 26, width=0.4)
    sheet.paragraph(
        80, 420, 450, "CONFIDENTIAL. The documents with this fax contain health information that "
        "is protected by law. If you received them in error, call the sender at once and destroy "
        "them.", size=10,
    )  # fmt: skip


def nothing(sheet: Sheet, rng: Random, person: Person) -> None:
    """An empty page, as the back of a sheet comes out of a feeder."""


def join(pieces: Sequence[tuple[bytes, Truth]], *, name: str) -> tuple[bytes, Truth]:
    """One PDF of several, pages and truth counted through; kind and patient of the first part.

    Fields of a second patient stay in the truth: a reader must not lose them, and must not file
    them under the first.
    """
    joined = pikepdf.new()
    fields: list[TruthField] = []
    parts: list[Part] = []
    for data, truth in pieces:
        before = len(joined.pages)
        with pikepdf.open(io.BytesIO(data)) as source:
            joined.pages.extend(source.pages)
        fields += [replace(f, page=f.page + before) for f in truth.fields]
        for part in truth.parts:
            parts.append(replace(part, pages=tuple(page + before for page in part.pages)))
    out = io.BytesIO()
    joined.save(out, deterministic_id=True)
    leading = next(part for part in parts if part.patient)
    truth = Truth(
        kind=leading.kind,
        layout=name,
        variant="text",
        patient=leading.patient,
        pages=len(joined.pages),
        fields=tuple(fields),
        parts=tuple(parts),
    )
    return out.getvalue(), truth
