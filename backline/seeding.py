"""Made-up clinics to try Backline with: the founding document's, and a fuller one.

Everything is made through the same actions as in daily use, so numbers, events and audit hold.
Each piece is looked for first, so seeding again adds nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.core.files.base import File
from django.utils import timezone

from appointments.actions import book
from appointments.models import Appointment
from backline.seeding_clock import as_of, working_hour
from backline.seeding_days import seed_days
from claims.actions import create_claim
from claims.models import Claim
from clinic.current import enter_clinic
from clinic.models import Clinic, ClinicCounter, Membership, Role, User
from clinic.recording import Actor
from consents.actions import create_template
from consents.models import FormTemplate
from documents.actions import receive_upload
from documents.models import Document
from documents.samples import people
from documents.samples.people import Person
from documents.storage import measure
from patients.actions import create_patient
from patients.models import Gender, Patient
from tasks.actions import create_task
from tasks.models import Task

CLINIC_ID = UUID("79a2b2cf-6133-4f69-8fe2-6230f7108951")
SECOND_CLINIC_ID = UUID("5b0c3a52-8f0e-4d55-9c1c-0d6a4f1e2b77")
ADMIN_EMAIL = "admin@backlinemd.com"
PASSWORD = "test123"  # noqa: S105 - the founding document's; refused outside of DEBUG
SEEDER = Actor("Seed")
PAPER_EVERY = timedelta(minutes=13)
SAMPLES = Path(people.__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in a made-up clinic."""

    email: str
    name: str
    role: Role


STAFF = (
    Member("james.obrien@backlinemd.com", "Dr. James O'Brien", Role.DOCTOR),
    Member("ana.pereira@backlinemd.com", "Ana Pereira", Role.STAFF),
)


def seed_founding() -> None:
    """Exactly what the founding document lists, under the clinic id that it prints."""
    clinic = _clinic(CLINIC_ID, "BacklineMD Clinic")
    with enter_clinic(clinic.pk), timezone.override(clinic.tzinfo):
        _member(Member(ADMIN_EMAIL, "Clinic Admin", Role.ADMIN))
        alex = _patient(
            people.ALEX,
            "alex.rodriguez@email.com",
            ["Family history of heart disease", "Elevated cholesterol"],
        )
        maria = _patient(people.MARIA, "maria.garcia@email.com", ["Diabetes Type 2"])
        james = _patient(people.JAMES, "james.smith@email.com", ["Hypertension"])
        title = "Verify Medical History Extraction"
        if not Task.objects.filter(title=title, patient=alex).exists():
            with as_of(_days_ago(1)):
                create_task(
                    by=SEEDER,
                    title=title,
                    description="Compare the extracted medical history with the paper.",
                    patient_id=alex.pk,
                    priority="high",
                    assigned_to="Dr. James O'Brien",
                )
        _visit(alex, "Follow-up Consultation", hours=2)
        _visit(maria, "Initial Consultation", hours=4)
        _claim(alex, "Blue Shield", Decimal("2500.00"))
        _claim(james, "Aetna", Decimal("1800.00"))


def seed_demo() -> None:
    """The founding clinic with staff, more patients and sample papers, and a second clinic."""
    seed_founding()
    zone = Clinic.objects.get(pk=CLINIC_ID).tzinfo
    with enter_clinic(CLINIC_ID), timezone.override(zone):
        for member in STAFF:
            _member(member)
        patients = {person.key: _patient(person) for person in people.PEOPLE}
        _templates()
        seed_days(patients)
        _upload_samples(patients)
    second = _clinic(SECOND_CLINIC_ID, "Riverside Family Practice")
    with enter_clinic(second.pk):
        _member(Member("admin@riverside.example", "Rita Rivers", Role.ADMIN))
        _patient(people.PEOPLE[-1])


