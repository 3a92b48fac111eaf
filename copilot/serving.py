"""What the copilot's addresses do, apart from how they are reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.response import Response

from agents.models import AgentRun
from clinic.logins import Login
from clinic.refusals import Missing
from copilot import running, streams, watching
from copilot.beginning import begin_run
from copilot.language import RULES, model_name
from copilot.models import Conversation
from copilot.runs import NotYours, ask_to_stop
from copilot.threads import serving_loop
from copilot.turns import new_turn
from copilot.wire import UnknownProtocol, Unprocessable, page_of, read_envelope, read_input

AGENT = "default"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class UnknownCopilot(Missing):
    """There is no agent of that id to talk to."""

    sentence = "There is no such agent."


def dispatch(data: Any, login: Login) -> HttpResponseBase:
    """Does what a body at the one address asks for.

    Raises:
        UnknownProtocol, UnknownCopilot: see there.
    """
    envelope = read_envelope(data, AGENT)
    if envelope.method == "info":
        return Response(info())
    return call(envelope.method, envelope.agent_id, envelope.thread_id, envelope.body, login)


def call(method: str, agent: str, thread_id: str, data: Any, login: Login) -> HttpResponseBase:
    """One of agent/run, agent/connect and agent/stop.

    Raises:
        UnknownCopilot, Unprocessable: see there.
    """
    if agent != AGENT:
        raise UnknownCopilot
    if method == "agent/run":
        return run(data, login)
    if data is not None and not isinstance(data, dict):
        raise UnknownProtocol
    body = data or {}
    named = thread_id or body.get("threadId")
    if not isinstance(named, str) or not named:
        raise Unprocessable(errors={"threadId": ["This is needed."]})
    return connect(named, login) if method == "agent/connect" else stop(named, body, login)


def run(data: Any, login: Login) -> HttpResponseBase:
    """Begins a run, or gives again the events of one that was begun before."""
    asked = read_input(data)
    begun = begin_run(asked=asked, login=login)
    if begun.again:
        return stream(streams.replay(login.clinic.pk, begun.conversation_id, begun.pk))
    return stream(streams.perform(new_turn(login, begun, asked, page_of(asked))))


def connect(thread_id: str, login: Login) -> HttpResponseBase:
    """All that happened in a thread, and what happens until its run ends.

    Raises:
        NotYours: see there.
    """
    found = Conversation.objects.filter(thread_id=thread_id).first()
    if found is None:
        return stream(streams.nothing())
    if found.created_by_id != login.user.pk:
        raise NotYours
    return stream(streams.replay(login.clinic.pk, found.pk))


def watch(run: AgentRun, data: Any, login: Login) -> HttpResponseBase:
    """The steps of an agent's run; a client's own names of thread and run are kept."""
    body = data if isinstance(data, dict) else {}
    names = [str(body.get(key) or run.pk)[:200] for key in ("threadId", "runId")]
    events = streams.singly(watching.watch(login.clinic.pk, run, *names))
    return stream(streams.framed(events))


def stop(thread_id: str, body: dict[str, Any], login: Login) -> HttpResponseBase:
    """Has the thread's run end with RUN_ERROR STOPPED."""
    run_id = body.get("runId")
    conversation_id = ask_to_stop(
        thread_id=thread_id, login=login, run_id=None if run_id is None else str(run_id)
    )
    loop = serving_loop()
    if conversation_id is not None and loop is not None:
        loop.call_soon_threadsafe(running.stop, conversation_id)
    return Response({"stopped": conversation_id is not None})


def stream(frames: AsyncIterator[str]) -> StreamingHttpResponse:
    """200 as text/event-stream."""
    return StreamingHttpResponse(frames, content_type="text/event-stream", headers=HEADERS)


def info() -> dict[str, Any]:
    """The runtime as CopilotKit asks for it."""
    rules = "Works by rules, without a language model: it understands what it was written for."
    model = f"Uses the language model {model_name()}."
    description = "Answers about the clinic and does things in it through tools. "
    return {
        "version": "1",
        "mode": "sse",
        "agents": {
            AGENT: {
                "name": AGENT,
                "description": description + (rules if model_name() == RULES else model),
                "className": "Backline",
            }
        },
        "audioFileTranscriptionEnabled": False,
        "threadEndpoints": {
            "list": False,
            "inspect": False,
            "mutations": False,
            "realtimeMetadata": False,
        },
        "suggestions": False,
        "a2uiEnabled": False,
        "openGenerativeUIEnabled": False,
        "telemetryDisabled": True,
    }
