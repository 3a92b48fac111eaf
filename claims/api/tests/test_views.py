"""Claims over HTTP, and timelines that say exactly what happened."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Claim, ClaimEvent
from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event
from clinic.tallies import drifts, tally
from patients.models import Patient

NOTHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100", first_name="Ana", last_name="Lima")


@pytest.fixture
def body(patient):
    return {
        "patient_id": str(patient.pk),
        "insurance_provider": "Blue Cross",
        "amount": 3500.00,
        "procedure_code": "99214",
        "diagnosis_code": "E11.9",
        "service_date": "2024-11-09",
        "description": "Diabetes consultation with A1C test",
    }


@pytest.mark.django_db
class TestCreate:
    def test_a_claim_is_pending_with_exactly_one_event(self, api, alice, body):
        answer = api("POST", "/claims", body)
        assert answer.status_code == 201
        made = answer.json()
        assert made == {
            "claim_id": made["claim_id"],
            "claim_id_display": "C10001",
            "status": "pending",
            "warnings": [],
            "message": "Claim C10001 was created.",
        }
        got = api("GET", f"/claims/{made['claim_id']}").json()
        assert (got["amount"], got["patient_name"]) == (3500.0, "Ana Lima")
        assert (got["submitted_date"], got["service_date"]) == (None, "2024-11-09")
        timeline = api("GET", f"/claims/{made['claim_id']}/events").json()
        assert [(e["event_type"], e["description"]) for e in timeline] == [
            ("created", "Claim created.")
        ]
        assert timeline[0]["payload"] == {"by": "Alice Adams"}
        with alice.at_work():
            assert Claim.objects.get().amount_cents == 350_000
            assert Event.objects.get().doc["claim_id_display"] == "C10001"
            assert AuditEntry.objects.get().action == "claim.create"

    @pytest.mark.parametrize(
        ("amount", "cents"), [("1234.56", 123456), (0.01, 1), (19.99, 1999), (1e9, 10**11)]
    )
    def test_money_is_kept_to_the_cent(self, api, alice, body, amount, cents):
        made = api("POST", "/claims", body | {"amount": amount}).json()
        with alice.at_work():
            assert Claim.objects.get().amount_cents == cents
        assert api("GET", f"/claims/{made['claim_id']}").json()["amount"] == float(amount)

    def test_a_diagnosis_code_of_an_unknown_form_is_a_warning(self, api, body):
        answer = api("POST", "/claims", body | {"diagnosis_code": "diabetes"})
        assert answer.status_code == 201
        assert answer.json()["warnings"] == [
            "diabetes does not have the form of an ICD-10-CM code, such as E11.9."
        ]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("amount", 0),
            ("amount", -5),
            ("amount", 1.005),
            ("amount", "NaN"),
            ("amount", 1e12),
            ("amount", None),
            ("insurance_provider", ""),
            ("service_date", "9 Nov 2024"),
            ("patient_id", "x"),
            ("procedure_code", "x" * 21),
        ],
    )
    def test_a_value_that_cannot_be_used_is_named(self, api, alice, body, field, value):
        answer = api("POST", "/claims", body | {field: value})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        with alice.at_work():
            assert not Claim.objects.exists()

    def test_another_clinics_patient_is_not_there(self, charlie, body):
        assert Api(charlie)("POST", "/claims", body).status_code == 404
        with charlie.at_work():
            assert not Claim.objects.exists()


@pytest.mark.django_db
class TestMove:
    def test_the_timeline_tells_every_move_in_order(self, api, alice, clinic, body):
        claim = api("POST", "/claims", body).json()["claim_id"]
        for status in ("submitted", "received", "under_review", "denied"):
            answer = api("PATCH", f"/claims/{claim}", {"status": status})
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        api("PATCH", f"/claims/{claim}", {"note": "Called the payer."})
        again = api("PATCH", f"/claims/{claim}", {"status": "submitted", "note": "With records."})
        today = timezone.localdate(timezone=clinic.tzinfo).isoformat()
        assert again.json()["submitted_date"] == today
        timeline = api("GET", f"/claims/{claim}/events").json()
        assert [event["event_type"] for event in timeline] == [
            "created",
            "submitted",
            "received",
            "under_review",
            "denied",
            "note",
            "submitted",
        ]
        assert [e["description"] for e in timeline[-2:]] == ["Called the payer.", "With records."]
        with alice.at_work():
            moves = ClaimEvent.objects.exclude(status="").order_by("position")
            assert Claim.objects.get().status == moves.last().status
            assert (tally("claim.pending"), tally("claim.submitted")) == (0, 1)
            assert drifts([("claims", "status", "claim")]) == []

    @pytest.mark.parametrize("status", ["approved", "settlement_done", "pending", "denied"])
    def test_an_illegal_move_is_409_and_writes_nothing(self, api, alice, body, status):
        claim = api("POST", "/claims", body).json()["claim_id"]
        answer = api("PATCH", f"/claims/{claim}", {"status": status})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        with alice.at_work():
            assert ClaimEvent.objects.count() == Event.objects.count() == 1

    @pytest.mark.parametrize("change", [{}, {"status": "x"}, {"note": ""}, {"amount": 1}])
    def test_a_change_that_cannot_be_is_400(self, api, body, change):
        claim = api("POST", "/claims", body).json()["claim_id"]
        assert api("PATCH", f"/claims/{claim}", change).status_code == 400

    def test_a_stranger_finds_nothing_and_changes_nothing(self, api, alice, charlie, body):
        claim = api("POST", "/claims", body).json()["claim_id"]
        stranger = Api(charlie)
        for claim_id in (claim, NOTHING, "x"):
            assert stranger("GET", f"/claims/{claim_id}").status_code == 404
            assert stranger("GET", f"/claims/{claim_id}/events").status_code == 404
            for change in ({"status": "submitted"}, {"note": "x"}):
                assert stranger("PATCH", f"/claims/{claim_id}", change).status_code == 404
        assert stranger("GET", "/claims").json() == []
        with alice.at_work():
            assert Claim.objects.get().status == "pending"


@pytest.mark.django_db
class TestList:
    def test_latest_events_first_filtered_and_paged(self, api, body, patient):
        made = [api("POST", "/claims", body).json()["claim_id"] for _ in range(4)]
        api("PATCH", f"/claims/{made[0]}", {"status": "submitted"})
        page = api("GET", "/claims?limit=3")
        assert [row["claim_id_display"] for row in page.json()] == ["C10001", "C10004", "C10003"]
        following = api("GET", links(page)["next"])
        assert [row["claim_id_display"] for row in following.json()] == ["C10002"]
        pending = api("GET", "/claims?status=pending")
        assert (len(pending.json()), pending.headers["X-Total-Count"]) == (3, "3")
        of_patient = api("GET", f"/claims?patient_id={patient.pk}")
        assert (len(of_patient.json()), of_patient.headers["X-Total-Count"]) == (4, "4")
        assert api("GET", "/claims?status=x").status_code == 400
        assert api("GET", "/dashboard/stats").json()["claims_pending"] == 3

    def test_claims_of_one_patient_leave_out_those_of_others(self, api, alice, body):
        with alice.at_work():
            other = Patient.objects.create(mrn="101", first_name="Lea", last_name="Roth")
        api("POST", "/claims", body)
        theirs = api("POST", "/claims", body | {"patient_id": str(other.pk)}).json()["claim_id"]
        api("PATCH", f"/claims/{theirs}", {"status": "submitted"})
        found = api("GET", f"/claims?patient_id={other.pk}")
        assert [row["claim_id"] for row in found.json()] == [theirs]
        assert found.headers["X-Total-Count"] == "1"
        waiting = api("GET", f"/claims?patient_id={other.pk}&status=pending")
        assert (waiting.json(), waiting.headers["X-Total-Count"]) == ([], "0")
        assert api("GET", f"/claims?patient_id={NOTHING}").json() == []

    def test_the_number_of_queries_does_not_grow(self, api, alice, patient, body):
        api("POST", "/claims", body)
        with CaptureQueriesContext(connection) as one:
            api("GET", "/claims?limit=200")
        with alice.at_work():
            Claim.objects.bulk_create(
                Claim(
                    number=n,
                    patient=patient,
                    insurance_provider="x",
                    amount_cents=1,
                    service_date="2026-01-01",
                    last_event_at=timezone.now(),
                )
                for n in range(199)
            )
        with CaptureQueriesContext(connection) as many:
            assert len(api("GET", "/claims?limit=200").json()) == 200
        assert len(one) == len(many) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_a_claim_at_once_one_succeeds(alice, body):
    api = Api(alice)
    claim = api("POST", "/claims", body).json()["claim_id"]

    def move(_):
        try:
            return api("PATCH", f"/claims/{claim}", {"status": "submitted"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(move, range(8))) == [200] + [409] * 7
    with alice.at_work():
        assert ClaimEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_display_ids_of_concurrent_claims_are_unique(alice, body):
    api = Api(alice)

    def create(_):
        try:
            return api("POST", "/claims", body).json()["claim_id_display"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(40)))) == 40
    with alice.at_work():
        assert ClaimEvent.objects.count() == Claim.objects.count() == 40