TEMPLATES = (
    (
        "Consent to treatment",
        "Signed once by every patient.",
        "I, **{{patient.name}}**, born {{patient.dob}}, ask {{clinic.name}} to examine\n"
        "and treat me.\n\n"
        "- The clinic has told me why it recommends the treatment and which risks it has.\n"
        "- I may ask questions at any time, and I may change my mind.\n",
    ),
    (
        "Release of information",
        "Before papers are sent to somebody else.",
        "I, **{{patient.name}}**, allow {{clinic.name}} to send my laboratory results and visit\n"
        "summaries to the doctors who treat me. I may withdraw this in writing.\n",
    ),
)


def _templates() -> None:
    """Two wordings to send."""
    for name, purpose, body in TEMPLATES:
        if not FormTemplate.objects.filter(name=name).exists():
            create_template(by=SEEDER, name=name, purpose=purpose, body=body)


def _clinic(clinic_id: UUID, name: str) -> Clinic:
    clinic, _ = Clinic.objects.get_or_create(pk=clinic_id, defaults={"name": name})
    with enter_clinic(clinic.pk):
        ClinicCounter.objects.get_or_create()
    return clinic


def _member(member: Member) -> User:
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create_user(member.email, PASSWORD, name=member.name)
    Membership.objects.get_or_create(user=user, defaults={"role": member.role})
    return user


def _patient(person: Person, email: str = "", preconditions: list[str] | None = None) -> Patient:
    found = Patient.objects.filter(
        first_name=person.first_name, last_name=person.last_name, dob=person.dob
    ).first()
    if found:
        return found
    address = {"line1": person.street, "city": person.city}
    with as_of(_days_ago(130 + 37 * people.PEOPLE.index(person))):
        return create_patient(
            by=SEEDER,
            first_name=person.first_name,
            last_name=person.last_name,
            dob=person.dob,
            gender=Gender.FEMALE if person.sex == "F" else Gender.MALE,
            email=email,
            phone=person.phone,
            address=address,
            preconditions=preconditions or [],
            mrn=person.mrn,
        )


def _visit(patient: Patient, title: str, *, hours: int) -> None:
    today = timezone.localtime(timezone=patient.clinic.tzinfo).replace(hour=0, minute=0, second=0)
    if Appointment.objects.filter(patient=patient, title=title, starts_at__gte=today).exists():
        return
    start = _quarter_hour(timezone.now() + timedelta(hours=hours))
    with as_of(_days_ago(6)):
        book(
            by=SEEDER,
            patient_id=patient.pk,
            type="consultation",
            title=title,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )


def _quarter_hour(moment: datetime) -> datetime:
    """The nearest one."""
    past = timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment - past + (timedelta(minutes=15) if past > timedelta(minutes=7.5) else timedelta())


def _claim(patient: Patient, payer: str, amount: Decimal) -> None:
    if Claim.objects.filter(patient=patient, insurance_provider=payer).exists():
        return
    service = timezone.localdate() - timedelta(days=7)
    with as_of(_days_ago(5)):
        create_claim(
            by=SEEDER,
            patient_id=patient.pk,
            insurance_provider=payer,
            amount=amount,
            service_date=service,
            description="Office visit",
        )


def _days_ago(days: int) -> datetime:
    """A moment in the clinic's hours of that day."""
    return working_hour(timezone.localdate() - timedelta(days=days), days)


def _upload_samples(patients: dict[str, Patient]) -> None:
    """Papers of several kinds and captures; some with their patient, some to the inbox."""
    samples = json.loads((SAMPLES / "manifest.json").read_text())
    for number, sample in enumerate(samples):
        path = SAMPLES / sample["file"]
        with path.open("rb") as stream:
            file = File(stream, name=path.name)
            if Document.objects.filter(sha256=measure(file).sha256).exists():
                continue
            known = patients.get(sample["patient"] or "")
            received = receive_upload(
                file=file,
                by=SEEDER,
                kind=sample["kind"] if number % 2 else "",
                patient_id=known.pk if known and number % 3 else None,
            )
        # They are read now, so only the paper itself is of this morning, not its run.
        came = timezone.now() - PAPER_EVERY * (len(samples) - number)
        Document.objects.filter(pk=received.document.pk).update(created_at=came)
