"""Whose turn it is in a lane: fair between clinics, and nobody's run is lost on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import registry, runner
from agents.actions import start_run
from agents.jobs import perform_run
from agents.models import AgentRun, Lane, LaneTurn, RunStatus
from agents.queries import next_in_lane
from agents.registry import Agent, Step, Then

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def took(monkeypatch):
    """Names of the clinics whose runs were performed, in order."""
    order = []

    def work(attempt):
        order.append(attempt.run.clinic.name.split()[0])
        return {}

    steps = (Step("only", work=work, record=lambda run, output, record: Then.FINISH),)
    agent = Agent("noting", "Noting agent", steps, lambda run, record: None)
    monkeypatch.setitem(registry._agents, agent.name, agent)
    return order


def queue(person, count=1, *, minutes=1, lane=Lane.READING, agent="noting", **fields):
    ids = []
    with person.at_work():
        for _ in range(count):
            run = start_run(agent=agent, by=person.actor)
            moment = timezone.now() - timedelta(minutes=minutes)
            AgentRun.objects.filter(pk=run.pk).update(due_at=moment, lane=lane, **fields)
            ids.append(run.pk)
    return ids


def ring(person, run_id, lane=Lane.READING):
    perform_run(clinic_id=str(person.clinic.pk), run_id=str(run_id), lane=lane)


def test_a_clinics_single_paper_is_next_however_many_another_has_waiting(alice, charlie, took):
    many = queue(alice, 5, minutes=30)
    one = queue(charlie, 1, minutes=1)
    for run_id in [*many, *one]:
        ring(alice, run_id)
    assert took == ["Northside", "Riverside", *["Northside"] * 4]


def test_two_clinics_take_turns(alice, charlie, took):
    first, second = queue(alice, 3, minutes=30), queue(charlie, 3, minutes=1)
    for run_id in [*first, *second]:
        ring(alice, run_id)
    assert took == ["Northside", "Riverside"] * 3


def test_every_run_is_performed_once_by_as_many_rings(alice, charlie, took):
    runs = [*queue(alice, 4), *queue(charlie, 2)]
    for run_id in runs:
        ring(alice, run_id)
    ring(alice, runs[0])
    assert len(took) == 6
    for person, count in ((alice, 4), (charlie, 2)):
        with person.at_work():
            rows = AgentRun.objects.filter(status=RunStatus.COMPLETED)
            assert rows.count() == count


def test_the_clinic_that_no_worker_is_busy_for_comes_first(alice, charlie, took):
    lease = timezone.now() + timedelta(minutes=5)
    queue(alice, 1, status=RunStatus.RUNNING, lease_until=lease)
    waiting = queue(alice, 1, minutes=30)
    other = queue(charlie, 1, minutes=1)
    with charlie.at_work():
        LaneTurn.objects.create(lane=Lane.READING, taken_at=timezone.now())
    assert next_in_lane(Lane.READING) == [
        (charlie.clinic.pk, other[0]),
        (alice.clinic.pk, waiting[0]),
    ]


def test_within_a_clinic_the_longest_due_comes_first_a_dead_workers_run_in_its_turn(alice, took):
    queue(alice, 1, minutes=1)
    [oldest] = queue(alice, 1, minutes=30)
    assert next_in_lane(Lane.READING) == [(alice.clinic.pk, oldest)]
    ended = timezone.now() - timedelta(minutes=60)
    [dead] = queue(alice, 1, status=RunStatus.RUNNING, lease_until=ended)
    assert next_in_lane(Lane.READING) == [(alice.clinic.pk, dead)]


def test_what_is_not_due_or_in_the_other_lane_is_nobodys_turn(alice, charlie, took):
    queue(alice, 1, minutes=-5)
    queue(alice, 1, lane=Lane.QUICK)
    assert next_in_lane(Lane.READING) == []
    ring(alice, queue(charlie, 1, lane=Lane.QUICK)[0])
    assert took == []


def long_work(pages, done):
    def work(attempt):
        while len(done) < pages:
            done.append(attempt.run.pk)
            attempt.give_way()
        return {}

    return work


def test_a_long_run_gives_way_to_another_clinic_between_pages_and_goes_on(
    alice, charlie, took, monkeypatch
):
    done = []
    steps = (Step("long", work=long_work(3, done), record=lambda run, output, record: Then.FINISH),)
    monkeypatch.setitem(
        registry._agents, "long", Agent("long", "Long agent", steps, lambda run, record: None)
    )
    [run_id] = queue(alice, 1, minutes=30, agent="long")
    other = queue(charlie, 1)
    ring(alice, run_id)
    assert (done, took) == ([run_id], [])
    with alice.at_work():
        run = AgentRun.objects.get()
        assert (run.status, run.attempts, run.lease_token) == (RunStatus.QUEUED, 0, None)
        assert timezone.now() - run.due_at > timedelta(minutes=29)
    ring(charlie, other[0])
    assert took == ["Riverside"]
    ring(alice, run_id)
    assert len(done) == 3
    with alice.at_work():
        assert AgentRun.objects.get().status == RunStatus.COMPLETED


def test_a_long_run_does_not_give_way_to_its_own_clinic(alice, took, monkeypatch):
    done = []
    steps = (Step("long", work=long_work(3, done), record=lambda run, output, record: Then.FINISH),)
    monkeypatch.setitem(
        registry._agents, "long", Agent("long", "Long agent", steps, lambda run, record: None)
    )
    [run_id] = queue(alice, 1, minutes=30, agent="long")
    queue(alice, 2)
    ring(alice, run_id)
    assert len(done) == 3


def test_a_worker_says_whether_it_got_the_run(alice, took):
    [run_id] = queue(alice, 1)
    with alice.at_work():
        assert runner.perform(run_id, lane=Lane.QUICK) is False
        assert runner.perform(run_id, lane=Lane.READING) is True
        assert runner.perform(run_id, lane=Lane.READING) is False
