"""An agent's run, watched as AG-UI events."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile

from agents import runner
from agents.models import AgentRun
from copilot.tests.asking import events_of
from documents.actions import receive_upload
from documents.samples import people
from tasks.models import Task

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(alice):
    """A run that has read a referral of nobody known, and waits for a person."""
    with alice.at_work():
        data = (SAMPLES / "referral-smith.pdf").read_bytes()
        receive_upload(file=ContentFile(data, name="a.pdf"), by=alice.actor)
        found = AgentRun.objects.get()
        runner.perform(found.pk)
        found.refresh_from_db()
    assert found.status == "waiting_input"
    return found


def test_steps_are_told_in_order_and_what_it_waits_for(alice, run):
    events = events_of(alice.api("GET", f"/api/agents/runs/{run.pk}/agui"))
    with alice.at_work():
        steps = list(run.steps.order_by("position").values_list("name", flat=True))
        task = Task.objects.get()
    assert steps
    told = [e["stepName"] for e in events if e["type"] == "STEP_FINISHED"]
    assert told == [e["stepName"] for e in events if e["type"] == "STEP_STARTED"] == steps
    assert (events[0]["type"], events[0]["threadId"]) == ("RUN_STARTED", str(run.pk))
    assert events[1]["snapshot"]["agent"] == run.agent
    outcome = events[-1]["outcome"]
    assert outcome["type"] == "interrupt"
    assert outcome["interrupts"][0]["metadata"] == {"task_id": str(task.pk)}
    assert "Smith" not in str(events)


@pytest.mark.parametrize(
    ("status", "last"),
    [
        ("completed", {"type": "RUN_FINISHED", "outcome": {"type": "success"}}),
        ("failed", {"type": "RUN_ERROR", "code": "FAILED"}),
    ],
)
def test_the_end_is_told(alice, run, status, last):
    with alice.at_work():
        AgentRun.objects.update(status=status)
    sent = {"threadId": "t", "runId": "r", "messages": []}
    events = events_of(alice.api("POST", f"/api/agents/runs/{run.pk}/agui", sent))
    assert last.items() <= events[-1].items()
    assert (events[0]["threadId"], events[0]["runId"]) == ("t", "r")


def test_another_clinics_run_is_not_there(alice, charlie, run):
    for pk in (run.pk, uuid4()):
        answer = charlie.api("GET", f"/api/agents/runs/{pk}/agui")
        assert answer.status_code == 404
