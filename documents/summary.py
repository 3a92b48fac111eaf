"""A patient's summary with citations, kept for an hour and dropped when the chart changes.

Stands with the documents because it cites them, and counts the work that is open about the
patient. Its clinical part is kept; who the patient is and what is open is told afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.artifacts import keep_artifact, kept_artifact
from agents.models import AIArtifact
from clinic.current import current_clinic_id
from clinic.models import Clinic
from clinic.recording import Actor, change
from documents.models import Document, DocumentStatus
from documents.queries import kinds_of
from patients.actions import UnknownPatient
from patients.models import Gender, Patient
from patients.summary import write_summary
from patients.summary_facts import summary_facts
from tasks.models import PENDING, Priority, Task, TaskState

KIND = "patient_summary"
MODEL = "rules-1"
LASTS = timedelta(hours=1)
MOST_TASKS = 5
URGENCY = {priority: place for place, priority in enumerate(Priority.values)}


@dataclass(frozen=True, slots=True)
class Summary:
    """Text whose marks such as [2] number the citations from 1."""

    text: str
    citations: list[dict[str, Any]]
    generated_at: datetime
    expires_at: datetime
    model: str


def summarise_patient(*, patient_id: UUID, by: Actor, refresh: bool = False) -> Summary:
    """The kept summary, or a new one: when asked for, after an hour, or for a changed chart.

    Leaves one line in the audit: who read about whom.

    Raises:
        UnknownPatient: when the patient is not in the clinic.
    """
    with change(by) as record:
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        kept = None if refresh else kept_artifact(KIND, patient_id, model=MODEL)
        if kept is None or kept.content["chart_version"] != patient.chart_version:
            kept = _write(patient)
        record.audit("patient.summary", patient, patient_id=patient_id)
        parts = [_who(patient), *kept.content["sentences"], _open(patient_id)]
    return Summary(
        text="\n\n".join(part for part in parts if part),
        citations=kept.content["citations"],
        generated_at=kept.created_at,
        expires_at=kept.expires_at,
        model=kept.model,
    )


def _write(patient: Patient) -> AIArtifact:
    """Of the version that was read before the chart was: a change meanwhile drops it at once."""
    written = write_summary(summary_facts(patient.pk, kinds_of=kinds_of))
    content = {
        "chart_version": patient.chart_version,
        "sentences": written.sentences,
        "citations": written.citations,
    }
    return keep_artifact(KIND, patient.pk, content=content, model=MODEL, lasts=LASTS)


def _who(patient: Patient) -> str:
    clinic = Clinic.objects.get(pk=current_clinic_id())
    age = patient.age_on(timezone.localdate(timezone=clinic.tzinfo))
    parts = [patient.name]
    if age is not None:
        parts.append(f"{age} years old")
    if patient.gender != Gender.UNKNOWN:
        parts.append(patient.gender.lower())
    return f"{', '.join([*parts, f'MRN {patient.mrn}'])}."


def _open(patient_id: UUID) -> str:
    """What somebody still has to do about the patient, most urgent first."""
    rows = Task.objects.filter(patient_id=patient_id, state__in=PENDING)
    total = rows.count()
    tasks = sorted(rows.order_by("created_at")[:200], key=lambda task: URGENCY[task.priority])
    parts = [_task(task) for task in tasks[:MOST_TASKS]]
    if total > MOST_TASKS:
        parts.append(f"{total - MOST_TASKS} more tasks")
    waiting = Document.objects.filter(
        patient_id=patient_id, status=DocumentStatus.NOT_INGESTED
    ).count()
    if waiting:
        parts.append(f"{waiting} document{'s' if waiting > 1 else ''} to check")
    return f"Open: {'; '.join(parts)}." if parts else "Nothing is open."


def _task(task: Task) -> str:
    words = [Priority(task.priority).label.lower()]
    if task.state == TaskState.IN_PROGRESS:
        words.append("in progress")
    if task.assigned_to:
        words.append(f"with {task.assigned_to}")
    return f"{task.display_id} {task.title} ({', '.join(words)})"
