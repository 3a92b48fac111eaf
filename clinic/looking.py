"""Who looked at what: the audit line of a read, committed before the answer leaves.

Everybody's lines wait for the clinic's counter row, one after another. So the lines of people
who look at the same moment are written together: whoever comes while another's are being written
waits, and the first of those who waited writes for all of them.

Unlike a change's, a look's line does not wait for the disk unless AUDIT_LOOKS_ON_DISK says so:
docs/adr/0005-looks-do-not-wait-for-the-disk.md.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models

from clinic.current import current_clinic_id
from clinic.recording import Actor, Record, change, write_record


@dataclass(slots=True)
class _Look:
    """One person's line, and what became of it."""

    line: dict[str, Any]
    turn: threading.Event = field(default_factory=threading.Event)
    written: bool = False
    error: BaseException | None = None


@dataclass(slots=True)
class _Queue:
    """A clinic's lines that wait; somebody is writing while there is a queue."""

    waiting: list[_Look] = field(default_factory=list)


_lock = threading.Lock()
_queues: dict[UUID, _Queue] = {}


def audit_look(
    action: str, row: models.Model, *, by: Actor, patient_id: UUID | None = None
) -> None:
    """Writes one line of who looked at which row; it is committed when this returns.

    Inside a transaction it is one of its lines.

    Raises:
        NoClinic: outside of every door.
    """
    if connection.in_atomic_block:
        with change(by=by) as inner:
            inner.audit(action, row, patient_id=patient_id)
        return
    clinic_id = current_clinic_id()
    record = Record(by)
    record.audit(action, row, patient_id=patient_id)
    look = _Look(record.audits[0])
    with _lock:
        queue = _queues.get(clinic_id)
        if queue is None:
            _queues[clinic_id] = queue = _Queue([look])
            look.turn.set()
        else:
            queue.waiting.append(look)
    look.turn.wait()
    if not look.written and look.error is None:
        _write_for_all(clinic_id, queue, by)
    if look.error is not None:
        raise look.error


def _write_for_all(clinic_id: UUID, queue: _Queue, by: Actor) -> None:
    with _lock:
        batch, queue.waiting = queue.waiting, []
    error: BaseException | None = None
    try:
        lines = Record(by, audits=[look.line for look in batch])
        write_record(clinic_id, lines, wait_for_disk=settings.AUDIT_LOOKS_ON_DISK)
    except BaseException as raised:  # noqa: BLE001 - raised again by each of them
        error = raised
    for look in batch:
        look.written, look.error = error is None, error
    with _lock:
        following = queue.waiting[0] if queue.waiting else None
        if following is None:
            del _queues[clinic_id]
    for look in batch:
        look.turn.set()
    if following is not None:
        following.turn.set()
