"""Several tasks at once: what will happen is shown before it happens."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from clinic.queries import member
from clinic.refusals import Conflict, Invalid
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from clinic.views.sessions import back_to
from clinic.views.undoing import said
from tasks.actions import Changes
from tasks.bulk import change_tasks, pending_of_documents, plan
from tasks.models import TaskState
from tasks.permissions import may_change_tasks

STATES = {"complete": TaskState.DONE, "cancel": TaskState.CANCELLED, "reopen": TaskState.OPEN}
WORDS = {
    "complete": ("Complete", "completed"),
    "cancel": ("Cancel", "cancelled"),
    "reopen": ("Reopen", "opened again"),
    "assign": ("Assign", "assigned"),
}


@page("POST")
def bulk(request: PageRequest) -> HttpResponse:
    """A preview; with ``confirmed`` the change itself, and a note that takes it back."""
    if not may_change_tasks(request.login):
        raise PermissionDenied
    back = reverse("tasks")
    ids = _chosen(request)
    if not ids:
        messages.warning(request, "Select at least one row first.")
        return back_to(request, back)
    action = request.POST.get("action", "")
    try:
        changes = _changes(request, action)
        if not request.POST.get("confirmed"):
            return _preview(request, ids, action, changes)
        done = change_tasks(task_ids=ids, changes=changes, by=request.login.actor)
    except (Invalid, Conflict) as error:
        messages.warning(request, error.message)
        return back_to(request, back)
    left = f" {done.left_out} left as they were." if done.left_out else ""
    tasks = f"{done.changed} task{'' if done.changed == 1 else 's'}"
    said(request, f"{tasks} {WORDS[action][1]}.{left}", done.entry)
    return back_to(request, back)


def _preview(request: PageRequest, ids: list[UUID], action: str, changes: Changes) -> HttpResponse:
    planned = plan(ids, changes)
    assignee = member(changes.assignee_id) if changes.assignee_id else None
    context = {
        "changed": [one.task for one in planned if not one.left_out],
        "left_out": [one for one in planned if one.left_out],
        "action": action,
        "word": WORDS[action][0],
        "assignee": (assignee.name or assignee.email) if assignee else "",
        "assignee_id": changes.assignee_id or "",
        "next": request.POST.get("next", ""),
    }
    return answer(request, "tasks/bulk.html", context)


def _chosen(request: HttpRequest) -> list[UUID]:
    given = [uuid_of(one) for one in request.POST.getlist("task_ids")]
    documents = [uuid_of(one) for one in request.POST.getlist("document_ids")]
    found = [one for one in given if one]
    return found + pending_of_documents([one for one in documents if one])


def _changes(request: PageRequest, action: str) -> Changes:
    """What is asked for.

    Raises:
        Invalid: when it is nothing that is offered, or nobody who works in the clinic.
    """
    if action in STATES:
        return Changes(state=STATES[action])
    if action != "assign":
        raise Invalid("Choose what to do with the selected rows.")
    given = request.POST.get("assignee_id", "")
    if not given:
        return Changes(unassign=True)
    chosen = request.login.user.pk if given == "me" else uuid_of(given)
    if chosen is None or member(chosen) is None:
        raise Invalid("Choose somebody who works in the clinic.")
    return Changes(assignee_id=chosen)
