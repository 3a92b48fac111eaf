"""Events of one clinic as they are read for screens: one statement, rows already as JSON text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from clinic.current import enter_clinic

LOOK_ROWS = 500

# The counter comes with the rows, in one snapshot: the head says whether more are to come.
_LOOK = """
SELECT c.event_seq, c.oldest_event_seq, e.seq, e.type, e.op, e.doc
FROM clinic_cliniccounter c LEFT JOIN LATERAL (
    SELECT seq, type, op, doc::text AS doc FROM clinic_event
    WHERE clinic_id = c.clinic_id AND seq > coalesce(%s, c.event_seq) AND seq <= c.event_seq
    ORDER BY seq LIMIT %s
) e ON true
WHERE c.clinic_id = %s
ORDER BY e.seq
"""


class UnknownClinic(LookupError):
    """The clinic has no counter row, so it does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, serialised once for every screen of the process."""

    seq: int
    type: str
    text: str
    message: dict[str, str]
    """The text as an ASGI message for a WebSocket, made once and sent to all."""

    @property
    def sse(self) -> str:
        """As one event of a text/event-stream."""
        return f"id: {self.seq}\ndata: {self.text}\n\n"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the clinic's events found: the rows after the cursor, oldest first."""

    head: int
    oldest: int
    frames: list[Frame]


def look(clinic_id: UUID, after: int | None) -> Look:
    """The clinic's events after a cursor, LOOK_ROWS at most; only the counter when None.

    Raises:
        UnknownClinic: see there.
    """
    with enter_clinic(clinic_id), connection.cursor() as cursor:
        cursor.execute(_LOOK, [after, LOOK_ROWS, clinic_id])
        rows = cursor.fetchall()
    if not rows:
        raise UnknownClinic
    frames = [_frame(*row[2:]) for row in rows if row[2] is not None]
    return Look(rows[0][0], rows[0][1], frames)


def _frame(seq: int, type_: str, op: str, doc: str) -> Frame:
    text = f'{{"type":"{type_}","op":"{op}","doc":{doc},"seq":{seq}}}'
    return Frame(seq, type_, text, {"type": "websocket.send", "text": text})
