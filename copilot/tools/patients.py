"""Tools about patients."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from copilot.toolbox import Arguments, Tool, Work, register
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


register(
    Tool(
        name="find_patients",
        description="Find patients by name, MRN, phone, e-mail or date of birth; forgives typos.",
        arguments=FindPatients,
        scope="patients.read",
        may=may_read_patients,
        handler=find_patients,
    )
)
