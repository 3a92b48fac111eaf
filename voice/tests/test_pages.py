"""The log of calls, planning one, and writing down what came of it."""

from datetime import date

import pytest

from clinic.tests.counting import MOST_QUERIES, page_and_queries
from patients.models import Patient
from tasks.actions import create_task
from voice.actions import plan_call
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5), phone="555"
        )


@pytest.fixture
def call(alice, smith):
    with alice.at_work():
        return plan_call(by=alice.actor, patient_id=smith.pk, purpose="Results are in")


def test_a_call_is_planned_to_the_number_in_the_chart_and_linked_to_its_task(bob, smith):
    with bob.at_work():
        task = create_task(title="Reach him", by=bob.actor, patient_id=smith.pk)
    posted = {"patient_id": str(smith.pk), "purpose": "Results", "task_id": str(task.pk)}
    answer = bob.client.post("/calls/new", posted, follow=True)
    with bob.at_work():
        made = VoiceCall.objects.get()
    assert (made.phone_number, made.task_id, made.status) == ("555", task.pk, "pending")
    assert f'href="/tasks/{task.pk}"' in answer.content.decode()
    assert f'href="/patients/{smith.pk}"' in answer.content.decode()


def test_without_any_number_the_form_asks_for_one(bob, smith):
    with bob.at_work():
        Patient.objects.update(phone="")
    browser = bob.client
    posted = {"patient_id": str(smith.pk), "purpose": "kept words"}
    answer = browser.post("/calls/new", posted)
    assert answer.status_code == 422
    assert "has no telephone number" in answer.content.decode()
    assert "kept words" in answer.content.decode()
    nobody = browser.post("/calls/new", {"purpose": "x"})
    assert "Choose whom to call." in nobody.content.decode()
    with bob.at_work():
        assert not VoiceCall.objects.exists()


def test_the_outcome_of_a_call_is_written_down(bob, call):
    posted = {"status": "completed", "outcome": "Comes on Monday", "minutes": "1.5"}
    answer = bob.client.post(f"/calls/{call.pk}", posted, follow=True)
    with bob.at_work():
        call.refresh_from_db()
    assert (call.status, call.outcome, call.duration_seconds) == (
        "completed",
        "Comes on Monday",
        90,
    )
    assert "1:30 min" in answer.content.decode()


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        ({"status": "nonsense"}, 422),
        ({"status": "completed", "minutes": "-1"}, 422),
        ({"status": "completed", "minutes": "1441"}, 422),
        ({"status": "completed", "minutes": "two"}, 422),
    ],
)
def test_what_cannot_be_recorded_is_said_and_changes_nothing(bob, call, posted, status):
    assert bob.client.post(f"/calls/{call.pk}", posted).status_code == status
    with bob.at_work():
        call.refresh_from_db()
        assert (call.status, call.outcome) == ("pending", "")


def test_a_call_that_has_ended_does_not_begin_again(bob, call):
    browser, path = bob.client, f"/calls/{call.pk}"
    browser.post(path, {"status": "failed", "outcome": "No answer"})
    answer = browser.post(path, {"status": "completed"})
    assert answer.status_code == 409
    assert "A call that is failed cannot become completed." in answer.content.decode()
    more = browser.post(path, {"status": "failed", "outcome": "No answer, twice"})
    assert more.status_code == 302
    with bob.at_work():
        call.refresh_from_db()
        assert (call.status, call.outcome) == ("failed", "No answer, twice")


def test_the_log_filters_and_is_the_clinics_own(bob, charlie, call):
    browser = bob.client
    page = browser.get("/calls?status=pending").context
    assert [row["call_id"] for row in page["calls"]] == [call.pk]
    assert browser.get("/calls?status=failed").context["hidden_by_filter"] == 1
    assert charlie.client.get("/calls").context["calls"] == []


def test_the_log_costs_the_same_number_of_queries_for_any_length(alice, smith, call):
    browser = alice.client
    paths = ("/calls", f"/calls/{call.pk}", f"/calls/new?patient_id={smith.pk}")
    few = {}
    for path in paths:
        browser.get(path)
        _, few[path] = page_and_queries(browser, path)
    with alice.at_work():
        for number in range(200):
            VoiceCall.objects.create(patient=smith, purpose=f"C{number}", phone_number="5")
    for path in paths:
        _, many = page_and_queries(browser, path)
        assert many == few[path] <= MOST_QUERIES, path
