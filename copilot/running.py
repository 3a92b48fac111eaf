"""Runs of the copilot in this process: on the event loop, apart from the request that began them.

A run's events go into its :class:`Live` log, from which any number of streams read, and in
batches into the database. The last one is given to nobody before the run's end is committed. A
client that leaves changes nothing; a process that dies leaves a lease that runs out, and the
sweep ends the run (docs/adr has the reasons).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from ag_ui.core import RunErrorEvent
from django.db import Error as DatabaseError

from copilot.beginning import Begun
from copilot.ending import FAILED, LOST, STOPPED, Ending, end_run
from copilot.models import CopilotStatus
from copilot.runs import RunLost, save_progress
from copilot.thinking import think
from copilot.threads import with_lease
from copilot.turns import Turn
from copilot.wire import encode

logger = logging.getLogger(__name__)

SAVE_SECONDS = 0.3
END_TRIES = 5
TERMINAL = ("RUN_FINISHED", "RUN_ERROR")


class Live:
    """The events of a run that this process performs, from its first ``seq`` on."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.first = turn.run.seq
        self.events: list[dict[str, Any]] = [turn.run.started]
        self.saved = 1
        self.over = False
        self.stop = False
        self.closing = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def run(self) -> Begun:
        """The run as it was begun."""
        return self.turn.run

    def add(self, event: dict[str, Any]) -> None:
        """Gives an event to everybody who follows."""
        self.events.append(event)
        self._tell()

    def end(self) -> None:
        """There will be no more."""
        self.over = True
        self._tell()

    async def follow(self, after: int = 0) -> AsyncGenerator[list[dict[str, Any]]]:
        """The events with a higher number than ``after``, to the end of the run, as they come:
        those that came at once together."""
        at = max(0, after + 1 - self.first)
        while True:
            news = self._news
            while at < len(self.events):
                new = self.events[at:]
                at += len(new)
                yield new
            if self.over:
                return
            await news.wait()

    def unsaved(self) -> tuple[int, list[dict[str, Any]]]:
        """(number of the first, events) that are not in the database yet."""
        return self.first + self.saved, self.events[self.saved :]

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


_running: dict[UUID, Live] = {}


def begin(live: Live) -> None:
    """Starts to perform a run, once; call it on the event loop."""
    if live.task is None:
        _running[live.run.conversation_id] = live
        live.task = asyncio.get_running_loop().create_task(_perform(live))


def running(conversation_id: UUID) -> Live | None:
    """The conversation's run, when this event loop performs it."""
    live = _running.get(conversation_id)
    loop = asyncio.get_running_loop()
    return live if live and live.task and live.task.get_loop() is loop else None


def stop(conversation_id: UUID) -> None:
    """Stops the conversation's run when this event loop performs it; others look at the row."""
    live = running(conversation_id)
    if live is not None:
        live.stop = True
        _cancel(live)


async def stop_all() -> None:
    """Ends every run, because the process is about to end."""
    for live in _running.values():
        _cancel(live)
    tasks = [live.task for live in _running.values() if live.task is not None]
    if tasks:
        await asyncio.wait(tasks, timeout=5)


async def _perform(live: Live) -> None:
    keeper = asyncio.get_running_loop().create_task(_keep(live))
    last: dict[str, Any] = encode(FAILED)
    try:
        async with contextlib.aclosing(think(live.turn)) as events:
            async for event in events:
                if event["type"] in TERMINAL:
                    last = event
                    break
                live.add(event)
    except asyncio.CancelledError:
        last = _failed(live, STOPPED if live.stop else LOST)
    except Exception as error:  # noqa: BLE001 - recorded with the run; its message may hold PHI
        logger.error(
            "A copilot run failed: %s\n%s",
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        last = _failed(live, FAILED)
    live.closing.set()
    await keeper  # a save that is on its way must not meet the end's
    try:
        await _end(live, last)
    finally:
        live.end()
        if _running.get(live.run.conversation_id) is live:
            del _running[live.run.conversation_id]


def _failed(live: Live, error: RunErrorEvent) -> dict[str, Any]:
    status = CopilotStatus.STOPPED if error is STOPPED else CopilotStatus.FAILED
    live.turn.ending = Ending(status, error=error.code or "")
    return encode(error)


async def _end(live: Live, last: dict[str, Any]) -> None:
    """Commits the end, then tells it. When the database stays away, the sweep will end the run."""
    turn = live.turn
    seq, events = live.unsaved()
    for attempt in range(END_TRIES):
        try:
            await with_lease(
                turn.clinic_id,
                end_run,
                run=turn.run,
                ending=turn.ending,
                events=[*events, last],
                seq=seq,
                calls=turn.calls,
                by=turn.login.actor,
            )
        except RunLost:
            live.add(encode(LOST))
            return
        except DatabaseError as error:
            logger.warning("A copilot run could not be ended: %s", type(error).__name__)
            await asyncio.sleep(0.2 * 2**attempt)
            continue
        live.add(last)
        return
    live.add(encode(LOST))


async def _keep(live: Live) -> None:
    """Saves what there is now and then, renews the lease, and hears when others say stop."""
    while not await _closed(live):
        seq, events = live.unsaved()
        try:
            asked_to_stop = await with_lease(
                live.turn.clinic_id,
                save_progress,
                run=live.run.pk,
                conversation=live.run.conversation_id,
                events=events,
                seq=seq,
            )
        except DatabaseError as error:
            logger.warning("A copilot run could not be saved: %s", type(error).__name__)
            continue
        except RunLost:
            _cancel(live)
            return
        else:
            live.saved += len(events)
        if asked_to_stop:
            live.stop = True
            _cancel(live)


async def _closed(live: Live) -> bool:
    try:
        await asyncio.wait_for(live.closing.wait(), SAVE_SECONDS)
    except TimeoutError:
        return False
    return True


def _cancel(live: Live) -> None:
    """Cancels the thinking; a run that is being ended is left to it."""
    if live.task is not None and not live.closing.is_set():
        live.task.cancel()
