"""What several tools need: facts with their evidence, and rows by the names people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field
from rapidfuzz import fuzz

from claims.actions import UnknownClaim
from claims.models import Claim
from clinic.looking import audit_look
from clinic.queries import Member, members
from clinic.refusals import invalid
from copilot.toolbox import Arguments, Work
from patients.actions import UnknownPatient
from patients.chart import Source
from patients.models import Patient
from patients.summary import said_day
from tasks.actions import UnknownTask
from tasks.models import Task

LEAST_LIKENESS = 80
NUMBERED = re.compile(r"^[A-Za-z]?\s?#?(\d{1,15})$")


class OfPatient(Arguments):
    """Whose."""

    patient_id: UUID = Field(description="The patient's id, from find_patients.")


class Citation(BaseModel):
    """Where something was read. ``href`` opens the page of the document at the box."""

    document_id: UUID
    page: int | None
    bbox: list[float] | None
    label: str
    href: str


class Fact(BaseModel):
    """A sentence about a patient. Without citations it was entered by hand, and says so."""

    text: str
    citations: list[Citation] = []


class Who(BaseModel):
    """A patient, as rows name them."""

    patient_id: UUID
    name: str
    mrn: str


def cited(source: Source | None) -> list[Citation]:
    """The citation of a chart entry; none when it was typed by hand."""
    if source is None:
        return []
    kind = source.kind.replace("_", " ") or "document"
    page = f", page {source.page}" if source.page else ""
    query = f"?field={source.field_id}&page={source.page}" if source.field_id else ""
    return [
        Citation(
            document_id=source.document_id,
            page=source.page,
            bbox=source.bbox,
            label=f"{kind}{page}",
            href=f"/documents/{source.document_id}{query}",
        )
    ]


def fact(text: str, source: Source | None, day: date | None = None) -> Fact:
    """A sentence with its day and evidence."""
    told = f"{text} ({said_day(day)})" if day else text
    return Fact(text=told, citations=cited(source))


def open_chart(work: Work, patient_id: UUID, action: str = "patient.view") -> Patient:
    """The patient, with the audit's line of who looked.

    Raises:
        UnknownPatient: when not in this clinic; that leaves no line.
    """
    patient = the_patient(patient_id)
    audit_look(action, patient, by=work.actor, patient_id=patient_id)
    work.read("patient", patient_id)
    return patient


def the_patient(patient_id: UUID) -> Patient:
    """The patient.

    Raises:
        UnknownPatient: when not in this clinic.
    """
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise UnknownPatient
    return patient


def who(patient: Patient) -> Who:
    """The patient, as rows name them."""
    return Who(patient_id=patient.pk, name=patient.name, mrn=patient.mrn)


def the_task(said: str) -> Task:
    """The task of a number such as T104, or of an id.

    Raises:
        UnknownTask: when there is none in this clinic.
    """
    rows = Task.objects.select_related("patient", "assignee")
    task = rows.filter(**_named(said)).first()
    if task is None:
        raise UnknownTask
    return task


def the_claim(said: str) -> Claim:
    """The claim of a number such as C1001, or of an id.

    Raises:
        UnknownClaim: when there is none in this clinic.
    """
    claim = Claim.objects.select_related("patient").filter(**_named(said)).first()
    if claim is None:
        raise UnknownClaim
    return claim


def the_member(said: str, field: str) -> Member:
    """The member of the clinic whom a name means, forgiving slips.

    Raises:
        Invalid: when it is nobody's, or may be two people's.
    """
    wanted = _plain(said)
    known = [one for one in members() if one.is_active]
    exact = [one for one in known if wanted in (_plain(one.name), one.email.casefold())]
    near = exact or [one for one in known if _likeness(wanted, one.name) >= LEAST_LIKENESS]
    if len(near) == 1:
        return near[0]
    if near:
        names = " or ".join(one.name for one in near)
        raise invalid(field, f"Who is meant by {said}: {names}?")
    raise invalid(field, f"Nobody called {said} works in this clinic.")


def local(moment: datetime, work: Work) -> datetime:
    """The moment on the clinic's clock; one without a time zone is taken to be on it."""
    zone = work.login.clinic.tzinfo
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def said_moment(moment: datetime, work: Work) -> str:
    """Thu 26 Nov 2026, 15:00."""
    at = local(moment, work)
    return f"{at:%a} {at.day} {at:%b %Y}, {at:%H:%M}"


def best_named(said: str, names: Sequence[str]) -> list[int]:
    """Places of the names that fit what was said: the equal one, else those that contain it."""
    wanted = _plain(said)
    equal = [i for i, name in enumerate(names) if _plain(name) == wanted]
    return equal or [
        i for i, name in enumerate(names) if fuzz.token_set_ratio(wanted, _plain(name)) >= 90
    ]


def as_written(value: object) -> str:
    """A value that was read, as people write it: a day as 5 Jul 2026, anything else as it is."""
    text = str(value)
    try:
        return said_day(date.fromisoformat(text)) if len(text) == len("2026-07-05") else text
    except ValueError:
        return text


def listed(words: Iterable[str]) -> str:
    """a, b and c."""
    parts = list(words)
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _named(said: str) -> dict[str, object]:
    if found := NUMBERED.match(said.strip()):
        return {"number": int(found[1])}
    try:
        return {"pk": UUID(said.strip())}
    except ValueError:
        return {"number": -1}


def _plain(name: str) -> str:
    return re.sub(r"^(?:dr|doctor|prof)\.? +", "", " ".join(name.split()).casefold())


def _likeness(wanted: str, name: str) -> float:
    return float(fuzz.token_set_ratio(wanted, _plain(name)))
