"""Errors of the database while a run is performed: which are repeated, and what the logs say."""

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection

from agents import registry, runner
from agents.actions import start_run
from agents.models import AgentRun, RunStatus
from agents.registry import Agent, Step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


@pytest.fixture
def agent_that_raises(monkeypatch):
    def make(error):
        def work(attempt):
            raise error

        steps = (Step("only", work=work),)
        agent = Agent("raising", "Raising agent", steps, lambda run, record: None)
        monkeypatch.setitem(registry._agents, agent.name, agent)

    return make


@pytest.mark.parametrize(
    "error", [DataError("Failing row contains (Alex Rodriguez)"), IntegrityError("Alex Rodriguez")]
)
def test_what_the_database_refuses_is_tried_later_and_not_quoted(
    at_work, agent_that_raises, caplog, error
):
    agent_that_raises(error)
    run = start_run(agent="raising", by=at_work)
    runner.perform(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert run.error == f"{type(error).__name__} at step start"
    assert "Rodriguez" not in caplog.text


def test_a_database_that_is_away_leaves_the_run_to_the_end_of_its_lease(at_work, agent_that_raises):
    agent_that_raises(OperationalError("the connection is closed"))
    run = start_run(agent="raising", by=at_work)
    with pytest.raises(OperationalError):
        runner.perform(run.pk)
    assert AgentRun.objects.get().status == RunStatus.RUNNING
    assert connection.in_atomic_block is False
