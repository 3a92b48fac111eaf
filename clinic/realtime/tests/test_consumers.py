"""The socket, through a real server."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus

from clinic.logins import end_session, login_from_token, start_session
from clinic.models import ClinicCounter, Event, LoginSession, Membership, SocketTicket
from clinic.realtime.tests.live import (
    PROTOCOL,
    Live,
    close_code,
    hello,
    is_silent,
    read,
    read_events,
    subscribe,
    write_events,
)
from clinic.recording import SYSTEM, change


def test_an_event_arrives_as_the_seed_describes_it(live: Live, alice) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        assert screen.subprotocol == PROTOCOL
        assert hello(screen) == {"type": "hello", "seq": 0, "oldest": 1, "heartbeat": 25}
        subscribe(screen)
        assert read(screen) == {"type": "pong"}
        with alice.at_work(), change(by=alice.actor) as record:
            record.event("task", "insert", {"task_id": "t", "patient_name": "Zoë “Z” O'Neil"})
        assert read(screen) == {
            "type": "task",
            "op": "insert",
            "doc": {"task_id": "t", "patient_name": "Zoë “Z” O'Neil"},
            "seq": 1,
        }


def test_events_written_while_cut_off_arrive_once_and_in_order(live: Live, alice) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, 0)
        write_events(alice.clinic.pk, 5)
        seen = read_events(screen, 5)
    write_events(alice.clinic.pk, 500, first=5)
    writer = threading.Thread(target=_write_in_thread, args=(alice.clinic.pk, 500, 505))
    writer.start()  # and goes on while the screen comes back
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, seen[-1]["seq"])
        seen += read_events(screen, 1000)
        writer.join()
        assert is_silent(screen, 0.3)
    assert [event["seq"] for event in seen] == list(range(1, 1006))
    assert [event["doc"]["number"] for event in seen] == list(range(1005))


def test_five_hundred_sockets_of_a_clinic_all_hear_it_and_another_clinic_nothing(
    live: Live, alice, charlie
) -> None:
    ours, theirs = alice.token, charlie.token

    async def follow() -> tuple[list[list[int]], bool]:
        screens = await _open_many(live, alice.clinic.pk, ours, 500)
        (stranger,) = await _open_many(live, charlie.clinic.pk, theirs, 1)
        await asyncio.to_thread(_write_in_thread, alice.clinic.pk, 3, 0)

        async def three(screen) -> list[int]:
            return [json.loads(await screen.recv())["seq"] for _ in range(3)]

        async with asyncio.timeout(20):
            heard = await asyncio.gather(*map(three, screens))
        silent = False
        try:
            async with asyncio.timeout(2.5):
                await stranger.recv()
        except TimeoutError:
            silent = True
        await asyncio.gather(*(screen.close() for screen in [*screens, stranger]))
        return heard, silent

    heard, silent = asyncio.run(follow())
    assert heard == [[1, 2, 3]] * 500
    assert silent


def test_a_client_that_says_nothing_gets_live_events(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 2)
    with live.socket(alice.clinic.pk, alice.token) as screen:
        assert hello(screen)["seq"] == 2
        write_events(alice.clinic.pk, 1, first=2)
        assert read(screen)["seq"] == 3


def test_only_the_types_asked_for_arrive(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 1, type_="patient")
    write_events(alice.clinic.pk, 1, type_="document")
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, 0, types=["document"])
        assert read_events(screen, 1)[0]["seq"] == 2
        write_events(alice.clinic.pk, 1, type_="task")
        write_events(alice.clinic.pk, 1, type_="document")
        assert read_events(screen, 1)[0]["seq"] == 4


def test_a_cursor_ahead_or_too_old_is_told_to_start_over(live: Live, alice) -> None:
    write_events(alice.clinic.pk, 10)
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, 99)
        frames = [read(screen), read(screen)]
        assert {"type": "resync", "seq": 10} in frames
        write_events(alice.clinic.pk, 1, first=10)
        assert read(screen)["seq"] == 11
    with alice.at_work():
        ClinicCounter.objects.update(oldest_event_seq=8)
    with live.socket(alice.clinic.pk, alice.token) as screen:
        assert hello(screen)["oldest"] == 8
        subscribe(screen, 6)
        assert {"type": "resync", "seq": 11} in [read(screen), read(screen)]
        subscribe(screen, 7)
        assert [event["seq"] for event in read_events(screen, 4)] == [8, 9, 10, 11]


def test_a_cursor_just_written_is_not_ahead(live: Live, alice) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        for number in range(20):
            write_events(alice.clinic.pk, 1, first=number)
            subscribe(screen, number + 1)
        write_events(alice.clinic.pk, 1, first=20)
        types = set()
        while (frame := read(screen)).get("seq") != 21:
            types.add(frame["type"])
        assert "resync" not in types


@pytest.mark.parametrize(
    "message",
    [
        "nonsense",
        "[]",
        "[" * 3000,
        '{"action": "dance"}',
        '{"action": "subscribe", "after": -1}',
        '{"action": "subscribe", "after": true}',
        '{"action": "subscribe", "after": "5"}',
        '{"action": "subscribe", "after": 99999999999999999999}',
        '{"action": "subscribe", "types": "task"}',
        '{"action": "subscribe", "types": ["payroll"]}',
        '{"action": "subscribe", "types": [{}]}',
        json.dumps({"action": "ping", "padding": "x" * 5000}),
        b"\x00\x01",
    ],
)
def test_a_message_that_means_nothing_is_answered_with_an_error(
    live: Live, alice, message: str | bytes
) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        screen.send(message)
        frame = read(screen)
        assert (frame["type"], frame["code"]) == ("error", "bad_message")
        screen.send('{"action": "ping"}')
        assert read(screen) == {"type": "pong"}


def test_a_client_that_sends_only_nonsense_is_closed(live: Live, alice) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        for _ in range(30):
            try:
                screen.send("?")
            except ConnectionClosed:
                break
        assert close_code(screen) == 4400


def test_without_a_good_token_the_socket_closes_4401(live: Live, alice, bob) -> None:
    for token in (None, "abc.def.ghi", alice.token[:-4] + "AAAA"):
        with live.socket(alice.clinic.pk, token) as screen:
            assert close_code(screen) == 4401
    ended = bob.token
    end_session(login_from_token(ended).session_id)
    with live.socket(bob.clinic.pk, ended) as screen:
        assert close_code(screen) == 4401


def test_another_clinic_closes_4403(live: Live, alice, charlie) -> None:
    unknown = "01234567-89ab-7def-8123-456789abcdef"
    for tenant in (charlie.clinic.pk, unknown, "nobody"):
        with live.socket(tenant, alice.token) as screen:
            assert close_code(screen) == 4403


def test_a_person_of_two_clinics_may_follow_either(live: Live, alice, other_clinic) -> None:
    from clinic.current import enter_clinic

    with enter_clinic(other_clinic.pk):
        Membership.objects.create(user=alice.user, role="staff")
    with live.socket(other_clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen)
        write_events(other_clinic.pk, 1)
        assert len(read_events(screen, 1)) == 1


def test_an_expired_token_closes_the_open_socket(live: Live, alice, settings) -> None:
    settings.JWT_TTL = timedelta(seconds=2)
    token = alice.token
    settings.JWT_TTL = timedelta(days=7)
    with live.socket(alice.clinic.pk, token) as screen:
        hello(screen)
        assert close_code(screen, timeout=4) == 4401


def test_signing_out_closes_the_open_socket(live: Live, alice) -> None:
    token = alice.token
    with live.socket(alice.clinic.pk, token) as screen:
        hello(screen)
        end_session(login_from_token(token).session_id)
        assert close_code(screen, timeout=6) == 4401


def test_the_end_of_a_membership_closes_the_open_socket(live: Live, alice, bob) -> None:
    with (
        live.socket(bob.clinic.pk, bob.token) as ended,
        live.socket(alice.clinic.pk, alice.token) as stays,
    ):
        hello(ended), hello(stays)
        with alice.at_work():
            Membership.objects.filter(user=bob.user).update(is_active=False)
        assert close_code(ended, timeout=6) == 4403
        subscribe(stays)
        write_events(alice.clinic.pk, 1)
        assert len(read_events(stays, 1)) == 1


def test_deactivating_a_person_closes_their_socket(live: Live, bob) -> None:
    with live.socket(bob.clinic.pk, bob.token) as screen:
        hello(screen)
        bob.user.is_active = False
        bob.user.save()
        assert close_code(screen, timeout=6) == 4401


def test_a_foreign_origin_is_refused_whatever_its_credentials(live: Live, alice) -> None:
    for origin in ("https://evil.example", "null", f"http://localhost:{live.port}.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            live.socket(alice.clinic.pk, alice.token, origin=origin)
        assert refused.value.response.status_code == 403
    with live.socket(alice.clinic.pk, alice.token, origin=live.origin) as screen:
        hello(screen)


def test_an_unknown_path_is_refused(live: Live) -> None:
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{live.port}/ws/elsewhere")
    assert refused.value.response.status_code == 403


def test_a_page_is_let_in_by_its_cookie_and_closed_when_it_signs_out(live: Live, alice) -> None:
    browser = alice.client
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}
    with live.socket(alice.clinic.pk, additional_headers=cookie) as not_a_browser:
        assert close_code(not_a_browser) == 4401
    with live.socket(
        alice.clinic.pk, origin=live.origin, additional_headers=cookie, subprotocols=None
    ) as screen:
        hello(screen)
        browser.logout()
        assert close_code(screen, timeout=6) == 4401
    with live.socket(alice.clinic.pk, origin=live.origin, additional_headers=cookie) as screen:
        assert close_code(screen) == 4401


def test_a_new_password_closes_pages_that_were_open(live: Live, alice) -> None:
    key = alice.client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}
    with live.socket(alice.clinic.pk, origin=live.origin, additional_headers=cookie) as screen:
        hello(screen)
        alice.user.set_password("another long password")
        alice.user.save()
        assert close_code(screen, timeout=6) == 4401


def test_a_ticket_opens_one_socket_only(live: Live, alice, charlie) -> None:
    status, body, _ = live.call("POST", "/api/ws-ticket", alice.token)
    assert (status, body["expires_in"]) == (201, 60)
    query = f"?ticket={body['ticket']}"
    with live.socket(alice.clinic.pk, query=query, subprotocols=None) as screen:
        hello(screen)
    with live.socket(alice.clinic.pk, query=query, subprotocols=None) as screen:
        assert close_code(screen) == 4401
    assert SocketTicket.objects.count() == 0


def test_a_ticket_is_good_for_its_clinic_its_minute_and_its_session(live: Live, alice, charlie):
    def ticket(token: str) -> str:
        return "?ticket=" + live.call("POST", "/api/ws-ticket", token)[1]["ticket"]

    with live.socket(charlie.clinic.pk, query=ticket(alice.token)) as screen:
        assert close_code(screen) == 4403
    late = ticket(alice.token)
    SocketTicket.objects.update(expires_at=timezone.now())
    with live.socket(alice.clinic.pk, query=late) as screen:
        assert close_code(screen) == 4401
    tampered = ticket(alice.token).rpartition(".")[0] + ".9999999999"
    with live.socket(alice.clinic.pk, query=tampered) as screen:
        assert close_code(screen) == 4401
    token = alice.token
    orphan = ticket(token)
    LoginSession.objects.update(ended_at=timezone.now())
    with live.socket(alice.clinic.pk, query=orphan) as screen:
        assert close_code(screen) == 4401


def test_a_socket_opened_by_a_ticket_ends_with_its_token(live: Live, alice, settings) -> None:
    settings.JWT_TTL = timedelta(seconds=2)
    token = start_session(alice.user, alice.clinic.pk).token
    ticket = live.call("POST", "/api/ws-ticket", token)[1]["ticket"]
    with live.socket(alice.clinic.pk, query=f"?ticket={ticket}") as screen:
        hello(screen)
        assert close_code(screen, timeout=4) == 4401


def test_gapless_in_order_under_many_writers_with_rollbacks(live: Live, alice) -> None:
    def write(writer: int) -> None:
        for number in range(20):
            _write_or_roll_back(alice, writer, number)
        connection.close()

    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, 0)
        writers = [threading.Thread(target=write, args=(n,)) for n in range(20)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()
        events = read_events(screen, 20 * 13)
        assert is_silent(screen, 0.5)
    assert [event["seq"] for event in events] == list(range(1, 261))
    with alice.at_work():
        assert Event.objects.count() == 260
    for writer in range(20):
        mine = [e["doc"]["number"] for e in events if e["doc"]["writer"] == writer]
        assert mine == [n for n in range(20) if n % 3]


def _write_or_roll_back(person, writer: int, number: int) -> None:
    """Every third one fails after its events were recorded."""
    with person.at_work():
        if number % 3:
            with change(by=SYSTEM) as record:
                record.event("task", "update", {"writer": writer, "number": number})
            return
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            with change(by=SYSTEM) as record:
                record.event("task", "update", {"writer": writer, "number": number})
            raise ZeroDivisionError


def _write_in_thread(clinic_id, count: int, first: int) -> None:
    write_events(clinic_id, count, first=first)
    connection.close()


async def _open_many(live: Live, clinic_id, token: str, count: int) -> list:
    """Sockets that have subscribed and been answered."""
    opened = []

    async def one():
        screen = await connect_async(
            live.url(clinic_id), subprotocols=[PROTOCOL, f"bearer.{token}"], open_timeout=30
        )
        await screen.send('{"action": "subscribe"}')
        await screen.send('{"action": "ping"}')
        assert json.loads(await screen.recv())["type"] == "hello"
        assert json.loads(await screen.recv())["type"] == "pong"
        return screen

    for _ in range(0, count, 50):
        opened += await asyncio.gather(*(one() for _ in range(min(50, count - len(opened)))))
    return opened
