"""A task's page, and what people do with one from there or from a list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.queries import members
from clinic.refusals import Conflict, Invalid
from clinic.undoing import latest
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from clinic.views.sessions import back_to
from clinic.views.undoing import said
from tasks.actions import Changes, assign_task, change_task, comment_on_task
from tasks.models import Priority, TaskState
from tasks.permissions import may_change_tasks
from tasks.views.rows import find_task

MOVES = {
    "complete": TaskState.DONE,
    "start": TaskState.IN_PROGRESS,
    "reopen": TaskState.OPEN,
}
SAID = {
    "complete": "{} is done.",
    "start": "{} is in progress.",
    "reopen": "{} is open again.",
    "take": "{} is yours.",
    "comment": "Comment added.",
    "assign": "{} has been assigned.",
    "priority": "The priority of {} has changed.",
}


@page("GET", "POST")
def task(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a task; a POST changes it."""
    found = find_task(pk, request.login.user.pk)
    if request.method == "POST":
        return _change(request, found)
    return _page(request, found)


def _page(
    request: PageRequest,
    found: dict[str, Any],
    errors: list[dict[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "task": found | {"completed_at": found["closed_at"]},
        "comments": found["comments"],
        "can_edit": may_change_tasks(request.login),
        "members": members(),
        "form_errors": errors or [],
    }
    fragments = {"body": "tasks/_body.html"}
    status = 422 if errors else 200
    return answer(request, "tasks/task.html", context, fragments, status=status)


def _change(request: PageRequest, found: dict[str, Any]) -> HttpResponse:
    if not may_change_tasks(request.login):
        raise PermissionDenied
    task_id, action = found["id"], request.POST.get("action", "")
    quietly = "HX-Request" in request.headers
    try:
        _carry_out(request, task_id, action)
    except Invalid as error:
        return _page(request, found, [{"id": ANCHORS.get(action, ""), "message": error.message}])
    except Conflict as error:
        messages.warning(request, error.message)
        if quietly:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return back_to(request, reverse("task", args=[task_id]))
    entry = None if action == "comment" else latest(task_id)
    said(request, SAID[action].format(found["display_id"]), entry)
    if quietly:
        row = find_task(task_id, request.login.user.pk)
        return render(request, "tasks/_row_changed.html", {"task": row})
    return back_to(request, reverse("task", args=[task_id]))


ANCHORS = {"comment": "comment", "assign": "assignee", "priority": "priority"}


def _carry_out(request: PageRequest, task_id: UUID, action: str) -> None:
    by = request.login.actor
    if action in MOVES:
        change_task(task_id=task_id, by=by, changes=Changes(state=MOVES[action]))
    elif action == "take":
        assign_task(task_id=task_id, assignee_id=request.login.user.pk, by=by)
    elif action == "comment":
        text = request.POST.get("comment", "").strip()
        if not text:
            raise Invalid("Write a comment first.")
        comment_on_task(task_id=task_id, text=text[:10_000], by=by)
    elif action == "assign":
        given = request.POST.get("assignee_id", "")
        chosen = uuid_of(given)
        if given and chosen is None:
            raise Invalid("Choose somebody who works in the clinic.")
        assign_task(task_id=task_id, assignee_id=chosen, by=by)
    elif action == "priority":
        priority = request.POST.get("priority", "")
        if priority not in Priority.values:
            raise Invalid("Choose one of the listed priorities.")
        change_task(task_id=task_id, by=by, changes=Changes(priority=priority))
    else:
        raise Invalid("Choose what to do.")
