"""The demo clinic's ordinary days: claims of every state, visits, forms, calls and a talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from appointments.actions import Changes, book, change_appointment
from appointments.models import Appointment, AppointmentStatus
from backline.seeding_clock import as_of, spread, working_hour
from claims.actions import create_claim, denial_payload, move_claim
from claims.models import Claim, ClaimStatus
from clinic.models import Role
from clinic.queries import Member, members
from clinic.recording import Actor
from consents.actions import hand_over
from consents.links import secret_of
from consents.models import ConsentForm, FormTemplate
from consents.signing import Hand, Visitor, sign_form
from copilot.actions import begin_conversation, write_message
from copilot.models import Channel, Conversation
from documents.samples import people
from patients.models import Patient
from tasks.actions import Changes as TaskChanges
from tasks.actions import change_task, create_task
from tasks.models import Task, TaskState
from voice.actions import plan_call, record_call
from voice.models import CallStatus, VoiceCall

S = ClaimStatus
V = AppointmentStatus
WAY_DENIED = (S.SUBMITTED, S.RECEIVED, S.DENIED)


@dataclass(frozen=True, slots=True)
class Bill:
    """A claim of the demo: the way it went, and how many days ago its service was.

    ``moved`` is how many days ago its last step was; ``service`` a day that a paper names.
    """

    person: str
    payer: str
    amount: str
    days_ago: int
    way: Sequence[str] = ()
    code: str = ""
    days_left: int | None = None
    moved: int = 0
    service: date | None = None


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
LETTER = Bill("alex-rodriguez", "Blue Shield", "1143.79", 0, WAY_DENIED, service=date(2025, 11, 8))


# Hour, minutes, whom, what for, and whether with the doctor.
VISITS_TODAY = (
    ((8, 30), 30, "nguyen-thi-mai", "New patient", True),
    ((9, 15), 15, "dashawn-williams", "Sports form", False),
    ((10, 0), 30, "lukasz-cermak", "Back pain", True),
    ((11, 30), 30, "ana-de-la-cruz", "Kidney values", True),
    ((15, 0), 30, "james-smith", "Blood pressure", True),
)
VISITS_LATER = (
    ((9, 0), 30, "alex-rodriguez", "Follow-up of the results", True),
    ((9, 30), 15, "maria-garcia", "Blood pressure", True),
    ((10, 0), 45, "james-smith", "Annual check-up", True),
    ((10, 15), 15, "siobhan-oconnor", "Flu vaccination", False),
    ((13, 30), 30, "jurgen-muller", "Knee pain", True),
)
# Whom, what, priority, days until it is due, whose it is, and how far it is.
TASKS = (
    ("jurgen-muller", "Ask the laboratory for the missing ranges", "medium", 2, Role.STAFF, ""),
    (
        "siobhan-oconnor",
        "Get the vaccinations from the practice before",
        "medium",
        5,
        Role.STAFF,
        TaskState.IN_PROGRESS,
    ),
    ("ana-de-la-cruz", "Call about the kidney values", "high", 0, Role.DOCTOR, ""),
    ("dashawn-williams", "Write the sports form", "low", -1, Role.DOCTOR, TaskState.DONE),
)
TALK = (
    ("staff", "Aetna wants the authorisation number for this one. Did you ask for it in October?"),
    ("doctor", "I did. It should be on their letter of 12 October, in his documents."),
    ("staff", "Thank you. I will put it on the claim and send it again today."),
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
    james, maria = patients["james-smith"], patients["maria-garcia"]
    today = timezone.localdate(timezone=james.clinic.tzinfo)
    staff = {one.role: one for one in members()}
    desk = Actor(staff[Role.STAFF].name, user_id=staff[Role.STAFF].id)
    doctor = Actor(staff[Role.DOCTOR].name, user_id=staff[Role.DOCTOR].id)
    for ahead, visits in ((0, VISITS_TODAY), (1, VISITS_LATER), (2, VISITS_LATER)):
        for visit in visits:
            _visit(patients, visit, today + timedelta(days=ahead), desk, doctor)
    _calls(patients, today - timedelta(days=1), desk)
    _forms(maria, james, desk)
    for number, task in enumerate(TASKS):
        _task(patients, task, today, number, desk, staff)
    for number, bill in enumerate(BILLS):
        _bill(patients[bill.person], bill, today, number, desk)
    _bill(patients[people.ALEX.key], LETTER, today, len(BILLS), desk)
    _talk(james, {"staff": desk, "doctor": doctor})


def _bill(patient: Patient, bill: Bill, today: date, number: int, by: Actor) -> None:
    """One claim, made on the day after its service and submitted three days after it."""
    amount = Decimal(bill.amount)
    if Claim.objects.filter(patient=patient, amount_cents=int(amount * 100)).exists():
        return
    service = bill.service or today - timedelta(days=bill.days_ago)
    with as_of(working_hour(service + timedelta(days=1), number)):
        claim = create_claim(
            by=by,
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
            move_claim(claim_id=claim.pk, status=status, by=by, payload=payload)


def _visit(
    patients: dict[str, Patient],
    visit: tuple[tuple[int, int], int, str, str, bool],
    day: date,
    by: Actor,
    doctor: Actor,
) -> None:
    """One that was booked three days ago; over when its time is."""
    at, minutes, key, title, with_doctor = visit
    start = datetime.combine(day, time(*at), tzinfo=patients[key].clinic.tzinfo)
    end = start + timedelta(minutes=minutes)
    if Appointment.objects.filter(patient=patients[key], starts_at=start).exists():
        return
    with as_of(timezone.now() - timedelta(days=3, minutes=at[0] * 7)):
        booked = book(
            by=by,
            patient_id=patients[key].pk,
            type="consultation",
            title=title,
            starts_at=start,
            ends_at=end,
            provider_id=doctor.user_id if with_doctor else None,
        )
    for moment, status in ((start, V.CHECKED_IN), (end, V.COMPLETED)):
        if moment < timezone.now():
            with as_of(moment):
                change_appointment(appointment_id=booked.pk, by=by, changes=Changes(status=status))


def _calls(patients: dict[str, Patient], yesterday: date, by: Actor) -> None:
    for number, (key, purpose, status, outcome) in enumerate(CALLS):
        if VoiceCall.objects.filter(patient=patients[key], purpose=purpose).exists():
            continue
        with as_of(working_hour(yesterday, number)):
            call = plan_call(by=by, patient_id=patients[key].pk, purpose=purpose)
        if status:
            with as_of(working_hour(yesterday, number + 3)):
                record_call(call_id=call.pk, by=by, status=status, outcome=outcome)


def _task(
    patients: dict[str, Patient],
    task: tuple[str, str, str, int, Role, str],
    today: date,
    number: int,
    by: Actor,
    staff: dict[str, Member],
) -> None:
    key, title, priority, days, role, state = task
    if Task.objects.filter(patient=patients[key], title=title).exists():
        return
    with as_of(working_hour(today - timedelta(days=2), number)):
        made = create_task(
            by=by,
            title=title,
            patient_id=patients[key].pk,
            priority=priority,
            assignee_id=staff[role].id,
            due_at=working_hour(today + timedelta(days=days), 9),
        )
    if state:
        with as_of(working_hour(today - timedelta(days=1), number)):
            change_task(task_id=made.pk, by=by, changes=TaskChanges(state=state))


def _forms(waiting: Patient, signs: Patient, by: Actor) -> None:
    """One that was handed over in the clinic and not signed, and one that was signed."""
    template = FormTemplate.objects.order_by("created_at").first()
    if template is None or ConsentForm.objects.filter(template=template).exists():
        return
    with as_of(timezone.now() - timedelta(minutes=25)):
        hand_over(patient_id=waiting.pk, form_template_id=template.pk, by=by)
    visitor = Visitor(None, "A tablet of the clinic")
    with transaction.atomic():  # else a sweep between the two ends the old link
        with as_of(timezone.now() - timedelta(days=9, minutes=4)):
            form = hand_over(patient_id=signs.pk, form_template_id=template.pk, by=by)
        with as_of(timezone.now() - timedelta(days=9)):
            sign_form(secret=secret_of(form), hand=Hand(signs.name), visitor=visitor)


def _talk(patient: Patient, who: dict[str, Actor]) -> None:
    """What two people of the clinic wrote about a denied claim, yesterday."""
    claim = Claim.objects.filter(patient=patient, status=S.DENIED).order_by("pk").first()
    if claim is None or Conversation.objects.filter(claim=claim).exists():
        return
    begun = timezone.now() - timedelta(hours=20)
    with as_of(begun):
        talk = begin_conversation(by=who["staff"], channel=Channel.INTERNAL, claim_id=claim.pk)
    for number, (author, text) in enumerate(TALK):
        with as_of(begun + timedelta(minutes=11 * number)):
            write_message(conversation_id=talk.pk, text=text, by=who[author])
