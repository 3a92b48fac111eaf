"""Tells every serving process, after a commit, that a clinic has new events.

A poke carries the clinic's id and nothing else; it may be lost, since each process also looks
by itself (``clinic.realtime.feed``). It is published from one background thread, so that a
request never waits for the broker. The first poke leaves at once; those that come within the next
``GAP_SECONDS`` leave together. Plain publishing and not Channels' layer: that keeps a list for
each listener and asks the broker seven times a message, which under a flood of writes cost more
processor time than the writes themselves (docs/adr/0010-pokes-are-published.md).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

CHANNEL = "backline:pokes"
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 3.0
GAP_SECONDS = 0.02
logger = logging.getLogger(__name__)


class _Poker:
    """The thread and the clinics waiting to be poked."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.waiting: set[UUID] = set()
        self.wake = threading.Event()
        self.broker = Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        threading.Thread(target=self._send_forever, name="poker", daemon=True).start()

    def _send_forever(self) -> None:
        while True:
            self.wake.wait()
            self.wake.clear()
            with _lock:
                batch, self.waiting = self.waiting, set()
            try:
                self.broker.publish(CHANNEL, " ".join(clinic_id.hex for clinic_id in batch))
            except (RedisError, OSError) as error:
                logger.warning("Screens will notice late: %s", type(error).__name__)
            time.sleep(GAP_SECONDS)


_poker: _Poker | None = None
_lock = threading.Lock()


def poke(clinic_id: UUID) -> None:
    """Sends the clinic's screens to look for new events; never raises, never waits."""
    global _poker
    with _lock:
        if _poker is None or _poker.pid != os.getpid():
            _poker = _Poker()
        _poker.waiting.add(clinic_id)
    _poker.wake.set()
