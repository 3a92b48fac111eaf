"""Token buckets that all serving processes share, so that a limit is the site's and not each one's.

They stand in Valkey. A process takes what a second allows at once and gives it out itself, so that
requests seldom ask the broker; what it does not use within a minute it forgets. While the broker
is away each process counts for itself.
"""

from __future__ import annotations

import logging
import os
import threading
from time import monotonic
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

MOST_BUCKETS = 50_000
MINUTE = 60.0
ANSWER_SECONDS = 0.2
AWAY_SECONDS = 5.0
"""How long a broker that did not answer is not asked again."""
PREFIX = "backline:bucket:"
# By the broker's clock: what is taken, and the milliseconds to wait when that is nothing.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most = tonumber(ARGV[1])
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = most
if kept[1] then
    level = math.min(most, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * most / 60000)
end
local taken = math.min(math.floor(level), tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'level', tostring(level - taken), 'at', now)
redis.call('PEXPIRE', KEYS[1], 61000)
if taken > 0 then
    return {taken, 0}
end
return {0, math.ceil((1 - level) * 60000 / most)}
"""


class Buckets:
    """Token buckets by key: ``per_minute`` on average, that many at once; of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, key: str, per_minute: int) -> float:
        """Seconds to wait, 0.0 when one was free to take."""
        now = monotonic()
        rate = per_minute / MINUTE
        with self._lock:
            if len(self._levels) > MOST_BUCKETS:
                self._levels.clear()
            level, since = self._levels.get(key, (float(per_minute), now))
            level = min(float(per_minute), level + (now - since) * rate)
            if level < 1:
                self._levels[key] = (level, now)
                return (1 - level) / rate
            self._levels[key] = (level - 1, now)
            return 0.0

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._levels.clear()


class SharedBuckets:
    """As :class:`Buckets`, for all processes together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # (left of what was taken, until when it is good); until when there is nothing to take.
        self._shares: dict[str, tuple[int, float]] = {}
        self._empty: dict[str, float] = {}
        self._alone = Buckets()
        self._away_until = 0.0
        self._broker: Redis | None = None
        self._pid = 0

    def take(self, key: str, per_minute: int) -> float:
        """Seconds to wait, 0.0 when one was free to take."""
        now = monotonic()
        with self._lock:
            if self._give(key, now):
                return 0.0
            if now < self._empty.get(key, 0.0):
                return self._empty[key] - now
            if now < self._away_until or not settings.LIMITS_SHARED:
                return self._alone.take(key, per_minute)
        try:
            taken, milliseconds = self._ask(key, per_minute, max(1, per_minute // 60))
        except (RedisError, OSError) as error:
            logger.warning("Limits are counted by process: %s", type(error).__name__)
            self._away_until = now + AWAY_SECONDS
            return self._alone.take(key, per_minute)
        return self._keep(key, taken, milliseconds / 1000)

    def clear(self) -> None:
        """Forgets everything that this process knows."""
        with self._lock:
            self._shares.clear()
            self._empty.clear()
            self._alone.clear()
            self._away_until = 0.0

    def _give(self, key: str, now: float) -> bool:
        """Whether there was one of those that this process took."""
        left, until = self._shares.pop(key, (0, 0.0))
        if not left or now >= until:
            return False
        self._shares[key] = (left - 1, until)
        return True

    def _keep(self, key: str, taken: int, wait: float) -> float:
        now = monotonic()
        with self._lock:
            if len(self._shares) > MOST_BUCKETS or len(self._empty) > MOST_BUCKETS:
                self._shares.clear()
                self._empty.clear()
            if not taken:
                self._empty[key] = now + wait
                return wait
            # Another thread may have taken some at the same moment: the rest of both is kept.
            left, until = self._shares.get(key, (0, 0.0))
            self._shares[key] = ((left if now < until else 0) + taken - 1, now + MINUTE)
            self._empty.pop(key, None)
            return 0.0

    def _ask(self, key: str, per_minute: int, wanted: int) -> tuple[int, int]:
        """(tokens, milliseconds to wait when there are none), from the broker.

        Raises:
            RedisError, OSError: when it is away.
        """
        if self._broker is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._broker = Redis.from_url(
                settings.REDIS_URL,
                socket_connect_timeout=ANSWER_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 1),
            )
        found: Any = self._broker.eval(_TAKE, 1, PREFIX + key, str(per_minute), str(wanted))
        return int(found[0]), int(found[1])


buckets = SharedBuckets()
