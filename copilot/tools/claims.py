"""Tools about claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from claims.actions import IllegalMove, move_claim, note_on_claim
from claims.models import MOVES, Claim, ClaimStatus
from claims.permissions import may_move_claims, may_read_claims
from claims.queries import claim_events, search_claims
from clinic.listing import Row, Slice
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.denied import read_denial
from copilot.tools.sharing import Fact, the_claim


class ListClaims(Arguments):
    """Which claims."""

    status: ClaimStatus | None = Field(None, description="Only this status.")
    open: bool = Field(False, description="Only claims that are not settled.")
    patient_id: UUID | None = Field(None, description="Only this patient's.")
    payer: str | None = Field(None, max_length=200, description="Only this insurer's.")
    at_least: Decimal | None = Field(None, ge=0, description="Only of this many dollars or more.")
    at_most: Decimal | None = Field(None, ge=0, description="Only of this many dollars or less.")
    start: date | None = Field(None, description="Only submitted from this day on.")
    end: date | None = Field(None, description="Only submitted up to and with this day.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedClaim(BaseModel):
    """One claim; ``amount`` is in dollars."""

    claim_id: UUID
    display_id: str
    patient_id: UUID
    patient_name: str
    payer: str
    amount: Decimal
    status: str
    submitted_date: date | None
    service_date: date


class ListedClaims(BaseModel):
    """Claims, those with the latest events first; ``amount`` is the sum of all that fit."""

    claims: list[ListedClaim]
    total: int
    amount: Decimal


class OfClaim(Arguments):
    """Which claim."""

    claim: str = Field(max_length=40, description="The claim's number, such as C1001, or its id.")


class ClaimEntry(BaseModel):
    """An entry of a claim's timeline."""

    at: datetime
    event_type: str
    description: str


class ClaimDenial(BaseModel):
    """Why a claim was denied; ``facts`` are what the payer's letter says, with the places."""

    code: str
    reason: str
    fix: str
    reply_by: date | None
    facts: list[Fact]


class ClaimDetails(ListedClaim):
    """A claim with its timeline, oldest first; a denied one with its ``denial``."""

    description: str
    procedure_code: str
    diagnosis_code: str
    events: list[ClaimEntry]
    denial: ClaimDenial | None = None


class MoveClaim(OfClaim):
    """To which status."""

    status: ClaimStatus = Field(description="Its new status.")
    note: str = Field("", max_length=2000, description="What to write in its timeline.")


class NoteOnClaim(OfClaim):
    """A note."""

    text: str = Field(min_length=1, max_length=5000, description="The note.")


class ChangedClaim(BaseModel):
    """The claim as it is now."""

    claim: ListedClaim
    message: str


def list_claims(work: Work, asked: ListClaims) -> ListedClaims:
    """The clinic's claims, or part of them."""
    rows, total, cents = search_claims(
        statuses=_statuses(asked),
        patient_id=asked.patient_id,
        payer=asked.payer,
        least_cents=_cents(asked.at_least),
        most_cents=_cents(asked.at_most),
        submitted_from=asked.start,
        submitted_to=asked.end,
        limit=asked.limit,
    )
    work.read("claim", *(row.pk for row in rows))
    amount = Decimal(cents) / 100
    return ListedClaims(claims=[listed_claim(row) for row in rows], total=total, amount=amount)


def claim_details(work: Work, asked: OfClaim) -> ClaimDetails:
    """One claim."""
    claim = the_claim(asked.claim)
    work.read("claim", claim.pk)
    events = claim_events(claim.pk, Slice(100), zone=work.login.clinic.tzinfo).rows
    return ClaimDetails(
        **listed_claim(claim).model_dump(),
        description=claim.description,
        procedure_code=claim.procedure_code,
        diagnosis_code=claim.diagnosis_code,
        events=[ClaimEntry.model_validate(row) for row in events],
        denial=_denial(work, claim, events) if claim.status == ClaimStatus.DENIED else None,
    )


