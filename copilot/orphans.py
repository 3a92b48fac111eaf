"""Ends the copilot's runs whose process died, from the sweep: outside of every serving process."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.db.models.functions import Now

from clinic.current import enter_clinic
from clinic.recording import Actor, change
from copilot.models import CopilotRun, CopilotStatus, RunEvent
from copilot.pending import give_back

LOST: dict[str, Any] = {
    "type": "RUN_ERROR",
    "message": "This was interrupted. Please ask again.",
    "code": "INTERRUPTED",
}


def orphans(limit: int = 100) -> list[tuple[UUID, UUID]]:
    """(clinic, run) of the runs of all clinics whose process let the lease run out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_id, run_id FROM copilot_orphans(%s)", [limit])
        return list(cursor.fetchall())


def end_orphans() -> None:
    """Ends the runs whose process died: a chore of the sweep, entered without a clinic."""
    for clinic_id, pk in orphans():
        with enter_clinic(clinic_id):
            end_orphan(pk)


def end_orphan(pk: UUID) -> bool:
    """Ends a run whose lease has passed, as its process would have; False when it has ended."""
    found = CopilotRun.objects.filter(
        pk=pk, status=CopilotStatus.RUNNING, lease_until__lte=Now()
    ).first()
    if found is None:
        return False
    with change(by=Actor(found.asker, found.started_by_id)) as record:
        ended = CopilotRun.objects.filter(
            pk=pk, status=CopilotStatus.RUNNING, lease_until__lte=Now()
        ).update(status=CopilotStatus.FAILED, error=LOST["code"], finished_at=Now())
        if not ended:
            return False
        if found.conversation_id is not None:
            rows = RunEvent.objects.filter(conversation_id=found.conversation_id)
            last = rows.aggregate(last=Max("seq"))["last"] or 0
            RunEvent.objects.create(
                conversation_id=found.conversation_id, run_id=pk, seq=last + 1, event=LOST
            )
            give_back(found.conversation_id)
        record.audit("copilot.run", found, detail={"status": CopilotStatus.FAILED.value})
    return True
