"""Telephone calls over HTTP: planned, made by people, written down."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event
from clinic.tallies import drifts
from patients.models import Patient
from tasks.actions import create_task
from voice.models import MOVES, CallStatus, VoiceCall

pytestmark = pytest.mark.django_db
STATUSES = list(CallStatus.values)


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100", first_name="Ana", last_name="Lima", phone="+1 212 555 0100"
        )


@pytest.fixture
def body(patient):
    return {"patient_id": str(patient.pk), "purpose": "Recall for HbA1c"}


@pytest.fixture
def call(api, body):
    return api("POST", "/voice/initiate-call", body).json()["call_id"]


class TestPlan:
    def test_a_call_is_pending_and_no_vendors(self, api, alice, body):
        answer = api("POST", "/voice/initiate-call", body)
        assert answer.status_code == 201
        made = answer.json()
        assert made == {
            "call_id": made["call_id"],
            "vapi_call_id": None,
            "status": "pending",
            "message": "The call is to be made by a person.",
        }
        got = api("GET", f"/voice/calls/{made['call_id']}").json()
        assert (got["phone_number"], got["patient_name"], got["outcome"]) == (
            "+1 212 555 0100", "Ana Lima", "",
        )  # fmt: skip
        with alice.at_work():
            assert Event.objects.get().doc["call_id"] == made["call_id"]
            assert AuditEntry.objects.get().action == "voice_call.plan"

    def test_a_number_is_needed(self, api, alice, body):
        with alice.at_work():
            Patient.objects.update(phone="")
        answer = api("POST", "/voice/initiate-call", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["phone_number"])
        given = api("POST", "/voice/initiate-call", body | {"phone_number": "212 555 0199"})
        assert given.status_code == 201

    def test_a_task_belongs_to_the_same_patient(self, api, alice, patient, body):
        with alice.at_work():
            own = create_task(by=alice.actor, title="Call", patient_id=patient.pk)
            other = Patient.objects.create(mrn="101", last_name="Other")
            foreign = create_task(by=alice.actor, title="Call", patient_id=other.pk)
        path = "/voice/initiate-call"
        assert api("POST", path, body | {"task_id": str(own.pk)}).status_code == 201
        assert api("POST", path, body | {"task_id": str(foreign.pk)}).status_code == 400
        assert api("POST", path, body | {"task_id": str(uuid4())}).status_code == 404
        assert len(api("GET", f"/voice/calls?task_id={own.pk}").json()) == 1

    @pytest.mark.parametrize(
        ("change", "status"),
        [({"purpose": ""}, 400), ({"patient_id": "x"}, 400), ({"patient_id": str(uuid4())}, 404),
         ({"phone_number": "<x>"}, 400)],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, api, alice, body, change, status):
        assert api("POST", "/voice/initiate-call", body | change).status_code == status
        with alice.at_work():
            assert not VoiceCall.objects.exists()

    def test_the_same_key_plans_once(self, api, alice, body):
        for _ in range(2):
            api("POST", "/voice/initiate-call", body, **{"Idempotency-Key": "k"})
        with alice.at_work():
            assert VoiceCall.objects.count() == 1


class TestRecord:
    def test_an_outcome_is_written_down(self, api, bob, alice, call):
        change = {"status": "completed", "outcome": "Will come on Monday.", "duration_seconds": 95}
        got = Api(bob)("PATCH", f"/voice/calls/{call}", change).json()
        assert (got["status"], got["outcome"], got["duration_seconds"]) == tuple(change.values())
        assert got["ended_at"] is not None
        later = api("PATCH", f"/voice/calls/{call}", {"outcome": "Moved to Tuesday."}).json()
        assert (later["status"], later["outcome"]) == ("completed", "Moved to Tuesday.")
        with alice.at_work():
            assert [e.doc["status"] for e in Event.objects.order_by("seq")] == [
                "pending", "completed", "completed",
            ]  # fmt: skip

    @pytest.mark.parametrize("before", STATUSES)
    @pytest.mark.parametrize("after", STATUSES)
    def test_moves_are_those_of_the_table(self, api, alice, call, before, after):
        with alice.at_work():
            VoiceCall.objects.update(status=before)
        answer = api("PATCH", f"/voice/calls/{call}", {"status": after})
        allowed = after in MOVES[before] or after == before
        assert answer.status_code == (200 if allowed else 409)
        got = api("GET", f"/voice/calls/{call}").json()["status"]
        assert got == (after if allowed else before)

    @pytest.mark.parametrize(
        "change", [{}, {"duration_seconds": -1}, {"duration_seconds": 86_401}, {"status": "x"}]
    )
    def test_what_cannot_be_is_refused(self, api, call, change):
        assert api("PATCH", f"/voice/calls/{call}", change).status_code == 400

    def test_a_stranger_finds_nothing(self, api, charlie, alice, call, body):
        stranger = Api(charlie)
        assert stranger("GET", f"/voice/calls/{call}").status_code == 404
        change = {"status": "failed"}
        assert stranger("PATCH", f"/voice/calls/{call}", change).status_code == 404
        assert stranger("POST", "/voice/initiate-call", body).status_code == 404
        assert stranger("GET", "/voice/calls").json() == []
        with alice.at_work():
            assert VoiceCall.objects.get().status == "pending"


class TestList:
    def test_filters_totals_and_pages(self, api, alice, patient, body):
        for number in range(5):
            api("POST", "/voice/initiate-call", body | {"purpose": f"Call {number}"})
        page = api("GET", "/voice/calls?limit=2&status=pending")
        assert page.headers["X-Total-Count"] == "5"
        assert [c["purpose"] for c in page.json()] == ["Call 4", "Call 3"]
        rest = api("GET", links(page)["next"]).json()
        assert [c["purpose"] for c in rest] == ["Call 2", "Call 1"]
        assert api("GET", "/voice/calls?status=failed").json() == []
        assert len(api("GET", f"/voice/calls?patient_id={patient.pk}").json()) == 5
        with alice.at_work():
            assert drifts([("voice_calls", "status", "voice_call")]) == []

    def test_200_rows_cost_as_many_queries_as_one(self, api, alice, patient, call):
        def queries():
            with CaptureQueriesContext(connection) as seen:
                assert api("GET", "/voice/calls?limit=200").status_code == 200
            return len(seen)

        one = queries()
        with alice.at_work():
            for _ in range(199):
                VoiceCall.objects.create(patient=patient, purpose="x", phone_number="1")
        assert queries() == one


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_webhook_without_a_telephone_service(method):
    answer = getattr(Client(), method)("/api/voice/webhook", {}, content_type="application/json")
    assert answer.status_code == (404 if method == "post" else 405)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_end_a_call_at_once_one_is_told(alice, call):
    def end(status):
        try:
            path = f"/voice/calls/{call}"
            return Api(alice)("PATCH", path, {"status": status}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(end, ["completed", "failed"] * 3))
    with alice.at_work():
        final = VoiceCall.objects.get().status
    assert final in ("completed", "failed")
    assert 200 in statuses and 409 in statuses
