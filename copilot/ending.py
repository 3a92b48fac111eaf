"""How a run of the copilot ends: once, with its last events, its receipt, its answer, its audit.

Synchronous, in the current clinic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from ag_ui.core import RunErrorEvent
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.recording import Actor, Record, change
from copilot.beginning import Begun
from copilot.models import Channel, CopilotCall, CopilotRun, CopilotStatus
from copilot.orphans import LOST as LOST_EVENT
from copilot.pending import give_back
from copilot.runs import RunLost, event_rows, lease, message_rows, write_rows

LABEL = "Copilot"
STOPPED = RunErrorEvent(message="This was stopped.", code="STOPPED")
FAILED = RunErrorEvent(message="Something went wrong on our side.", code="INTERNAL")
LOST = RunErrorEvent(message=LOST_EVENT["message"], code=LOST_EVENT["code"])


@dataclass(slots=True)
class Ending:
    """How a run ends, and what it leaves behind."""

    status: CopilotStatus
    said: str = ""
    history: list[Any] | None = None
    interrupts: list[dict[str, Any]] = field(default_factory=list)
    client_calls: list[dict[str, Any]] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    error: str = ""


def end_run(
    *,
    run: Begun,
    ending: Ending,
    events: Sequence[dict[str, Any]],
    seq: int,
    calls: Sequence[CopilotCall],
    by: Actor,
) -> None:
    """Ends a run with its last events, its receipt, its answer and one audit line.

    Raises:
        RunLost: see there; nothing is written.
    """
    with change(by=by) as record:
        _close(run, ending)
        now = timezone.now()
        said: list[models.Model] = []
        if ending.said:
            rich = {"run_id": str(run.pk)}
            said = message_rows(run.conversation_id, ending.said, now, None, LABEL, rich)
        rows: list[Sequence[models.Model]] = [
            event_rows(run.conversation_id, run.pk, events, seq),
            calls,
            said,
        ]
        clinic_id = current_clinic_id()
        made = write_rows(
            rows,
            "UPDATE copilot_runs SET history = '[]' WHERE %s AND clinic_id = %s"
            " AND conversation_id = %s AND id <> %s AND history <> '[]'; "
            "UPDATE conversations SET last_message_at = %s WHERE %s AND clinic_id = %s"
            " AND id = %s; "
            "SELECT tool, jsonb_array_length(touched) FROM copilot_calls"
            " WHERE clinic_id = %s AND run_id = %s ORDER BY at, id",
            [
                *(ending.history is not None, clinic_id, run.conversation_id, run.pk),
                *(now, bool(said), clinic_id, run.conversation_id),
                *(clinic_id, run.pk),
            ],
        )
        if ending.error == LOST.code:
            give_back(run.conversation_id)
        for message in said:
            _tell(record, run, message.pk)
        detail = {
            "status": ending.status.value,
            "tools": [tool for tool, _ in made],
            "rows": sum(rows for _, rows in made),
        }
        record.audit("copilot.run", CopilotRun(pk=run.pk), detail=detail)


def _close(run: Begun, ending: Ending) -> None:
    """Writes how it ended, if it still runs."""
    history = {} if ending.history is None else {"history": ending.history}
    ended = CopilotRun.objects.filter(pk=run.pk, status=CopilotStatus.RUNNING).update(
        lease_until=Now() + lease(),
        status=ending.status,
        interrupts=ending.interrupts,
        client_calls=ending.client_calls,
        input_tokens=ending.input_tokens,
        output_tokens=ending.output_tokens,
        cost=ending.cost,
        error=ending.error,
        finished_at=Now(),
        **history,
    )
    if not ended:
        raise RunLost


def _tell(record: Record, run: Begun, message_id: UUID) -> None:
    doc = {
        "message_id": message_id,
        "conversation_id": run.conversation_id,
        "channel": Channel.COPILOT,
        "author": LABEL,
        "patient_id": None,
        "patient_name": None,
    }
    record.event("message", "insert", doc)
