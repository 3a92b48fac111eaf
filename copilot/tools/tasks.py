"""Tools that read tasks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from copilot.toolbox import Arguments, Tool, Work, register
from copilot.tools.sharing import the_member, the_task
from tasks.models import PENDING, Priority, Task, TaskState
from tasks.permissions import may_read_tasks
from tasks.queries import comments_of, find_tasks


class ListTasks(Arguments):
    """Which tasks."""

    state: TaskState | None = Field(None, description="Only this state; else all that are pending.")
    patient_id: UUID | None = Field(None, description="Only tasks about this patient.")
    priority: Priority | None = Field(None, description="Only this priority.")
    mine: bool = Field(False, description="Only tasks of the person who asks.")
    assignee: str | None = Field(None, max_length=200, description="Only tasks of this colleague.")
    unassigned: bool = Field(False, description="Only tasks that nobody has taken.")
    overdue: bool = Field(False, description="Only tasks whose due date is past.")
    start: date | None = Field(None, description="Only tasks that changed from this day on.")
    end: date | None = Field(None, description="Only tasks that changed up to this day.")
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
    """Tasks, most urgent first; ``total`` may be more than are listed."""

    tasks: list[ListedTask]
    total: int


class OfTask(Arguments):
    """Which task."""

    task: str = Field(max_length=40, description="The task's number, such as T104, or its id.")


class Remark(BaseModel):
    """What somebody wrote on a task."""

    author: str
    text: str
    at: datetime


class ExplainedTask(ListedTask):
    """A task whole, with why it is there."""

    description: str
    kind: str
    source: str
    document_id: UUID | None
    created_at: datetime
    comments: list[Remark]


def list_tasks(work: Work, asked: ListTasks) -> ListedTasks:
    """The clinic's tasks, or part of them."""
    zone = work.login.clinic.tzinfo
    assignee = the_member(asked.assignee, "assignee").id if asked.assignee else None
    states = [asked.state] if asked.state else list(PENDING)
    since = datetime.combine(asked.start, time.min, zone) if asked.start else None
    until = datetime.combine(asked.end + timedelta(days=1), time.min, zone) if asked.end else None
    rows, total = find_tasks(
        states=states,
        patient_id=asked.patient_id,
        priority=asked.priority,
        assignee_id=work.login.user.pk if asked.mine else assignee,
        unassigned=asked.unassigned,
        due_before=timezone.now() if asked.overdue else None,
        changed_from=since,
        changed_before=until,
        limit=asked.limit,
    )
    work.read("task", *(row.pk for row in rows))
    return ListedTasks(tasks=[listed_task(row) for row in rows], total=total)


def explain_task(work: Work, asked: OfTask) -> ExplainedTask:
    """One task with its remarks."""
    task = the_task(asked.task)
    work.read("task", task.pk)
    return ExplainedTask(
        **listed_task(task).model_dump(),
        description=task.description,
        kind=task.kind,
        source=task.source,
        document_id=task.document_id,
        created_at=task.created_at,
        comments=[Remark.model_validate(row) for row in comments_of(task.pk)],
    )


def listed_task(task: Task) -> ListedTask:
    """A task as lists have it."""
    return ListedTask(
        task_id=task.pk,
        display_id=task.display_id,
        title=task.title,
        state=task.state,
        priority=task.priority,
        patient_id=task.patient_id,
        patient_name=task.patient.name if task.patient else None,
        assigned_to=task.assigned_to,
        waiting_minutes=task.waiting_minutes(timezone.now()),
        due_at=task.due_at,
    )


for _tool in (
    Tool(
        name="list_tasks",
        description="List tasks, most urgent first: pending ones, or by state, patient, priority.",
        arguments=ListTasks,
        scope="tasks.read",
        may=may_read_tasks,
        handler=list_tasks,
    ),
    Tool(
        name="explain_task",
        description="A task with its description, why it was opened, and the remarks on it.",
        arguments=OfTask,
        scope="tasks.read",
        may=may_read_tasks,
        handler=explain_task,
    ),
):
    register(_tool)
