"""The events of a clinic on their way to its open screens: none lost, none twice, in order.

One :class:`Hub` per process. For each clinic with a screen open it has one :class:`Reader`,
which looks at the database when poked and every ``EVENT_POLL_SECONDS`` besides, and hands what
it finds to the clinic's subscribers. Whatever a :class:`Subscriber` cannot be handed (it
connects with an old cursor, or reads too slowly) it fetches itself by its own cursor, so
nothing that waits for a slow screen is kept in memory beyond a fixed number of frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from clinic.realtime.admission import Admission, Standing, standings
from clinic.realtime.looking import LOOK_ROWS, Frame, Look, UnknownClinic, look
from clinic.realtime.pokes import listen_for_pokes
from clinic.realtime.threads import in_database

logger = logging.getLogger(__name__)

PENDING_FRAMES = 256
RECENT_FRAMES = 128
LOGIN_SECONDS = 3.0
STUCK_SECONDS = 30.0
RETRY_SECONDS = 0.5

NOT_SIGNED_IN, NOT_A_MEMBER = 4401, 4403
GOING_AWAY, TRY_AGAIN = 1001, 1013


class Ended(Exception):
    """The subscription is over; ``code`` is a WebSocket close code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Resync(Exception):
    """The cursor is too old or ahead: the screen must load anew; live events follow ``head``."""

    def __init__(self, head: int) -> None:
        super().__init__(head)
        self.head = head


