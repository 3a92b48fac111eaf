"""Tasks over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice, text
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created
from clinic.refusals import Missing
from tasks.actions import Changes, change_task, create_task
from tasks.api.serializers import NewTask, TaskAnswer, TaskChange, TaskCreated, TaskRow
from tasks.models import Priority, TaskState
from tasks.permissions import may_change_tasks, may_create_tasks, may_read_tasks
from tasks.queries import get_task, list_tasks

TAG = "Tasks"
FILTERS = (
    choice("state", TaskState, "Only tasks in this state."),
    identifier("patient_id", "Only tasks about this patient."),
    identifier("assignee_id", "Only tasks of this member."),
    choice("priority", Priority, "Only tasks of this priority."),
    text("kind", "Only tasks of this kind, such as document_review.", most=40),
    *paging(),
)


class TaskList(ClinicView):
    """All tasks."""

    @endpoint(
        may=may_read_tasks,
        tag=TAG,
        name="list_tasks",
        summary="List tasks",
        description="Newest first.",
        parameters=FILTERS,
        answers={200: TaskRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        part = take_slice(values)
        return listed(request, list_tasks(part, **values))

    @endpoint(
        may=may_create_tasks,
        tag=TAG,
        name="create_task",
        summary="Open a task",
        description="The patient's `tasks_count` follows in the same transaction.",
        takes=NewTask,
        answers={201: TaskCreated},
        errors=(404,),
        examples=[
            example(
                "Discuss results",
                {
                    "title": "Follow up with patient",
                    "description": "Discuss lab results",
                    "assigned_to": "Dr. Smith",
                    "priority": "high",
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        task = create_task(by=self.actor, **self.body(NewTask))
        ids = {"task_id": task.pk, "display_id": task.display_id}
        return created(f"Task {task.display_id} was opened.", ids)


class TaskDetail(ClinicView):
    """One task."""

    @endpoint(
        may=may_read_tasks,
        tag=TAG,
        name="get_task",
        summary="A task with its comments",
        answers={200: TaskAnswer},
        errors=(404,),
    )
    def get(self, request: Request, task_id: UUID) -> Response:
        """200."""
        return _answer(task_id)

    @endpoint(
        may=may_change_tasks,
        tag=TAG,
        name="change_task",
        summary="Change, comment on or answer a task",
        description="An illegal move, or one that somebody else made first, is 409. A task that "
        "an agent waits for is closed by its answer only.",
        takes=TaskChange,
        answers={200: TaskAnswer},
        errors=(404, 409),
        examples=[example("Take it", {"state": "in_progress", "comment": "Calling her today."})],
    )
    def patch(self, request: Request, task_id: UUID) -> Response:
        """200."""
        values = self.body(TaskChange)
        change_task(
            task_id=task_id,
            by=self.actor,
            comment=values.pop("comment", ""),
            answer=values.pop("answer", None),
            changes=_changes(values),
        )
        return _answer(task_id)


def _changes(values: dict[str, Any]) -> Changes:
    unassign = "assignee_id" in values and values["assignee_id"] is None
    no_due = "due_at" in values and values["due_at"] is None
    return Changes(**values, unassign=unassign, no_due=no_due)


def _answer(task_id: UUID) -> Response:
    task = get_task(task_id)
    if task is None:
        raise Missing("There is no such task.")
    return Response(task)
