"""An agent's run as AG-UI events, so that any AG-UI client can watch its steps.

Names, times and states only: what a step read stays in the run's own page and API. A run that
waits for a person ends the stream with an interrupt that names the task; to watch on, ask again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.models import AgentRun, AgentStep, RunStatus
from agents.queries import waiting_task
from agents.registry import agent_named
from copilot.threads import in_clinic

LOOK_SECONDS = 0.3
SETTLED = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.WAITING_INPUT})


@dataclass(frozen=True, slots=True)
class Seen:
    """A run at one moment: its steps so far as (name, begun, finished)."""

    status: str
    task_id: UUID | None
    steps: list[tuple[str, datetime, datetime]]


async def watch(
    clinic_id: UUID, run: AgentRun, thread_id: str, run_id: str
) -> AsyncGenerator[dict[str, Any]]:
    """The run's events from its beginning until it ends or waits."""
    names = [step.name for step in agent_named(run.agent).steps]
    state = {"agent": run.agent, "status": run.status, "steps": names, "done": []}
    yield {
        "type": "RUN_STARTED",
        "threadId": thread_id,
        "runId": run_id,
        "timestamp": _milliseconds(run.created_at),
        "protocolVersion": "1.0",
    }
    yield {"type": "STATE_SNAPSHOT", "snapshot": state}
    given = 0
    status = str(run.status)
    while True:
        seen = await in_clinic(clinic_id, look, run.pk)
        for name, begun, finished in seen.steps[given:]:
            yield {"type": "STEP_STARTED", "stepName": name, "timestamp": _milliseconds(begun)}
            yield {"type": "STEP_FINISHED", "stepName": name, "timestamp": _milliseconds(finished)}
            yield _delta("add", "/done/-", name)
        given = len(seen.steps)
        if seen.status != status:
            status = seen.status
            yield _delta("replace", "/status", status)
        if status in SETTLED:
            yield _ending(seen, thread_id, run_id)
            return
        await asyncio.sleep(LOOK_SECONDS)


def look(pk: UUID) -> Seen:
    """The run now. The status is read first: steps may be ahead of it, never behind."""
    status = AgentRun.objects.values_list("status", flat=True).get(pk=pk)
    task_id = waiting_task(pk) if status == RunStatus.WAITING_INPUT else None
    steps = AgentStep.objects.filter(run_id=pk).order_by("position")
    return Seen(status, task_id, list(steps.values_list("name", "started_at", "finished_at")))


def _ending(seen: Seen, thread_id: str, run_id: str) -> dict[str, Any]:
    if seen.status == RunStatus.FAILED:
        return {"type": "RUN_ERROR", "message": "The run failed.", "code": "FAILED"}
    outcome: dict[str, Any] = {"type": "success"}
    if seen.status == RunStatus.WAITING_INPUT:
        interrupt = {
            "id": f"task-{seen.task_id}",
            "reason": "human_input",
            "message": "A person is asked about this.",
            "metadata": {"task_id": str(seen.task_id)},
        }
        outcome = {"type": "interrupt", "interrupts": [interrupt]}
    return {"type": "RUN_FINISHED", "threadId": thread_id, "runId": run_id, "outcome": outcome}


def _delta(op: str, path: str, value: str) -> dict[str, Any]:
    return {"type": "STATE_DELTA", "delta": [{"op": op, "path": path, "value": value}]}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