class Subscriber:
    """One open screen's place in its clinic's events. Everything runs on the event loop.

    ``cursor`` is the last event that was handed to the screen or that it did not want.
    """

    def __init__(self, reader: Reader, admission: Admission) -> None:
        self.reader = reader
        self.admission = admission
        self.cursor = reader.head
        self.ended: int | None = None
        # Set by the screen's own code: since when it has been sending, until when it must be heard.
        self.sending_since: float | None = None
        self.hear_by: float | None = None
        self.task: asyncio.Task[None] | None = None
        self._types: frozenset[str] | None = None
        self._live = False
        self._started = False
        self._pending: deque[Frame] = deque()
        self._notes: deque[str] = deque()
        self._wake: asyncio.Future[None] | None = None

    @property
    def started(self) -> bool:
        """Whether the screen has said, or let it be understood, from where it follows."""
        return self._started

    def start(self, after: int, types: Iterable[str] | None = None) -> None:
        """Follows the events after a cursor, of some types or of all; again, to change either."""
        self.cursor, self._started, self._live = after, True, False
        self._types = None if types is None else frozenset(types)
        self._pending.clear()
        self._stir()

    def leave(self) -> None:
        """Gives the place back."""
        self.reader.hub.leave(self)

    def note(self, text: str) -> bool:
        """Queues a frame that is no event; False when the screen does not read them."""
        self._notes.append(text)
        self._stir()
        return len(self._notes) <= PENDING_FRAMES

    def end(self, code: int) -> None:
        """Ends the subscription after what is being sent now."""
        if self.ended is None:
            self.ended = code
            self._stir()

    def offer(self, frames: list[Frame]) -> None:
        """From the reader: its next events. What finds no room will be fetched later."""
        if not self._live:
            return
        if len(self._pending) + len(frames) > PENDING_FRAMES:
            self._live = False
        else:
            last = self._pending[-1].seq if self._pending else self.cursor
            if frames[0].seq <= last:
                frames = [frame for frame in frames if frame.seq > last]
            self._pending.extend(frames)
        self._stir()

    async def next(self) -> tuple[list[str], list[Frame]]:
        """Waits for what to send: notes and events, at least one of either.

        Raises:
            Ended: when the subscription is over.
            Resync: when events after the cursor cannot be given; call again for the live ones.
        """
        while True:
            if self.ended is not None:
                raise Ended(self.ended)
            frames: list[Frame] = []
            if self._pending:
                frames = list(self._pending)
                self._pending.clear()
                self.cursor = frames[-1].seq
                if self._types is not None:
                    frames = self._wanted(frames)
            elif self._started and not self._live and not self._notes:
                frames = await self._catch_up()
            if self._notes:
                notes = list(self._notes)
                self._notes.clear()
                return notes, frames
            if frames:
                return [], frames
            if self._pending or (self._started and not self._live) or self.ended is not None:
                continue
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    def _stir(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _wanted(self, frames: list[Frame]) -> list[Frame]:
        if self._types is None:
            return frames
        return [frame for frame in frames if frame.type in self._types]

    async def _catch_up(self) -> list[Frame]:
        """One step towards the reader's place, from its memory or the database."""
        start = self.cursor
        try:
            frames = await self._after(start)
        except DatabaseError:
            await asyncio.sleep(RETRY_SECONDS)
            return []
        except UnknownClinic:
            self.end(NOT_A_MEMBER)
            return []
        if self.cursor != start:
            return []  # another start() came while we looked
        if frames is None:
            self.cursor, self._live = self.reader.head, True
            raise Resync(self.cursor)
        if frames:
            self.cursor = frames[-1].seq
        self._live = self.cursor >= self.reader.head
        return self._wanted(frames)

    async def _after(self, cursor: int) -> list[Frame] | None:
        """The next events after a cursor; None when it is too old, or ahead of all events."""
        reader = self.reader
        if cursor > reader.head:
            await reader.look_now()
        frames = reader.remembered(cursor)
        if frames is None:
            found = await in_database(look, reader.clinic_id, cursor)
            if cursor + 1 < found.oldest or cursor > found.head:
                return None
            frames = found.frames
        return frames


class Reader:
    """Looks at one clinic's events for all its subscribers of this process."""

    def __init__(self, hub: Hub, clinic_id: UUID) -> None:
        self.hub = hub
        self.clinic_id = clinic_id
        self.head = 0
        self.oldest = 1
        self.subscribers: set[Subscriber] = set()
        self._recent: deque[Frame] = deque(maxlen=RECENT_FRAMES)
        self._poked = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self.begun = False
        self.task = asyncio.get_running_loop().create_task(self._run())

    def poke(self) -> None:
        """Looks as soon as possible."""
        self._poked.set()

    async def look_now(self) -> None:
        """Returns after a look that began after the call; callers share it.

        Raises:
            DatabaseError: when the database is away.
            UnknownClinic: see there.
        """
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._poked.set()
        await waiting

    def remembered(self, after: int) -> list[Frame] | None:
        """The events after a cursor, if all are still in memory; else None."""
        if after == self.head:
            return []
        if after > self.head or not self._recent or self._recent[0].seq > after + 1:
            return None
        return [frame for frame in self._recent if frame.seq > after]

    def close(self) -> None:
        """Stops looking."""
        self.task.cancel()

    async def _run(self) -> None:
        self._poked.set()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.EVENT_POLL_SECONDS):
                    await self._poked.wait()
            self._poked.clear()
            waiting, self._waiting = self._waiting, []
            try:
                more = self._take(await in_database(look, self.clinic_id, self._cursor()))
            except (DatabaseError, UnknownClinic) as error:
                logger.warning("Events cannot be read: %s", type(error).__name__)
                for future in waiting:
                    if not future.done():
                        future.set_exception(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for future in waiting:
                if not future.done():
                    future.set_result(None)
            if more:
                self._poked.set()

    def _cursor(self) -> int | None:
        return self.head if self.begun else None

    def _take(self, found: Look) -> bool:
        """Hands on what a look found; whether there is more of it."""
        self.oldest = found.oldest
        if not self.begun or found.head < self.head:
            # The first look; or a database put back to an earlier state: start over from there.
            self.begun, self.head = True, found.head
            self._recent.clear()
            return False
        if found.frames:
            self.head = found.frames[-1].seq
            self._recent.extend(found.frames)
            for subscriber in self.subscribers:
                subscriber.offer(found.frames)
        return len(found.frames) == LOOK_ROWS


class Hub:
    """The process's readers, its one subscription to pokes, and its looks at the logins."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.readers: dict[UUID, Reader] = {}
        self.subscribers: set[Subscriber] = set()
        self._tasks = [
            self.loop.create_task(listen_for_pokes(self.poke)),
            self.loop.create_task(self._watch()),
        ]
        for task in self._tasks:
            task.add_done_callback(self._fell)

    def poke(self, clinic_id: UUID | None) -> None:
        """Looks at one clinic's events, or at every one's, if a screen of it is open here."""
        if clinic_id is None:
            for reader in self.readers.values():
                reader.poke()
        elif clinic_id in self.readers:
            self.readers[clinic_id].poke()

    async def join(self, admission: Admission) -> Subscriber:
        """A place in the clinic's events, from the head as it is now; give it back by `leave`.

        Raises:
            DatabaseError: when the database is away.
            UnknownClinic: see there.
        """
        clinic_id = admission.clinic_id
        reader = self.readers.get(clinic_id)
        if reader is None:
            reader = self.readers[clinic_id] = Reader(self, clinic_id)
            reader.task.add_done_callback(self._fell)
        # In the reader's books before the wait, so that another's leaving does not close it.
        subscriber = Subscriber(reader, admission)
        reader.subscribers.add(subscriber)
        self.subscribers.add(subscriber)
        try:
            if not reader.begun:
                await reader.look_now()
        except BaseException:
            self.leave(subscriber)
            raise
        subscriber.cursor = reader.head
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forgets a subscriber, and its clinic's reader with the last one."""
        reader = subscriber.reader
        self.subscribers.discard(subscriber)
        reader.subscribers.discard(subscriber)
        if not reader.subscribers and self.readers.get(reader.clinic_id) is reader:
            del self.readers[reader.clinic_id]
            reader.close()

    def close(self) -> None:
        """Sends every screen away; they will come back to the next process."""
        for task in self._tasks:
            task.cancel()
        for subscriber in list(self.subscribers):
            subscriber.end(GOING_AWAY)

    def _fell(self, task: asyncio.Task[None]) -> None:
        """A defect ended a task: says so, and begins anew with the next screen."""
        global _hub
        if not task.cancelled() and task.exception() is not None:
            logger.error("The feed of events fell", exc_info=task.exception())
            if _hub is self:
                _hub = None
            self.close()

    async def _watch(self) -> None:
        """Ends what may not or cannot follow any longer."""
        while True:
            await asyncio.sleep(LOGIN_SECONDS)
            self._drop_the_dead()
            await self._look_at_logins()

    def _drop_the_dead(self) -> None:
        now = self.loop.time()
        for subscriber in list(self.subscribers):
            since = subscriber.sending_since
            if since is not None and now - since > STUCK_SECONDS and subscriber.task is not None:
                subscriber.task.cancel()
            elif subscriber.hear_by is not None and now > subscriber.hear_by:
                subscriber.end(GOING_AWAY)

    async def _look_at_logins(self) -> None:
        keys = {subscriber.admission.key for subscriber in self.subscribers}
        if not keys:
            return
        try:
            found = await in_database(standings, list(keys))
        except DatabaseError as error:
            # No event can be read either while the database is away.
            logger.warning("Logins cannot be looked at: %s", type(error).__name__)
            return
        for subscriber in list(self.subscribers):
            standing = found.get(subscriber.admission.key, Standing.GOOD)
            if standing is Standing.NOT_SIGNED_IN:
                subscriber.end(NOT_SIGNED_IN)
            elif standing is Standing.NOT_A_MEMBER:
                subscriber.end(NOT_A_MEMBER)


_hub: Hub | None = None


def hub() -> Hub:
    """The hub of this process and its event loop."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub


def close_hub() -> None:
    """Before the process ends; harmless when no screen ever came."""
    if _hub is not None:
        _hub.close()
