"""Tells a worker that a run is due. The run's row is the queue; a lost ring only means later.

A request rings from a background thread: a broker that hangs must not hold it up.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ring_after_commit(clinic_id: UUID, run_id: UUID, lane: str) -> None:
    """Rings once the transaction has committed, and not at all if it does not."""
    transaction.on_commit(lambda: _thread().add((clinic_id, run_id, lane)))


def ring(clinic_id: UUID, run_id: UUID, lane: str) -> bool:
    """Sends the job to the lane's queue; False when the broker is away (the sweep rings again)."""
    from agents.jobs import perform_run  # noqa: PLC0415 - jobs import the runner, which rings

    try:
        perform_run.apply_async(
            kwargs={"clinic_id": str(clinic_id), "run_id": str(run_id), "lane": lane},
            queue=f"backline.{lane}",
            retry=False,
        )
    except (OperationalError, OSError) as error:
        logger.warning("The broker is away (%s); the sweep will ring.", type(error).__name__)
        return False
    return True


class _Ringer:
    """The thread that rings, and what it still has to ring for; beyond the bound, none is kept."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.waiting: queue.Queue[tuple[UUID, UUID, str]] = queue.Queue(maxsize=10_000)
        threading.Thread(target=self._run, name="doorbell", daemon=True).start()

    def add(self, rings: tuple[UUID, UUID, str]) -> None:
        try:
            self.waiting.put_nowait(rings)
        except queue.Full:
            logger.warning("Too many rings are waiting; the sweep will ring.")

    def _run(self) -> None:
        while True:
            ring(*self.waiting.get())


_ringer: _Ringer | None = None
_lock = threading.Lock()


def _thread() -> _Ringer:
    global _ringer
    with _lock:
        if _ringer is None or _ringer.pid != os.getpid():
            _ringer = _Ringer()
        return _ringer
