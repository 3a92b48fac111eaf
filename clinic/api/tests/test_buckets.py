"""Limits that all serving processes count together, and each alone while the broker is away."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from clinic.api import buckets as module
from clinic.api.buckets import AWAY_SECONDS, PREFIX, SharedBuckets
from clinic.realtime.tests.live import ROOT, free_port

KEY = "test 1"
# Takes as often as it is asked to, when it is told to begin, and says how many were free.
OTHER = """
import sys
import django
django.setup()
from clinic.api import buckets as module
module.ANSWER_SECONDS = 60.0
buckets = module.SharedBuckets()
print("ready", flush=True)
sys.stdin.readline()
print(sum(buckets.take(sys.argv[1], int(sys.argv[2])) == 0.0 for _ in range(int(sys.argv[3]))))
"""


@pytest.fixture(autouse=True)
def shared(settings, monkeypatch):
    settings.LIMITS_SHARED = True
    monkeypatch.setattr(module, "ANSWER_SECONDS", 60.0)  # however busy the machine is
    broker = Redis.from_url(settings.REDIS_URL)
    broker.delete(PREFIX + KEY)
    yield broker
    broker.delete(PREFIX + KEY)


def stand_still(monkeypatch, at=1000.0):
    """A clock of this process that stands; the broker's goes on."""
    now = [at]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def in_two_processes(per_minute, times):
    """How many were free to take at each of two processes that take at once."""
    argv = [sys.executable, "-c", OTHER, KEY, str(per_minute), str(times)]
    environment = {**os.environ, "LIMITS_SHARED": "1"}
    both = [
        subprocess.Popen(
            argv,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    return [int(one.communicate(timeout=120)[0]) for one in both]


def test_two_processes_count_together():
    began = time.monotonic()
    found = in_two_processes(30, 30)
    came_back = 1 + (time.monotonic() - began) * 30 / 60
    assert 30 <= sum(found) <= 30 + came_back


def test_a_large_limit_is_taken_in_parts(shared, monkeypatch):
    stand_still(monkeypatch)
    asked = []
    taking = SharedBuckets()
    ask = taking._ask
    monkeypatch.setattr(taking, "_ask", lambda *given: asked.append(given) or ask(*given))
    assert [taking.take(KEY, 6000) for _ in range(250)] == [0.0] * 250
    assert asked == [(KEY, 6000, 100)] * 3
    assert float(shared.hget(PREFIX + KEY, "level")) >= 5700


def test_what_is_left_of_a_part_is_forgotten_after_a_minute(monkeypatch):
    now = stand_still(monkeypatch)
    taking = SharedBuckets()
    taking.take(KEY, 6000)
    now[0] += 61
    monkeypatch.setattr(taking, "_ask", lambda *given: (0, 700))
    assert taking.take(KEY, 6000) == pytest.approx(0.7)


def test_who_has_to_wait_is_told_how_long_without_asking_again(monkeypatch):
    now = stand_still(monkeypatch)
    taking = SharedBuckets()
    answers = [(1, 0), (0, 1500), (1, 0)]
    monkeypatch.setattr(taking, "_ask", lambda *given: answers.pop(0))
    waits = [taking.take(KEY, 30) for _ in range(3)]
    assert waits == [0.0, pytest.approx(1.5), pytest.approx(1.5)]
    now[0] += 1.6
    assert taking.take(KEY, 30) == 0.0
    assert answers == []


def test_threads_of_a_process_take_no_more_than_there_is_and_lose_none():
    taking = SharedBuckets()
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        free = list(threads.map(lambda _: taking.take(KEY, 240), range(400))).count(0.0)
    while taking.take(KEY, 240) == 0.0:  # what another thread had just taken
        free += 1
    came_back = 1 + (time.monotonic() - began) * 240 / 60
    assert 240 <= free <= 240 + came_back


def test_without_the_broker_each_process_counts_alone_and_says_so(settings, monkeypatch, caplog):
    now = stand_still(monkeypatch)
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    taking = SharedBuckets()
    assert [taking.take(KEY, 3) for _ in range(3)] == [0.0] * 3
    assert taking.take(KEY, 3) == pytest.approx(20)
    assert caplog.text.count("Limits are counted by process") == 1
    now[0] += AWAY_SECONDS + 1
    monkeypatch.setattr(taking, "_ask", lambda *given: (1, 0))
    assert taking.take(KEY, 3) == 0.0


def test_a_bucket_fills_again_and_no_further(shared):
    taking = SharedBuckets()
    taking.take(KEY, 60)
    shared.hset(PREFIX + KEY, mapping={"level": "0", "at": "0"})
    assert taking.take(KEY, 60) == 0.0
    assert float(shared.hget(PREFIX + KEY, "level")) == 59
    assert 0 < shared.ttl(PREFIX + KEY) <= 61