def _denial(work: Work, claim: Claim, events: Sequence[Row]) -> ClaimDenial:
    denied = read_denial(claim, events)
    facts = denied.facts
    work.read("document", *{place.document_id for one in facts for place in one.citations})
    meaning = denied.meaning
    return ClaimDenial(
        code=denied.code,
        reason=meaning.words,
        fix=meaning.fix,
        reply_by=denied.reply_by,
        facts=facts,
    )


def move(work: Work, asked: MoveClaim) -> ChangedClaim:
    """Moves a claim."""
    claim = the_claim(asked.claim)
    moved = move_claim(claim_id=claim.pk, status=asked.status, note=asked.note, by=work.actor)
    label = asked.status.label.lower()
    return ChangedClaim(claim=listed_claim(moved), message=f"{moved.display_id} is {label}.")


def foresee_move(work: Work, asked: MoveClaim) -> Preview:
    """From which status to which, with the money that is at stake."""
    claim = the_claim(asked.claim)
    if asked.status not in MOVES[claim.status]:
        raise IllegalMove(claim.status, asked.status)
    lines = [
        *_about(claim),
        ("Status", f"{ClaimStatus(claim.status).label} → {asked.status.label}"),
    ]
    if asked.note:
        lines.append(("Note", asked.note))
    submits = asked.status is ClaimStatus.SUBMITTED
    title = "Submit this claim?" if submits else "Move this claim?"
    return Preview(title=title, lines=lines, done="Submit claim" if submits else "Move claim")


def note(work: Work, asked: NoteOnClaim) -> ChangedClaim:
    """Writes a note."""
    claim = the_claim(asked.claim)
    noted = note_on_claim(claim_id=claim.pk, text=asked.text, by=work.actor)
    return ChangedClaim(claim=listed_claim(noted), message="The note was added.")


def foresee_note(work: Work, asked: NoteOnClaim) -> Preview:
    """What will be written where."""
    lines = [*_about(the_claim(asked.claim)), ("Note", asked.text)]
    return Preview(title="Add this note?", lines=lines, done="Add note")


def listed_claim(claim: Claim) -> ListedClaim:
    """A claim as lists have it."""
    return ListedClaim(
        claim_id=claim.pk,
        display_id=claim.display_id,
        patient_id=claim.patient_id,
        patient_name=claim.patient.name,
        payer=claim.insurance_provider,
        amount=claim.amount,
        status=claim.status,
        submitted_date=claim.submitted_date,
        service_date=claim.service_date,
    )


def _about(claim: Claim) -> list[tuple[str, str]]:
    return [
        ("Claim", claim.display_id),
        ("Patient", claim.patient.name),
        ("Payer", claim.insurance_provider),
        ("Amount", f"${claim.amount:,.2f}"),
    ]


def _statuses(asked: ListClaims) -> list[str]:
    if asked.status:
        return [asked.status]
    return [one for one in ClaimStatus.values if one != "settlement_done"] if asked.open else []


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


for _tool in (
    Tool(
        name="list_claims",
        description="List claims by status, patient, payer, amount or day of submission.",
        arguments=ListClaims,
        scope="claims.read",
        may=may_read_claims,
        handler=list_claims,
    ),
    Tool(
        name="claim_details",
        description="A claim with its timeline.",
        arguments=OfClaim,
        scope="claims.read",
        may=may_read_claims,
        handler=claim_details,
    ),
    Tool(
        name="move_claim",
        description="Submit a claim, or move it to another status.",
        arguments=MoveClaim,
        scope="claims.write",
        may=may_move_claims,
        handler=move,
        preview=foresee_move,
    ),
    Tool(
        name="note_on_claim",
        description="Add a note to a claim's timeline.",
        arguments=NoteOnClaim,
        scope="claims.write",
        may=may_move_claims,
        handler=note,
        preview=foresee_note,
    ),
):
    register(_tool)
