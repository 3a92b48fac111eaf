"""Agent runs over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.serializers import (
    ResumeBody,
    RunRowShape,
    RunShape,
    StartAnswer,
    StartBody,
    run_answer,
)
from agents.models import AgentRun, RunStatus
from agents.permissions import may_read_runs, may_start_runs
from agents.queries import list_runs, waiting_task
from agents.registry import UnknownAgent, agent_named
from agents.subjects import resume_with, start_on
from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice, text
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created

TAG = "Agents"
LIST_QUERY = (
    choice("status", RunStatus, "In this status."),
    text("agent", "Of this agent.", most=40),
    identifier("document_id", "About this document."),
    *paging(),
)


class RunsView(ClinicView):
    """All runs."""

    @endpoint(
        may=may_read_runs,
        tag=TAG,
        name="agent_runs_list",
        summary="List agent runs, newest first",
        parameters=LIST_QUERY,
        answers={200: RunRowShape(many=True)},
    )
    def get(self, request: Request) -> Response:
        """A page of runs."""
        values = self.query(LIST_QUERY)
        part = take_slice(values)
        return listed(request, list_runs(part, **values))


class RunView(ClinicView):
    """One run."""

    @endpoint(
        may=may_read_runs,
        tag=TAG,
        name="agent_runs_get",
        summary="One agent run with its steps",
        answers={200: RunShape},
        errors=(404,),
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """The run."""
        return Response(_answer(run_id))


class StartView(ClinicView):
    """Starting an agent."""

    @endpoint(
        may=may_start_runs,
        tag=TAG,
        name="agents_start",
        summary="Start an agent on a subject",
        description="`document_extraction` reads a document again that waits for review.",
        takes=StartBody,
        answers={201: StartAnswer},
        errors=(404, 409),
    )
    def post(self, request: Request, name: str) -> Response:
        """201 with the queued run."""
        try:
            agent_named(name)
        except UnknownAgent as error:
            raise NotFound from error
        body = self.body(StartBody)
        run = start_on(
            agent=name, subject=body["subject"], inputs=body.get("inputs", {}), by=self.actor
        )
        return created("The run is queued", {"run_id": run.pk, "status": run.status})


class ResumeView(ClinicView):
    """Answering a waiting run."""

    @endpoint(
        may=may_start_runs,
        tag=TAG,
        name="agent_runs_resume",
        summary="Answer what a run waits for; it goes on",
        takes=ResumeBody,
        answers={200: RunShape},
        errors=(404, 409),
        examples=[
            example("What was read is right", {"resolution": {"status": "approved"}}),
            example(
                "It is not ours",
                {"resolution": {"status": "rejected", "reason": "Not a patient of ours"}},
            ),
        ],
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """The run as it is afterwards."""
        body = self.body(ResumeBody)
        run = _find(run_id)
        task_id = body.get("task_id")
        if task_id and task_id != waiting_task(run.pk):
            raise NotFound
        resume_with(run=run, resolution=body["resolution"], by=self.actor)
        return Response(_answer(run_id))


def _find(run_id: UUID) -> AgentRun:
    try:
        return AgentRun.objects.get(pk=run_id)
    except AgentRun.DoesNotExist as error:
        raise NotFound from error


def _answer(run_id: UUID) -> dict[str, Any]:
    return run_answer(_find(run_id), waiting_task(run_id))
