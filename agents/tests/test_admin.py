"""Agent runs on the operators' site."""

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import AgentRun, RunStatus
from clinic.models import AuditEntry, User

pytestmark = pytest.mark.django_db
LIST = "/admin/agents/agentrun/"


@pytest.fixture
def browser(alice):
    root = User.objects.create_superuser("root@example.org", "correct horse battery", name="Olga")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/admin/choose/", {"clinic_id": str(alice.clinic.pk)})
    return client


def make_run(person, status, **fields):
    with person.at_work():
        return AgentRun.objects.create(agent="document_extraction", status=status, **fields)


def retry(browser, *runs):
    sent = {"action": "retry", "_selected_action": [str(run.pk) for run in runs]}
    return browser.post(LIST, sent, follow=True).content.decode()


def test_a_failed_run_is_tried_again_and_no_other(browser, alice):
    failed = make_run(alice, RunStatus.FAILED, error="The reader died", attempts=5)
    done = make_run(alice, RunStatus.COMPLETED)
    assert "The reader died" in browser.get(LIST, {"status__exact": "failed"}).content.decode()
    page = retry(browser, failed, done)
    assert "1 queued again" in page
    assert "Only a run that failed can be tried again" in page
    with alice.at_work():
        failed.refresh_from_db()
        done.refresh_from_db()
        line = AuditEntry.objects.get(action="agent_run.retry")
    assert (failed.status, failed.attempts, failed.error) == (RunStatus.QUEUED, 0, "")
    assert done.status == RunStatus.COMPLETED
    assert (line.actor, line.object_id) == ("Olga (operator)", failed.pk)


def test_another_clinics_run_is_neither_seen_nor_tried_again(browser, charlie):
    theirs = make_run(charlie, RunStatus.FAILED, error="Theirs")
    assert "Theirs" not in browser.get(LIST).content.decode()
    path = reverse("admin:agents_agentrun_change", args=[theirs.pk])
    assert browser.get(path).status_code == 302
    retry(browser, theirs)
    with charlie.at_work():
        theirs.refresh_from_db()
        assert not AuditEntry.objects.exists()
    assert theirs.status == RunStatus.FAILED


def test_a_run_is_found_by_its_id_and_shown_without_clinical_text(browser, alice):
    run = make_run(alice, RunStatus.WAITING_INPUT, outputs={"name": "Rodriguez"}, answer={"a": 1})
    make_run(alice, RunStatus.COMPLETED)
    page = browser.get(LIST, {"q": str(run.pk)})
    assert page.context["cl"].result_count == 1
    assert browser.get(LIST, {"q": "x"}).context["cl"].result_count == 0
    shown = browser.get(reverse("admin:agents_agentrun_change", args=[run.pk])).content.decode()
    assert str(run.pk) in shown
    assert "Rodriguez" not in shown
