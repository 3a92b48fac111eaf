"""Work that agents hand to people, and take back when its subject is settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.numbers import next_number
from clinic.recording import Record
from tasks.models import PENDING, Priority, Task, TaskState


def open_agent_task(
    *,
    record: Record,
    title: str,
    description: str,
    kind: str,
    agent_type: str,
    patient_id: UUID | None,
    document_id: UUID | None = None,
    run_id: UUID | None = None,
    priority: Priority = Priority.HIGH,
    confidence_score: float | None = None,
    due_at: datetime | None = None,
) -> Task:
    """Opens a task inside the agent's change.

    Raises:
        IntegrityError: when the run already has a pending task.
    """
    task = Task.objects.create(
        number=next_number("task"),
        title=title[:300],
        description=description,
        kind=kind,
        source="agent",
        agent_type=agent_type,
        patient_id=patient_id,
        document_id=document_id,
        run_id=run_id,
        priority=priority,
        confidence_score=confidence_score,
        due_at=due_at,
    )
    record.event("task", "insert", task_event(task))
    record.audit("task.create", task, patient_id=patient_id)
    return task


def close_tasks_of_document(document_id: UUID, record: Record) -> None:
    """Marks the document's pending tasks done, inside the caller's change."""
    now = timezone.now()
    for task in Task.objects.select_for_update(of=("self",), no_key=True).filter(
        document_id=document_id, state__in=PENDING
    ):
        Task.objects.filter(pk=task.pk).update(state=TaskState.DONE, closed_at=now, updated_at=now)
        task.state = TaskState.DONE
        record.event("task", "update", task_event(task))
        record.audit("task.done", task, patient_id=task.patient_id)


def tasks_of_document(document_id: UUID) -> list[dict[str, Any]]:
    """The document's tasks as :func:`restore_tasks` restores them."""
    rows = Task.objects.filter(document_id=document_id).order_by("pk")
    return [
        {
            "id": task.pk,
            "state": task.state,
            "closed_at": task.closed_at.isoformat() if task.closed_at else None,
            "patient_id": task.patient_id,
        }
        for task in rows
    ]


def restore_tasks(before: list[dict[str, Any]], record: Record) -> None:
    """Puts tasks back to where they were, inside the caller's change; patients' rows are locked."""
    for was in before:
        rows = Task.objects.select_for_update(of=("self",), no_key=True)
        task = rows.filter(pk=was["id"]).first()
        patient_id = UUID(was["patient_id"]) if was["patient_id"] else None
        if task is None or (task.state, task.patient_id) == (was["state"], patient_id):
            continue
        moved = task.state != was["state"]
        closed_at = parse_datetime(was["closed_at"]) if was["closed_at"] else None
        Task.objects.filter(pk=task.pk).update(
            state=was["state"],
            closed_at=closed_at,
            patient_id=patient_id,
            updated_at=timezone.now(),
        )
        task = Task.objects.select_related("patient").get(pk=task.pk)
        record.event("task", "update", task_event(task))
        if moved:
            detail = {"undo": True}
            record.audit(f"task.{task.state}", task, patient_id=task.patient_id, detail=detail)


@dataclass(frozen=True, slots=True)
class TaskNote:
    """A task of a document, with its number of comments."""

    display_id: str
    title: str
    state: str
    comments: int


def notes_of_document(document_id: UUID) -> list[TaskNote]:
    """The document's tasks, newest first, and what was remarked on them."""
    rows = Task.objects.filter(document_id=document_id).annotate(remarks=Count("comments"))
    return [
        TaskNote(task.display_id, task.title, task.state, task.remarks)
        for task in rows.order_by("-created_at", "-pk")
    ]


def task_event(task: Task) -> dict[str, Any]:
    """What open screens are told of a task."""
    patient = task.patient
    return {
        "task_id": task.pk,
        "display_id": task.display_id,
        "title": task.title,
        "state": task.state,
        "priority": task.priority,
        "kind": task.kind,
        "patient_id": task.patient_id,
        "patient_name": patient.name if patient else None,
        "document_id": task.document_id,
    }
