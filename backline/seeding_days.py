"""The demo clinic's ordinary days: claims of every state, visits, a form to sign and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from appointments.actions import book
from appointments.models import Appointment
from backline.seeding_clock import as_of, spread, working_hour
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
WAY_DENIED = (S.SUBMITTED, S.RECEIVED, S.DENIED)


@dataclass(frozen=True, slots=True)
class Bill:
    """A claim of the demo: the way it went, and how many days ago its service was.

    ``moved`` is how many days ago its last step was.
    """

    person: str
    payer: str
    amount: str
    days_ago: int
    way: Sequence[str] = ()
    code: str = ""
    days_left: int | None = None
    moved: int = 0


BILLS = (
    Bill("maria-garcia", "Aetna", "412.50", 12, (S.SUBMITTED,), moved=9),
    Bill("james-smith", "Aetna", "1980.00", 44, (S.SUBMITTED, S.RECEIVED, S.UNDER_REVIEW), moved=1),
    Bill("maria-garcia", "United Healthcare", "275.00", 73, (S.SUBMITTED, S.RECEIVED), moved=64),
    Bill("james-smith", "Medicare", "640.00", 118, (S.SUBMITTED, S.UNDER_REVIEW), moved=90),
    Bill("maria-garcia", "Aetna", "890.00", 38, (S.SUBMITTED, S.RECEIVED, S.APPROVED)),
    Bill(
        "james-smith",
        "Medicare",
        "1520.25",
        96,
        (S.SUBMITTED, S.RECEIVED, S.APPROVED, S.SETTLEMENT_IN_PROGRESS, S.SETTLEMENT_DONE),
        moved=41,
    ),
    Bill("james-smith", "Aetna", "730.00", 52, WAY_DENIED, "CO-197", 5, moved=25),
    Bill("maria-garcia", "Aetna", "310.00", 61, (S.SUBMITTED, S.DENIED), "CO-197", 18, moved=12),
    Bill("maria-garcia", "United Healthcare", "1225.00", 83, WAY_DENIED, "CO-50", -2, moved=32),
)
LETTER = Bill("alex-rodriguez", "Blue Shield", "1143.79", 0, WAY_DENIED)
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
    for number, bill in enumerate(BILLS):
        _bill(patients[bill.person], bill, today - timedelta(days=bill.days_ago), number)
    _bill(patients[people.ALEX.key], LETTER, LETTER_SERVICE, len(BILLS))


def _bill(patient: Patient, bill: Bill, service: date, number: int) -> None:
    """One claim, made on the day after its service and submitted three days after it."""
    amount = Decimal(bill.amount)
    if Claim.objects.filter(patient=patient, amount_cents=int(amount * 100)).exists():
        return
    today = timezone.localdate()
    with as_of(working_hour(service + timedelta(days=1), number)):
        claim = create_claim(
            by=SEEDER,
            patient_id=patient.pk,
            insurance_provider=bill.payer,
            amount=amount,
            service_date=service,
            diagnosis_code="E11.9",
            description="Office visit",
        )
    steps = spread(service + timedelta(days=3), today - timedelta(days=bill.moved), len(bill.way))
    for status, day in zip(bill.way, steps, strict=True):
        payload = None
        if status == S.DENIED:
            reply_by = None if bill.days_left is None else today + timedelta(days=bill.days_left)
            payload = denial_payload(bill.code, reply_by, None)
        with as_of(working_hour(day, number)):
            move_claim(claim_id=claim.pk, status=status, by=SEEDER, payload=payload)


def _visits(patients: dict[str, Patient], today: date) -> None:
    zone = next(iter(patients.values())).clinic.tzinfo
    doctors = [one.id for one in members() if one.role == Role.DOCTOR]
    for ahead in (1, 2):
        for at, minutes, key, title, with_doctor in VISITS:
            start = datetime.combine(today + timedelta(days=ahead), time(*at), tzinfo=zone)
            if Appointment.objects.filter(patient=patients[key], starts_at=start).exists():
                continue
            with as_of(working_hour(today - timedelta(days=3), ahead)):
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
    yesterday = timezone.localdate() - timedelta(days=1)
    for number, (key, purpose, status, outcome) in enumerate(CALLS):
        if VoiceCall.objects.filter(patient=patients[key], purpose=purpose).exists():
            continue
        with as_of(working_hour(yesterday, number)):
            call = plan_call(by=SEEDER, patient_id=patients[key].pk, purpose=purpose)
        if status:
            with as_of(working_hour(yesterday, number + 3)):
                record_call(call_id=call.pk, by=SEEDER, status=status, outcome=outcome)


def _form(patient: Patient) -> None:
    """One that was handed over in the clinic and not signed."""
    template = FormTemplate.objects.order_by("created_at").first()
    if template and not ConsentForm.objects.filter(patient=patient, template=template).exists():
        with as_of(timezone.now() - timedelta(minutes=25)):
            hand_over(patient_id=patient.pk, form_template_id=template.pk, by=SEEDER)
