"""Ringing for due runs from outside of the broker, and chores that go wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import chores, registry, sweep
from agents.actions import start_run
from agents.management.commands.sweep import do_chores
from agents.models import AgentRun, Lane
from agents.queries import due_runs
from agents.registry import Agent
from agents.sweep import RING_AGAIN, RING_AT_MOST, WEDGED_AFTER, Watch, round_of_ringing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(alice, monkeypatch):
    idle = Agent("idle", "Idle agent", (), lambda run, record: None)
    monkeypatch.setitem(registry._agents, idle.name, idle)
    with alice.at_work():
        yield alice.actor


@pytest.fixture
def rung(monkeypatch):
    found = []
    monkeypatch.setattr(sweep, "ring", lambda *ring: found.append(ring) or True)
    return found


def due(by, *, minutes, lane=Lane.QUICK, **fields):
    run = start_run(agent="idle", by=by)
    moment = timezone.now() - timedelta(minutes=minutes)
    AgentRun.objects.filter(pk=run.pk).update(due_at=moment, lane=lane, **fields)
    return run.pk


def test_a_long_queue_of_pictures_does_not_keep_quick_runs_from_being_rung_for(at_work, rung):
    just = timezone.now()
    for _ in range(RING_AT_MOST):
        due(at_work, minutes=30, lane=Lane.READING, rung_at=just)
    quick = due(at_work, minutes=1)
    round_of_ringing(Watch())
    assert [run_id for _, run_id, _ in rung] == [quick]


def test_a_run_whose_worker_died_is_rung_for_in_its_turn(at_work, rung):
    for _ in range(RING_AT_MOST):
        due(at_work, minutes=5)
    dead = due(at_work, minutes=0)
    ended = timezone.now() - timedelta(minutes=30)
    AgentRun.objects.filter(pk=dead).update(status="running", lease_until=ended)
    round_of_ringing(Watch())
    assert dead in [run_id for _, run_id, _ in rung]


def test_the_longest_due_of_each_lane_are_told(at_work):
    for _ in range(3):
        due(at_work, minutes=30, lane=Lane.READING)
    quick = due(at_work, minutes=1)
    assert quick in [run.run_id for run in due_runs(limit=2)]


def test_a_chore_that_fails_keeps_no_other_from_being_done(monkeypatch, caplog):
    done, called = {}, []

    def failing():
        raise FileNotFoundError("Alex Rodriguez.pdf")

    monkeypatch.setattr(chores, "_chores", {})
    chores.register("failing", 300, failing)
    chores.register("other", 300, lambda: called.append(1))
    do_chores(done)
    do_chores(done)
    assert called == [1]
    assert "FileNotFoundError" in caplog.text
    assert "Rodriguez" not in caplog.text


def test_no_more_than_so_many_are_rung_for_in_a_round(at_work, rung):
    oldest_first = [due(at_work, minutes=60 - n) for n in range(RING_AT_MOST + 2)]
    round_of_ringing(Watch())
    assert [run_id for _, run_id, _ in rung] == oldest_first[:RING_AT_MOST]


def test_a_run_is_rung_for_when_the_first_ring_had_its_time_and_not_before(
    at_work, rung, monkeypatch
):
    monkeypatch.setattr(sweep, "GRACE", timedelta(minutes=30))
    due(at_work, minutes=10)
    late = due(at_work, minutes=50)
    round_of_ringing(Watch())
    assert [run_id for _, run_id, _ in rung] == [late]


def test_a_run_is_rung_for_again_after_a_while(at_work, rung):
    now = timezone.now()
    due(at_work, minutes=5, rung_at=now + timedelta(minutes=1))
    again = due(at_work, minutes=4, rung_at=now - RING_AGAIN)
    round_of_ringing(Watch())
    assert [run_id for _, run_id, _ in rung] == [again]
    assert AgentRun.objects.get(pk=again).rung_at >= now


def watch(*due_before, since=WEDGED_AFTER + timedelta(minutes=1)):
    return Watch(set(due_before), timezone.now() - since)


def test_a_worker_that_takes_nothing_for_too_long_is_wedged(at_work, rung):
    run = due(at_work, minutes=5)
    assert round_of_ringing(watch(run)) is True
    assert round_of_ringing(watch(run, since=timedelta(0))) is False
    assert round_of_ringing(Watch()) is False


def test_any_run_that_was_taken_is_progress(at_work, rung):
    run, taken = due(at_work, minutes=5), due(at_work, minutes=6)
    watching = watch(run, taken)
    AgentRun.objects.filter(pk=taken).update(status="completed")
    assert round_of_ringing(watching) is False
    assert watching.due == {run}
    assert timezone.now() - watching.moved_at < WEDGED_AFTER


def test_nothing_to_do_and_a_broker_that_is_away_are_nobodys_fault(at_work, monkeypatch):
    monkeypatch.setattr(sweep, "ring", lambda *ring: False)
    assert round_of_ringing(watch()) is False
    run, other = due(at_work, minutes=5), due(at_work, minutes=4)
    watching = watch(run, other)
    assert round_of_ringing(watching) is False
    assert timezone.now() - watching.moved_at < WEDGED_AFTER
    assert not AgentRun.objects.exclude(rung_at=None).exists()
