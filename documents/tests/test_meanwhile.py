"""What happens to a document while its run is under way, or after its run had failed."""

import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.test import Client

from agents import runner
from agents.actions import retry_run
from agents.models import AgentRun, RunStatus
from clinic.models import Event
from clinic.recording import SYSTEM, change
from documents import actions, agent
from documents.actions import read_again, unlock
from documents.corrections import Answer
from documents.models import Document, DocumentStatus
from documents.moving import file_under
from documents.review import review
from documents.samples import people
from documents.tests.test_agent import locked_pdf, patient, perform_all, upload
from patients.models import LabResult, Patient
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def failing(monkeypatch, step="read"):
    def work(attempt):
        raise RuntimeError("wedged")

    steps = tuple(
        agent.Step(s.name, work, s.record, s.waits_for_answer) if s.name == step else s
        for s in agent.AGENT.steps
    )
    broken = agent.Agent(agent.READER, agent.LABEL, steps, agent.gave_up)
    monkeypatch.setattr(runner, "agent_named", lambda name: broken)
    monkeypatch.setattr(runner, "MAX_ATTEMPTS", 1)


def failed_document(at_work, monkeypatch, **fields):
    document = upload("lab-rodriguez.pdf", at_work, **fields)
    with monkeypatch.context() as patch:
        failing(patch)
        perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.NOT_INGESTED
    return document


def test_a_paper_moved_while_it_is_read_is_not_filed_unseen(at_work, monkeypatch):
    alex, maria = patient(), patient(people.MARIA)
    document = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    judge = agent.judge

    def slow(*args):
        judged = judge(*args)
        file_under(document_id=document.pk, patient_id=maria.pk, by=at_work)
        return judged

    monkeypatch.setattr(agent, "judge", slow)
    perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.NOT_INGESTED
    assert document.patient_id == maria.pk
    assert "patient_changed" in document.extracted["reasons"]
    assert not LabResult.objects.exists()


def test_trying_a_failed_run_again_clears_the_flag(at_work, monkeypatch):
    alex = patient()
    document = failed_document(at_work, monkeypatch, patient_id=alex.pk)
    retry_run(run_id=AgentRun.objects.get().pk, by=at_work)
    perform_all()
    document.refresh_from_db()
    alex.refresh_from_db()
    assert document.status == DocumentStatus.INGESTED
    assert (alex.flagged_count, alex.tasks_count) == (0, 0)


def test_a_failed_run_tried_again_leaves_an_approved_document_alone(at_work, monkeypatch):
    alex = patient()
    document = failed_document(at_work, monkeypatch, patient_id=alex.pk)
    run = AgentRun.objects.get()
    review(document_id=document.pk, answer=Answer(status="approved"), by=at_work)
    before = Event.objects.filter(type="document").count()
    retry_run(run_id=run.pk, by=at_work)
    perform_all()
    document.refresh_from_db()
    run.refresh_from_db()
    assert (document.status, document.progress) == (DocumentStatus.APPROVED, "filed")
    assert (run.status, run.outputs) == (RunStatus.COMPLETED, {"superseded": True})
    assert Event.objects.filter(type="document").count() == before


def test_a_failed_run_tried_again_does_not_read_beside_the_next_version(at_work, monkeypatch):
    alex = patient()
    document = failed_document(at_work, monkeypatch, patient_id=alex.pk)
    first = AgentRun.objects.get()
    second = read_again(document_id=document.pk, by=at_work)
    retry_run(run_id=first.pk, by=at_work)
    runner.perform(first.pk)
    first.refresh_from_db()
    assert (first.status, first.outputs) == (RunStatus.COMPLETED, {"superseded": True})
    document.refresh_from_db()
    assert document.status == DocumentStatus.INGESTING
    runner.perform(second.pk)
    document.refresh_from_db()
    assert document.status == DocumentStatus.INGESTED


def test_moving_a_paper_does_not_deadlock_with_its_run(at_work, alice, monkeypatch):
    alex = patient()
    document = upload("lab-rodriguez.pdf", at_work)
    run = AgentRun.objects.get()
    holding, errors = threading.Event(), []

    def move():
        try:
            with alice.at_work():
                holding.wait(5)
                file_under(document_id=document.pk, patient_id=alex.pk, by=at_work)
        except OperationalError as error:
            errors.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=move)
    other.start()
    with change(SYSTEM):
        AgentRun.objects.select_for_update().get(pk=run.pk)
        holding.set()
        other.join(0.5)
        Document.objects.select_for_update().get(pk=document.pk)
    other.join(10)
    assert errors == []
    document.refresh_from_db()
    assert document.patient_id == alex.pk


def test_an_unlocked_file_stays_when_the_locked_one_cannot_be_deleted(at_work, monkeypatch):
    patient()
    document = upload_locked(at_work)
    perform_all()
    delete = default_storage.delete
    calls = []

    def failing_once(name):
        calls.append(name)
        if len(calls) == 1:
            raise OSError("storage is away")
        delete(name)

    monkeypatch.setattr(default_storage, "delete", failing_once)
    unlock(document_id=document.pk, password="opensesame", by=at_work)
    document.refresh_from_db()
    assert calls == [calls[0]]
    assert default_storage.exists(document.storage_name)


def test_a_file_stays_when_nobody_knows_whether_its_row_was_committed(at_work, monkeypatch):
    """The server committed, and the connection broke before it said so."""
    start_run = actions.start_run

    def then_broken(**kwargs):
        run = start_run(**kwargs)
        transaction.on_commit(broken)
        return run

    def broken():
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(actions, "start_run", then_broken)
    with pytest.raises(OperationalError):
        upload("lab-rodriguez.pdf", at_work)
    assert default_storage.exists(Document.objects.get().storage_name)


def upload_locked(by):
    return actions.receive_upload(
        file=ContentFile(locked_pdf("opensesame"), name="locked.pdf"), by=by
    ).document


def test_a_page_opened_before_the_approval_cannot_reject_any_more(at_work, bob):
    alex = patient()
    document = upload("referral-smith.pdf", at_work, patient_id=alex.pk)
    perform_all()
    review(document_id=document.pk, answer=Answer(status="approved"), by=at_work)
    browser: Client = bob.client
    browser.post(f"/documents/{document.pk}", {"action": "reject", "reason": "Not ours"})
    document.refresh_from_db()
    assert document.status == DocumentStatus.APPROVED
    assert not Task.objects.filter(state="open").exists()
    assert Patient.objects.get(pk=alex.pk).flagged_count == 0


def test_a_copy_that_comes_in_during_a_review_does_not_deadlock(at_work, alice):
    """Its reference to the first one is checked at its commit, with the clinic's counter held."""
    document = upload("lab-rodriguez.pdf", at_work)
    errors = []

    def copy():
        try:
            with alice.at_work():
                upload("lab-rodriguez.pdf", at_work)
        except OperationalError as error:
            errors.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=copy)
    with change(SYSTEM) as record:
        actions.locked(document.pk)
        other.start()
        other.join(1.5)
        record.audit("document.test", document)
    other.join(10)
    assert errors == []
    assert Document.objects.count() == 2
