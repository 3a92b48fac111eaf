"""What clients of the copilot send and are sent: AG-UI, and CopilotKit's envelope around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson
from ag_ui.core import BaseEvent, RunAgentInput, ToolMessage, UserMessage
from pydantic import ValidationError
from pydantic_ai.ui.ag_ui import AGUIAdapter

from clinic.refusals import Refusal
from copilot.limits import LARGEST_INPUT, LONGEST_ID
from copilot.toolbox import Page, known_tools


class Unprocessable(Refusal):
    """The body is JSON, but no input of a run."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "invalid_input"
    sentence: ClassVar[str] = "This is no AG-UI RunAgentInput."


class UnknownProtocol(Refusal):
    """The body speaks a protocol that is not ours."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "unknown_protocol"
    sentence: ClassVar[str] = (
        "This address speaks AG-UI (a RunAgentInput) and CopilotKit's single-route envelope with"
        " the methods info, agent/run, agent/connect and agent/stop. It does not speak GraphQL."
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """CopilotKit's single-route call; a bare RunAgentInput is one of ``agent/run``."""

    method: str
    agent_id: str
    thread_id: str
    body: Any


METHODS = ("info", "agent/run", "agent/connect", "agent/stop")


def read_envelope(data: Any, default_agent: str) -> Envelope:
    """What a body asks for.

    Raises:
        UnknownProtocol: see there.
    """
    if not isinstance(data, Mapping):
        raise UnknownProtocol
    if "threadId" in data and "messages" in data:
        return Envelope("agent/run", default_agent, str(data["threadId"]), data)
    if data.get("method") not in METHODS:
        raise UnknownProtocol
    raw = data.get("params")
    params: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    return Envelope(
        str(data["method"]),
        str(params.get("agentId") or default_agent),
        str(params.get("threadId") or ""),
        data.get("body"),
    )


def read_input(data: Any) -> RunAgentInput:
    """The input of a run; fields that this version does not know are kept.

    Raises:
        Unprocessable: naming the fields that cannot be used.
    """
    if not isinstance(data, Mapping):
        raise Unprocessable
    try:
        found = AGUIAdapter.build_run_input(orjson.dumps(data))
    except ValidationError as error:
        errors: dict[str, list[str]] = {}
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            errors.setdefault(".".join(map(str, one["loc"])), []).append(one["msg"])
        raise Unprocessable(errors=errors) from error
    for name, value in (("threadId", found.thread_id), ("runId", found.run_id)):
        if not 1 <= len(value) <= LONGEST_ID:
            raise Unprocessable(errors={name: [f"1 to {LONGEST_ID} characters."]})
    if any(len(message.id) > LONGEST_ID for message in found.messages):
        raise Unprocessable(errors={"messages": [f"Ids have at most {LONGEST_ID} characters."]})
    rest = {name: value for name, value in data.items() if name != "messages"}
    if len(orjson.dumps(rest)) > LARGEST_INPUT:
        raise Unprocessable(f"Without its messages, this is larger than {LARGEST_INPUT} bytes.")
    ours = {tool.name for tool in known_tools()}
    for position, tool in enumerate(found.tools or []):
        if tool.name in ours:
            raise Unprocessable(errors={f"tools.{position}.name": ["A tool of ours has it."]})
    return found


def text_of(message: UserMessage) -> str:
    """The words of a message; pictures and files in it are not looked at."""
    content = message.content
    if isinstance(content, str):
        return content
    texts = [getattr(part, "text", "") for part in content if part.type == "text"]
    return "\n".join(filter(None, texts))


def fresh_messages(asked: RunAgentInput, known: Set[str]) -> list[UserMessage]:
    """What the person says now: the user's messages that the server has not seen.

    Nothing else of the history that a client sends is believed. A client that sends only what is
    known (to have it answered once more) says its last message again.
    """
    said = [message for message in asked.messages if isinstance(message, UserMessage)]
    fresh = [message for message in said if message.id not in known]
    again = not asked.resume and isinstance(_last(asked), UserMessage)
    return fresh or (said[-1:] if again else [])


def client_results(asked: RunAgentInput) -> dict[str, str]:
    """What the client's own tools answered, by call; whether anybody asked is not checked here."""
    found = {}
    for message in asked.messages:
        if isinstance(message, ToolMessage):
            content = message.content
            text = content if isinstance(content, str) else json.dumps(content, default=str)
            found[message.tool_call_id] = message.error or text
    return found


def page_of(asked: RunAgentInput) -> Page:
    """What the person has on the screen: the context item "page", JSON with ids.

    Ids that are none are left out: a page that is wrong must not stop the conversation.
    """
    for item in asked.context or []:
        if item.description == "page":
            try:
                named = json.loads(item.value)
            except ValueError:
                return Page()
            if isinstance(named, Mapping):
                return Page(**_ids(named))
    return Page()


def encode(event: BaseEvent) -> dict[str, Any]:
    """An event as it is stored and sent: what is absent is left out."""
    return event.model_dump(mode="json", by_alias=True, exclude_none=True)


def frame(event: Mapping[str, Any]) -> str:
    """One event of a text/event-stream."""
    return f"data: {orjson.dumps(event).decode()}\n\n"


def _last(asked: RunAgentInput) -> Any:
    return asked.messages[-1] if asked.messages else None


def _ids(named: Mapping[str, Any]) -> dict[str, UUID]:
    found = {}
    for name in Page.__dataclass_fields__:
        try:
            found[name] = UUID(str(named[name]))
        except (KeyError, ValueError):
            continue
    return found
