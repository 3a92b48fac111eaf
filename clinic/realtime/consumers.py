"""``WS /ws/tenant/{tenant_id}``: one screen following its clinic's events.

A plain ASGI application: Channels' own consumer classes would give every socket a subscription
at the broker, which is where a thousand sockets would fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, get_args

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import parse_cookie
from django.http.request import QueryDict
from django.utils import timezone

from clinic.logins import NotAMember, NotSignedIn
from clinic.realtime.admission import Admission, Credentials, admit
from clinic.realtime.feed import (
    NOT_A_MEMBER,
    NOT_SIGNED_IN,
    TRY_AGAIN,
    Ended,
    Resync,
    Subscriber,
    hub,
)
from clinic.realtime.looking import UnknownClinic
from clinic.realtime.threads import in_database
from clinic.recording import EventType

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PROTOCOL = "backline.v1"
HEARTBEAT = 25
# A client that has pinged once is taken for dead after three heartbeats of silence.
SILENCE_SECONDS = 3.0 * HEARTBEAT
SUBSCRIBE_SECONDS = 2.0
LONGEST_MESSAGE = 4096
BAD_MESSAGES = 10
MALFORMED = 4400
TYPES = frozenset(get_args(EventType))
LARGEST_SEQ = 2**63 - 1


class SocketGone(ConnectionError):
    """The client is not there any more."""


@contextlib.contextmanager
def transport() -> Iterator[None]:
    """Around calls of ``receive`` and ``send``.

    Raises:
        SocketGone: in place of what servers raise then: Granian RuntimeError, others OSError.
    """
    try:
        yield
    except (RuntimeError, OSError) as error:
        raise SocketGone from error


class BadMessage(ValueError):
    """A client's message that means nothing; the text tells its programmer why."""


async def tenant_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one handshake and serves the socket to its end."""
    with contextlib.suppress(SocketGone):
        await _serve(scope, receive, send)


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    with transport():
        await receive()
    headers = _headers(scope)
    origin = headers.get("origin")
    if origin is not None and not origin_allowed(origin):
        await close(send, NOT_A_MEMBER)
        return
    offered = scope.get("subprotocols") or []
    chosen = PROTOCOL if PROTOCOL in offered else None
    with transport():
        await send({"type": "websocket.accept", "subprotocol": chosen})
    tenant = scope["url_route"]["kwargs"]["tenant_id"]
    try:
        admission = await in_database(admit, _credentials(scope, headers), tenant)
        subscriber = await hub().join(admission)
    except NotSignedIn:
        await close(send, NOT_SIGNED_IN)
    except (NotAMember, UnknownClinic):
        await close(send, NOT_A_MEMBER)
    except DatabaseError:
        await close(send, TRY_AGAIN)
    else:
        await Socket(subscriber, receive, send).serve()


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Any other path: the handshake is answered with 403."""
    del scope
    with contextlib.suppress(SocketGone):
        with transport():
            await receive()
        await close(send, NOT_A_MEMBER)


async def close(send: Send, code: int) -> None:
    """Closes the socket; before it was accepted, refuses the handshake."""
    with transport():
        await send({"type": "websocket.close", "code": code})


