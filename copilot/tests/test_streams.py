"""Events as frames: how a stream ends."""

from __future__ import annotations

import asyncio

from clinic.bodies import LAST
from copilot.streams import framed
from copilot.wire import frame

SAID = {"type": "TEXT_MESSAGE_CONTENT", "delta": "Hello"}
OVER = {"type": "RUN_FINISHED"}


def frames(*batches, pause=0.0):
    async def events():
        for batch in batches:
            yield list(batch)
            await asyncio.sleep(pause)

    async def run():
        return [text async for text in framed(events())]

    return asyncio.run(run())


def test_the_end_of_a_run_carries_the_mark_of_the_streams_end():
    assert frames([SAID], [SAID, OVER]) == [frame(SAID), frame(SAID) + frame(OVER) + LAST.decode()]


def test_an_end_that_others_follow_is_sent_without_waiting_for_them():
    found = frames([OVER], [SAID], [OVER], pause=0.2)
    assert found == [frame(OVER), frame(SAID), frame(OVER)]


def test_a_stream_that_ends_without_a_runs_end_has_no_mark():
    assert frames([SAID]) == [frame(SAID)]
