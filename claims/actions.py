"""What changes claims: every move is an entry of the timeline, written with it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from claims.models import MOVES, Claim, ClaimEvent, ClaimStatus
from clinic.current import current_clinic_id
from clinic.models import Clinic
from clinic.numbers import next_number
from clinic.recording import Actor, Op, Record, change
from clinic.refusals import Conflict, Missing, invalid
from patients.models import Patient

# The form of ICD-10-CM: letter, digit, digit or A or B, then up to four after the point.
DIAGNOSIS_FORM = re.compile(r"[A-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?")


class UnknownClaim(Missing):
    """There is no such claim in this clinic."""

    sentence = "There is no such claim."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class IllegalMove(Conflict):
    """The claim is in a state from which it cannot get there, perhaps since a moment ago."""

    code = "illegal_move"

    def __init__(self, before: str, after: str) -> None:
        words = [ClaimStatus(one).label.lower() for one in (before, after)]
        super().__init__(f"A claim that is {words[0]} cannot become {words[1]}.")


class NotDenied(Conflict):
    """A reason of denial for a claim that is not denied."""

    code = "not_denied"
    sentence = "This claim is not denied, so it has no reason of denial."


def create_claim(
    *,
    by: Actor,
    patient_id: UUID,
    insurance_provider: str,
    amount: Decimal,
    service_date: date,
    procedure_code: str = "",
    diagnosis_code: str = "",
    description: str = "",
) -> Claim:
    """Makes a pending claim with the first entry of its timeline. ``amount`` is in dollars.

    Raises:
        UnknownPatient: see there.
        Invalid: for an amount that is not positive or has parts of a cent.
    """
    amount_cents = _cents(amount)
    with change(by=by) as record:
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        now = timezone.now()
        claim = Claim(
            number=next_number("claim"),
            patient=patient,
            insurance_provider=insurance_provider,
            amount_cents=amount_cents,
            procedure_code=procedure_code,
            diagnosis_code=diagnosis_code,
            service_date=service_date,
            description=description,
            last_event_at=now,
        )
        claim.save(force_insert=True)
        _write_event(
            claim, 1, by, now, "created", usual_sentence("created"), status=ClaimStatus.PENDING
        )
        _tell(record, "insert", claim)
        record.audit("claim.create", claim, patient_id=patient_id)
    return claim


def move_claim(
    *,
    claim_id: UUID,
    status: str,
    by: Actor,
    note: str = "",
    payload: dict[str, Any] | None = None,
) -> Claim:
    """Moves a claim by compare-and-set, and writes the entry that says so.

    Raises:
        UnknownClaim: see there.
        IllegalMove: also when somebody else moved it meanwhile.
    """
    with change(by=by) as record:
        claim = _claim(claim_id)
        if status not in MOVES[claim.status]:
            raise IllegalMove(claim.status, status)
        now = timezone.now()
        fields: dict[str, Any] = {"status": status, "last_event_at": now, "updated_at": now}
        if status == ClaimStatus.SUBMITTED:
            clinic = Clinic.objects.get(pk=current_clinic_id())
            fields["submitted_date"] = timezone.localdate(now, timezone=clinic.tzinfo)
        if not Claim.objects.filter(pk=claim.pk, status=claim.status).update(**fields):
            raise IllegalMove(_claim(claim_id).status, status)
        for name, value in fields.items():
            setattr(claim, name, value)
        sentence = note or usual_sentence(status)
        _write_event(
            claim, _next_position(claim), by, now, status, sentence, status=status, payload=payload
        )
        _tell(record, "update", claim)
        record.audit(f"claim.{status}", claim, patient_id=claim.patient_id)
    return claim


def note_on_claim(*, claim_id: UUID, text: str, by: Actor) -> Claim:
    """Adds a note to a claim's timeline.

    Raises:
        UnknownClaim: see there.
    """
    with change(by=by) as record:
        claim = _claim(claim_id)
        claim.last_event_at = timezone.now()
        Claim.objects.filter(pk=claim.pk).update(
            last_event_at=claim.last_event_at, updated_at=claim.last_event_at
        )
        position = _next_position(claim)
        _write_event(claim, position, by, claim.last_event_at, "note", text)
        _tell(record, "update", claim)
        record.audit("claim.note", claim, patient_id=claim.patient_id)
    return claim


def record_denial(
    *,
    claim_id: UUID,
    by: Actor,
    denial_code: str,
    reply_by: date | None = None,
    document_id: UUID | None = None,
) -> Claim:
    """Writes down why a denied claim was denied, and until when the payer takes an answer.

    Raises:
        UnknownClaim: see there.
        NotDenied: when the claim is not denied (any more).
    """
    with change(by=by) as record:
        claim = _claim(claim_id)
        now = timezone.now()
        denied = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.DENIED)
        if not denied.update(last_event_at=now, updated_at=now):
            raise NotDenied
        claim.last_event_at = now
        payload = denial_payload(denial_code, reply_by, document_id)
        sentence = f"Reason recorded: {denial_code or 'not known'}."
        position = _next_position(claim)
        _write_event(claim, position, by, now, "denial_reason", sentence, payload=payload)
        _tell(record, "update", claim)
        record.audit("claim.denial_reason", claim, patient_id=claim.patient_id)
    return claim


def denial_payload(
    denial_code: str, reply_by: date | None, document_id: UUID | None
) -> dict[str, Any]:
    """What an entry of the timeline keeps of a denial, parts that are not known left out."""
    known = {
        "denial_code": denial_code,
        "reply_by": reply_by.isoformat() if reply_by else "",
        "document_id": str(document_id) if document_id else "",
    }
    return {name: value for name, value in known.items() if value}


def usual_sentence(event_type: str) -> str:
    """What an entry of the timeline says when nobody wrote words of their own."""
    return f"Claim {dict(ClaimStatus.choices).get(event_type, event_type).lower()}."


def diagnosis_warning(code: str) -> str:
    """What is odd about a diagnosis code, or ""; a claim may be made with it all the same."""
    if not code or DIAGNOSIS_FORM.fullmatch(code.strip().upper()):
        return ""
    return f"{code} does not have the form of an ICD-10-CM code, such as E11.9."


def _claim(claim_id: UUID) -> Claim:
    claim = Claim.objects.select_related("patient").filter(pk=claim_id).first()
    if claim is None:
        raise UnknownClaim
    return claim


def _cents(amount: Decimal) -> int:
    scaled = amount.scaleb(2)
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise invalid("amount", "Give an amount of whole cents.")
    if scaled <= 0:
        raise invalid("amount", "The amount has to be more than zero.")
    return int(scaled)


def _next_position(claim: Claim) -> int:
    """The claim's row is locked by the update before."""
    last = ClaimEvent.objects.filter(claim=claim).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _write_event(
    claim: Claim,
    position: int,
    by: Actor,
    at: datetime,
    event_type: str,
    description: str,
    *,
    status: str = "",
    payload: dict[str, Any] | None = None,
) -> None:
    ClaimEvent.objects.create(
        claim=claim,
        position=position,
        event_type=event_type,
        status=status,
        description=description,
        payload={"by": by.label, **(payload or {})},
        actor_id=by.user_id,
        at=at,
    )


def _tell(record: Record, op: Op, claim: Claim) -> None:
    record.event(
        "claim",
        op,
        {
            "claim_id": claim.pk,
            "claim_id_display": claim.display_id,
            "status": claim.status,
            "patient_id": claim.patient_id,
            "patient_name": claim.patient.name,
            "insurance_provider": claim.insurance_provider,
        },
    )
