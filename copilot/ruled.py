"""A turn by the rules, as AG-UI events: the model library's loop without the library.

What a client sees is the same as with a language model (``copilot.modelled``; the same tests run
over both), at a fraction of the CPU: docs/adr/0011-the-rules-have-their-own-loop.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
from ag_ui.core import ResumeEntry
from django.utils import timezone
from pydantic_ai import ToolDenied
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.ui.ag_ui._interrupt import approval_to_interrupt, resume_entry_to_approval

from copilot import history as kept
from copilot.calling import (
    DONE_BEFORE,
    NO_ANSWER,
    PASSED_OVER,
    NeedsApproval,
    call_tool,
    note_denials,
)
from copilot.models import CopilotStatus
from copilot.router import Call, Past, Say, Step, Talk, answer, replayed
from copilot.router.answering import REMEMBERED
from copilot.router.reading import Meaning
from copilot.router.saying import clean
from copilot.router.telling import tell
from copilot.toolbox import tool_named
from copilot.turns import (
    MOST_REQUESTS,
    TooManySteps,
    Turn,
    calls_told,
    receipt_of,
    situation_of,
)

_USE_TOOL = re.compile(
    r"^\s*(?:please )?(?:use|call|run) (?:the tool )?`?(?P<name>\w+)`?(?P<rest>.*)$", re.S
)
_PROTOCOL = re.compile(r"(\d+)\.(\d+)")
Event = dict[str, Any]


async def think_by_rules(turn: Turn) -> AsyncGenerator[Event]:
    """The turn's events after its state, RUN_FINISHED the last of them."""
    run = turn.run
    outcome: dict[str, Any] = {"type": "success"}
    if run.text or run.resumed or run.answers or run.unanswered:
        turn.ending.cost = Decimal(0)
        messages = kept.latest(run.history, REMEMBERED)
        parts: list[kept.Message] = []
        async for event in _taken_up(turn, messages, parts):
            yield event
        if run.text:
            parts.append(kept.prompt(run.text))
        messages.append(kept.request(*parts))
        async for event in _steps(turn, messages, outcome):
            yield event
        turn.ending.history = messages
        note_denials(turn)
        yield _event("CUSTOM", name="receipt", value=receipt_of(turn))
    yield _event(
        "RUN_FINISHED", threadId=turn.asked.thread_id, runId=turn.asked.run_id, outcome=outcome
    )


async def _taken_up(
    turn: Turn, messages: list[kept.Message], parts: list[kept.Message]
) -> AsyncGenerator[Event]:
    """Answers what the last turn ended with, and what each came to as ``parts``."""
    run, told = turn.run, len(turn.made)
    names = kept.tools_called(messages)
    for one in run.resumed:
        call_id, asked = one["toolCallId"], one["metadata"]
        decided: Any = resume_entry_to_approval(ResumeEntry.model_validate(one["entry"]))
        if isinstance(decided, ToolDenied):
            content, outcome = decided.message, "denied"
        else:
            tool = tool_named(asked["tool"])
            edited = decided.override_args
            arguments = asked["arguments"] if edited is None else edited
            content = await call_tool(turn, tool, call_id, arguments, approved=True)
            outcome = "success"
        parts.append(kept.returned(names.get(call_id, asked["tool"]), call_id, content, outcome))
        yield _result(call_id, content)
        if told < len(turn.made):
            yield calls_told(turn, told)
            told = len(turn.made)
    for call_id, text in run.answers.items():  # the client has these already
        parts.append(kept.returned(names.get(call_id, ""), call_id, text))
    for one in run.unanswered:
        call_id, denied = one["toolCallId"], "id" in one and not one["done"]
        answered: Any = DONE_BEFORE if one["done"] else PASSED_OVER if denied else NO_ANSWER
        outcome = "denied" if denied else "success"
        parts.append(kept.returned(names.get(call_id, ""), call_id, answered, outcome))
        yield _result(call_id, answered)


async def _steps(
    turn: Turn, messages: list[kept.Message], outcome: dict[str, Any]
) -> AsyncGenerator[Event]:
    """Tools, and what is said in the end; or what a person or the client is asked for.

    Raises:
        TooManySteps: see there.
    """
    theirs = {tool.name for tool in turn.asked.tools or []}
    past = replayed(_talk(turn, messages))
    for _ in range(MOST_REQUESTS):
        step = _next(_talk(turn, messages), past, turn.tools | theirs)
        message_id = str(uuid4())
        if isinstance(step, Say):
            turn.ending.said = step.text
            messages.append(kept.told(step.text))
            for event in _text(message_id, step.text):
                yield event
            return
        call_id = f"call_{uuid4().hex}"
        arguments = json.dumps(dict(step.arguments), default=str)
        messages.append(kept.called(step.tool, call_id, arguments))
        for event in _call(message_id, call_id, step.tool, arguments):
            yield event
        if step.tool in theirs:
            _leave_to_client(turn, call_id, step.tool, outcome)
            return
        told = len(turn.made)
        tool = tool_named(step.tool)
        try:
            content = await call_tool(turn, tool, call_id, json.loads(arguments), approved=False)
        except NeedsApproval as asked:
            _leave_to_person(turn, call_id, asked.metadata, outcome)
            return
        messages.append(kept.request(kept.returned(step.tool, call_id, content)))
        yield _result(call_id, content)
        if told < len(turn.made):
            yield calls_told(turn, told)
    raise TooManySteps


