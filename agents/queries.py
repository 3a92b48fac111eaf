"""Reads about agent runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from agents.models import AgentRun
from clinic.current import current_clinic_id
from clinic.listing import Listing, Page, Slice, Where, fetch, newest_first


@dataclass(frozen=True, slots=True)
class DueRun:
    """A run that wants a worker, of any clinic. ``due_since`` is when it began to want one."""

    clinic_id: UUID
    run_id: UUID
    lane: str
    due_since: datetime
    rung_at: datetime | None


LISTING = Listing(
    columns={
        "run_id": "r.id",
        "agent": "r.agent",
        "status": "r.status",
        "graph_step": "r.graph_step",
        "patient_id": "r.patient_id",
        "document_id": "r.document_id",
        "claim_id": "r.claim_id",
        "error": "nullif(r.error, '')",
        "created_at": "r.created_at",
        "finished_at": "r.finished_at",
    },
    source="agent_executions r",
    owner="r",
    order=newest_first("r", "run_id"),
)


def list_runs(
    part: Slice,
    *,
    status: str | None = None,
    agent: str | None = None,
    document_id: UUID | None = None,
) -> Page:
    """A page of runs, newest first."""
    where = Where()
    where.equal("r.status", status)
    where.equal("r.agent", agent)
    where.equal("r.document_id", document_id)
    return fetch(LISTING, where, part)


def waiting_task(run_id: UUID) -> UUID | None:
    """The pending task a run waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tasks WHERE clinic_id = %s AND run_id = %s"
            " AND state IN ('open', 'in_progress')",
            [current_clinic_id(), run_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def subject_of(run: AgentRun) -> UUID:
    """The document a run is about; for runs that are about one."""
    if run.document_id is None:
        raise ValueError("This run is about no document.")
    return run.document_id


def due_runs(limit: int = 500) -> list[DueRun]:
    """The longest-due runs of all clinics, by ids only; ``limit`` of each lane."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clinic_id, run_id, lane, due_since, rung_at FROM agents_due(%s)", [limit]
        )
        return [DueRun(*row) for row in cursor.fetchall()]


def next_in_lane(lane: str, limit: int = 8) -> list[tuple[UUID, UUID]]:
    """(clinic id, run id) of the longest-due run of each clinic that waits in a lane.

    First the clinics that fewest workers are busy for, among them the one that was served
    longest ago: a clinic's back-scan of a thousand papers delays another one's fax by one turn.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_id, run_id FROM agents_next(%s, %s)", [lane, limit])
        return [(clinic_id, run_id) for clinic_id, run_id in cursor.fetchall()]


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
