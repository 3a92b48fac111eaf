"""The demo clinic's ordinary days: claims of every state, visits, a form to sign and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from appointments.actions import book
from appointments.models import Appointment
from claims.actions import create_claim, denial_payload, move_claim
from claims.models import Claim, ClaimStatus
from clinic.models import Role
from clinic.queries import members
from clinic.recording import Actor
from consents.actions import hand_over
from consents.models import ConsentForm, FormTemplate
from documents.samples import people
from patients.models import Patient
from voice.actions import plan_call, record_call
from voice.models import CallStatus, VoiceCall

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


# Hour, minutes, whom, what for, and whether with the doctor; tomorrow and the day after.
VISITS = (
    ((9, 0), 30, "alex-rodriguez", "Follow-up of the results", True),
    ((9, 30), 15, "maria-garcia", "Blood pressure", True),
    ((10, 0), 45, "james-smith", "Annual check-up", True),
    ((10, 15), 15, "siobhan-oconnor", "Flu vaccination", False),
    ((13, 30), 30, "jurgen-muller", "Knee pain", True),
)
CALLS = (
    ("maria-garcia", "Ask for the new insurance card", "", ""),
    (
        "james-smith",
        "Tell him the results are in",
        CallStatus.COMPLETED,
        "Reached. Comes on Monday.",
    ),
    ("siobhan-oconnor", "Remind her of the vaccination", CallStatus.FAILED, "No answer."),
)


def seed_days(patients: dict[str, Patient]) -> None:
    """Makes what is not there yet; patients by the keys of ``documents.samples.people``."""
    today = timezone.localdate()
    _visits(patients, today)
    _calls(patients)
    _form(patients["maria-garcia"])
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


def _visits(patients: dict[str, Patient], today: date) -> None:
    zone = next(iter(patients.values())).clinic.tzinfo
    doctors = [one.id for one in members() if one.role == Role.DOCTOR]
    for ahead in (1, 2):
        for at, minutes, key, title, with_doctor in VISITS:
            start = datetime.combine(today + timedelta(days=ahead), time(*at), tzinfo=zone)
            if Appointment.objects.filter(patient=patients[key], starts_at=start).exists():
                continue
            book(
                by=SEEDER,
                patient_id=patients[key].pk,
                type="consultation",
                title=title,
                starts_at=start,
                ends_at=start + timedelta(minutes=minutes),
                provider_id=doctors[0] if with_doctor and doctors else None,
            )


def _calls(patients: dict[str, Patient]) -> None:
    for key, purpose, status, outcome in CALLS:
        if VoiceCall.objects.filter(patient=patients[key], purpose=purpose).exists():
            continue
        call = plan_call(by=SEEDER, patient_id=patients[key].pk, purpose=purpose)
        if status:
            record_call(call_id=call.pk, by=SEEDER, status=status, outcome=outcome)


def _form(patient: Patient) -> None:
    """One that was handed over in the clinic and not signed."""
    template = FormTemplate.objects.order_by("created_at").first()
    if template and not ConsentForm.objects.filter(patient=patient, template=template).exists():
        hand_over(patient_id=patient.pk, form_template_id=template.pk, by=SEEDER)
