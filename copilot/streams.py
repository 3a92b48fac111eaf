"""Event streams of runs: live, replayed, and kept alive through silence."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

from clinic.bodies import LAST
from copilot import running
from copilot.models import CopilotRun, CopilotStatus, RunEvent
from copilot.threads import in_clinic, serving_loop
from copilot.turns import Turn
from copilot.wire import frame

SILENCE_SECONDS = 15.0
END_SECONDS = 0.05
POLL_SECONDS = 0.3
EVENTS_AT_ONCE = 500
COMMENT = ": still here\n\n"


def perform(turn: Turn) -> AsyncIterator[str]:
    """Begins to perform a run, for a stream that follows it.

    It is begun at once, whether or not anybody comes to read the stream; where nothing is served
    (a command, a test), by the first who reads.
    """
    live = running.Live(turn)
    loop = serving_loop()
    if loop is not None:
        loop.call_soon_threadsafe(running.begin, live, context=contextvars.Context())
    return _performed(live)


async def _performed(live: running.Live) -> AsyncIterator[str]:
    running.begin(live)
    async for text in framed(live.follow()):
        yield text


async def replay(
    clinic_id: UUID, conversation_id: UUID, run_id: UUID | None = None
) -> AsyncIterator[str]:
    """All events of a conversation, or of one run in it, and on until its run ends."""
    async for text in framed(_replayed(clinic_id, conversation_id, run_id)):
        yield text


async def nothing() -> AsyncIterator[str]:
    """A stream without an event."""
    no_text: tuple[str, ...] = ()
    for text in no_text:
        yield text


Events = AsyncGenerator[list[dict[str, Any]]]
"""Events as they came: those that came at once together, and sent together."""


async def framed(events: Events) -> AsyncIterator[str]:
    """Events as text/event-stream, with a comment after each long silence.

    An end of a run waits a moment for the end of the stream and carries its mark: clients begin
    the next run when they see it (CopilotKit's runtime refuses one while the stream is open).
    """
    waiting: asyncio.Task[list[dict[str, Any]]] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=SILENCE_SECONDS)
            if not done:
                yield COMMENT
                continue
            try:
                new, waiting = waiting.result(), None
            except StopAsyncIteration:
                return
            text = "".join(map(frame, new))
            if new and new[-1]["type"] in running.TERMINAL:
                waiting = asyncio.ensure_future(anext(events))
                await asyncio.wait({waiting}, timeout=END_SECONDS)
                if waiting.done() and isinstance(waiting.exception(), StopAsyncIteration):
                    yield text + LAST.decode()
                    return
            yield text
    finally:
        if waiting is not None and not waiting.done():
            waiting.cancel()


async def singly(events: AsyncGenerator[dict[str, Any]]) -> Events:
    """Events each of which comes alone."""
    async for event in events:
        yield [event]


async def _replayed(clinic_id: UUID, conversation_id: UUID, run_id: UUID | None) -> Events:
    seq = 0
    while True:
        going_on, rows = await in_clinic(clinic_id, _stored, conversation_id, run_id, seq)
        if rows:
            seq = rows[-1][0]
            yield [event for _, event in rows]
        live = running.running(conversation_id)
        # Until the rows reach its beginning: more came between than was read at once.
        near = live is not None and live.first <= seq + 1
        if live is not None and near and run_id in (None, live.run.pk):
            async for new in live.follow(seq):
                yield new
            return
        if not rows:
            if not going_on:
                return
            await asyncio.sleep(POLL_SECONDS)


def _stored(
    conversation_id: UUID, run_id: UUID | None, after: int
) -> tuple[bool, list[tuple[int, dict[str, Any]]]]:
    """(whether more may come, numbered events). Asked in this order, no end is missed."""
    runs = CopilotRun.objects.filter(conversation_id=conversation_id, status=CopilotStatus.RUNNING)
    events = RunEvent.objects.filter(conversation_id=conversation_id, seq__gt=after)
    if run_id is not None:
        runs, events = runs.filter(pk=run_id), events.filter(run_id=run_id)
    going_on = runs.exists()
    return going_on, list(events.order_by("seq").values_list("seq", "event")[:EVENTS_AT_ONCE])
