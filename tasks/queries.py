"""Reads about tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, IntegerField, Value, When

from clinic.current import current_clinic_id
from clinic.listing import Listing, Page, Row, Slice, Where, fetch, newest_first
from tasks.models import PENDING, Priority, Task, TaskState

COLUMNS = {
    "task_id": "t.id",
    "number": "t.number",
    "title": "t.title",
    "description": "t.description",
    "kind": "t.kind",
    "source": "t.source",
    "patient_id": "t.patient_id",
    "patient_name": "trim(p.first_name || ' ' || p.last_name)",
    "document_id": "t.document_id",
    "assigned_to": "t.assigned_to",
    "assignee_id": "t.assignee_id",
    "agent_type": "nullif(t.agent_type, '')",
    "priority": "t.priority",
    "state": "t.state",
    "confidence_score": "t.confidence_score",
    "waiting_minutes": "greatest(0, floor(extract(epoch FROM"
    " coalesce(t.closed_at, now()) - t.created_at) / 60))::int",
    "due_at": "t.due_at",
    "created_at": "t.created_at",
    "closed_at": "t.closed_at",
}
LISTING = Listing(
    columns=COLUMNS,
    source="tasks t LEFT JOIN patients p ON p.id = t.patient_id",
    owner="t",
    order=newest_first("t", "task_id"),
)


def list_tasks(
    part: Slice,
    *,
    state: str | None = None,
    pending: bool = False,
    patient_id: UUID | None = None,
    assignee_id: UUID | None = None,
    priority: str | None = None,
    kind: str | None = None,
    document_id: UUID | None = None,
    q: str | None = None,
) -> Page:
    """A page of tasks, newest first; ``pending`` means open or in progress."""
    where = Where()
    where.equal("t.state", state)
    if pending:
        where.add("t.state = ANY(%s)", list(PENDING))
    filters = {
        "t.patient_id": patient_id,
        "t.assignee_id": assignee_id,
        "t.priority": priority,
        "t.kind": kind,
        "t.document_id": document_id,
    }
    for column, value in filters.items():
        where.equal(column, value)
    if q:
        where.add("strpos(lower(t.title), lower(%s)) > 0", q)
    tallies: list[str] = []
    if not q and not any(filters.values()):
        states = [state] if state else PENDING if pending else TaskState.values
        tallies = [f"task.{one}" for one in states]
    page = fetch(LISTING, where, part, tallies=tallies)
    for row in page.rows:
        _finish(row)
    return page


def find_tasks(
    *,
    states: Sequence[str],
    limit: int,
    patient_id: UUID | None = None,
    priority: str | None = None,
    assignee_id: UUID | None = None,
    unassigned: bool = False,
    due_before: datetime | None = None,
    changed_from: datetime | None = None,
    changed_before: datetime | None = None,
) -> tuple[list[Task], int]:
    """(tasks, total) that fit, most urgent first and the oldest of them before newer ones."""
    rows = Task.objects.filter(state__in=states)
    filters = {
        "patient_id": patient_id,
        "priority": priority,
        "assignee_id": assignee_id,
        "due_at__lt": due_before,
        "updated_at__gte": changed_from,
        "updated_at__lt": changed_before,
    }
    rows = rows.filter(**{name: value for name, value in filters.items() if value is not None})
    if unassigned:
        rows = rows.filter(assignee=None, assigned_to="")
    urgency = Case(
        *(When(priority=one, then=Value(rank)) for rank, one in enumerate(Priority.values)),
        output_field=IntegerField(),
    )
    ordered = rows.select_related("patient").order_by(urgency, "created_at", "id")
    return list(ordered[:limit]), rows.count()


def get_task(task_id: UUID) -> Row | None:
    """A task as the list has it, with its comments, oldest first; None when it is not there."""
    selected = ", ".join(COLUMNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {selected} FROM {LISTING.source}"  # noqa: S608 - our own SQL
            " WHERE t.clinic_id = %s AND t.id = %s",
            [current_clinic_id(), task_id],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = _finish(dict(zip(COLUMNS, found, strict=True)))
    row["comments"] = comments_of(task_id)
    return row


def comments_of(task_id: UUID) -> list[dict[str, Any]]:
    """Remarks on a task, oldest first."""
    names = ("comment_id", "author", "author_id", "text", "at")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, author_label, author_id, text, created_at FROM tasks_taskcomment"
            " WHERE clinic_id = %s AND task_id = %s ORDER BY created_at, id",
            [current_clinic_id(), task_id],
        )
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _finish(row: Row) -> Row:
    number = row.pop("number")
    finished = {"task_id": row.pop("task_id"), "display_id": f"T{number}"}
    rest = dict(row)
    row.clear()
    row.update(finished, **rest)
    return row
