"""What agents are started on and answered with: each agent's app registers its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents.models import AgentRun
from clinic.recording import Actor
from clinic.refusals import invalid

Starter = Callable[[UUID, dict[str, Any], Actor], AgentRun]
Resumer = Callable[[AgentRun, dict[str, Any], Actor], None]


@dataclass(frozen=True, slots=True)
class Way:
    """How one agent is started and answered; ``subject`` is the one key it takes."""

    subject: str
    start: Starter
    resume: Resumer


_ways: dict[str, Way] = {}


def register(agent: str, way: Way) -> None:
    """Makes an agent startable from outside."""
    _ways[agent] = way


def start_on(
    *, agent: str, subject: dict[str, UUID], inputs: dict[str, Any], by: Actor
) -> AgentRun:
    """Starts a registered agent on a subject.

    Raises:
        Invalid: when the agent takes another subject.
        Refusal: what the agent's own app refuses.
    """
    way = _ways[agent]
    if set(subject) != {way.subject}:
        raise invalid("subject", f"This agent is started with {way.subject}.")
    return way.start(subject[way.subject], inputs, by)


def resume_with(*, run: AgentRun, resolution: dict[str, Any], by: Actor) -> None:
    """Answers what a run waits for.

    Raises:
        Refusal: when it does not wait, or the answer cannot be used.
    """
    _ways[run.agent].resume(run, resolution, by)
