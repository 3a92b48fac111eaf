"""The feed under trouble: slow screens, a broker that dies, a database that restarts."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from backline.embedded.binaries import find_valkey
from clinic.realtime import feed
from clinic.realtime.admission import Key, Standing, admission_of, standings
from clinic.realtime.feed import PENDING_FRAMES, Hub, Resync, Subscriber
from clinic.realtime.poke import CHANNEL
from clinic.realtime.tests.live import (
    Live,
    free_port,
    hello,
    read,
    read_events,
    running_server,
    subscribe,
    wait_until,
    write_events,
)


class Broker:
    """A Valkey that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(find_valkey()), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self.answers, 10)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"PING\r\n")
                return probe.recv(10).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    own = Broker(tmp_path)
    own.start()
    yield own
    own.kill()


def test_events_arrive_without_a_broker_and_fast_again_when_it_is_back(
    transactional_db: None, alice, broker: Broker, tmp_path: Path, settings, monkeypatch
) -> None:
    from clinic.realtime import poke

    settings.REDIS_URL = broker.url
    monkeypatch.setattr(poke, "_poker", None)

    def seconds_to_arrive(screen, number: int) -> float:
        begun = time.monotonic()
        write_events(alice.clinic.pk, 1, first=number)
        assert read_events(screen, 1)[0]["doc"] == {"number": number}
        return time.monotonic() - begun

    with (
        running_server(tmp_path, REDIS_URL=broker.url) as live,
        live.socket(alice.clinic.pk, alice.token) as screen,
    ):
        hello(screen)
        subscribe(screen)
        seconds_to_arrive(screen, 0)
        fast = [seconds_to_arrive(screen, number) for number in range(10)]
        assert sorted(fast)[5] < 0.4
        broker.kill()
        assert seconds_to_arrive(screen, 10) < 3.5
        assert seconds_to_arrive(screen, 11) < 3.5
        broker.start()
        wait_until(lambda: seconds_to_arrive(screen, 12) < 0.4, 20)
        fast = [seconds_to_arrive(screen, number) for number in range(13, 23)]
        assert sorted(fast)[5] < 0.4


def test_a_screen_that_does_not_read_loses_nothing_and_holds_no_memory(live: Live, alice) -> None:
    with (
        live.socket(alice.clinic.pk, alice.token, max_queue=1) as slow,
        live.socket(alice.clinic.pk, alice.token) as quick,
    ):
        hello(quick)
        subscribe(quick)
        hello(slow)
        subscribe(slow)
        read(slow)
        before = _memory(live)
        big = "x" * 2000
        from clinic.current import enter_clinic
        from clinic.recording import SYSTEM, change

        with enter_clinic(alice.clinic.pk):
            for first in range(0, 15_000, 500):
                with change(by=SYSTEM) as record:
                    for number in range(first, first + 500):
                        record.event("task", "update", {"number": number, "text": big})
                read_events(quick, 500)
        assert _memory(live) - before < 40_000_000
        seen = [event["seq"] for event in read_events(slow, 15_000)]
    assert seen == list(range(1, 15_001))


