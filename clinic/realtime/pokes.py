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
from uuid import UUID

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, channel_layers
from redis.exceptions import RedisError

from clinic.realtime.poke import GROUP

logger = logging.getLogger(__name__)

RENEW_SECONDS = 10.0
ANSWER_SECONDS = 3.0
RETRY_SECONDS = 0.5


async def listen_for_pokes(poke: Callable[[UUID | None], None]) -> None:
    """Calls ``poke`` with each clinic named, and with None whenever some may have been missed.

    Runs until cancelled, on a channel layer of its own: others may close the shared one's pools.
    """
    layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
    channel = await layer.new_channel(GROUP)
    deaf = False
    while True:
        try:
            await _listen(layer, channel, poke, said=deaf)
        except (RedisError, OSError, TimeoutError) as error:
            if not deaf:
                logger.warning("Pokes cannot be heard: %s", type(error).__name__)
            deaf = True
            await _forget(layer)
            await asyncio.sleep(RETRY_SECONDS)


async def _listen(
    layer: BaseChannelLayer, channel: str, poke: Callable[[UUID | None], None], *, said: bool
) -> None:
    """One subscription, until it fails."""
    loop = asyncio.get_running_loop()
    receiving: asyncio.Task[dict[str, str]] | None = None
    try:
        while True:
            async with asyncio.timeout(ANSWER_SECONDS):
                await layer.group_add(GROUP, channel)
            if said:
                logger.info("Pokes are heard again")
                said = False
            poke(None)
            renew_at = loop.time() + RENEW_SECONDS
            while (left := renew_at - loop.time()) > 0:
                receiving = receiving or loop.create_task(layer.receive(channel))
                await asyncio.wait({receiving}, timeout=left)
                if receiving.done():
                    message, receiving = receiving.result(), None
                    poke(UUID(hex=str(message["clinic"])))
    finally:
        if receiving is not None:
            receiving.cancel()
            await asyncio.wait({receiving}, timeout=1)


async def _forget(layer: BaseChannelLayer) -> None:
    """Closes connections that may be half dead."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await layer.close_pools()
    except (RedisError, OSError, TimeoutError, RuntimeError) as error:
        logger.debug("Closing the broker's connections: %s", type(error).__name__)
