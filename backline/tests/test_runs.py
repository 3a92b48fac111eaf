"""The pages of agent runs: the list and its filters, steps and evidence, trying again, stopping."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from agents import registry, runner
from agents.actions import start_run
from agents.models import AgentRun, RunStatus
from agents.registry import Agent, Step
from backline.pages.run_parts import HIDDEN, length, values_of, what_went_wrong
from clinic.models import AuditEntry, Event
from documents.actions import receive_upload
from documents.models import Document, DocumentStatus
from documents.samples import people
from patients.models import Patient
from tasks.models import Task

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failing(monkeypatch):
    """An agent whose second step fails, with one sentence for whom it was given up."""
    told = []

    def work(attempt):
        raise TimeoutError

    agent = Agent(
        "failing",
        "Failing agent",
        (Step("begin", work=lambda attempt: {"found": 3}), Step("ask", work=work)),
        lambda run, record: told.append(run.pk),
    )
    monkeypatch.setitem(registry._agents, agent.name, agent)
    return told


def upload(person, name="referral-smith.pdf", **fields):
    data = (SAMPLES / name).read_bytes()
    return receive_upload(file=ContentFile(data, name=name), by=person.actor, **fields).document


def fail(run):
    for _ in range(runner.MAX_ATTEMPTS):
        AgentRun.objects.filter(pk=run.pk).update(due_at="2020-01-01T00:00:00Z")
        runner.perform(run.pk)


def counts(person):
    with person.at_work():
        return (AuditEntry.objects.count(), Event.objects.count(), Task.objects.count())


def test_the_list_filters_by_state_and_agent_newest_first(alice, failing):
    with alice.at_work():
        first = start_run(agent="failing", by=alice.actor)
        second = start_run(agent="failing", by=alice.actor)
        fail(first)
    client = alice.client
    every = client.get("/agents").context["runs"]
    assert [row["run_id"] for row in every] == [second.pk, first.pk]
    failed = client.get("/agents?status=failed").context["runs"]
    assert [row["run_id"] for row in failed] == [first.pk]
    assert client.get("/agents?agent=document_extraction").context["runs"] == []
    assert "No run fits this filter" in client.get("/agents?status=completed").content.decode()
    assert [row["run_id"] for row in client.get("/agents?status=nonsense").context["runs"]] == [
        second.pk,
        first.pk,
    ]


def test_an_empty_list_says_what_starts_a_run(alice):
    text = alice.client.get("/agents").content.decode()
    assert "No agent has run yet" in text and "Upload a document" in text


def test_a_run_shows_steps_values_and_where_each_was_read(alice):
    with alice.at_work():
        patient = Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=people.JAMES.dob
        )
        document = upload(alice, patient_id=patient.pk)
        run = AgentRun.objects.get()
        runner.perform(run.pk)
        run.refresh_from_db()
    answer = alice.client.get(f"/agents/runs/{run.pk}")
    assert answer.status_code == 200
    states = {step["name"]: step["state"] for step in answer.context["steps"]}
    assert (states["read"], states["extract"], states["settle"]) == ("done", "done", "done")
    facts = answer.context["facts"]
    assert facts and all(fact["page"] == 1 for fact in facts if fact["page"])
    text = answer.content.decode()
    assert f"/documents/{document.pk}?field={facts[0]['id']}" in text
    assert "James Smith" in text


def test_an_error_is_told_in_words_and_tried_again_after_the_last_step(alice, bob, failing):
    with alice.at_work():
        run = start_run(agent="failing", by=alice.actor)
        fail(run)
        assert failing == [run.pk]
    page = bob.client.get(f"/agents/runs/{run.pk}").content.decode()
    assert "did not answer in time" in page and "TimeoutError" not in page
    answer = bob.client.post(f"/agents/runs/{run.pk}", {"action": "retry"})
    assert answer.status_code == 302
    with alice.at_work():
        run.refresh_from_db()
        assert (run.status, run.error, run.attempts) == (RunStatus.QUEUED, "", 0)
        assert list(run.steps.values_list("name", flat=True)) == ["begin"]
        assert AuditEntry.objects.filter(action="agent_run.retry", actor="Bob Brown").count() == 1


def test_only_a_failed_run_is_tried_again(alice, failing):
    with alice.at_work():
        run = start_run(agent="failing", by=alice.actor)
    before = counts(alice)
    answer = alice.client.post(f"/agents/runs/{run.pk}", {"action": "retry"}, follow=True)
    assert "Only a run that failed can be tried again" in answer.content.decode()
    assert counts(alice) == before


def test_a_stopped_run_hands_its_document_to_a_person(alice):
    with alice.at_work():
        document = upload(alice)
        run = AgentRun.objects.get()
    answer = alice.client.post(f"/agents/runs/{run.pk}", {"action": "stop"})
    assert answer.status_code == 302
    with alice.at_work():
        run.refresh_from_db()
        document.refresh_from_db()
        assert (run.status, run.error) == (RunStatus.FAILED, "Stopped by Alice Adams")
        assert document.status == DocumentStatus.NOT_INGESTED
        assert [task.kind for task in Task.objects.all()] == ["document_failed"]
        assert AuditEntry.objects.filter(action="agent_run.stop").count() == 1
        runner.perform(run.pk)  # a worker that rings late finds nothing to do
        run.refresh_from_db()
        assert run.status == RunStatus.FAILED
    assert "Stopped by Alice Adams" in alice.client.get(f"/agents/runs/{run.pk}").content.decode()


def test_a_worker_whose_run_was_stopped_writes_nothing_more(alice, monkeypatch):
    with alice.at_work():

        def work(attempt):
            alice.client.post(f"/agents/runs/{attempt.run.pk}", {"action": "stop"})
            return {}

        agent = Agent(
            "slow",
            "Slow",
            (Step("only", work=work),),
            lambda run, record: None,
            can_be_stopped=True,
        )
        monkeypatch.setitem(registry._agents, "slow", agent)
        run = start_run(agent="slow", by=alice.actor)
        runner.perform(run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.FAILED
        assert not run.steps.exists()


@pytest.mark.parametrize("status", [RunStatus.WAITING_INPUT, RunStatus.COMPLETED, RunStatus.FAILED])
def test_what_is_over_or_waits_cannot_be_stopped(alice, status):
    with alice.at_work():
        upload(alice)
        run = AgentRun.objects.get()
        AgentRun.objects.filter(pk=run.pk).update(status=status)
    before = counts(alice)
    page = alice.client.post(f"/agents/runs/{run.pk}", {"action": "stop"}, follow=True)
    assert "cannot be stopped" in page.content.decode()
    with alice.at_work():
        run.refresh_from_db()
        assert run.status == status
    assert counts(alice) == before


def test_an_agent_that_reaches_people_outside_cannot_be_stopped(alice, failing):
    with alice.at_work():
        run = start_run(agent="failing", by=alice.actor)
    page = alice.client.get(f"/agents/runs/{run.pk}").content.decode()
    assert 'value="stop"' not in page
    alice.client.post(f"/agents/runs/{run.pk}", {"action": "stop"})
    with alice.at_work():
        run.refresh_from_db()
        assert run.status == RunStatus.QUEUED


def test_staff_may_not_stop_runs(alice, bob):
    with alice.at_work():
        upload(alice)
        run = AgentRun.objects.get()
    before = counts(alice)
    assert 'value="stop"' not in bob.client.get(f"/agents/runs/{run.pk}").content.decode()
    assert bob.client.post(f"/agents/runs/{run.pk}", {"action": "stop"}).status_code == 403
    with alice.at_work():
        run.refresh_from_db()
        assert run.status == RunStatus.QUEUED
    assert counts(alice) == before


def test_a_step_that_a_later_version_put_first_is_not_shown_as_asked(alice, monkeypatch):
    steps = (Step("begin"), Step("review", waits_for_answer=True), Step("file"))
    made = [Agent("grown", "Grown", steps, lambda run, record: None)]
    monkeypatch.setitem(registry._agents, "grown", made[0])
    with alice.at_work():
        run = start_run(agent="grown", by=alice.actor)
        AgentRun.objects.filter(pk=run.pk).update(status=RunStatus.WAITING_INPUT)
        moment = run.created_at
        run.steps.create(position=0, name="begin", output={}, started_at=moment, finished_at=moment)
    later = Agent("grown", "Grown", (Step("open"), *steps), lambda run, record: None)
    monkeypatch.setitem(registry._agents, "grown", later)
    shown = alice.client.get(f"/agents/runs/{run.pk}").context["steps"]
    assert [(step["name"], step["state"]) for step in shown] == [
        ("begin", "done"),
        ("review", "asked"),
        ("file", "waiting"),
    ]


@pytest.fixture
def asking(alice):
    """A run that waits for a person."""
    with alice.at_work():
        document = upload(alice)
        run = AgentRun.objects.get()
        runner.perform(run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.WAITING_INPUT
    return run, document


def test_a_question_is_answered_from_the_run(bob, asking):
    run, document = asking
    page = bob.client.get(f"/agents/runs/{run.pk}").content.decode()
    assert "It asks a person" in page
    posted = {"action": "reject", "reason": "Not a patient of ours"}
    assert bob.client.post(f"/agents/runs/{run.pk}", posted).status_code == 302
    with bob.at_work():
        run.refresh_from_db()
        document.refresh_from_db()
        assert (run.status, document.status) == (RunStatus.COMPLETED, DocumentStatus.REJECTED)
        assert document.rejection["message"] == "Not a patient of ours"


def test_a_rejection_without_a_reason_is_asked_for_one(bob, asking):
    run, document = asking
    before = counts(bob)
    answer = bob.client.post(f"/agents/runs/{run.pk}", {"action": "reject", "reason": " "})
    assert answer.status_code == 422
    assert "Please correct the following" in answer.content.decode()
    with bob.at_work():
        document.refresh_from_db()
        assert document.status == DocumentStatus.NOT_INGESTED
    assert counts(bob) == before


def test_another_clinics_run_is_not_there(charlie, asking):
    run, _ = asking
    assert charlie.client.get(f"/agents/runs/{run.pk}").status_code == 404
    for action in ("retry", "stop", "accept"):
        posted = charlie.client.post(f"/agents/runs/{run.pk}", {"action": action})
        assert posted.status_code == 404


def test_pages_cost_the_same_for_one_run_and_many(alice, django_assert_max_num_queries):
    def opened(path):
        with django_assert_max_num_queries(12) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    client = alice.client
    with alice.at_work():
        upload(alice)
        run = AgentRun.objects.get()
    one = opened("/agents")
    opened(f"/agents/runs/{run.pk}")
    with alice.at_work():
        for name in ("lab-rodriguez.pdf", "lab-smith-scan.pdf"):
            upload(alice, name)
        assert Document.objects.count() == 3
    assert opened("/agents") == one


@pytest.mark.parametrize(
    ("error", "step", "says"),
    [
        ("", "", ""),
        ("Stopped by Ana", "read", "Stopped by Ana. What it had finished is kept."),
        (
            "TimeoutError at step read",
            "read",
            "It failed at “Read the pages”: something it asked for did not answer in time. "
            "Nothing was lost; trying again goes on from there.",
        ),
        (
            "ValueError at step start",
            "",
            "It failed at its start: something unexpected happened (ValueError). "
            "Nothing was lost; trying again goes on from there.",
        ),
    ],
)
def test_errors_say_what_they_mean(error, step, says):
    assert what_went_wrong(error, step) == says


def test_values_hide_what_opens_something():
    data = dict.fromkeys(HIDDEN, "x") | {
        "ingested": False,
        "confidence": 0.91234,
        "mime": "application/pdf",
        "forms": [1, 2],
        "decision": {"ingest": True, "nonce": "x"},
        "nothing": None,
        "flags": [],
        "patient_id": "0199a7c4-6f1e-7cc0-8000-000000000001",
    }
    assert values_of(data) == [
        ("Filed by itself", "no"),
        ("Confidence", "91 %"),
        ("Kind of file", "PDF"),
        ("Forms", "2"),
        ("Filed by itself", "yes"),
    ]


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.44, "0.4 s"), (12.2, "12 s"), (59.4, "59 s"), (185, "3 min 5 s"), (7440, "2 h 4 min")],
)
def test_lengths_are_written_as_people_say_them(seconds, says):
    from datetime import timedelta

    assert length(timedelta(seconds=seconds)) == says
