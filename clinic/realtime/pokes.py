"""Hears the pokes of all processes that write, for one hub.

Deafness is expected: a broker restarts, a connection dies without a word. So a subscription that
has heard nothing for a while asks whether the broker still answers, a broken one begins anew, and
each beginning looks at every clinic. One connection serves the whole process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from clinic.realtime.poke import ANSWER_SECONDS, CHANNEL, CONNECT_SECONDS

logger = logging.getLogger(__name__)

QUIET_SECONDS = 10.0
RETRY_SECONDS = 0.5

Poke = Callable[[UUID | None], None]


async def listen_for_pokes(poke: Poke) -> None:
    """Calls ``poke`` with each clinic named, and with None whenever some may have been missed.

    Runs until cancelled.
    """
    deaf = False

    def heard_again() -> None:
        nonlocal deaf
        if deaf:
            logger.info("Pokes are heard again")
        deaf = False
        poke(None)

    while True:
        try:
            await _until_it_fails(poke, heard_again)
        except (RedisError, OSError, TimeoutError) as error:
            if not deaf:
                logger.warning("Pokes cannot be heard: %s", type(error).__name__)
            deaf = True
            await asyncio.sleep(RETRY_SECONDS)


async def _until_it_fails(poke: Poke, begun: Callable[[], None]) -> None:
    broker = Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    subscription: Any = broker.pubsub()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await subscription.subscribe(CHANNEL)
        begun()
        while True:
            message = await subscription.get_message(timeout=QUIET_SECONDS)
            if message is None:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await subscription.ping()
                    message = await subscription.get_message(timeout=None)
            if message["type"] == "message":
                for name in message["data"].decode().split():
                    poke(UUID(hex=name))
    finally:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await subscription.aclose()
                await broker.aclose()
