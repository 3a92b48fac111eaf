"""The demo clinic's ordinary days: claims of every age and state, and what their payers said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from claims.actions import create_claim, denial_payload, move_claim
from claims.models import Claim, ClaimStatus
from clinic.recording import Actor
from documents.samples import people
from patients.models import Patient

S = ClaimStatus
SEEDER = Actor("Seed data")


@dataclass(frozen=True, slots=True)
class Bill:
    """A claim of the demo: the way it went, and how many days ago its service was."""

    person: str
    payer: str
    amount: str
    days_ago: int
    way: Sequence[str] = ()
    code: str = ""
    days_left: int | None = None


BILLS = (
    Bill("maria-garcia", "Aetna", "412.50", 12, (S.SUBMITTED,)),
    Bill("james-smith", "Aetna", "1980.00", 44, (S.SUBMITTED, S.RECEIVED, S.UNDER_REVIEW)),
    Bill("maria-garcia", "United Healthcare", "275.00", 73, (S.SUBMITTED, S.RECEIVED)),
    Bill("james-smith", "Medicare", "640.00", 118, (S.SUBMITTED, S.UNDER_REVIEW)),
    Bill("maria-garcia", "Aetna", "890.00", 38, (S.SUBMITTED, S.RECEIVED, S.APPROVED)),
    Bill(
        "james-smith",
        "Medicare",
        "1520.25",
        96,
        (S.SUBMITTED, S.RECEIVED, S.APPROVED, S.SETTLEMENT_IN_PROGRESS, S.SETTLEMENT_DONE),
    ),
    Bill("james-smith", "Aetna", "730.00", 52, (S.SUBMITTED, S.RECEIVED, S.DENIED), "CO-197", 5),
    Bill("maria-garcia", "Aetna", "310.00", 61, (S.SUBMITTED, S.DENIED), "CO-197", 18),
    Bill("maria-garcia", "United Healthcare", "1225.00", 83, (S.SUBMITTED, S.DENIED), "CO-50", -2),
)
LETTER = Bill("alex-rodriguez", "Blue Shield", "1143.79", 0, (S.SUBMITTED, S.RECEIVED, S.DENIED))
LETTER_SERVICE = date(2025, 11, 8)


def seed_days(patients: dict[str, Patient]) -> None:
    """Makes what is not there yet; patients by the keys of ``documents.samples.people``."""
    today = timezone.localdate()
    for bill in BILLS:
        _bill(patients[bill.person], bill, today - timedelta(days=bill.days_ago), today)
    _bill(patients[people.ALEX.key], LETTER, LETTER_SERVICE, today)


def _bill(patient: Patient, bill: Bill, service: date, today: date) -> None:
    """One claim, submitted three days after its service."""
    amount = Decimal(bill.amount)
    if Claim.objects.filter(patient=patient, amount_cents=int(amount * 100)).exists():
        return
    claim = create_claim(
        by=SEEDER,
        patient_id=patient.pk,
        insurance_provider=bill.payer,
        amount=amount,
        service_date=service,
        diagnosis_code="E11.9",
        description="Office visit",
    )
    for status in bill.way:
        payload = None
        if status == S.DENIED:
            reply_by = None if bill.days_left is None else today + timedelta(days=bill.days_left)
            payload = denial_payload(bill.code, reply_by, None)
        move_claim(claim_id=claim.pk, status=status, by=SEEDER, payload=payload)
    # A timeline cannot be written in hindsight, so only the day of submission is made older.
    submitted = min(service + timedelta(days=3), today)
    Claim.objects.filter(pk=claim.pk, submitted_date__isnull=False).update(submitted_date=submitted)
