"""Tells every serving process, after a commit, that a clinic has new events.

A poke carries the clinic's id and nothing else; it may be lost, since each process also looks
by itself (``clinic.realtime.feed``). It is sent from one background thread with an event loop
of its own, so that a request never waits for the broker. The first poke leaves at once; those
that come within the next ``GAP_SECONDS`` leave together, one for each clinic, because under a
flood of writes a poke for each (three round trips to send, four to hear) cost more processor time
than the writes themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from uuid import UUID

from channels.layers import get_channel_layer

GROUP = "pokes"
GAP_SECONDS = 0.02
logger = logging.getLogger(__name__)


class _Poker:
    """The thread, its loop and the clinics waiting to be poked."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.waiting: set[UUID] = set()
        self.loop = asyncio.new_event_loop()
        self.ready: asyncio.Event | None = None
        self.started = threading.Event()
        threading.Thread(target=self._run, name="poker", daemon=True).start()
        self.started.wait()

    def add(self, clinic_id: UUID) -> None:
        self.loop.call_soon_threadsafe(self._add, clinic_id)

    def _add(self, clinic_id: UUID) -> None:
        self.waiting.add(clinic_id)
        if self.ready is not None:
            self.ready.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._send_forever())

    async def _send_forever(self) -> None:
        self.ready = asyncio.Event()
        self.started.set()
        layer = get_channel_layer()
        while True:
            await self.ready.wait()
            self.ready.clear()
            batch, self.waiting = self.waiting, set()
            try:
                async with asyncio.timeout(3):
                    for clinic_id in batch:
                        await layer.group_send(GROUP, {"type": "poke", "clinic": clinic_id.hex})
            except Exception as error:  # noqa: BLE001 - a poke may be lost; the thread may not
                logger.warning("Screens will notice late: %s", type(error).__name__)
                with contextlib.suppress(Exception):
                    await layer.close_pools()
            await asyncio.sleep(GAP_SECONDS)


_poker: _Poker | None = None
_lock = threading.Lock()


def poke(clinic_id: UUID) -> None:
    """Sends the clinic's screens to look for new events; never raises, never waits."""
    global _poker
    with _lock:
        if _poker is None or _poker.pid != os.getpid():
            _poker = _Poker()
    _poker.add(clinic_id)
