"""Patients over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event
from clinic.tallies import drifts, tally
from patients.actions import NumberTaken, create_patient
from patients.models import Patient, PatientFlag, VitalSign

NOTHING = "00000000-0000-7000-8000-000000000000"
JOHN = {
    "first_name": "John",
    "last_name": "Doe",
    "dob": "1980-01-15",
    "gender": "Male",
    "email": "john.doe@email.com",
    "phone": "+1-555-1234",
    "preconditions": ["Hypertension"],
}
PEOPLE = [
    ("John", "Smith", date(1970, 3, 4), "+1 212 555 0101", "john.smith@example.org"),
    ("Joan", "Smalley", date(1980, 1, 15), "+1 212 555 0102", "joan@example.org"),
    ("María", "García", date(1985, 7, 14), "+1 212 555 0103", "maria.garcia@example.org"),
    ("Mario", "Gratia", date(1990, 1, 1), "+1 212 555 0104", "mario@example.org"),
    ("Wei", "Zhang", date(2001, 12, 31), "+1 646 777 9999", "wei@example.org"),
]


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def people(alice):
    with alice.at_work():
        return [
            create_patient(
                by=alice.actor, first_name=first, last_name=last, dob=dob, phone=phone, email=email
            )
            for first, last, dob, phone, email in PEOPLE
        ]


@pytest.mark.django_db
class TestCreate:
    def test_a_patient_is_added_with_a_number_an_event_and_an_audit_line(self, api, alice):
        answer = api("POST", "/patients", JOHN)
        assert answer.status_code == 201
        body = answer.json()
        assert body == {
            "patient_id": body["patient_id"],
            "mrn": "100001",
            "message": "John Doe was added.",
            "possible_duplicates": [],
        }
        with alice.at_work():
            patient = Patient.objects.get()
            assert (patient.first_name, patient.dob) == ("John", date(1980, 1, 15))
            assert patient.preconditions == ["Hypertension"]
            event = Event.objects.get()
            assert (event.type, event.op, event.doc["patient_name"]) == (
                "patient",
                "insert",
                "John Doe",
            )
            assert AuditEntry.objects.get().action == "patient.create"
            assert tally("patient.active") == 1

    @pytest.mark.parametrize(
        ("changed", "reasons"),
        [
            ({}, {"same name", "same date of birth", "same phone number", "same e-mail address"}),
            (
                {"first_name": "Jon", "email": "", "phone": ""},
                {"similar name", "same date of birth"},
            ),
            (
                {"first_name": "doe", "last_name": "JOHN", "dob": None, "email": "", "phone": ""},
                None,
            ),
            (
                {"first_name": "Ana", "last_name": "Lima", "dob": "1990-01-01", "phone": ""},
                {"same e-mail address"},
            ),
        ],
    )
    def test_possible_duplicates_are_named_with_reasons(self, api, changed, reasons):
        first = api("POST", "/patients", JOHN).json()
        second = api("POST", "/patients", JOHN | changed)
        assert second.status_code == 201
        found = second.json()["possible_duplicates"]
        if reasons is None:  # a turned-around name alone is not looked for
            assert found == []
        else:
            assert [one["patient_id"] for one in found] == [first["patient_id"]]
            assert set(found[0]["reasons"]) == reasons

    def test_a_relative_with_the_same_phone_is_no_duplicate(self, api):
        api("POST", "/patients", JOHN)
        child = JOHN | {"first_name": "Zoe", "dob": "2015-01-01", "email": ""}
        assert api("POST", "/patients", child).json()["possible_duplicates"] == []

    def test_another_clinics_patient_is_never_a_duplicate(self, api, charlie):
        Api(charlie)("POST", "/patients", JOHN)
        assert api("POST", "/patients", JOHN).json()["possible_duplicates"] == []

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("last_name", ""),
            ("last_name", "x" * 121),
            ("first_name", "a\tb"),
            ("dob", "15/01/1980"),
            ("dob", "2999-01-01"),
            ("dob", "1700-01-01"),
            ("gender", "x"),
            ("email", "nobody"),
            ("phone", "call me"),
            ("preconditions", "Hypertension"),
            ("preconditions", [""]),
            ("address", "Main Street 1"),
            ("profile_image", "javascript:alert(1)"),
        ],
    )
    def test_a_value_that_cannot_be_used_is_named_and_nothing_is_made(
        self, api, alice, field, value
    ):
        answer = api("POST", "/patients", JOHN | {field: value})
        assert answer.status_code == 400
        assert [name.split(".")[0] for name in answer.json()["errors"]] == [field]
        with alice.at_work():
            assert not Patient.objects.exists()

    def test_a_number_given_by_hand_is_stepped_over(self, alice):
        with alice.at_work():
            create_patient(by=alice.actor, last_name="One", mrn="100001")
            assert create_patient(by=alice.actor, last_name="Two").mrn == "100002"
            with pytest.raises(NumberTaken):
                create_patient(by=alice.actor, last_name="Three", mrn="100002")
            assert Patient.objects.count() == 2


@pytest.mark.django_db
class TestList:
    def test_newest_first_with_totals_and_links(self, api, people):
        answer = api("GET", "/patients?limit=2")
        assert [row["last_name"] for row in answer.json()] == ["Zhang", "Gratia"]
        assert answer.headers["X-Total-Count"] == "5"
        following = api("GET", links(answer)["next"])
        assert [row["last_name"] for row in following.json()] == ["García", "Smalley"]
        assert set(answer.json()[0]) >= {
            "patient_id",
            "mrn",
            "first_name",
            "last_name",
            "email",
            "phone",
            "status",
            "tasks_count",
            "appointments_count",
            "flagged_count",
            "profile_image",
        }

    def test_the_status_filters(self, api, alice, people):
        with alice.at_work():
            Patient.objects.filter(pk=people[0].pk).update(status="inactive")
        answer = api("GET", "/patients?status=inactive")
        assert [row["last_name"] for row in answer.json()] == ["Smith"]
        assert answer.headers["X-Total-Count"] == "1"
        assert api("GET", "/patients?status=gone").status_code == 400

    def test_the_number_of_queries_does_not_grow(self, api, alice):
        with alice.at_work():
            create_patient(by=alice.actor, last_name="One")
        with CaptureQueriesContext(connection) as one:
            api("GET", "/patients?limit=200")
        with CaptureQueriesContext(connection) as one_found:
            api("GET", "/patients?limit=200&q=one")
        with alice.at_work():
            Patient.objects.bulk_create(
                [Patient(mrn=f"x{n}", last_name=f"One{n}") for n in range(199)]
            )
        with CaptureQueriesContext(connection) as many:
            assert len(api("GET", "/patients?limit=200").json()) == 200
        with CaptureQueriesContext(connection) as many_found:
            assert len(api("GET", "/patients?limit=200&q=one").json()) > 20
        assert len(one) == len(many) == 2
        assert len(one_found) == len(many_found) == 2


@pytest.mark.django_db
class TestSearch:
    @pytest.mark.parametrize(
        ("q", "last_name"),
        [
            ("jon smyth", "Smith"),
            ("smith", "Smith"),
            ("garcia maria", "García"),
            ("gar", "García"),
            ("Maria Garzia", "García"),
            ("1985-07-14", "García"),
            ("07/14/1985", "García"),
            ("14 jul 1985", "García"),
            ("7779999", "Zhang"),
            ("777-9999", "Zhang"),
            ("9999", "Zhang"),
            ("wei@exa", "Zhang"),
            ("100001", "Smith"),
            ("zhang 31.12.2001", "Zhang"),
        ],
    )
    def test_the_right_person_is_first(self, api, people, q, last_name):
        answer = Api.__call__(api, "GET", f"/patients?q={q.replace(' ', '%20')}")
        assert answer.status_code == 200
        assert answer.json()[0]["last_name"] == last_name

    @pytest.mark.parametrize("q", ["xqzw", "%25", "_", "'", "1900-01-01", "\\", "(((", "%F0%9F"])
    def test_nobody_is_found_for_nonsense(self, api, people, q):
        answer = api("GET", f"/patients?q={q}")
        assert (answer.status_code, answer.json()) == (200, [])
        assert answer.headers["X-Total-Count"] == "0"

    def test_a_search_is_paged_and_filtered(self, api, alice):
        with alice.at_work():
            for number in range(5):
                create_patient(by=alice.actor, last_name="Silva", first_name=f"Ana{number}")
        first = api("GET", "/patients?q=silva&limit=2")
        assert (len(first.json()), first.headers["X-Total-Count"]) == (2, "5")
        second = api("GET", links(first)["next"])
        assert {r["mrn"] for r in second.json()}.isdisjoint(r["mrn"] for r in first.json())
        assert api("GET", "/patients?q=silva&status=inactive").json() == []

    def test_a_stranger_finds_nobody(self, people, charlie):
        for q in ("smith", "1985-07-14", "7779999", "wei@example.org", "100001"):
            assert Api(charlie)("GET", f"/patients?q={q}").json() == []


@pytest.mark.django_db
class TestDetail:
    def test_one_patient_whole_leaves_one_audit_line(self, api, alice, people):
        patient = people[2]
        with alice.at_work():
            VitalSign.objects.create(
                patient=patient, name="Weight", value="70", unit="kg", effective_date="2026-01-01"
            )
            VitalSign.objects.create(
                patient=patient, name="weight", value="71", unit="kg", effective_date="2026-02-01"
            )
            PatientFlag.objects.create(patient=patient, code="x", text="Check the allergy")
            before = AuditEntry.objects.count()
        answer = api("GET", f"/patients/{patient.pk}")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["dob"], body["gender"], body["address"]) == ("1985-07-14", "Unknown", {})
        assert body["age"] >= 41
        assert [(v["name"], v["value"]) for v in body["latest_vitals"]] == [("weight", "71")]
        assert [flag["text"] for flag in body["flags"]] == ["Check the allergy"]
        assert body["flagged_count"] == 1
        with alice.at_work():
            assert AuditEntry.objects.count() == before + 1
            line = AuditEntry.objects.order_by("-seq")[0]
            assert (line.action, line.patient_id) == ("patient.view", patient.pk)

    def test_details_change_and_nothing_else(self, api, alice, people):
        patient = people[0]
        answer = api(
            "PATCH", f"/patients/{patient.pk}", {"phone": "212 555 0999", "status": "inactive"}
        )
        assert answer.status_code == 200
        assert (answer.json()["phone"], answer.json()["status"]) == ("212 555 0999", "inactive")
        assert answer.json()["first_name"] == "John"
        with alice.at_work():
            assert (tally("patient.active"), tally("patient.inactive")) == (4, 1)
            line = AuditEntry.objects.get(action="patient.change")
            assert line.detail == {"fields": ["phone", "status"]}
            assert Event.objects.filter(op="update").count() == 1
        api("PATCH", f"/patients/{patient.pk}", {"phone": "212 555 0999"})
        with alice.at_work():
            assert Event.objects.filter(op="update").count() == 1

    @pytest.mark.parametrize("body", [{}, {"mrn": "1"}, {"last_name": ""}, {"status": "x"}])
    def test_a_change_that_cannot_be_is_400(self, api, people, body):
        assert api("PATCH", f"/patients/{people[0].pk}", body).status_code == 400

    def test_a_stranger_finds_nothing_and_changes_nothing(self, alice, charlie, people):
        stranger = Api(charlie)
        for patient_id in (str(people[0].pk), NOTHING, "x"):
            for method in ("GET", "PATCH"):
                answer = stranger(method, f"/patients/{patient_id}", {"last_name": "X"})
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        with alice.at_work():
            assert Patient.objects.get(pk=people[0].pk).last_name == "Smith"
        with charlie.at_work():
            assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_hundred_creations_at_once_have_numbers_of_their_own(alice):
    api = Api(alice)

    def create(number):
        try:
            return api("POST", "/patients", {"first_name": "", "last_name": f"P{number}"})
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(create, range(200)))
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.json()["mrn"] for answer in made}) == 200
    with alice.at_work():
        assert tally("patient.active") == Patient.objects.count() == 200
        assert drifts([("patients", "status", "patient")]) == []
