"""What has changed for a patient since their last visit, or since a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from appointments.models import Appointment, AppointmentStatus
from appointments.permissions import may_read_appointments
from appointments.queries import visits_between
from claims.models import ClaimStatus
from claims.permissions import may_read_claims
from claims.queries import search_claims
from copilot.toolbox import Tool, Work, register
from copilot.tools.chart import lab_said, said_item
from copilot.tools.papers import ListedDocument, listed_document
from copilot.tools.sharing import Fact, OfPatient, Who, fact, open_chart, who
from documents.permissions import may_read_documents
from documents.queries import documents, kinds_of
from patients.chart import Source
from patients.permissions import may_read_patients
from patients.summary import Facts
from patients.summary_facts import summary_facts
from tasks.models import TaskState
from tasks.permissions import may_read_tasks
from tasks.queries import find_tasks

MOST = 12
VISITS_LOOKED_AT = 20


class PatientChanges(OfPatient):
    """Since when."""

    since: date | None = Field(None, description="From this day on; else since the last visit.")


class Row(BaseModel):
    """Something beside the chart. ``kind``: task, claim or visit; ``at`` is when it changed."""

    kind: str
    id: UUID
    title: str
    status: str
    at: datetime


class Changes(BaseModel):
    """What came after ``since``: entries of the chart with their evidence, papers, and the rest.

    ``visit`` names the visit that is counted from, "" when a day was given. Without ``since``
    there was neither, and nothing is listed. ``charted`` and ``papers_total`` count all.
    ``by_hand`` says that the chart has entries without a document, whose day nobody knows.
    """

    patient: Who
    since: datetime | None
    visit: str = ""
    facts: list[Fact] = []
    charted: int = 0
    papers: list[ListedDocument] = []
    papers_total: int = 0
    rows: list[Row] = []
    by_hand: bool = False


def patient_changes(work: Work, asked: PatientChanges) -> Changes:
    """What is new about a patient."""
    patient = open_chart(work, asked.patient_id)
    zone = work.login.clinic.tzinfo
    visit = None if asked.since else _last_visit(work, asked.patient_id)
    if asked.since:
        since = datetime.combine(asked.since, time.min, zone)
    elif visit is not None:
        since = visit.starts_at
    else:
        return Changes(patient=who(patient), since=None)
    known = summary_facts(patient.pk, kinds_of=kinds_of)
    charted = list(_charted(known, since))
    papers, papers_total = _papers(work, patient.pk, since)
    work.read("document", *{place.document_id for one in charted for place in one.citations})
    return Changes(
        patient=who(patient),
        since=since,
        visit=visit.title if visit else "",
        facts=charted[:MOST],
        charted=len(charted),
        papers=papers,
        papers_total=papers_total,
        rows=_rows(work, patient.pk, since),
        by_hand=bool(patient.preconditions),
    )


def _last_visit(work: Work, patient_id: UUID) -> Appointment | None:
    """The latest visit that took place before today or is over; not the one going on now."""
    zone, now = work.login.clinic.tzinfo, timezone.now()
    today = now.astimezone(zone).date()
    rows, _ = visits_between(zone=zone, limit=VISITS_LOOKED_AT, end=today, patient_id=patient_id)
    for row in rows:
        earlier = row.starts_at.astimezone(zone).date() < today
        over = row.status == AppointmentStatus.COMPLETED and row.starts_at < now
        if over or (row.status == AppointmentStatus.CHECKED_IN and earlier):
            return row
    return None


def _charted(known: Facts, since: datetime) -> Iterator[Fact]:
    """Entries that were charted since, results out of range before all others."""
    labs = [lab for lab in known.labs if _is_new(lab.source, since)]
    for lab in sorted(labs, key=lambda one: not one.how):
        yield fact(lab_said(lab), lab.source, lab.date)
    chart = known.chart
    for name, items in (
        ("Problem", chart.problems),
        ("Medication", chart.medications),
        ("Allergy", chart.allergies),
        ("No allergies", known.no_allergies),
        ("Vaccination", chart.immunizations),
        ("Procedure", chart.procedures),
        ("Vital sign", chart.vitals),
    ):
        for item in items:
            if _is_new(item.source, since):
                yield fact(f"{name}: {said_item(item)}", item.source, item.date)


def _is_new(source: Source | None, since: datetime) -> bool:
    return source is not None and source.accepted_at >= since


def _papers(work: Work, patient_id: UUID, since: datetime) -> tuple[list[ListedDocument], int]:
    if not may_read_documents(work.login):
        return [], 0
    rows = documents(patient_id=patient_id).defer("extracted").filter(created_at__gte=since)
    found = list(rows[:MOST])
    work.read("document", *(row.pk for row in found))
    return [listed_document(row) for row in found], rows.count()


def _rows(work: Work, patient_id: UUID, since: datetime) -> list[Row]:
    """Tasks, claims and visits with a change since, the latest first."""
    found: list[Row] = []
    if may_read_tasks(work.login):
        tasks, _ = find_tasks(
            states=TaskState.values, limit=MOST, patient_id=patient_id, changed_from=since
        )
        work.read("task", *(row.pk for row in tasks))
        found += [
            Row(
                kind="task",
                id=row.pk,
                title=f"{row.display_id} {row.title}",
                status=row.get_state_display(),
                at=row.updated_at,
            )
            for row in tasks
        ]
    if may_read_claims(work.login):
        claims, _, _ = search_claims(limit=MOST, patient_id=patient_id)
        claims = [row for row in claims if row.last_event_at >= since]
        work.read("claim", *(row.pk for row in claims))
        found += [
            Row(
                kind="claim",
                id=row.pk,
                title=f"{row.display_id}, {row.insurance_provider}",
                status=ClaimStatus(row.status).label,
                at=row.last_event_at,
            )
            for row in claims
        ]
    if may_read_appointments(work.login):
        found += _missed(work, patient_id, since)
    return sorted(found, key=lambda row: row.at, reverse=True)[:MOST]


def _missed(work: Work, patient_id: UUID, since: datetime) -> list[Row]:
    """Visits that did not take place although their time has come."""
    zone, now = work.login.clinic.tzinfo, timezone.now()
    start = since.astimezone(zone).date()
    rows, _ = visits_between(
        zone=zone,
        limit=VISITS_LOOKED_AT,
        start=start,
        end=max(start, now.astimezone(zone).date()),
        patient_id=patient_id,
    )
    gone = (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
    kept = [row for row in rows if row.status in gone and since < row.starts_at <= now]
    work.read("appointment", *(row.pk for row in kept))
    return [
        Row(
            kind="visit",
            id=row.pk,
            title=row.title,
            status=AppointmentStatus(row.status).label,
            at=row.starts_at,
        )
        for row in kept
    ]


register(
    Tool(
        name="patient_changes",
        description="What is new about a patient since the last visit or a day: chart entries with "
        "citations, papers, tasks, claims, visits that did not take place.",
        arguments=PatientChanges,
        scope="patients.read",
        may=may_read_patients,
        handler=patient_changes,
    )
)
