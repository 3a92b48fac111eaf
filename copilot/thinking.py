"""One turn of the copilot as AG-UI events, by a language model or by the rules."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from copilot.ending import Ending
from copilot.language import RULES, model_name
from copilot.models import CopilotStatus
from copilot.ruled import think_by_rules
from copilot.turns import Turn, state_of
from copilot.wire import encode


async def think(turn: Turn) -> AsyncGenerator[dict[str, Any]]:
    """The events after RUN_STARTED, exactly one of RUN_FINISHED and RUN_ERROR at the end.

    ``turn.ending`` is complete when the last event is given.
    """
    yield {"type": "STATE_SNAPSHOT", "snapshot": state_of(turn)}
    fault = turn.run.fault
    if fault is not None:
        turn.ending = Ending(CopilotStatus.FAILED, error=fault.code or "")
        yield encode(fault)
        return
    async for event in _thoughts(turn):
        yield event


def _thoughts(turn: Turn) -> AsyncGenerator[dict[str, Any]]:
    if model_name() == RULES:
        return think_by_rules(turn)
    # The rules need none of the agent's machinery.
    from copilot.modelled import think_by_model  # noqa: PLC0415

    return think_by_model(turn)
