"""The clinic's events for programs: a list, a ticket for the socket, and a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.parameters import whole
from clinic.api.schema import endpoint
from clinic.api.views import ClinicView
from clinic.logins import Login, NotAMember
from clinic.models import ClinicCounter, Event
from clinic.permissions import may_follow_events
from clinic.realtime.admission import TICKET_LIFE, Admission, admission_of, make_ticket
from clinic.realtime.feed import Ended, Resync, Subscriber, hub

HEARTBEAT_SECONDS = 15.0
LARGEST_SEQ = 10**18 - 1

AFTER = whole(
    "after", "The last event already known; 0 for none.", default=0, least=0, most=LARGEST_SEQ
)
LIMIT = whole("limit", "How many events at most.", default=50, least=1, most=200)


class EventAnswer(serializers.Serializer[Event]):
    """One change in the clinic."""

    seq = serializers.IntegerField(help_text="Has no gap within the clinic.")
    type = serializers.CharField()
    op = serializers.ChoiceField(["insert", "update", "delete"])
    doc = serializers.DictField()
    at = serializers.DateTimeField()


class TicketAnswer(serializers.Serializer[object]):
    """One entry to the socket."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class NoBody(serializers.Serializer[object]):
    """Nothing."""


class EventsView(ClinicView):
    """The clinic's events after a cursor."""

    @endpoint(
        may=may_follow_events,
        tag="events",
        name="list_events",
        summary="Events after a cursor, oldest first",
        answers={200: EventAnswer(many=True)},
        parameters=[AFTER, LIMIT],
        description=(
            "`X-Total-Count` counts all events after the cursor; `X-Event-Head` and"
            " `X-Event-Oldest` are the newest and the oldest that there are."
        ),
    )
    def get(self, request: Request) -> Response:
        """A JSON array; the Link header leads on."""
        asked = self.query([AFTER, LIMIT])
        after, limit = asked["after"], asked["limit"]
        rows = list(
            Event.objects.filter(seq__gt=after)
            .order_by("seq")
            .values("seq", "type", "op", "doc", "at")[:limit]
        )
        counter = ClinicCounter.objects.get()
        oldest, head = counter.oldest_event_seq, counter.event_seq
        total = max(0, head - max(after, oldest - 1))
        headers = {
            "X-Total-Count": str(total),
            "X-Event-Head": str(head),
            "X-Event-Oldest": str(oldest),
        }
        if rows and total > len(rows):
            following = request.build_absolute_uri(
                f"{request.path}?after={rows[-1]['seq']}&limit={limit}"
            )
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(rows, headers=headers)


class TicketView(ClinicView):
    """A ticket for a client that cannot send headers with a WebSocket handshake."""

    @endpoint(
        may=may_follow_events,
        tag="events",
        name="create_ws_ticket",
        summary="A ticket for the WebSocket",
        answers={201: TicketAnswer},
        takes=NoBody,
        description=(
            "`WS /ws/tenant/{tenant_id}?ticket=...`; good once, for 60 seconds. A ticket made by a"
            " signed-in page needs that page's cookie as well."
        ),
    )
    def post(self, request: Request) -> Response:
        """201 with the ticket."""
        del request
        seconds = int(TICKET_LIFE.total_seconds())
        return Response({"ticket": make_ticket(self.login), "expires_in": seconds}, status=201)


@require_GET
async def event_stream(request: HttpRequest) -> HttpResponseBase:
    """``GET /api/events/stream``: the clinic's events as text/event-stream, to the login's end."""
    login: Login | None = getattr(request, "login", None)
    if login is None:
        if isinstance(getattr(request, "login_error", None), NotAMember):
            return _error(403, "not_a_member", "You are not a member of this clinic.")
        return _error(401, "not_authenticated", "Sign in first: this needs an access token.")
    try:
        after = _cursor(request)
    except ValueError:
        return _error(400, "invalid", "after must be a whole number.")
    session = getattr(request, "session", None)  # programs with a token have none
    admission = admission_of(login, session.session_key if session else None)
    return StreamingHttpResponse(
        _lines(admission, after),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _cursor(request: HttpRequest) -> int | None:
    """Where the client is; what a browser says when it reconnects wins over the address."""
    raw = request.headers.get("Last-Event-ID") or request.GET.get("after")
    if raw is None or raw == "":
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 18:
        raise ValueError
    return int(raw)


async def _lines(admission: Admission, after: int | None) -> AsyncIterator[str]:
    """The stream's text, in blocks; ends with the login."""
    yield "retry: 2000\n\n"
    subscriber = await hub().join(admission)
    timer = None
    try:
        if admission.expires_at is not None:
            left = (admission.expires_at - timezone.now()).total_seconds()
            timer = asyncio.get_running_loop().call_later(max(0.0, left), subscriber.end, 4401)
        subscriber.start(subscriber.cursor if after is None else after)
        while (block := await _block(subscriber)) is not None:
            yield block
    finally:
        if timer is not None:
            timer.cancel()
        subscriber.leave()


async def _block(subscriber: Subscriber) -> str | None:
    """What to send next: events, a heartbeat when there is none for long; None at the end."""
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            _, frames = await subscriber.next()
    except TimeoutError:
        return ": heartbeat\n\n"
    except Resync as resync:
        data = json.dumps({"type": "resync", "seq": resync.head}, separators=(",", ":"))
        return f"id: {resync.head}\nevent: resync\ndata: {data}\n\n"
    except Ended:
        return None
    return "".join(frame.sse for frame in frames)


def _error(status: int, code: str, detail: str) -> JsonResponse:
    headers = {"WWW-Authenticate": 'Bearer realm="backline"'} if status == 401 else None
    body: dict[str, Any] = {"detail": detail, "code": code, "errors": {}}
    return JsonResponse(body, status=status, headers=headers)
