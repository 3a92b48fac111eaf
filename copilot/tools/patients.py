"""Tools about patients."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from clinic.permissions import may_read_audit
from clinic.queries import looks_at
from copilot.toolbox import Arguments, Tool, Work, register
from copilot.tools.sharing import OfPatient, Who, open_chart, who
from patients.permissions import may_read_patients
from patients.queries import search_patients


class FindPatients(Arguments):
    """What to look for."""

    query: str = Field(
        min_length=1,
        max_length=200,
        description="A name, MRN, phone number, e-mail address or date of birth.",
    )
    limit: int = Field(5, ge=1, le=20, description="How many at most.")


class FoundPatient(BaseModel):
    """One patient. ``match`` says why, when it was not by name."""

    patient_id: UUID
    mrn: str
    name: str
    dob: date | None
    status: str
    match: str


class FoundPatients(BaseModel):
    """Patients, likeliest first; ``total`` may be more than are listed."""

    patients: list[FoundPatient]
    total: int


def find_patients(work: Work, asked: FindPatients) -> FoundPatients:
    """The patients that the words may mean."""
    rows, total = search_patients(asked.query, limit=asked.limit)
    work.read("patient", *(row["patient_id"] for row in rows))
    found = [
        FoundPatient(
            patient_id=row["patient_id"],
            mrn=row["mrn"],
            name=f"{row['first_name']} {row['last_name']}".strip(),
            dob=row["dob"],
            status=row["status"],
            match=row["match"],
        )
        for row in rows
    ]
    return FoundPatients(patients=found, total=total)


class WhoLooked(OfPatient):
    """When."""

    start: date | None = Field(None, description="From this day on.")
    end: date | None = Field(None, description="Up to and with this day.")


class PatientDetails(BaseModel):
    """Who somebody is, as entered at the front desk."""

    patient: Who
    dob: date | None
    age: int | None
    gender: str
    phone: str
    email: str
    address: str
    status: str
    flags: list[str]


class Look(BaseModel):
    """A person's looks and changes of one kind."""

    person: str
    action: str
    times: int
    last_at: datetime


class Looks(BaseModel):
    """Who looked at a chart or changed it, the latest first."""

    patient: Who
    looks: list[Look]


def patient_details(work: Work, asked: OfPatient) -> PatientDetails:
    """Name, birth date and how to reach somebody."""
    patient = open_chart(work, asked.patient_id)
    today = timezone.localdate(timezone=work.login.clinic.tzinfo)
    address = patient.address or {}
    return PatientDetails(
        patient=who(patient),
        dob=patient.dob,
        age=patient.age_on(today),
        gender=patient.gender,
        phone=patient.phone,
        email=patient.email,
        address=", ".join(str(part) for part in address.values() if part),
        status=patient.status,
        flags=list(patient.flags.filter(cleared_at=None).values_list("text", flat=True)),
    )


def who_looked(work: Work, asked: WhoLooked) -> Looks:
    """Who opened a chart; asking is a look too."""
    patient = open_chart(work, asked.patient_id, "patient.looks")
    zone = work.login.clinic.tzinfo
    since = datetime.combine(asked.start, time.min, zone) if asked.start else None
    until = datetime.combine(asked.end + timedelta(days=1), time.min, zone) if asked.end else None
    rows = looks_at(patient.pk, since=since, until=until)
    return Looks(patient=who(patient), looks=[Look.model_validate(row) for row in rows])


for _tool in (
    Tool(
        name="find_patients",
        description="Find patients by name, MRN, phone, e-mail or date of birth; forgives typos.",
        arguments=FindPatients,
        scope="patients.read",
        may=may_read_patients,
        handler=find_patients,
    ),
    Tool(
        name="patient_details",
        description="A patient's date of birth, phone, e-mail, address and flags.",
        arguments=OfPatient,
        scope="patients.read",
        may=may_read_patients,
        handler=patient_details,
    ),
    Tool(
        name="who_looked",
        description="Who looked at a patient's chart or changed it, from the audit.",
        arguments=WhoLooked,
        scope="audit.read",
        may=may_read_audit,
        handler=who_looked,
    ),
):
    register(_tool)
