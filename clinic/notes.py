"""Which events make a note for people, and how far each of them has read.

Nothing is stored but the number of the last event read: a note is told again from its event,
under the reader's own permission.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from clinic.current import current_clinic_id
from clinic.models import ClinicCounter, Membership
from clinic.queries import events_where

MOST_COUNTED = 100
# The events for which static/js/toasts.js asks for a note.
MAKES_A_NOTE = (
    "(type = 'document' AND doc->>'status' IN ('ingested', 'not_ingested', 'rejected')"
    " OR type = 'task' AND op = 'insert' AND coalesce(doc->>'kind', '') <> 'document_review')"
)
UNREAD_NAME = "unread notes"
HEAD_NAME = "last event"
UNREAD = f"""
SELECT count(*) FROM (
    SELECT 1 FROM clinic_event WHERE clinic_id = %(clinic)s AND {MAKES_A_NOTE} AND seq > (
        SELECT read_seq FROM clinic_membership WHERE clinic_id = %(clinic)s AND user_id = %(user)s
    ) LIMIT {MOST_COUNTED}
) notes
"""  # noqa: S608 - our own SQL


def newest_notes(*, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The events that make a note, newest first."""
    return events_where(MAKES_A_NOTE, limit=limit, before=before)


def unread_notes(user_id: UUID) -> int:
    """How many notes a member has not read; past MOST_COUNTED nobody counts."""
    with connection.cursor() as cursor:
        cursor.execute(UNREAD, {"clinic": current_clinic_id(), "user": user_id})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def tallies_and_unread(user_id: UUID) -> dict[str, int]:
    """Every tally, a member's unread notes as UNREAD_NAME and the last event's number as
    HEAD_NAME: one statement for each page.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sum(delta) FROM clinic_tally WHERE clinic_id = %(clinic)s"  # noqa: S608
            f" GROUP BY name HAVING sum(delta) <> 0 UNION ALL SELECT '{UNREAD_NAME}', ({UNREAD})"
            f" UNION ALL SELECT '{HEAD_NAME}', event_seq FROM clinic_cliniccounter"
            " WHERE clinic_id = %(clinic)s",
            {"clinic": current_clinic_id(), "user": user_id},
        )
        return {name: int(count) for name, count in cursor.fetchall()}


def read_up_to(user_id: UUID) -> int:
    """The number of the last event whose note the member has read."""
    found = Membership.objects.filter(user_id=user_id).values_list("read_seq", flat=True)
    return found.first() or 0


def mark_read(user_id: UUID, seq: int) -> None:
    """Moves the mark forward only, and never past what has happened."""
    head = ClinicCounter.objects.values_list("event_seq", flat=True).first() or 0
    seq = min(seq, head)
    Membership.objects.filter(user_id=user_id, read_seq__lt=seq).update(read_seq=seq)
