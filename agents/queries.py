"""Reads about agent runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from agents.models import AgentRun


@dataclass(frozen=True, slots=True)
class DueRun:
    """A run that wants a worker, of any clinic. ``due_since`` is when it began to want one."""

    clinic_id: UUID
    run_id: UUID
    lane: str
    due_since: datetime
    rung_at: datetime | None


def due_runs(limit: int = 500) -> list[DueRun]:
    """The longest-due runs of all clinics, by ids only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clinic_id, run_id, lane, due_since, rung_at FROM agents_due(%s)", [limit]
        )
        return [DueRun(*row) for row in cursor.fetchall()]


def event_doc(run: AgentRun) -> dict[str, Any]:
    """What open screens are told of a run."""
    return {
        "run_id": run.pk,
        "agent": run.agent,
        "status": run.status,
        "graph_step": run.graph_step,
        "document_id": run.document_id,
        "patient_id": run.patient_id,
    }
