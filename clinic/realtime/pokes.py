"""Hears the pokes of all processes that write, over the channel layer, for one hub.

Deafness is expected: a broker that restarts forgets its groups, and a message may be dropped.
So the subscription is renewed every few seconds and after every failure, and each renewal looks
at every clinic. The sockets never touch the broker: two connections serve the whole process, so
the client library's pool limit (100) is never near.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from redis.exceptions import RedisError

from clinic.realtime.poke import GROUP

logger = logging.getLogger(__name__)

RENEW_SECONDS = 10.0
ANSWER_SECONDS = 3.0
RETRY_SECONDS = 0.5
# redis-py gives up reading after 5 s, which is as long as channels-redis lets the broker wait
# before it says that there is nothing: a quiet broker would look like a dead one.
QUIET_SECONDS = 2

Poke = Callable[[UUID | None], None]


async def listen_for_pokes(poke: Poke) -> None:
    """Calls ``poke`` with each clinic named, and with None whenever some may have been missed.

    Runs until cancelled.
    """
    await _Listener(poke).listen()


class _Listener:
    """One subscription, on a channel layer of its own: others may close the shared one's pools."""

    def __init__(self, poke: Poke) -> None:
        self.poke = poke
        self.layer: Any = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        if hasattr(self.layer, "brpop_timeout"):
            self.layer.brpop_timeout = QUIET_SECONDS
        self.deaf = False

    async def listen(self) -> None:
        channel = await self.layer.new_channel(GROUP)
        while True:
            try:
                await self._until_it_fails(channel)
            except (RedisError, OSError, TimeoutError) as error:
                if not self.deaf:
                    logger.warning("Pokes cannot be heard: %s", type(error).__name__)
                self.deaf = True
                await self._forget()
                await asyncio.sleep(RETRY_SECONDS)

    async def _until_it_fails(self, channel: str) -> None:
        loop = asyncio.get_running_loop()
        receiving: asyncio.Task[dict[str, str]] | None = None
        try:
            while True:
                await self._renew(channel)
                renew_at = loop.time() + RENEW_SECONDS
                while (left := renew_at - loop.time()) > 0:
                    receiving = receiving or loop.create_task(self.layer.receive(channel))
                    await asyncio.wait({receiving}, timeout=left)
                    if receiving.done():
                        message, receiving = receiving.result(), None
                        self.poke(UUID(hex=str(message["clinic"])))
        finally:
            if receiving is not None:
                receiving.cancel()
                await asyncio.wait({receiving}, timeout=1)

    async def _renew(self, channel: str) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.layer.group_add(GROUP, channel)
        if self.deaf:
            logger.info("Pokes are heard again")
            self.deaf = False
        self.poke(None)

    async def _forget(self) -> None:
        """Closes connections that may be half dead."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.layer.close_pools()
        except (RedisError, OSError, TimeoutError) as error:
            logger.debug("Closing the broker's connections: %s", type(error).__name__)
