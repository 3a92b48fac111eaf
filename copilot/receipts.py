"""Reads about what the copilot did: who, with which tools, on which rows, at what cost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinic.listing import Listing, Page, Row, Slice, Where, fetch, newest_first
from clinic.logins import Login
from clinic.models import Role
from copilot.models import CopilotRun

MOST_RUNS = 200
LISTING = Listing(
    columns={
        "receipt_id": "r.id",
        "via": "r.via",
        "status": "r.status",
        "asker": "r.asker",
        "model": "r.model",
        "tools": "ARRAY(SELECT c.tool FROM copilot_calls c WHERE c.clinic_id = r.clinic_id"
        " AND c.run_id = r.id ORDER BY c.at, c.id)",
        "rows": "(SELECT coalesce(sum(jsonb_array_length(c.touched)), 0)::int FROM copilot_calls c"
        " WHERE c.clinic_id = r.clinic_id AND c.run_id = r.id)",
        "input_tokens": "r.input_tokens",
        "output_tokens": "r.output_tokens",
        "cost": "r.cost::float",
        "created_at": "r.created_at",
        "finished_at": "r.finished_at",
    },
    source="copilot_runs r",
    owner="r",
    order=newest_first("r", "receipt_id"),
)


def list_receipts(part: Slice, *, login: Login, via: str | None = None) -> Page:
    """A page of receipts, newest first: all for an admin, a person's own for others."""
    where = Where()
    where.equal("r.via", via)
    if login.role != Role.ADMIN:
        where.equal("r.started_by_id", login.user.pk)
    return fetch(LISTING, where, part)


def get_receipt(receipt_id: UUID, *, login: Login) -> Row | None:
    """One receipt with its calls; None when it is not there, or another person's."""
    rows = CopilotRun.objects.select_related("conversation").filter(pk=receipt_id)
    if login.role != Role.ADMIN:
        rows = rows.filter(started_by_id=login.user.pk)
    run = rows.first()
    if run is None:
        return None
    calls = [_call(call) for call in run.calls.order_by("at", "id")]
    return {
        "receipt_id": run.pk,
        "via": run.via,
        "status": run.status,
        "asker": run.asker,
        "model": run.model,
        "tools": [call["tool"] for call in calls],
        "rows": sum(len(call["touched"]) for call in calls),
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "cost": None if run.cost is None else float(run.cost),
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "conversation_id": run.conversation_id,
        "thread_id": run.conversation.thread_id if run.conversation else None,
        "error": run.error or None,
        "calls": calls,
    }


def receipts_of(conversation_id: UUID) -> list[CopilotRun]:
    """A conversation's runs with their calls, oldest first; whose it is, is asked before."""
    rows = CopilotRun.objects.filter(conversation_id=conversation_id).order_by("created_at", "id")
    return list(rows.defer("history", "input").prefetch_related("calls")[:MOST_RUNS])


def _call(call: Any) -> Row:
    names = ("tool", "arguments", "approved", "outcome", "touched", "milliseconds", "at")
    return {name: getattr(call, name) for name in names}
