"""The list of tasks, and adding one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic.listing import Page
from clinic.queries import members
from clinic.refusals import Missing, Refusal
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of, uuid_of
from clinic.views.lists import counts as counts_of
from tasks.actions import create_task
from tasks.forms import TaskForm
from tasks.models import Priority, Task, TaskState
from tasks.permissions import may_create_tasks
from tasks.queries import list_tasks
from tasks.views.rows import task_row

PENDING_STATES, ALL_STATES = "", "all"
STATES = (
    (PENDING_STATES, "To do"),
    *((str(state), state.label) for state in TaskState),
    (ALL_STATES, "All"),
)
MINE = "me"


@page("GET")
def tasks(request: PageRequest) -> HttpResponse:
    """The list: what is to be done, unless another state is asked for."""
    found = _found(request)
    user_id = request.login.user.pk
    counts = _counts(request)
    context: dict[str, Any] = {
        "tasks": [task_row(row, user_id) for row in found.rows],
        "q": _q(request),
        "hidden_by_filter": counts[ALL_STATES] if _is_narrowed(request) and not found.rows else 0,
        **pager(request, found),
    }
    if request.GET.get("fragment") == "rows":
        return answer(request, "tasks/_rows.html", context)
    context |= {
        "states": chips(request, "state", STATES, counts=counts),
        "priorities": chips(request, "priority", [("", "Every priority"), *Priority.choices]),
        "members": members(),
        "assignees": chips(request, "assignee", [("", "Everybody"), (MINE, "Me")]),
    }
    return answer(request, "tasks/tasks.html", context)


def _found(request: PageRequest) -> Page:
    state = request.GET.get("state", PENDING_STATES)
    mine = request.GET.get("assignee") == MINE
    filters: dict[str, Any] = {
        "state": state if state in TaskState.values else None,
        "pending": state not in TaskState.values and state != ALL_STATES,
        "assignee_id": request.login.user.pk if mine else uuid_of(request.GET.get("assignee")),
        "priority": choice(request, "priority", Priority.values) or None,
        "kind": request.GET.get("kind") or None,
        "q": _q(request) or None,
    }
    return part_of(request, lambda part: list_tasks(part, **filters))


def _q(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:200]


def _counts(request: HttpRequest) -> dict[str, int]:
    known = counts_of(request, "task")
    return {**known, ALL_STATES: sum(known.values())}


def _is_narrowed(request: HttpRequest) -> bool:
    return any(request.GET.get(name) for name in ("state", "assignee", "priority", "kind", "q"))


@page("GET", "POST")
def task_new(request: PageRequest) -> HttpResponse:
    """The form of a new task."""
    if not may_create_tasks(request.login):
        raise PermissionDenied
    if request.method != "POST":
        form = TaskForm(initial={"assignee_id": request.GET.get("assignee_id", "")})
        return _form(request, form, uuid_of(request.GET.get("patient_id")))
    form = TaskForm(request.POST)
    patient_id = uuid_of(request.POST.get("patient_id"))
    if not form.is_valid():
        return _form(request, form, patient_id, status=422)
    try:
        task = create_task(by=request.login.actor, patient_id=patient_id, **form.cleaned_data)
    except Missing:
        raise
    except Refusal as error:
        form.add_error(None, error.message)
        return _form(request, form, patient_id, status=422)
    messages.success(request, f"{task.display_id} created.")
    return redirect("tasks")


def _form(
    request: HttpRequest, form: TaskForm, patient_id: UUID | None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "patient": _patient(patient_id) if patient_id else None}
    return answer(request, "tasks/task_new.html", context, status=status)


def _patient(patient_id: UUID) -> dict[str, Any]:
    """The chosen patient, through the task's own relation: the two apps know no more.

    Raises:
        Missing: when there is none in this clinic.
    """
    try:
        patient = Task(patient_id=patient_id).patient
    except ObjectDoesNotExist as error:
        raise Missing from error
    assert patient is not None
    return {"id": patient.pk, "full_name": patient.name, "dob": patient.dob, "mrn": patient.mrn}
