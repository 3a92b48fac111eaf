"""Tasks behind which an agent or a document waits cannot be closed past it, nor reopened."""

import pytest

from documents.corrections import Answer
from documents.models import Document, DocumentStatus
from documents.review import review
from documents.tests.test_agent import patient, perform_all, upload
from documents.tests.test_meanwhile import failed_document, upload_locked
from tasks.actions import Changes, IllegalMove, change_task
from tasks.answers import AnswerNeeded
from tasks.models import Task, TaskState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


@pytest.mark.parametrize("state", [TaskState.DONE, TaskState.CANCELLED])
def test_the_task_for_a_password_is_not_closed_without_it(at_work, state):
    upload_locked(at_work)
    perform_all()
    task = Task.objects.get(kind="needs_password")
    with pytest.raises(AnswerNeeded):
        change_task(task_id=task.pk, by=at_work, changes=Changes(state=state))
    task.refresh_from_db()
    assert task.state == TaskState.OPEN


def test_the_task_for_a_password_is_answered_with_it(at_work):
    patient()
    document = upload_locked(at_work)
    perform_all()
    task = Task.objects.get(kind="needs_password")
    change_task(task_id=task.pk, by=at_work, answer={"password": "opensesame"})
    perform_all()
    document.refresh_from_db()
    task.refresh_from_db()
    assert (document.status, task.state) == (DocumentStatus.INGESTED, TaskState.DONE)


def test_the_task_of_a_document_that_could_not_be_read_is_not_closed_past_it(at_work, monkeypatch):
    failed_document(at_work, monkeypatch, patient_id=patient().pk)
    task = Task.objects.get(kind="document_failed")
    with pytest.raises(AnswerNeeded):
        change_task(task_id=task.pk, by=at_work, changes=Changes(state=TaskState.DONE))
    change_task(task_id=task.pk, by=at_work, answer={"status": "rejected", "reason": "Torn"})
    task.refresh_from_db()
    assert (Document.objects.get().status, task.state) == (DocumentStatus.REJECTED, TaskState.DONE)


def test_an_answered_question_is_not_opened_again(at_work):
    document = upload("referral-smith.pdf", at_work, patient_id=patient().pk)
    perform_all()
    review(document_id=document.pk, answer=Answer(status="approved"), by=at_work)
    task = Task.objects.get(document_id=document.pk)
    with pytest.raises(IllegalMove):
        change_task(task_id=task.pk, by=at_work, changes=Changes(state=TaskState.OPEN))
    task.refresh_from_db()
    assert task.state == TaskState.DONE
