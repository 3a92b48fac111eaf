"""Agents that can be run, each a list of named steps; filled in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from clinic.recording import Record

if TYPE_CHECKING:
    from agents.models import AgentRun
    from agents.runner import Attempt


class Then(Enum):
    """What follows a step."""

    CONTINUE = "continue"
    WAIT = "wait"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Step:
    """One checkpointed step.

    ``work`` talks to the world (files, models) outside of any transaction and returns JSON; it
    writes the database only through :meth:`Attempt.commit`. ``record`` writes the database, in
    one transaction with the checkpoint. A step after which the run waits (``Then.WAIT``) is
    followed by a step whose output is the person's answer. ``limit_seconds`` bounds ``work``:
    past it the lease is no longer renewed and another worker may take over.
    """

    name: str
    work: Callable[[Attempt], Any] | None = None
    record: Callable[[AgentRun, Any, Record], Then] | None = None
    waits_for_answer: bool = False
    limit_seconds: int = 600


@dataclass(frozen=True, slots=True)
class Agent:
    """A kind of run. ``gave_up`` is told, in the failing transaction, when a run is failed.

    ``can_be_stopped`` is for agents whose work a person may break off without harm: nothing of
    it has reached anybody outside.
    """

    name: str
    label: str
    steps: tuple[Step, ...]
    gave_up: Callable[[AgentRun, Record], None]
    can_be_stopped: bool = False


_agents: dict[str, Agent] = {}


class UnknownAgent(LookupError):
    """There is no agent of that name."""


def register(agent: Agent) -> None:
    """Makes an agent known under its name."""
    _agents[agent.name] = agent


def agent_named(name: str) -> Agent:
    """The agent of that name.

    Raises:
        UnknownAgent: when none is registered.
    """
    try:
        return _agents[name]
    except KeyError as error:
        raise UnknownAgent(f"There is no agent called {name}.") from error


def known_agents() -> list[Agent]:
    """All agents by name."""
    return sorted(_agents.values(), key=lambda agent: agent.name)
