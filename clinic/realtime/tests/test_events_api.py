"""The list, the ticket and the stream of events, through a real server."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from clinic.logins import end_session, login_from_token
from clinic.models import ClinicCounter
from clinic.realtime.tests.live import Live, write_events


@contextmanager
def stream(live: Live, token: str, path: str = "/api/events/stream", **headers: str):
    """(status line and headers, the open body) of a stream; chunk sizes are left in."""
    with socket.create_connection(("127.0.0.1", live.port), 20) as connection:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        with connection.makefile("rb") as body:
            head = []
            while (line := body.readline().strip()) != b"":
                head.append(line.decode().lower())
            yield head, body


def events_of(body: IO[bytes]) -> Iterator[dict[str, str]]:
    """The stream's events as name to value."""
    event: dict[str, str] = {}
    for raw in body:
        name, colon, value = raw.decode().rstrip("\r\n").partition(": ")
        if colon and name in ("id", "event", "data"):
            event[name] = value
        elif event and "data" in event:
            yield event
            event = {}


def read_to_its_end(body: IO[bytes]) -> None:
    """Up to the chunk of no length that ends a chunked body."""
    while body.readline() != b"0\r\n":
        pass


def test_the_stream_gives_events_with_their_seq_as_id(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 3)
    with stream(live, alice.token, "/api/events/stream?after=1") as (head, body):
        assert head[0] == "http/1.1 200 ok"
        assert "content-type: text/event-stream" in head
        assert "cache-control: no-cache" in head
        assert "x-accel-buffering: no" in head
        events = events_of(body)
        assert [next(events)["id"] for _ in range(2)] == ["2", "3"]
        write_events(alice.clinic.pk, 1, first=3)
        event = next(events)
        assert event["id"] == "4"
        assert json.loads(event["data"]) == {
            "type": "task",
            "op": "update",
            "doc": {"number": 3},
            "seq": 4,
        }


def test_what_the_browser_says_on_reconnecting_wins_over_the_address(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 5)
    path = "/api/events/stream?after=0"
    with stream(live, alice.token, path, **{"Last-Event-ID": "4"}) as (_, body):
        assert next(events_of(body))["id"] == "5"


def test_a_stream_without_a_cursor_is_live(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 2)
    with stream(live, alice.token) as (_, body):
        events = events_of(body)
        time.sleep(0.5)
        write_events(alice.clinic.pk, 1, first=2)
        assert next(events)["id"] == "3"


def test_a_cursor_ahead_is_told_to_start_over(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 2)
    with stream(live, alice.token, "/api/events/stream?after=50") as (_, body):
        event = next(events_of(body))
        assert (event["event"], event["id"]) == ("resync", "2")
        assert json.loads(event["data"]) == {"type": "resync", "seq": 2}


def test_the_stream_ends_with_the_login(live: Live, alice, settings) -> None:
    token = alice.token
    with stream(live, token) as (_, body):
        end_session(login_from_token(token).session_id)
        begun = time.monotonic()
        read_to_its_end(body)
        assert time.monotonic() - begun < 6
    settings.JWT_TTL = timedelta(seconds=2)
    with stream(live, alice.token) as (_, body):
        begun = time.monotonic()
        read_to_its_end(body)
        assert time.monotonic() - begun < 4


def test_the_stream_asks_who_is_there(live: Live, alice, charlie) -> None:
    status, body, headers = live.call("GET", "/api/events/stream")
    assert (status, body["code"]) == (401, "not_authenticated")
    assert headers["WWW-Authenticate"].startswith("Bearer")
    other = {"X-Tenant-Id": str(charlie.clinic.pk)}
    assert live.call("GET", "/api/events/stream", alice.token, **other)[0] == 403
    assert live.call("GET", "/api/events/stream?after=x", alice.token)[0] == 400


def test_many_streams_hold_few_database_connections(live: Live, alice) -> None:
    from contextlib import ExitStack

    from django.db import connection

    token = alice.token
    with ExitStack() as stack:
        bodies = [stack.enter_context(stream(live, token))[1] for _ in range(60)]
        time.sleep(0.5)
        write_events(alice.clinic.pk, 1)
        assert [next(events_of(body))["id"] for body in bodies] == ["1"] * 60
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            # Threads for pages, sockets and streams; the copilot's turns and their leases.
            assert cursor.fetchone()[0] <= 8 + 4 + 2 + 4 + 2


def test_the_list_pages_through_the_events_of_the_own_clinic(live: Live, alice, charlie) -> None:
    write_events(charlie.clinic.pk, 2)
    write_events(alice.clinic.pk, 5)
    status, body, headers = live.call("GET", "/api/events?after=1&limit=3", alice.token)
    assert status == 200
    assert [event["seq"] for event in body] == [2, 3, 4]
    assert body[0].keys() == {"seq", "type", "op", "doc", "at"}
    assert (body[0]["type"], body[0]["op"], body[0]["doc"]) == ("task", "update", {"number": 1})
    assert headers["X-Total-Count"] == "4"
    assert "after=4&limit=3" in headers["Link"]
    status, body, headers = live.call("GET", "/api/events?after=4", alice.token)
    assert [event["seq"] for event in body] == [5]
    assert headers["Link"] is None
    for bad in ("after=-1", "after=x", "limit=0", "limit=201"):
        assert live.call("GET", f"/api/events?{bad}", alice.token)[0] == 400
    assert live.call("GET", "/api/events")[0] == 401


def test_the_list_says_what_the_oldest_event_is(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 5)
    with alice.at_work():
        ClinicCounter.objects.update(oldest_event_seq=3)
    _, _, headers = live.call("GET", "/api/events?after=0", alice.token)
    assert (headers["X-Event-Oldest"], headers["X-Event-Head"]) == ("3", "5")
    assert headers["X-Total-Count"] == "3"
