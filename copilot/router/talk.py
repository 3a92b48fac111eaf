"""A conversation as the rules see it, and the steps they can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from copilot.toolbox import Page


@dataclass(frozen=True, slots=True)
class Called:
    """A tool that was called. ``result`` is its JSON; None with ``refused`` saying why not.

    ``refused`` is the sentence of a refusal, of wrong arguments, or of the person who said no.
    """

    tool: str
    arguments: Mapping[str, Any]
    result: Any = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked, what was done about it, and what was said; the last turn has no ``said``."""

    asked: str
    calls: tuple[Called, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation, oldest turn first; the last is the one to answer.

    ``now`` is in the clinic's time zone. ``tools`` are those that this person may use.
    ``person`` is the asking person's name.
    """

    turns: tuple[Turn, ...]
    now: datetime
    tools: frozenset[str]
    page: Page = field(default_factory=Page)
    person: str = ""

    @property
    def asked(self) -> str:
        """What is to be answered."""
        return self.turns[-1].asked

    @property
    def calls(self) -> tuple[Called, ...]:
        """What was done about it so far."""
        return self.turns[-1].calls


@dataclass(frozen=True, slots=True)
class Call:
    """Run a tool next."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Say:
    """Answer, in Markdown. It is streamed by lines."""

    text: str


Step = Call | Say
