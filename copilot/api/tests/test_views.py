"""Conversations and messages over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.actions import book
from claims.actions import create_claim
from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event
from clinic.tallies import drifts
from copilot.models import Conversation, Message
from patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100", first_name="Ana", last_name="Lima")


def begin(api, **body):
    return api("POST", "/conversations", {"channel": "internal"} | body)


class TestConversations:
    @pytest.mark.parametrize("channel", ["copilot", "internal", "email", "sms"])
    def test_one_is_begun_and_listed(self, api, alice, channel):
        made = begin(api, channel=channel)
        assert made.status_code == 201
        (row,) = api("GET", f"/conversations?channel={channel}").json()
        assert row["conversation_id"] == made.json()["conversation_id"]
        assert row["subject"] == {"patient_id": None, "claim_id": None, "appointment_id": None}
        assert (row["last_message"], row["patient_name"]) == (None, None)
        with alice.at_work():
            assert AuditEntry.objects.get().action == "conversation.begin"

    def test_a_claims_or_visits_conversation_is_about_its_patient_too(self, api, alice, patient):
        start = datetime(2030, 1, 1, 9, tzinfo=UTC)
        with alice.at_work():
            claim = create_claim(
                by=alice.actor, patient_id=patient.pk, insurance_provider="Aetna",
                amount=Decimal("10.00"), service_date=start.date(),
            )  # fmt: skip
            visit = book(
                by=alice.actor, patient_id=patient.pk, type="visit", title="Visit",
                starts_at=start, ends_at=start + timedelta(minutes=30),
            )  # fmt: skip
            other = Patient.objects.create(mrn="101", last_name="Other")
        begin(api, subject={"claim_id": str(claim.pk)})
        begin(api, subject={"appointment_id": str(visit.pk)})
        for query in (f"claim_id={claim.pk}", f"appointment_id={visit.pk}"):
            (row,) = api("GET", f"/conversations?{query}").json()
            assert (row["subject"]["patient_id"], row["patient_name"]) == (
                str(patient.pk), "Ana Lima",
            )  # fmt: skip
        assert len(api("GET", f"/conversations?patient_id={patient.pk}").json()) == 2
        mixed = begin(api, subject={"claim_id": str(claim.pk), "patient_id": str(other.pk)})
        assert (mixed.status_code, list(mixed.json()["errors"])) == (400, ["subject"])

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"channel": "fax"}, 400),
            ({"subject": {"patient_id": "x"}}, 400),
            ({"subject": {"patient_id": str(uuid4())}}, 404),
            ({"subject": {"claim_id": str(uuid4())}}, 404),
            ({"subject": {"appointment_id": str(uuid4())}}, 404),
        ],
    )
    def test_what_cannot_be_is_refused(self, api, alice, body, status):
        assert begin(api, **body).status_code == status
        with alice.at_work():
            assert not Conversation.objects.exists()


class TestMessages:
    def test_a_message_is_kept_told_and_listed(self, api, alice, bob, patient):
        talk = begin(api, subject={"patient_id": str(patient.pk)}).json()["conversation_id"]
        body = {"conversation_id": talk, "text": "Called her.", "rich": {"kind": "note"}}
        made = Api(bob)("POST", "/messages", body)
        assert made.status_code == 201
        (row,) = api("GET", f"/conversations/{talk}/messages").json()
        assert (row["message_id"], row["text"], row["rich"], row["author"]) == (
            made.json()["message_id"], "Called her.", {"kind": "note"}, "Bob Brown",
        )  # fmt: skip
        assert api("GET", "/conversations").json()[0]["last_message"] == "Called her."
        with alice.at_work():
            event = Event.objects.get(type="message")
            assert (event.op, event.doc["conversation_id"], event.doc["patient_name"]) == (
                "insert", talk, "Ana Lima",
            )  # fmt: skip
            assert "Called" not in str(event.doc)

    def test_messages_are_oldest_first_and_paged(self, api):
        talk = begin(api).json()["conversation_id"]
        for number in range(5):
            api("POST", "/messages", {"conversation_id": talk, "text": str(number)})
        first = api("GET", f"/conversations/{talk}/messages?limit=3")
        assert [m["text"] for m in first.json()] == ["0", "1", "2"]
        assert first.headers["X-Total-Count"] == "5"
        rest = api("GET", links(first)["next"]).json()
        assert [m["text"] for m in rest] == ["3", "4"]

    def test_the_latest_conversation_comes_first(self, api):
        first, second = (begin(api).json()["conversation_id"] for _ in range(2))
        api("POST", "/messages", {"conversation_id": first, "text": "x"})
        found = [c["conversation_id"] for c in api("GET", "/conversations").json()]
        assert found == [first, second]

    @pytest.mark.parametrize(
        ("change", "status"),
        [({"text": ""}, 400), ({"text": "x" * 20_001}, 400), ({"rich": [1]}, 400),
         ({"conversation_id": str(uuid4())}, 404), ({"conversation_id": "x"}, 400)],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, api, alice, change, status):
        talk = begin(api).json()["conversation_id"]
        body = {"conversation_id": talk, "text": "x"} | change
        assert api("POST", "/messages", body).status_code == status
        with alice.at_work():
            assert not Message.objects.exists()

    def test_the_same_key_writes_once(self, api, alice):
        body = {"conversation_id": begin(api).json()["conversation_id"], "text": "Once"}
        answers = [api("POST", "/messages", body, **{"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        with alice.at_work():
            assert Message.objects.count() == 1

    def test_a_stranger_finds_nothing(self, api, charlie, alice):
        talk = begin(api).json()["conversation_id"]
        api("POST", "/messages", {"conversation_id": talk, "text": "x"})
        stranger = Api(charlie)
        assert stranger("GET", f"/conversations/{talk}/messages").status_code == 404
        body = {"conversation_id": talk, "text": "y"}
        assert stranger("POST", "/messages", body).status_code == 404
        assert stranger("GET", "/conversations").json() == []
        with alice.at_work():
            assert Message.objects.count() == 1


@pytest.mark.parametrize("path", ["/conversations", "messages"])
def test_200_rows_cost_as_many_queries_as_one(api, alice, patient, path):
    talk = begin(api, subject={"patient_id": str(patient.pk)}).json()["conversation_id"]
    api("POST", "/messages", {"conversation_id": talk, "text": "x"})
    address = f"/conversations/{talk}/messages" if path == "messages" else path

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert api("GET", f"{address}?limit=200").status_code == 200
        return len(seen)

    one = queries()
    with alice.at_work():
        now = Conversation.objects.get().last_message_at
        for number in range(199):
            Conversation.objects.create(channel="sms", patient=patient, last_message_at=now)
            Message.objects.create(
                conversation_id=talk, text=str(number), author_label="x", created_at=now
            )
        assert drifts([("conversations", "channel", "conversation")]) == []
    assert queries() == one


@pytest.mark.django_db(transaction=True)
def test_messages_written_at_once_are_all_kept_in_order_of_their_events(alice):
    api = Api(alice)
    talk = begin(api).json()["conversation_id"]

    def write(number):
        try:
            body = {"conversation_id": talk, "text": str(number)}
            return Api(alice)("POST", "/messages", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(12))) == {201}
    listed = [m["message_id"] for m in api("GET", f"/conversations/{talk}/messages").json()]
    with alice.at_work():
        told = Event.objects.filter(type="message").order_by("seq")
        assert [event.doc["message_id"] for event in told] == listed


class TestTalksWithTheCopilot:
    """They are their person's alone, for admins too."""

    @pytest.fixture
    def talk(self, bob):
        return begin(Api(bob), channel="copilot").json()["conversation_id"]

    def test_a_colleague_finds_none(self, api, bob, talk):
        begin(api, channel="internal")
        for query in ("", "?channel=copilot"):
            answer = api("GET", f"/conversations{query}")
            assert talk not in answer.content.decode()
            assert answer.headers["X-Total-Count"] == ("0" if query else "1")
        assert [c["conversation_id"] for c in Api(bob)("GET", "/conversations").json()][1:] == [
            talk
        ]

    def test_a_colleague_reads_and_writes_nothing_there(self, api, bob, talk):
        body = {"conversation_id": talk, "text": "Approve everything."}
        assert api("GET", f"/conversations/{talk}/messages").status_code == 404
        assert api("POST", "/messages", body).status_code == 404
        assert Api(bob)("POST", "/messages", body).status_code == 201
        texts = [m["text"] for m in Api(bob)("GET", f"/conversations/{talk}/messages").json()]
        assert texts == ["Approve everything."]
