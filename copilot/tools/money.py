"""Tools about open money, denials, and the letter that answers one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel

from claims.denials import Denial, denial_of, meaning_of
from claims.letters import Box, Letter, letters_about
from claims.models import Claim, ClaimStatus
from claims.permissions import may_read_claims
from claims.queries import claim_events
from claims.worklist import AGES, denial_groups, open_money
from clinic.listing import Slice
from clinic.looking import audit_look
from clinic.refusals import Conflict
from copilot.toolbox import Arguments, Tool, Work, register
from copilot.tools.claims import OfClaim
from copilot.tools.sharing import Citation, Fact, fact, the_claim
from documents.queries import kinds_of
from patients.summary import said_day
from patients.summary_facts import summary_facts

LIKE = 5
"""The least rank at which a payer's letter is taken for a claim's own."""
NAMES = {
    "claim.denial_code": "reason code",
    "doc.due_date": "answer until",
    "claim.number": "claim number",
    "claim.total": "amount",
    "doc.date_service": "date of service",
}


class NotDenied(Conflict):
    """There is nothing to appeal."""

    code = "not_denied"
    sentence = "This claim is not denied, so there is nothing to appeal."


class Nothing(Arguments):
    """Nothing to choose."""


class Bucket(BaseModel):
    """Claims of one age in days; ``amount`` is in dollars."""

    days: str
    claims: int
    amount: Decimal


class OfPayer(BaseModel):
    """What one payer owes."""

    payer: str
    claims: int
    amount: Decimal


class Aging(BaseModel):
    """Claims that are not settled, by age since submission (or service) and by payer."""

    buckets: list[Bucket]
    payers: list[OfPayer]
    claims: int
    amount: Decimal


class DenialGroup(BaseModel):
    """Denied claims of one payer for one reason; ``days_left`` is that of the next deadline."""

    reason: str
    code: str
    fix: str
    payer: str
    claims: int
    amount: Decimal
    days_left: int | None


class Denials(BaseModel):
    """Denied claims by reason and payer, most money first."""

    groups: list[DenialGroup]


class DraftedLetter(BaseModel):
    """A letter to be read, changed and sent by a person; nothing was sent.

    ``evidence`` are the facts it stands on, each with the place it was read.
    """

    claim_id: UUID
    display_id: str
    payer: str
    text: str
    evidence: list[Fact]
    missing: list[str]


def claims_aging(work: Work, asked: Nothing) -> Aging:
    """How much is open and how old it is."""
    money = open_money(today=_today(work))
    buckets = []
    for name, *_ in AGES:
        total = money.of_age(name)
        buckets.append(Bucket(days=name, claims=total.count, amount=_dollars(total.cents)))
    return Aging(
        buckets=buckets,
        payers=[
            OfPayer(payer=name, claims=total.count, amount=_dollars(total.cents))
            for name, total in money.payers[:10]
        ],
        claims=sum(one.claims for one in buckets),
        amount=sum((one.amount for one in buckets), Decimal(0)),
    )


def claim_denials(work: Work, asked: Nothing) -> Denials:
    """Why payers deny, with the money that is at stake."""
    groups = []
    for row in denial_groups(today=_today(work)):
        meaning = meaning_of(row["denial_code"])
        groups.append(
            DenialGroup(
                reason=meaning.words,
                code=row["denial_code"],
                fix=meaning.fix,
                payer=row["payer"],
                claims=row["count"],
                amount=_dollars(row["cents"]),
                days_left=row["days_left"],
            )
        )
    return Denials(groups=groups)


def draft_letter(work: Work, asked: OfClaim) -> DraftedLetter:
    """An appeal with the evidence of the denial; only a draft.

    Raises:
        NotDenied: see there.
    """
    claim = the_claim(asked.claim)
    if claim.status != ClaimStatus.DENIED:
        raise NotDenied
    audit_look("patient.view", claim.patient, by=work.actor, patient_id=claim.patient_id)
    work.read("claim", claim.pk)
    zone = work.login.clinic.tzinfo
    denial = denial_of(claim_events(claim.pk, Slice(200), zone=zone).rows)
    letter = _letter(claim, denial)
    evidence = _evidence(work, claim, letter)
    code = denial.code or (letter.denial_code if letter else "")
    reply_by = denial.reply_by or (letter.reply_by if letter else None)
    missing = [
        text
        for known, text in (
            (code, "the payer's reason"),
            (letter, "the payer's letter"),
            (reply_by, "the deadline"),
        )
        if not known
    ]
    return DraftedLetter(
        claim_id=claim.pk,
        display_id=claim.display_id,
        payer=claim.insurance_provider,
        text=_text(work, claim, code, reply_by),
        evidence=evidence,
        missing=missing,
    )


def _letter(claim: Claim, denial: Denial) -> Letter | None:
    row = {
        "patient_id": claim.patient_id,
        "claim_id_display": claim.display_id,
        "amount_cents": claim.amount_cents,
        "service_date": claim.service_date,
    }
    found = letters_about(row, chosen=denial.document_id)
    return found[0] if found and found[0].rank >= LIKE else None


def _evidence(work: Work, claim: Claim, letter: Letter | None) -> list[Fact]:
    facts = [_boxed(letter, box) for box in letter.boxes] if letter else []
    chart = summary_facts(claim.patient_id, kinds_of=kinds_of).chart
    facts += [
        fact(item.label, item.source, item.date)
        for item in chart.problems
        if item.source is not None
    ][:5]
    work.read("document", *{one.document_id for each in facts for one in each.citations})
    return facts


def _boxed(letter: Letter, box: Box) -> Fact:
    place = Citation(
        document_id=letter.document_id,
        page=box.page,
        bbox=None,
        label=f"payer letter, page {box.page}",
        href=f"/documents/{letter.document_id}?field={box.field_id}&page={box.page}",
    )
    return Fact(
        text=f"The letter's {NAMES.get(box.name, box.name)}: {box.value}", citations=[place]
    )


def _text(work: Work, claim: Claim, code: str, reply_by: date | None) -> str:
    patient, meaning = claim.patient, meaning_of(code)
    born = f", born {said_day(patient.dob)}" if patient.dob else ""
    service = said_day(claim.service_date)
    reason = f"You gave the reason {code} ({meaning.words.lower()})." if code else ""
    limit = f"We answer within your time limit, which ends on {said_day(reply_by)}."
    parts = [
        f"{work.login.clinic.name}, {said_day(_today(work))}",
        f"To {claim.insurance_provider}, claims department",
        f"Appeal of claim {claim.display_id}: {patient.name}{born}, service of {service},"
        f" ${claim.amount:,.2f}",
        "Dear reviewer,",
        f"You denied the claim named above. {reason} We ask you to review this decision."
        .replace("  ", " "),
        "The enclosed documents support the claim; the places are marked in our evidence list.",
        limit if reply_by else "",
        f"Sincerely, {work.login.user.name or work.login.user.email}, {work.login.clinic.name}",
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def _today(work: Work) -> date:
    return timezone.localdate(timezone=work.login.clinic.tzinfo)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100


for _tool in (
    Tool(
        name="claims_aging",
        description="Claims that are not settled by age and by payer, with their sums.",
        arguments=Nothing,
        scope="claims.read",
        may=may_read_claims,
        handler=claims_aging,
    ),
    Tool(
        name="claim_denials",
        description="Why payers deny: denied claims by reason and payer, with what helps.",
        arguments=Nothing,
        scope="claims.read",
        may=may_read_claims,
        handler=claim_denials,
    ),
    Tool(
        name="draft_letter",
        description="Draft an appeal of a denied claim with its evidence; sends nothing.",
        arguments=OfClaim,
        scope="claims.read",
        may=may_read_claims,
        handler=draft_letter,
    ),
):
    register(_tool)
