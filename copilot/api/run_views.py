"""The copilot over HTTP: AG-UI and CopilotKit's envelope, at one address and at REST twins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions import UnknownRun
from agents.models import AgentRun
from agents.permissions import may_read_runs
from clinic.api.schema import Answers, endpoint, example
from clinic.api.serializers import ErrorAnswer
from clinic.api.views import ClinicView
from clinic.api.wire import WireRenderer
from copilot.api.run_serializers import (
    CopilotAnswer,
    CopilotBody,
    InfoAnswer,
    RunInputBody,
    StopAnswer,
    StopBody,
    StreamedEvent,
    ThreadBody,
    WatchBody,
)
from copilot.permissions import may_use_copilot

TAG = "Copilot"
HELLO = {
    "threadId": "a-thread-of-yours",
    "runId": "run-1",
    "messages": [{"id": "m1", "role": "user", "content": "Show my urgent tasks"}],
    "state": {},
    "tools": [],
    "context": [],
    "forwardedProps": {},
}
EVENTS: Answers = {
    (200, "text/event-stream"): OpenApiResponse(
        StreamedEvent,
        "AG-UI events, each as `data: {json}` and an empty line; RUN_FINISHED or RUN_ERROR is the"
        " last.",
    )
}
BAD_INPUT: Answers = {
    422: OpenApiResponse(ErrorAnswer, "No input of a run; `errors` names what cannot be used.")
}


class CopilotView(ClinicView):
    """A view that may answer with a stream, whatever the client says it accepts.

    ``Idempotency-Key`` is not looked at: a run's own ``runId`` says the same. The same runId in
    the same thread gives the events of that run again.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks who asks and how often."""
        super().initial(request, *args, **kwargs)
        vars(self).pop("post", None)

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """JSON for what is no stream."""
        del request, force
        return WireRenderer(), WireRenderer.media_type


def _machine() -> Any:
    """Where it is done. The models' library takes seconds to import: nobody waits at a start."""
    from copilot import serving  # noqa: PLC0415

    return serving


class CopilotEndpoint(CopilotView):
    """Everything at one address."""

    @endpoint(
        may=may_use_copilot,
        tag=TAG,
        name="copilot",
        summary="Ask the copilot",
        description="Takes an AG-UI `RunAgentInput`, or CopilotKit's single-route envelope "
        "`{method, params, body}` with the methods `info`, `agent/run`, `agent/connect` and "
        "`agent/stop`. Answers with AG-UI events; `info` and `agent/stop` with JSON. The same "
        "`runId` again gives the events of that run again.",
        takes=CopilotBody,
        answers={200: CopilotAnswer, **EVENTS, **BAD_INPUT},
        errors=(404, 409),
        examples=[example("A question", HELLO), example("CopilotKit", {"method": "info"})],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """200, a stream or JSON."""
        found: HttpResponseBase = _machine().dispatch(request.data, self.login)
        return found


class CopilotInfo(ClinicView):
    """What there is."""

    @endpoint(
        may=may_use_copilot,
        tag=TAG,
        name="copilot_info",
        summary="What the copilot is",
        description="Its agents, and the model it works with.",
        answers={200: InfoAnswer},
    )
    def get(self, request: Request) -> Response:
        """200."""
        del request
        return Response(_machine().info())


class CopilotRunView(CopilotView):
    """A run."""

    @endpoint(
        may=may_use_copilot,
        tag=TAG,
        name="copilot_run",
        summary="Ask an agent",
        description="AG-UI: `RunAgentInput` in, events out. `agent` is one of those in info.",
        takes=RunInputBody,
        answers={**EVENTS, **BAD_INPUT},
        errors=(404, 409),
        examples=[example("A question", HELLO)],
    )
    def post(self, request: Request, agent: str) -> HttpResponseBase:
        """200, a stream."""
        found: HttpResponseBase = _machine().call("agent/run", agent, "", request.data, self.login)
        return found


class CopilotConnect(CopilotView):
    """A thread again."""

    @endpoint(
        may=may_use_copilot,
        tag=TAG,
        name="copilot_connect",
        summary="Follow a thread",
        description="All events of the thread, and on until its run ends; an empty stream for a "
        "thread that is not there.",
        takes=ThreadBody,
        answers={**EVENTS, **BAD_INPUT},
        errors=(404,),
        examples=[example("A thread", {"threadId": HELLO["threadId"]})],
    )
    def post(self, request: Request, agent: str) -> HttpResponseBase:
        """200, a stream."""
        found: HttpResponseBase = _machine().call(
            "agent/connect", agent, "", request.data, self.login
        )
        return found


class WatchRun(CopilotView):
    """The steps of an agent's run."""

    @endpoint(
        may=may_read_runs,
        tag=TAG,
        name="agent_run_agui",
        summary="Watch an agent's run as AG-UI events",
        description="STEP events as steps finish, the state by deltas. Ends with the run, or with "
        "an interrupt that names the task when it waits for a person.",
        answers=EVENTS,
        errors=(404,),
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """200, a stream."""
        del request
        found: HttpResponseBase = _machine().watch(_run(run_id), None, self.login)
        return found

    @endpoint(
        may=may_read_runs,
        tag=TAG,
        name="agent_run_agui_post",
        summary="Watch an agent's run with an AG-UI client",
        description="As GET; `threadId` and `runId` of the body are those of the events.",
        takes=WatchBody,
        answers=EVENTS,
        errors=(404,),
    )
    def post(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """200, a stream."""
        run = _run(run_id)
        found: HttpResponseBase = _machine().watch(run, request.data, self.login)
        return found


def _run(run_id: UUID) -> AgentRun:
    found = AgentRun.objects.filter(pk=run_id).first()
    if found is None:
        raise UnknownRun
    return found


class CopilotStop(CopilotView):
    """The end of a run."""

    @endpoint(
        may=may_use_copilot,
        tag=TAG,
        name="copilot_stop",
        summary="Stop a thread's run",
        description="Its stream ends with RUN_ERROR, code STOPPED. What was done stays done.",
        takes=StopBody,
        answers={200: StopAnswer},
        errors=(404,),
    )
    def post(self, request: Request, agent: str, thread: str) -> HttpResponseBase:
        """200, whether there was something to stop."""
        found: HttpResponseBase = _machine().call(
            "agent/stop", agent, thread, request.data, self.login
        )
        return found