def _next(talk: Talk, past: Past, offered: frozenset[str]) -> Step:
    return _asked_for(talk, offered) or answer(talk, past)


def _talk(turn: Turn, messages: list[kept.Message]) -> Talk:
    situation = situation_of(turn)
    return Talk(
        turns=kept.read_turns(messages),
        now=situation.now,
        tools=situation.tools,
        page=situation.page,
        person=situation.person,
    )


def _asked_for(talk: Talk, offered: frozenset[str]) -> Step | None:
    """A tool, ours or the client's, asked for by its very name: ``use show_map {"x": 1}``.

    Once it was called its result is told, whatever its name would mean as words.
    """
    found = _USE_TOOL.match(talk.asked)
    if found is None or found["name"] not in offered:
        return None
    if talk.calls:
        last = talk.calls[-1]
        said = last.refused or (last.result if isinstance(last.result, str) else "")
        return Say(clean(said) or tell(Meaning(last.tool), last, talk))
    try:
        arguments = json.loads(found["rest"].strip(" :.") or "{}")
    except ValueError:
        return None
    return Call(found["name"], arguments) if isinstance(arguments, dict) else None


def _leave_to_client(turn: Turn, call_id: str, tool: str, outcome: dict[str, Any]) -> None:
    turn.ending.status = CopilotStatus.WAITING
    turn.ending.client_calls = [{"toolCallId": call_id, "tool": tool}]
    if _declares_1_0(turn):
        outcome["pendingToolCallIds"] = [call_id]


def _leave_to_person(
    turn: Turn, call_id: str, metadata: dict[str, Any], outcome: dict[str, Any]
) -> None:
    call = ToolCallPart(metadata["tool"], metadata["arguments"], tool_call_id=call_id)
    interrupt = approval_to_interrupt(call, {call_id: metadata})
    interrupt.message = metadata["preview"]["title"]
    asked = interrupt.model_dump(mode="json", by_alias=True, exclude_none=True)
    turn.ending.status = CopilotStatus.WAITING
    turn.ending.interrupts = [asked]
    outcome.update(type="interrupt", interrupts=[asked])


def _declares_1_0(turn: Turn) -> bool:
    """Whether the client said that it knows AG-UI 1.0; older ones refuse its newer fields."""
    declared = turn.asked.protocol_version
    if declared is None:
        return False
    found = _PROTOCOL.fullmatch(declared)
    return found is None or (int(found[1]), int(found[2])) >= (1, 0)


def _call(message_id: str, call_id: str, tool: str, arguments: str) -> Iterator[Event]:
    # Clients of the older generation want the message that a call belongs to.
    yield _event("TEXT_MESSAGE_START", messageId=message_id, role="assistant")
    yield _event("TEXT_MESSAGE_END", messageId=message_id)
    yield _event(
        "TOOL_CALL_START", toolCallId=call_id, toolCallName=tool, parentMessageId=message_id
    )
    yield _event("TOOL_CALL_ARGS", toolCallId=call_id, delta=arguments)
    yield _event("TOOL_CALL_END", toolCallId=call_id)


def _result(call_id: str, content: Any) -> Event:
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    return _event(
        "TOOL_CALL_RESULT", messageId=str(uuid4()), toolCallId=call_id, content=text, role="tool"
    )


def _text(message_id: str, text: str) -> Iterator[Event]:
    yield _event("TEXT_MESSAGE_START", messageId=message_id, role="assistant")
    for piece in pieces(text):
        yield _event("TEXT_MESSAGE_CONTENT", messageId=message_id, delta=piece)
    yield _event("TEXT_MESSAGE_END", messageId=message_id)


def pieces(text: str) -> Iterator[str]:
    """The text in the parts in which it is streamed: lines, long ones by sentence."""
    for line in text.splitlines(keepends=True) or [text]:
        yield from re.findall(r".{40,}?[.;:!?]\s+|.+", line, re.S) or [line]


def _event(kind: str, **fields: Any) -> Event:
    return {"type": kind, "timestamp": int(timezone.now().timestamp() * 1000), **fields}