class Socket:
    """An admitted socket: one task hears the client, one sends."""

    def __init__(self, subscriber: Subscriber, receive: Receive, send: Send) -> None:
        self.subscriber = subscriber
        self.receive = receive
        self.send = send
        self.loop = asyncio.get_running_loop()
        self.hello_head = subscriber.cursor
        self.bad = 0

    async def serve(self) -> None:
        """Until the client leaves, the login ends, or the process does."""
        subscriber = self.subscriber
        subscriber.note(
            _control(
                "hello", seq=self.hello_head, oldest=subscriber.reader.oldest, heartbeat=HEARTBEAT
            )
        )
        timers = [self.loop.call_later(SUBSCRIBE_SECONDS, self._follow_from_head)]
        seconds = _seconds_left(subscriber.admission)
        if seconds is not None:
            timers.append(self.loop.call_later(seconds, subscriber.end, NOT_SIGNED_IN))
        sending = subscriber.task = self.loop.create_task(self._send_all())
        hearing = self.loop.create_task(self._hear_all())
        try:
            await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for timer in timers:
                timer.cancel()
            subscriber.leave()
            await _stop(hearing, sending)
        if subscriber.ended is not None and not sending.cancelled():
            # Not before the hearing has stopped: Granian closes only once no receive() waits.
            await close(self.send, subscriber.ended)

    def _follow_from_head(self) -> None:
        if not self.subscriber.started:
            self.subscriber.start(self.hello_head)

    async def _send_all(self) -> None:
        subscriber, send, now = self.subscriber, self.send, self.loop.time
        while True:
            try:
                notes, frames = await subscriber.next()
            except Resync as resync:
                notes, frames = [_control("resync", seq=resync.head)], []
            except Ended:
                return
            subscriber.sending_since = now()
            with transport():
                for note in notes:
                    await send({"type": "websocket.send", "text": note})
                for frame in frames:
                    await send(frame.message)
            subscriber.sending_since = None

    async def _hear_all(self) -> None:
        subscriber = self.subscriber
        while True:
            with transport():
                message = await self.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                answer = self._heed(message)
            except BadMessage as error:
                self.bad += 1
                answer = _control("error", code="bad_message", detail=str(error))
            if subscriber.hear_by is not None:
                subscriber.hear_by = self.loop.time() + SILENCE_SECONDS
            fits = answer is None or subscriber.note(answer)
            if not fits or self.bad > BAD_MESSAGES:
                subscriber.end(MALFORMED)
                await asyncio.Event().wait()

    def _heed(self, message: Message) -> str | None:
        """Does what the client asks; the control frame to answer with, if any."""
        asked = read_message(message)
        if asked["action"] == "ping":
            self.subscriber.hear_by = self.loop.time() + SILENCE_SECONDS
            return _control("pong")
        after = asked.get("after")
        self.subscriber.start(self.hello_head if after is None else after, asked.get("types"))
        return None


async def _stop(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and waits for them; raises what one fell over."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


def read_message(message: Message) -> dict[str, Any]:
    """A client's message, checked: ``action`` and, for subscribe, ``after`` and ``types``.

    Raises:
        BadMessage: see there.
    """
    text = message.get("text")
    if text is None or len(text) > LONGEST_MESSAGE:
        raise BadMessage(f"Send JSON text of at most {LONGEST_MESSAGE} characters.")
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("This is not JSON.") from error
    if not isinstance(asked, dict) or asked.get("action") not in ("subscribe", "ping"):
        raise BadMessage('Send {"action": "subscribe"} or {"action": "ping"}.')
    after = asked.get("after")
    if after is not None and (type(after) is not int or not 0 <= after <= LARGEST_SEQ):
        raise BadMessage("after must be a sequence number or null.")
    types = asked.get("types")
    if types is not None:
        known = isinstance(types, list) and all(isinstance(one, str) for one in types)
        if not known or not TYPES.issuperset(types):
            raise BadMessage(f"types must be a list out of: {', '.join(sorted(TYPES))}.")
    return asked


def origin_allowed(origin: str) -> bool:
    """Whether a browser's page of that origin may open sockets."""
    return origin.lower().rstrip("/") in {
        one.lower().rstrip("/") for one in settings.ALLOWED_ORIGINS
    }


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _credentials(scope: Scope, headers: dict[str, str]) -> Credentials:
    """What the handshake carries. A cookie counts only with the Origin a browser sends."""
    token = None
    for offered in scope.get("subprotocols") or []:
        if offered.startswith("bearer."):
            token = offered.removeprefix("bearer.")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if token is None and scheme.lower() == "bearer":
        token = value.strip()
    page = None
    if "origin" in headers:
        page = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    query = QueryDict(scope.get("query_string", b""))
    return Credentials(token, query.get("ticket"), page)


def _seconds_left(admission: Admission) -> float | None:
    if admission.expires_at is None:
        return None
    return max(0.0, (admission.expires_at - timezone.now()).total_seconds())


def _control(kind: str, **values: object) -> str:
    return json.dumps({"type": kind, **values}, separators=(",", ":"))
