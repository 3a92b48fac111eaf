"""The payer's letter behind a denial, found among the patient's papers, with its evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from clinic.listing import Row
from documents.models import Document, DocumentKind, DocumentStatus

SHOWN = ("claim.denial_code", "doc.due_date", "claim.number", "claim.total", "doc.date_service")
READ = (DocumentStatus.INGESTED, DocumentStatus.APPROVED, DocumentStatus.NOT_INGESTED)
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Box:
    """A value of the letter with its place: left, top, width and height in thousandths."""

    field_id: str
    name: str
    value: str
    page: int
    place: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Letter:
    """A payer's letter; ``reason`` says why it is taken for this claim's, "" when unlike."""

    document_id: UUID
    name: str
    checked: bool
    reason: str
    rank: int
    values: dict[str, str]
    boxes: tuple[Box, ...]

    @property
    def page(self) -> int:
        """The page with the reason, else the first one with a value."""
        pages = [box.page for box in self.boxes if box.name == "claim.denial_code"]
        return (pages or [box.page for box in self.boxes] or [1])[0]

    @property
    def boxes_here(self) -> list[Box]:
        """The values on that page."""
        return [box for box in self.boxes if box.page == self.page]

    @property
    def denial_code(self) -> str:
        """The code as read, or nothing."""
        return self.values.get("claim.denial_code", "")

    @property
    def reply_by(self) -> date | None:
        """The deadline as read."""
        try:
            return date.fromisoformat(self.values.get("doc.due_date", ""))
        except ValueError:
            return None


def letters_about(claim: Row, *, chosen: UUID | None) -> list[Letter]:
    """The patient's letters from payers, the likeliest first; ``chosen`` was named by somebody.

    A letter is this claim's when it prints the claim's number, else when amount or date of
    service are the same; a letter that fits in neither is only offered.
    """
    rows = Document.objects.filter(
        patient_id=claim["patient_id"], kind=DocumentKind.PAYER_LETTER, status__in=READ
    ).order_by("-created_at", "-id")
    letters = [_letter(document, claim, chosen) for document in rows[:LOOKED_AT]]
    return sorted(letters, key=lambda letter: -letter.rank)


def _letter(document: Document, claim: Row, chosen: UUID | None) -> Letter:
    fields = [
        one
        for one in (document.extracted or {}).get("fields", [])
        if one["name"] in SHOWN and one.get("value")
    ]
    values: dict[str, str] = {}
    for one in fields:
        values.setdefault(one["name"], str(one["value"]))
    rank, reason = _likeness(values, claim)
    if document.pk == chosen:
        rank, reason = 9, "Named when the denial was recorded"
    return Letter(
        document.pk,
        document.name,
        document.status != DocumentStatus.NOT_INGESTED,
        reason,
        rank,
        values,
        tuple(_box(one) for one in fields if one.get("page") and one.get("bbox")),
    )


def _likeness(values: dict[str, str], claim: Row) -> tuple[int, str]:
    number = re.sub(r"\W", "", values.get("claim.number", "")).upper()
    own = str(claim["claim_id_display"]).upper()
    if number and number in (own, own.removeprefix("C")):
        return 8, f"Names claim {own}"
    same_total = _cents(values.get("claim.total", "")) == claim["amount_cents"]
    same_day = values.get("doc.date_service") == claim["service_date"].isoformat()
    if same_total and same_day:
        return 7, "Same amount and date of service"
    if same_total:
        return 6, "Same amount"
    return (5, "Same date of service") if same_day else (0, "")


def _cents(text: str) -> int | None:
    try:
        amount = Decimal(text.replace("$", "").replace(",", "").strip())
    except InvalidOperation:
        return None
    return int(amount * 100) if amount.is_finite() else None


def _box(one: dict[str, Any]) -> Box:
    left, top, right, bottom = (float(edge) * 1000 for edge in one["bbox"])
    return Box(
        str(one["id"]),
        str(one["name"]),
        str(one["value"]),
        int(one["page"]),
        (left - 4, top - 3, right - left + 8, bottom - top + 6),
    )
