"""Consent forms over HTTP: shapes, refusals, moves, clinics apart."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import AgentRun
from clinic.api.tests.calling import Api, links
from clinic.tallies import drifts
from consents.models import ConsentForm, FormTemplate
from patients.models import Patient

NEW = {"name": "Treatment", "purpose": "Care", "body": "I, {{patient.name}}, agree."}


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100", first_name="Ana", last_name="Lima", email="ana@example.org"
        )


@pytest.fixture
def template(api):
    return api("POST", "/form-templates", NEW).json()["form_template_id"]


@pytest.fixture
def body(patient, template):
    return {"patient_id": str(patient.pk), "form_template_ids": [template]}


@pytest.mark.django_db
class TestTemplates:
    def test_a_template_is_added_changed_and_retired(self, api):
        made = api("POST", "/form-templates", NEW)
        assert (made.status_code, made.json()["message"]) == (201, "Treatment was added.")
        address = f"/form-templates/{made.json()['form_template_id']}"
        got = api("GET", address).json()
        assert (got["body"], got["version"], got["is_active"]) == (NEW["body"], 1, True)
        assert api("PATCH", address, {"body": "Other"}).json()["version"] == 2
        assert api("PATCH", address, {"is_active": False}).json()["version"] == 2
        assert api("GET", "/form-templates").json()[0]["is_active"] is False

    def test_a_template_of_nobody_or_of_another_clinic_is_not_there(self, api, charlie, template):
        nobody = f"/form-templates/{uuid4()}"
        assert [
            api(way, nobody, body).status_code
            for way, body in (("GET", None), ("PATCH", {"name": "x"}))
        ] == [404, 404]
        stranger = Api(charlie)
        assert stranger("PATCH", f"/form-templates/{template}", {"name": "x"}).status_code == 404
        assert api("GET", f"/form-templates/{template}").json()["name"] == NEW["name"]

    @pytest.mark.parametrize(
        "body",
        ["{{patient.shoe_size}}", "", "x" * 100_001, "|" + "a|" * 80 + "\n|" + "-|" * 80,
         "|a|b|\n|-|-|\n|" + "word " * 4000 + "|x|"],
    )  # fmt: skip
    def test_a_wording_that_cannot_be_used_is_named(self, api, alice, body):
        answer = api("POST", "/form-templates", NEW | {"body": body})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body"])
        with alice.at_work():
            assert not FormTemplate.objects.exists()

    def test_staff_may_read_and_not_write(self, bob, template):
        staff = Api(bob)
        assert staff("GET", f"/form-templates/{template}").status_code == 200
        assert staff("POST", "/form-templates", NEW).status_code == 403
        assert staff("PATCH", f"/form-templates/{template}", {"name": "x"}).status_code == 403


@pytest.mark.django_db
class TestSend:
    def test_the_answer_names_each_form(self, api, alice, bob, body):
        second = api("POST", "/form-templates", NEW | {"name": "Privacy"}).json()
        body["form_template_ids"].append(second["form_template_id"])
        answer = Api(bob)("POST", "/consent-forms/send", body)
        assert answer.status_code == 201
        sent = answer.json()
        assert [(f["name"], f["status"]) for f in sent["sent_forms"]] == [
            ("Treatment", "sent"), ("Privacy", "sent"),
        ]  # fmt: skip
        assert sent["message"] == "2 forms were sent to the patient."
        got = api("GET", f"/consent-forms/{sent['sent_forms'][0]['form_id']}").json()
        assert (got["body"], got["letter"], got["patient_name"], got["sent_to"]) == (
            "I, Ana Lima, agree.", "queued", "Ana Lima", "ana@example.org",
        )  # fmt: skip
        with alice.at_work():
            assert AgentRun.objects.count() == 1

    def test_an_open_form_is_sent_again_and_not_made_twice(self, api, alice, body):
        first = api("POST", "/consent-forms/send", body).json()["sent_forms"]
        assert api("POST", "/consent-forms/send", body).json()["sent_forms"] == first
        with alice.at_work():
            assert (ConsentForm.objects.count(), AgentRun.objects.count()) == (1, 2)

    def test_a_sent_form_keeps_its_wording(self, api, body, template):
        form = api("POST", "/consent-forms/send", body).json()["sent_forms"][0]["form_id"]
        api("PATCH", f"/form-templates/{template}", {"body": "Changed"})
        got = api("GET", f"/consent-forms/{form}").json()
        assert (got["body"], got["template_version"]) == ("I, Ana Lima, agree.", 1)

    def test_a_patient_without_an_address_is_refused(self, api, alice, body):
        with alice.at_work():
            Patient.objects.update(email="")
        answer = api("POST", "/consent-forms/send", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["patient_id"])
        with alice.at_work():
            assert not ConsentForm.objects.exists()
            assert not AgentRun.objects.exists()

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"patient_id": str(uuid4())}, 404),
            ({"form_template_ids": [str(uuid4())]}, 404),
            ({"form_template_ids": []}, 400),
            ({"form_template_ids": ["x"]}, 400),
            ({"patient_id": "x"}, 400),
        ],
    )
    def test_what_is_not_there_is_refused_whole(self, api, alice, body, change, status):
        assert api("POST", "/consent-forms/send", body | change).status_code == status
        with alice.at_work():
            assert not ConsentForm.objects.exists()

    def test_a_retired_template_is_refused(self, api, body, template):
        api("PATCH", f"/form-templates/{template}", {"is_active": False})
        answer = api("POST", "/consent-forms/send", body)
        assert answer.json()["detail"] == "Treatment is not in use any more."

    def test_the_same_key_sends_once(self, api, alice, body):
        key = {"Idempotency-Key": "k"}
        first = api("POST", "/consent-forms/send", body, **key)
        assert api("POST", "/consent-forms/send", body, **key).json() == first.json()
        with alice.at_work():
            assert AgentRun.objects.count() == 1

    def test_a_stranger_sees_and_changes_nothing(self, api, charlie, alice, body, template):
        form = api("POST", "/consent-forms/send", body).json()["sent_forms"][0]["form_id"]
        stranger = Api(charlie)
        for method, path, sent in (
            ("GET", f"/consent-forms/{form}", None),
            ("PATCH", f"/consent-forms/{form}", {"status": "withdrawn"}),
            ("GET", f"/form-templates/{template}", None),
            ("PATCH", f"/form-templates/{template}", {"name": "x"}),
            ("POST", "/consent-forms/send", body),
        ):
            assert stranger(method, path, sent).status_code == 404, path
        assert stranger("GET", "/consent-forms").json() == []
        assert stranger("GET", "/form-templates").json() == []
        with alice.at_work():
            assert ConsentForm.objects.get().status == "sent"


@pytest.mark.django_db
class TestMoves:
    @pytest.mark.parametrize("status", ["signed", "declined", "in_progress", "to_do", "expired"])
    def test_only_the_patient_and_time_make_other_moves(self, api, body, status):
        form = api("POST", "/consent-forms/send", body).json()["sent_forms"][0]["form_id"]
        answer = api("PATCH", f"/consent-forms/{form}", {"status": status})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert api("GET", f"/consent-forms/{form}").json()["status"] == "sent"

    def test_a_withdrawn_form_stays_withdrawn(self, api, body):
        form = api("POST", "/consent-forms/send", body).json()["sent_forms"][0]["form_id"]
        change = {"status": "withdrawn", "reason": "Wrong form"}
        assert api("PATCH", f"/consent-forms/{form}", change).json()["reason"] == "Wrong form"
        assert api("PATCH", f"/consent-forms/{form}", change).status_code == 409
        assert api("PATCH", f"/consent-forms/{form}", {"status": "sent"}).status_code == 409


@pytest.mark.django_db
class TestList:
    def test_filters_totals_and_pages(self, api, alice, patient, template):
        with alice.at_work():
            forms = [draft(patient, template, n) for n in range(5)]
        page = api("GET", "/consent-forms?limit=2")
        assert page.headers["X-Total-Count"] == "5"
        assert [f["name"] for f in page.json()] == ["Form 4", "Form 3"]
        rest = api("GET", links(page)["next"]).json()
        assert [f["name"] for f in rest] == ["Form 2", "Form 1"]
        api("PATCH", f"/consent-forms/{forms[0].pk}", {"status": "sent"})
        assert api("GET", "/consent-forms?status=withdrawn").headers["X-Total-Count"] == "5"
        assert api("GET", f"/consent-forms?patient_id={patient.pk}").headers["X-Total-Count"] == "5"
        assert api("GET", f"/consent-forms?patient_id={uuid4()}").json() == []
        with alice.at_work():
            assert drifts([("consent_forms", "status", "consent_form")]) == []

    @pytest.mark.parametrize("path", ["/consent-forms", "/form-templates"])
    def test_200_rows_cost_as_many_queries_as_one(self, api, alice, patient, template, path):
        def queries():
            with CaptureQueriesContext(connection) as seen:
                assert api("GET", f"{path}?limit=200").status_code == 200
            return len(seen)

        with alice.at_work():
            draft(patient, template, 0)
        one = queries()
        with alice.at_work():
            for number in range(199):
                draft(patient, template, number)
                FormTemplate.objects.create(name=f"T{number}", body="x")
        assert queries() == one


def draft(patient, template, number):
    return ConsentForm.objects.create(
        patient=patient, template_id=template, template_version=1, name=f"Form {number}",
        body="x", body_sha256="0" * 64, status="withdrawn",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_who_send_the_same_form_at_once_make_one(alice, body):
    def send(_):
        try:
            return Api(alice)("POST", "/consent-forms/send", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {201}
    with alice.at_work():
        assert ConsentForm.objects.count() == 1
