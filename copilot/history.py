"""A conversation as it is kept: the messages of pydantic-ai, as JSON.

The rules write and read them as they are, without the library's models, so that a conversation
that began with the rules can go on with a language model and the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from copilot.router import Called, Turn

Message = dict[str, Any]
SAID_NO = "All right, nothing was changed."
"""What the rules answer when a person said no and gave no reason."""
DENIED = "The tool call was denied."
"""The library's words for a no without a reason."""


def prompt(text: str) -> Message:
    """A part: what the person says."""
    return {"part_kind": "user-prompt", "content": text, "timestamp": _now()}


def returned(name: str, call_id: str, content: Any, outcome: str = "success") -> Message:
    """A part: what a call came to; ``outcome`` is success or denied."""
    return {
        "part_kind": "tool-return",
        "tool_name": name,
        "tool_call_id": call_id,
        "content": content,
        "outcome": outcome,
        "timestamp": _now(),
    }


def request(*parts: Message) -> Message:
    """A message to the one who answers."""
    return {"kind": "request", "parts": list(parts)}


def called(name: str, call_id: str, arguments: str) -> Message:
    """The answer that is a call of a tool; ``arguments`` is JSON."""
    call = {
        "part_kind": "tool-call",
        "tool_name": name,
        "tool_call_id": call_id,
        "args": arguments,
    }
    return _response(call)


def told(text: str) -> Message:
    """The answer that is text."""
    return _response({"part_kind": "text", "content": text})


def tools_called(history: Sequence[Message]) -> dict[str, str]:
    """The tools of all calls, by call."""
    return {
        part["tool_call_id"]: part["tool_name"]
        for message in history
        for part in message["parts"]
        if part["part_kind"] == "tool-call"
    }


def latest(history: Sequence[Message], turns: int) -> list[Message]:
    """The messages from the last so many that begin with what the person said."""
    starts = [
        place
        for place, message in enumerate(history)
        if any(part["part_kind"] == "user-prompt" for part in message["parts"])
        and not any(part["part_kind"] == "tool-return" for part in message["parts"])
    ]
    return list(history[starts[-turns] :] if len(starts) > turns else history)


def read_turns(history: Sequence[Message]) -> tuple[Turn, ...]:
    """The conversation as the rules see it."""
    turns: list[Turn] = []
    pending: dict[str, Message] = {}
    for part in (part for message in history for part in message["parts"]):
        kind = part["part_kind"]
        if kind == "user-prompt":
            turns.append(Turn(_text(part["content"])))
        elif not turns:
            continue
        elif kind == "text":
            turns[-1] = Turn(turns[-1].asked, turns[-1].calls, turns[-1].said + part["content"])
        elif kind == "tool-call":
            pending[part["tool_call_id"]] = part
        elif kind == "tool-return" and part["tool_call_id"] in pending:
            one = _called(pending.pop(part["tool_call_id"]), part)
            turns[-1] = Turn(turns[-1].asked, (*turns[-1].calls, one), turns[-1].said)
    return tuple(turns) or (Turn(""),)


def _called(call: Message, answer: Message) -> Called:
    name, arguments, content = call["tool_name"], _arguments(call["args"]), answer["content"]
    outcome = answer.get("outcome", "success")
    if outcome == "denied" and content == DENIED:
        return Called(name, arguments, refused=SAID_NO)
    if outcome != "success":
        return Called(name, arguments, refused=_text(content))
    if isinstance(content, dict) and set(content) == {"refused"}:
        return Called(name, arguments, refused=str(content["refused"]))
    return Called(name, arguments, result=content)


def _arguments(kept: Any) -> Mapping[str, Any]:
    """The arguments of a call, which a model may have written as it liked."""
    try:
        found = json.loads(kept) if isinstance(kept, str) else kept
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return " ".join(part for part in content if isinstance(part, str))
    return str(content)


def _response(part: Message) -> Message:
    return {"kind": "response", "parts": [part], "model_name": "rules", "timestamp": _now()}


def _now() -> str:
    return timezone.now().isoformat()
