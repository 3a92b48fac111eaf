"""Tools about tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.listing import Slice
from copilot.toolbox import Arguments, Tool, Work, register
from tasks import queries
from tasks.models import Priority, TaskState
from tasks.permissions import may_read_tasks


class ListTasks(Arguments):
    """Which tasks."""

    state: TaskState | None = Field(None, description="Only this state; else all that are pending.")
    patient_id: UUID | None = Field(None, description="Only tasks about this patient.")
    priority: Priority | None = Field(None, description="Only this priority.")
    mine: bool = Field(False, description="Only tasks of the person who asks.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedTask(BaseModel):
    """One task."""

    task_id: UUID
    display_id: str
    title: str
    state: str
    priority: str
    patient_id: UUID | None
    patient_name: str | None
    assigned_to: str
    waiting_minutes: int
    due_at: datetime | None


class ListedTasks(BaseModel):
    """Tasks, newest first; ``total`` may be more than are listed."""

    tasks: list[ListedTask]
    total: int


def list_tasks(work: Work, asked: ListTasks) -> ListedTasks:
    """The clinic's tasks, or part of them."""
    page = queries.list_tasks(
        Slice(asked.limit),
        state=asked.state,
        pending=asked.state is None,
        patient_id=asked.patient_id,
        priority=asked.priority,
        assignee_id=work.login.user.pk if asked.mine else None,
    )
    work.read("task", *(row["task_id"] for row in page.rows))
    found = [ListedTask.model_validate(row) for row in page.rows]
    return ListedTasks(tasks=found, total=page.total)


register(
    Tool(
        name="list_tasks",
        description="List tasks, newest first: pending ones, or by state, patient, priority.",
        arguments=ListTasks,
        scope="tasks.read",
        may=may_read_tasks,
        handler=list_tasks,
    )
)
