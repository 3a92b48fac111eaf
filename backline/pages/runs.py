"""Agent runs: the list, and one run with its steps, what it read, and what a person may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from rest_framework.exceptions import ValidationError

from agents.actions import STOPPABLE, retry_run, stop_run
from agents.models import AgentRun, RunStatus
from agents.permissions import may_read_runs, may_start_runs, may_stop_runs
from agents.queries import list_runs, waiting_task
from agents.registry import UnknownAgent, agent_named, known_agents
from agents.subjects import resume_with
from backline.pages.run_parts import facts_of, steps_of, values_of, what_went_wrong
from clinic.listing import Row
from clinic.queries import member
from clinic.refusals import Conflict, Invalid, Refusal
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of
from documents.models import Document
from patients.models import Patient

STATUSES = (("", "All"), *((str(status), status.label) for status in RunStatus))


@page("GET")
def agents(request: PageRequest) -> HttpResponse:
    """The list, newest first."""
    if not may_read_runs(request.login):
        raise PermissionDenied
    known = [(agent.name, agent.label) for agent in known_agents()]
    status = choice(request, "status", RunStatus.values)
    agent = choice(request, "agent", dict(known))
    found = part_of(
        request, lambda part: list_runs(part, status=status or None, agent=agent or None)
    )
    context: dict[str, Any] = {
        "runs": _with_subjects(found.rows),
        "is_narrowed": bool(status or agent),
        **pager(request, found),
    }
    if request.GET.get("fragment") == "rows":
        return answer(request, "agents/_rows.html", context)
    context |= {
        "statuses": chips(request, "status", STATUSES),
        "agents": chips(request, "agent", [("", "Every agent"), *known]),
    }
    return answer(request, "agents/agents.html", context)


def _with_subjects(rows: list[Row]) -> list[dict[str, Any]]:
    """The rows with the names of their documents and patients, in one query each."""
    documents = _names(Document.objects, {row["document_id"] for row in rows}, "name")
    found = Patient.objects.filter(pk__in={row["patient_id"] for row in rows} - {None})
    patients = {patient.pk: patient.name for patient in found}
    return [
        {
            **row,
            "label": label_of(row["agent"]),
            "document_name": documents.get(row["document_id"], ""),
            "patient_name": patients.get(row["patient_id"], ""),
            "error_words": what_went_wrong(row["error"], row["graph_step"]),
        }
        for row in rows
    ]


def _names(rows: Any, ids: set[UUID | None], column: str) -> dict[UUID, str]:
    return dict(rows.filter(pk__in=ids - {None}).values_list("pk", column))


def label_of(name: str) -> str:
    """An agent's name in words, also when this version of the product no longer knows it."""
    try:
        return agent_named(name).label
    except UnknownAgent:
        return name.replace("_", " ").capitalize()


@page("GET", "POST")
def agent_run(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a run; a POST tries it again, stops it or answers it."""
    found = AgentRun.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    if not may_read_runs(request.login):
        raise PermissionDenied
    if request.method == "POST":
        return _change(request, found)
    return _page(request, found)


def _page(request: PageRequest, run: AgentRun, error: str = "") -> HttpResponse:
    context = _context(request, run) | {
        "form_errors": [{"id": "reason", "message": error}] if error else [],
        "reason": request.POST.get("reason", ""),
    }
    fragments = {"body": "agents/_run.html"}
    return answer(request, "agents/run.html", context, fragments, status=422 if error else 200)


def _context(request: PageRequest, run: AgentRun) -> dict[str, Any]:
    steps = list(run.steps.order_by("position"))
    document = Document.objects.filter(pk=run.document_id).first() if run.document_id else None
    patient_id = run.patient_id or (document.patient_id if document else None)
    waits = run.status == RunStatus.WAITING_INPUT
    return {
        "run": run,
        "label": label_of(run.agent),
        "document": document,
        "patient": Patient.objects.filter(pk=patient_id).first() if patient_id else None,
        "started_by": member(run.started_by_id) if run.started_by_id else None,
        "steps": steps_of(run, steps),
        "inputs": values_of(run.inputs),
        "outputs": values_of(run.outputs),
        "facts": facts_of(steps),
        "error_words": what_went_wrong(run.error, run.graph_step),
        "task_id": waiting_task(run.pk) if waits else None,
        "can_answer": waits and run.document_id is not None and may_start_runs(request.login),
        "can_retry": run.status == RunStatus.FAILED and may_start_runs(request.login),
        "can_stop": _can_stop(run) and may_stop_runs(request.login),
    }


def _can_stop(run: AgentRun) -> bool:
    try:
        return run.status in STOPPABLE and agent_named(run.agent).can_be_stopped
    except UnknownAgent:
        return False


def _change(request: PageRequest, run: AgentRun) -> HttpResponse:
    action = CHANGES.get(request.POST.get("action", ""))
    if action is None:
        return _page(request, run, "Choose what to do.")
    try:
        messages.success(request, action(request, run))
    except Conflict as error:
        messages.warning(request, error.message)
    except Invalid as error:
        return _page(request, run, error.message)
    except ValidationError as error:
        return _page(request, run, _first(error.detail))
    return redirect("agent_run", pk=run.pk)


def _retry(request: PageRequest, run: AgentRun) -> str:
    if not may_start_runs(request.login):
        raise PermissionDenied
    retry_run(run_id=run.pk, by=request.login.actor)
    return "It is queued again and goes on after its last finished step."


def _stop(request: PageRequest, run: AgentRun) -> str:
    if not may_stop_runs(request.login):
        raise PermissionDenied
    stop_run(run_id=run.pk, by=request.login.actor)
    return "The run was stopped. A task asks a person to look."


def _answer(request: PageRequest, run: AgentRun) -> str:
    if not may_start_runs(request.login):
        raise PermissionDenied
    rejects = request.POST["action"] == "reject"
    resolution = {"status": "approved"}
    if rejects:
        resolution = {"status": "rejected", "reason": request.POST.get("reason", "").strip()}
    try:
        resume_with(run=run, resolution=resolution, by=request.login.actor)
    except Refusal as error:
        raise Invalid(error.message) from error
    return "Rejected." if rejects else "Accepted as it was read."


def _first(detail: Any) -> str:
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return str(detail)


CHANGES: dict[str, Callable[[PageRequest, AgentRun], str]] = {
    "retry": _retry,
    "stop": _stop,
    "accept": _answer,
    "reject": _answer,
}
