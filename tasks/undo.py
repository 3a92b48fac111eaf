"""Taking back a change of a task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.current import current_clinic_id
from clinic.models import Undoable
from clinic.recording import Record
from clinic.undoing import Kind, TooLate, remember
from tasks.agent_tasks import task_event
from tasks.models import Task
from tasks.permissions import may_change_tasks

Json = dict[str, Any]
KIND = "task.change"
FIELDS = (
    "title",
    "description",
    "priority",
    "state",
    "assignee_id",
    "assigned_to",
    "due_at",
    "closed_at",
)
TIMES = ("due_at", "closed_at")


def as_it_is(task: Task) -> Json:
    """What :func:`take_back` restores, as JSON holds it."""
    found = {name: getattr(task, name) for name in FIELDS}
    found |= {name: found[name].isoformat() for name in TIMES if found[name]}
    found["assignee_id"] = str(task.assignee_id) if task.assignee_id else None
    return found


def remember_change(task: Task, before: Json, record: Record) -> Undoable:
    """Makes the change that was just made one that can be taken back."""
    return remember(
        kind=KIND, object_id=task.pk, before=before, after=as_it_is(task), record=record
    )


def take_back(entry: Undoable, record: Record) -> None:
    """Restores a task; its patient's count follows.

    Raises:
        TooLate: when it was changed since.
    """
    task = Task.objects.select_related("patient").filter(pk=entry.object_id).first()
    if task is None or as_it_is(task) != entry.after:
        raise TooLate
    if task.patient_id:
        _lock_patient(task.patient_id)
    fields = dict(entry.before)
    fields |= {name: parse_datetime(fields[name]) for name in TIMES if fields[name]}
    same = Task.objects.filter(pk=task.pk, state=task.state, assignee_id=task.assignee_id)
    if not same.update(**fields, updated_at=timezone.now()):
        raise TooLate
    task = Task.objects.select_related("patient").get(pk=task.pk)
    record.event("task", "update", task_event(task))
    record.audit("task.undo", task, patient_id=task.patient_id, detail={"change": str(entry.pk)})


def _lock_patient(patient_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM patients WHERE clinic_id = %s AND id = %s FOR NO KEY UPDATE",
            [current_clinic_id(), patient_id],
        )


HOW = Kind(rule=may_change_tasks, take_back=take_back)
