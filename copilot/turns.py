"""What one turn of the copilot needs, and what it gathers on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ag_ui.core import RunAgentInput
from django.utils import timezone

from clinic.logins import Login
from copilot.beginning import Begun
from copilot.ending import Ending
from copilot.language import Situation, model_name
from copilot.models import CopilotCall, CopilotStatus
from copilot.toolbox import Page, tools_for

MOST_REQUESTS = 12
"""Steps of one turn: calls of tools, and the answer."""


class TooManySteps(Exception):
    """A turn went round in circles."""


@dataclass(slots=True)
class Turn:
    """A run with its asker. ``calls`` are lines of the receipt to be saved, ``made`` is what the
    client is told of them."""

    login: Login
    run: Begun
    asked: RunAgentInput
    page: Page
    tools: frozenset[str]
    calls: list[CopilotCall] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    ending: Ending = field(default_factory=lambda: Ending(CopilotStatus.FINISHED))

    @property
    def clinic_id(self) -> UUID:
        """The clinic in which everything happens."""
        return self.login.clinic.pk


def new_turn(login: Login, run: Begun, asked: RunAgentInput, page: Page) -> Turn:
    """A turn of this person's, with the tools that their role may use."""
    return Turn(login, run, asked, page, frozenset(tool.name for tool in tools_for(login)))


def situation_of(turn: Turn) -> Situation:
    """What is known beside the messages, to the minute."""
    clinic = turn.login.clinic
    return Situation(
        now=timezone.now().astimezone(clinic.tzinfo).replace(second=0, microsecond=0),
        person=turn.login.actor.label,
        clinic=clinic.name,
        page=turn.page,
        tools=turn.tools,
    )


def state_of(turn: Turn) -> dict[str, Any]:
    """The client's state with our part of it: the model, and the calls of this turn."""
    sent = turn.asked.state if isinstance(turn.asked.state, dict) else {}
    return {**sent, "copilot": {"model": model_name(), "calls": []}}


def receipt_of(turn: Turn) -> dict[str, Any]:
    """What the client is told of a turn that came to its end."""
    ending = turn.ending
    return {
        "run": str(turn.run.pk),
        "calls": turn.made,
        "inputTokens": ending.input_tokens,
        "outputTokens": ending.output_tokens,
        "cost": None if ending.cost is None else float(ending.cost),
    }


def calls_told(turn: Turn, told: int) -> dict[str, Any]:
    """The state's change by the calls from the one numbered ``told`` on."""
    made = turn.made[told:]
    delta = [{"op": "add", "path": "/copilot/calls/-", "value": one} for one in made]
    return {"type": "STATE_DELTA", "delta": delta}
