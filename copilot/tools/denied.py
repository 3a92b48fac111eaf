"""What is known about a claim's denial: its reason, its deadline, and the payer's letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claims.denials import Meaning, denial_of, meaning_of
from claims.letters import Box, Letter, letters_about
from claims.models import Claim
from clinic.listing import Row
from copilot.tools.sharing import Citation, Fact, as_written

LIKE = 5
"""The least rank at which a payer's letter is taken for a claim's own."""
NAMES = {
    "claim.denial_code": "Reason code",
    "doc.due_date": "Answer until",
    "claim.number": "Payer's claim number",
    "claim.total": "Amount",
    "doc.date_service": "Date of service",
}


@dataclass(frozen=True, slots=True)
class Denied:
    """A denial. ``code`` and ``reply_by`` are what was recorded, else what the letter says."""

    code: str
    reply_by: date | None
    letter: Letter | None

    @property
    def meaning(self) -> Meaning:
        """The code in words, with what helps."""
        return meaning_of(self.code)

    @property
    def facts(self) -> list[Fact]:
        """What the letter says, each with its place."""
        return [_boxed(self.letter, box) for box in self.letter.boxes] if self.letter else []


def read_denial(claim: Claim, events: Sequence[Row]) -> Denied:
    """The denial of a claim with this timeline (oldest first)."""
    recorded = denial_of(events)
    row = {
        "patient_id": claim.patient_id,
        "claim_id_display": claim.display_id,
        "amount_cents": claim.amount_cents,
        "service_date": claim.service_date,
    }
    found = letters_about(row, chosen=recorded.document_id)
    letter = found[0] if found and found[0].rank >= LIKE else None
    return Denied(
        code=recorded.code or (letter.denial_code if letter else ""),
        reply_by=recorded.reply_by or (letter.reply_by if letter else None),
        letter=letter,
    )


def _boxed(letter: Letter, box: Box) -> Fact:
    place = Citation(
        document_id=letter.document_id,
        page=box.page,
        bbox=None,
        label=f"payer letter, page {box.page}",
        href=f"/documents/{letter.document_id}?field={box.field_id}&page={box.page}",
    )
    return Fact(text=f"{NAMES.get(box.name, box.name)}: {as_written(box.value)}", citations=[place])
