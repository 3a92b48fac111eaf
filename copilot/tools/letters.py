"""The tool that drafts the appeal of a denied claim from its facts and the places they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel

from claims.models import Claim, ClaimStatus
from claims.permissions import may_read_claims
from claims.queries import claim_events
from clinic.listing import Slice
from clinic.looking import audit_look
from clinic.refusals import Conflict
from copilot.toolbox import Tool, Work, register
from copilot.tools.chart import lab_said, said_item
from copilot.tools.claims import OfClaim
from copilot.tools.denied import Denied, read_denial
from copilot.tools.sharing import Fact, fact, the_claim
from documents.queries import kinds_of
from patients.chart import Insurance
from patients.summary import Facts, said_day
from patients.summary_facts import summary_facts

MOST_LABS = 4
A_YEAR = timedelta(days=365)


class NotDenied(Conflict):
    """There is nothing to appeal."""

    code = "not_denied"
    sentence = "This claim is not denied, so there is nothing to appeal."


class DraftedLetter(BaseModel):
    """A letter to be read, changed and sent by a person; nothing was sent.

    Marks such as [2] in its ``text`` number the ``evidence``: facts, each with the place it was
    read. ``advice`` is for the clinic, and no part of the letter.
    """

    claim_id: UUID
    display_id: str
    payer: str
    text: str
    evidence: list[Fact]
    missing: list[str]
    advice: str


@dataclass(slots=True)
class _Evidence:
    """Facts in the order in which the letter names them."""

    facts: list[Fact] = field(default_factory=list)

    def mark(self, one: Fact) -> str:
        if one not in self.facts:
            self.facts.append(one)
        return f"[{self.facts.index(one) + 1}]"


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
    denied = read_denial(
        claim, claim_events(claim.pk, Slice(200), zone=work.login.clinic.tzinfo).rows
    )
    known = summary_facts(claim.patient_id, kinds_of=kinds_of)
    card = _card(claim, known.chart.insurance)
    support = _support(claim, known)
    evidence = _Evidence()
    text = _text(work, claim, denied, card, support, evidence)
    for one in denied.facts:
        evidence.mark(one)
    places = {place.document_id for one in evidence.facts for place in one.citations}
    work.read("document", *places)
    return DraftedLetter(
        claim_id=claim.pk,
        display_id=claim.display_id,
        payer=claim.insurance_provider,
        text=text,
        evidence=evidence.facts,
        missing=_missing(denied, card, support),
        advice=_advice(work, denied),
    )


def _card(claim: Claim, cards: Sequence[Insurance]) -> Insurance | None:
    """The patient's insurance with this payer, as a document has it."""
    payer = claim.insurance_provider.casefold()
    return next(
        (
            card
            for card in cards
            if card.source and card.member_id and _same_payer(payer, card.payer.casefold())
        ),
        None,
    )


def _same_payer(one: str, other: str) -> bool:
    return bool(one and other) and (one in other or other in one)


def _support(claim: Claim, known: Facts) -> list[Fact]:
    """What in the chart speaks for the service: the diagnosis billed, and results before it."""
    wanted = claim.diagnosis_code.strip().upper()[:3]
    facts = [
        fact(said_item(item), item.source, item.date)
        for item in known.chart.problems
        if item.source and wanted and item.code.upper().startswith(wanted)
    ]
    day = claim.service_date
    labs = [
        lab
        for lab in known.labs
        if lab.source and lab.how and lab.date and day - A_YEAR <= lab.date <= day
    ]
    return [*facts, *(fact(lab_said(lab), lab.source, lab.date) for lab in labs[:MOST_LABS])]


def _text(
    work: Work,
    claim: Claim,
    denied: Denied,
    card: Insurance | None,
    support: Sequence[Fact],
    evidence: _Evidence,
) -> str:
    """The letter: paragraphs behind an empty line, lines of one paragraph below each other."""
    clinic, user = work.login.clinic.name, work.login.user
    parts = [
        f"{clinic}\n{said_day(_today(work))}",
        f"{claim.insurance_provider}\nClaims department",
        _subject(claim, denied, card, evidence),
        "Dear reviewer,",
        f"{_reason(denied, evidence)} We ask you to review this decision.",
    ]
    if support:
        told = "; ".join(f"{one.text} {evidence.mark(one)}" for one in support)
        parts.append(f"The patient's record supports the service: {told}. Copies are enclosed.")
    parts.append(
        "If you uphold the denial, please tell us in writing on which provision of the plan it"
        " rests, and what would change it."
    )
    parts.append(f"Sincerely,\n{user.name or user.email}\n{clinic}")
    return "\n\n".join(parts)


def _subject(claim: Claim, denied: Denied, card: Insurance | None, evidence: _Evidence) -> str:
    patient = claim.patient
    born = f", born {said_day(patient.dob)}" if patient.dob else ""
    number = _of_letter(denied, "Payer's claim number")
    theirs = (
        f" (your number {number.text.split(': ', 1)[1]} {evidence.mark(number)})" if number else ""
    )
    member = ""
    if card is not None:
        shown = fact(f"Insurance: {card.payer}, member {card.member_id}", card.source)
        member = f", member {card.member_id} {evidence.mark(shown)}"
    codes = [
        f"procedure {claim.procedure_code}" if claim.procedure_code else "",
        f"diagnosis {claim.diagnosis_code}" if claim.diagnosis_code else "",
        f"${claim.amount:,.2f}",
        f"submitted {said_day(claim.submitted_date)}" if claim.submitted_date else "",
    ]
    return "\n".join(
        [
            f"Appeal of claim {claim.display_id}{theirs}",
            f"Patient: {patient.name}{born}{member}",
            f"Service: {said_day(claim.service_date)}, {', '.join(filter(None, codes))}",
        ]
    )


def _reason(denied: Denied, evidence: _Evidence) -> str:
    if not denied.code:
        return "You denied this claim."
    words = denied.meaning.words
    said = _of_letter(denied, "Reason code")
    place = f" {evidence.mark(said)}" if said else ""
    return (
        f"You denied this claim with the code {denied.code}: {words[:1].lower()}{words[1:]}{place}."
    )


def _of_letter(denied: Denied, name: str) -> Fact | None:
    return next((one for one in denied.facts if one.text.startswith(f"{name}: ")), None)


def _missing(denied: Denied, card: Insurance | None, support: Sequence[Fact]) -> list[str]:
    known: tuple[tuple[object, str], ...] = (
        (denied.code, "the payer's reason"),
        (denied.letter, "the payer's letter"),
        (denied.reply_by, "the deadline"),
        (card, "the member number from a card of this payer"),
        (support, "a diagnosis or result in the chart that supports the service"),
    )
    return [text for there, text in known if not there]


def _advice(work: Work, denied: Denied) -> str:
    parts = [denied.meaning.fix]
    if denied.reply_by:
        days = (denied.reply_by - _today(work)).days
        until = said_day(denied.reply_by)
        parts.append(
            f"The payer's time limit ended on {until}; ask whether a late appeal is taken."
            if days < 0
            else f"Send it by {until}, {days} {'day' if days == 1 else 'days'} from now."
        )
    return " ".join(parts)


def _today(work: Work) -> date:
    return timezone.localdate(timezone=work.login.clinic.tzinfo)


register(
    Tool(
        name="draft_letter",
        description="Draft an appeal of a denied claim with its evidence; sends nothing.",
        arguments=OfClaim,
        scope="claims.read",
        may=may_read_claims,
        handler=draft_letter,
    )
)