def test_a_restarted_database_connection_is_replaced(live: Live, alice) -> None:
    with live.socket(alice.clinic.pk, alice.token) as screen:
        hello(screen)
        subscribe(screen, 0)
        write_events(alice.clinic.pk, 1)
        read_events(screen, 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        write_events(alice.clinic.pk, 3, first=1)
        assert [event["seq"] for event in read_events(screen, 3)] == [2, 3, 4]


# The subscriber by itself, with a hub on this test's own loop.


def _joined(person, work) -> object:
    """Runs ``work(hub, subscriber)`` on a loop."""

    async def run() -> object:
        hub = Hub()
        subscriber = await hub.join(admission)
        try:
            return await work(hub, subscriber)
        finally:
            hub.leave(subscriber)
            hub.close()
            await asyncio.sleep(0.05)

    admission = admission_of(person.login)
    return asyncio.run(run())


async def _numbers(subscriber: Subscriber, count: int) -> list[int]:
    seen: list[int] = []
    while len(seen) < count:
        async with asyncio.timeout(10):
            _, frames = await subscriber.next()
        seen += [frame.seq for frame in frames]
    return seen


@pytest.mark.django_db(transaction=True)
def test_beyond_its_bound_a_subscriber_catches_up_from_the_database(alice) -> None:
    async def work(hub: Hub, subscriber: Subscriber) -> list[int]:
        subscriber.start(0)
        await asyncio.to_thread(_write, alice.clinic.pk, 10)
        seen = await _numbers(subscriber, 10)
        await asyncio.to_thread(_write, alice.clinic.pk, PENDING_FRAMES + 600)
        await subscriber.reader.look_now()
        await subscriber.reader.look_now()
        assert len(subscriber._pending) <= PENDING_FRAMES
        assert not subscriber._live
        seen += await _numbers(subscriber, PENDING_FRAMES + 600)
        assert subscriber._live
        return seen

    assert _joined(alice, work) == list(range(1, PENDING_FRAMES + 611))


@pytest.mark.django_db(transaction=True)
def test_one_look_serves_every_subscriber(alice, monkeypatch) -> None:
    looks: list[int | None] = []
    real = feed.look

    def counted(clinic_id, after):
        looks.append(after)
        return real(clinic_id, after)

    monkeypatch.setattr(feed, "look", counted)

    async def work(hub: Hub, subscriber: Subscriber) -> list[list[int]]:
        others = [await hub.join(subscriber.admission) for _ in range(200)]
        for one in others:
            one.start(0)
        await asyncio.to_thread(_write, alice.clinic.pk, 1)
        looks.clear()
        await subscriber.reader.look_now()
        seen = await asyncio.gather(*(_numbers(one, 1) for one in others))
        for one in others:
            hub.leave(one)
        return seen

    assert _joined(alice, work) == [[1]] * 200
    assert len(looks) <= 2


@pytest.mark.django_db(transaction=True)
def test_the_reader_ends_with_its_last_subscriber(alice) -> None:
    async def work(hub: Hub, subscriber: Subscriber) -> int:
        other = await hub.join(subscriber.admission)
        hub.leave(other)
        assert len(hub.readers) == 1
        hub.leave(subscriber)
        return len(hub.readers)

    assert _joined(alice, work) == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_put_back_to_an_earlier_state_means_resync(alice) -> None:
    from clinic.models import ClinicCounter, Event

    _write_here(alice, 5)

    async def work(hub: Hub, subscriber: Subscriber) -> int:
        assert subscriber.cursor == 5
        await asyncio.to_thread(_rewind, alice, 2)
        await subscriber.reader.look_now()
        subscriber.start(5)
        with pytest.raises(Resync) as told:
            await subscriber.next()
        return told.value.head

    assert _joined(alice, work) == 2
    with alice.at_work():
        assert ClinicCounter.objects.get().event_seq == 2
        assert Event.objects.count() == 5  # the application may not delete events


@pytest.mark.django_db(transaction=True)
def test_pokes_have_no_content(alice, settings) -> None:
    """A poke names the clinic and nothing else: the broker never carries patient data."""
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL) as broker, broker.pubsub() as ear:
        ear.subscribe(CHANNEL)
        assert ear.get_message(timeout=5)["type"] == "subscribe"
        _write(alice.clinic.pk, 1)
        # Screens of other clinics are poked over the same broker.
        while alice.clinic.pk.hex not in (said := ear.get_message(timeout=5)["data"].decode()):
            pass
    assert re.fullmatch(r"[0-9a-f]{32}( [0-9a-f]{32})*", said)


@pytest.mark.django_db
def test_standings_of_many_logins_in_one_query(
    alice, bob, charlie, django_assert_num_queries
) -> None:
    from clinic.models import Membership

    keys = [admission_of(person.login).key for person in (alice, bob, charlie)]
    stranger = Key(alice.user.pk, charlie.clinic.pk)
    with bob.at_work():
        Membership.objects.filter(user=bob.user).update(is_active=False)
    charlie.user.is_active = False
    charlie.user.save()
    with django_assert_num_queries(1):
        found = standings([*keys, stranger])
    assert [found[key] for key in [*keys, stranger]] == [
        Standing.GOOD,
        Standing.NOT_A_MEMBER,
        Standing.NOT_SIGNED_IN,
        Standing.NOT_A_MEMBER,
    ]


def _write(clinic_id, count: int) -> None:
    write_events(clinic_id, count)
    connection.close()


def _write_here(person, count: int) -> None:
    write_events(person.clinic.pk, count)


def _rewind(person, seq: int) -> None:
    from clinic.models import ClinicCounter

    with person.at_work():
        ClinicCounter.objects.update(event_seq=seq)
    connection.close()


def _memory(live: Live) -> int:
    """Resident bytes of the server's worker."""
    import psutil

    process = psutil.Process(live.process.pid)
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])
