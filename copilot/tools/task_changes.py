"""Tools that open and change tasks, each after a look at what exactly will happen."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.refusals import invalid
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.sharing import local, the_member, the_patient, the_task
from copilot.tools.tasks import ListedTask, OfTask, listed_task
from patients.summary import said_day
from tasks.actions import Changes, IllegalMove, change_task, comment_on_task, create_task
from tasks.models import MOVES, Priority, TaskState
from tasks.permissions import may_change_tasks, may_create_tasks

ME, NOBODY = "me", "nobody"
DAY_ENDS = time(17)
"""A task that is due on a day is due when the office closes."""


class CreateTask(Arguments):
    """What is to be done."""

    title: str = Field(min_length=1, max_length=300, description="What is to be done.")
    description: str = Field("", max_length=5000, description="More about it.")
    patient_id: UUID | None = Field(None, description="The patient it is about.")
    assignee: str | None = Field(None, max_length=200, description="A colleague's name, or me.")
    priority: Priority = Field(Priority.MEDIUM, description="How soon.")
    due: date | None = Field(None, description="Until which day.")


class UpdateTask(OfTask):
    """What to change; what is left out stays."""

    state: TaskState | None = Field(None, description="Its new state.")
    priority: Priority | None = Field(None, description="Its new priority.")
    assignee: str | None = Field(
        None, max_length=200, description="A colleague's name, me, or nobody."
    )
    due: date | None = Field(None, description="Its new due date.")


class CommentOnTask(OfTask):
    """A remark."""

    text: str = Field(min_length=1, max_length=5000, description="The remark.")


class ChangedTask(BaseModel):
    """The task as it is now."""

    task: ListedTask
    message: str


def create(work: Work, asked: CreateTask) -> ChangedTask:
    """Opens a task."""
    task = create_task(
        by=work.actor,
        title=asked.title,
        description=asked.description,
        patient_id=asked.patient_id,
        assignee_id=_member(work, asked.assignee)[0],
        priority=asked.priority,
        due_at=_due(work, asked.due),
    )
    return ChangedTask(task=listed_task(the_task(str(task.pk))), message="The task was opened.")


def foresee_create(work: Work, asked: CreateTask) -> Preview:
    """What will be opened."""
    patient = the_patient(asked.patient_id).name if asked.patient_id else "none"
    _, assignee = _member(work, asked.assignee)
    lines = [
        ("Task", asked.title),
        ("Patient", patient),
        ("For", assignee or "nobody yet"),
        ("Priority", asked.priority.label),
    ]
    if asked.description:
        lines.append(("More", asked.description))
    if asked.due:
        lines.append(("Due", said_day(asked.due)))
    return Preview(title="Open this task?", lines=lines, done="Open task")


def update(work: Work, asked: UpdateTask) -> ChangedTask:
    """Changes a task."""
    task = the_task(asked.task)
    change_task(task_id=task.pk, by=work.actor, changes=_changes(work, asked))
    changed = listed_task(the_task(asked.task))
    return ChangedTask(task=changed, message=f"{changed.display_id} was changed.")


def foresee_update(work: Work, asked: UpdateTask) -> Preview:
    """From what to what."""
    task = the_task(asked.task)
    changes = _changes(work, asked)
    lines = [("Task", f"{task.display_id} {task.title}")]
    if task.patient:
        lines.append(("Patient", task.patient.name))
    if asked.state:
        if asked.state != task.state and asked.state not in MOVES[task.state]:
            raise IllegalMove(task.state, asked.state)
        lines.append(("State", f"{TaskState(task.state).label} → {asked.state.label}"))
    if asked.priority:
        lines.append(("Priority", f"{Priority(task.priority).label} → {asked.priority.label}"))
    if asked.assignee:
        to = "nobody" if changes.unassign else _member(work, asked.assignee)[1]
        lines.append(("For", f"{task.assigned_to or 'nobody'} → {to}"))
    if asked.due:
        before = said_day(local(task.due_at, work).date()) if task.due_at else "no date"
        lines.append(("Due", f"{before} → {said_day(asked.due)}"))
    return Preview(title="Change this task?", lines=lines, done="Change task")


def comment(work: Work, asked: CommentOnTask) -> ChangedTask:
    """Writes a remark."""
    task = the_task(asked.task)
    comment_on_task(task_id=task.pk, text=asked.text, by=work.actor)
    return ChangedTask(task=listed_task(task), message="The remark was added.")


def foresee_comment(work: Work, asked: CommentOnTask) -> Preview:
    """What will be written where."""
    task = the_task(asked.task)
    lines = [("Task", f"{task.display_id} {task.title}"), ("Remark", asked.text)]
    return Preview(title="Add this remark?", lines=lines, done="Add remark")


def _changes(work: Work, asked: UpdateTask) -> Changes:
    given: dict[str, Any] = asked.model_dump(exclude={"task", "assignee", "due"}, exclude_none=True)
    if asked.due:
        given["due_at"] = _due(work, asked.due)
    if asked.assignee and asked.assignee.casefold() == NOBODY:
        given["unassign"] = True
    elif asked.assignee:
        given["assignee_id"] = _member(work, asked.assignee)[0]
    if not given:
        raise invalid("state", "Say what to change: state, priority, assignee or due date.")
    return Changes(**given)


def _member(work: Work, said: str | None) -> tuple[UUID | None, str]:
    if not said:
        return None, ""
    if said.casefold() == ME:
        return work.login.user.pk, work.login.user.name or work.login.user.email
    found = the_member(said, "assignee")
    return found.id, found.name


def _due(work: Work, day: date | None) -> datetime | None:
    return datetime.combine(day, DAY_ENDS, work.login.clinic.tzinfo) if day else None


for _tool in (
    Tool(
        name="create_task",
        description="Open a task for the clinic's staff.",
        arguments=CreateTask,
        scope="tasks.write",
        may=may_create_tasks,
        handler=create,
        preview=foresee_create,
    ),
    Tool(
        name="update_task",
        description="Change a task: complete, reopen or cancel it, its priority, assignee, date.",
        arguments=UpdateTask,
        scope="tasks.write",
        may=may_change_tasks,
        handler=update,
        preview=foresee_update,
    ),
    Tool(
        name="comment_on_task",
        description="Add a remark to a task.",
        arguments=CommentOnTask,
        scope="tasks.write",
        may=may_change_tasks,
        handler=comment,
        preview=foresee_comment,
    ),
):
    register(_tool)
