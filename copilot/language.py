"""Which model the copilot thinks with: one that a setting names, else the rules.

``COPILOT_MODEL`` is ``openai:NAME`` (anything that speaks OpenAI's chat completions, at
``COPILOT_BASE_URL``) or ``anthropic:NAME``, with ``COPILOT_API_KEY``. Without it nothing leaves
the installation: :mod:`copilot.router` answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from pydantic_ai import ToolDenied
from pydantic_ai.messages import (
    ModelMessage,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from copilot.router import Call, Called, Say, Step, Talk, Turn, answer
from copilot.router.reading import Meaning
from copilot.router.saying import clean
from copilot.router.telling import tell
from copilot.toolbox import Page

RULES = "rules"
SAID_NO = "All right, nothing was changed."
"""What the rules answer when a person said no and gave no reason."""
_USE_TOOL = re.compile(
    r"^\s*(?:please )?(?:use|call|run) (?:the tool )?`?(?P<name>\w+)`?(?P<rest>.*)$", re.S
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known beside the messages. ``now`` is in the clinic's time zone."""

    now: datetime
    person: str
    clinic: str
    page: Page
    tools: frozenset[str]


def model_name() -> str:
    """The model's name for receipts and for people: the setting's, or "rules"."""
    return str(settings.COPILOT_MODEL) or RULES


def build_model(situation: Situation) -> Model:
    """The model that answers in this situation.

    Raises:
        ImproperlyConfigured: for a setting that names no kind of model that is known.
    """
    if not settings.COPILOT_MODEL:
        return _rules(situation)
    return _service(settings.COPILOT_MODEL, settings.COPILOT_API_KEY, settings.COPILOT_BASE_URL)


@lru_cache(maxsize=1)
def _service(name: str, key: str, base_url: str) -> Model:
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - rare

    kind, _, model = name.partition(":")
    address = base_url or None
    # Clients of language models take a second to import; without a key nobody waits for them.
    if kind == "openai" and model:
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
        from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

        return OpenAIChatModel(model, provider=OpenAIProvider(base_url=address, api_key=key))
    if kind == "anthropic" and model:
        from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
        from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

        return AnthropicModel(model, provider=AnthropicProvider(api_key=key, base_url=address))
    raise ImproperlyConfigured("COPILOT_MODEL is openai:NAME or anthropic:NAME.")


def _rules(situation: Situation) -> FunctionModel:
    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        talk = Talk(
            turns=read_turns(messages),
            now=situation.now,
            tools=situation.tools,
            page=situation.page,
            person=situation.person,
        )
        offered = {tool.name for tool in info.function_tools}
        step = _asked_for(talk, offered) or answer(talk)
        if isinstance(step, Call):
            arguments = json.dumps(dict(step.arguments), default=str)
            yield {0: DeltaToolCall(name=step.tool, json_args=arguments)}
            return
        for piece in pieces(step.text):
            yield piece

    return FunctionModel(stream_function=stream, model_name=RULES)


def pieces(text: str) -> Iterator[str]:
    """The text in the parts in which it is streamed: lines, long ones by sentence."""
    for line in text.splitlines(keepends=True) or [text]:
        yield from re.findall(r".{40,}?[.;:!?]\s+|.+", line, re.S) or [line]


def read_turns(messages: Sequence[ModelMessage]) -> tuple[Turn, ...]:
    """The conversation as the rules see it."""
    turns: list[Turn] = []
    pending: dict[str, ToolCallPart] = {}
    for part in (part for message in messages for part in message.parts):
        if isinstance(part, UserPromptPart):
            turns.append(Turn(_text(part.content)))
        elif not turns:
            continue
        elif isinstance(part, TextPart):
            turns[-1] = Turn(turns[-1].asked, turns[-1].calls, turns[-1].said + part.content)
        elif isinstance(part, ToolCallPart):
            pending[part.tool_call_id] = part
        elif isinstance(part, ToolReturnPart) and part.tool_call_id in pending:
            called = _called(pending.pop(part.tool_call_id), part)
            turns[-1] = Turn(turns[-1].asked, (*turns[-1].calls, called), turns[-1].said)
    return tuple(turns) or (Turn(""),)


def _called(call: ToolCallPart, answer_: ToolReturnPart) -> Called:
    arguments = call.args_as_dict()
    content = answer_.content
    if answer_.outcome == "denied" and content == ToolDenied().message:
        return Called(call.tool_name, arguments, refused=SAID_NO)
    if answer_.outcome != "success":
        return Called(call.tool_name, arguments, refused=_text(content))
    if isinstance(content, dict) and set(content) == {"refused"}:
        return Called(call.tool_name, arguments, refused=str(content["refused"]))
    return Called(call.tool_name, arguments, result=content)


def _asked_for(talk: Talk, offered: set[str]) -> Step | None:
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


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return " ".join(part for part in content if isinstance(part, str))
    return str(content)
