"""What holds for every address of the API, whichever app it belongs to."""

import json
import re
from itertools import count
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from clinic import actions
from clinic.api.buckets import buckets
from clinic.api.docs_views import openapi
from clinic.api.tests.calling import links
from copilot.models import CopilotRun

pytestmark = pytest.mark.django_db
SHAPE = {"detail", "code", "errors"}
NOBODY = "00000000-0000-7000-8000-000000000000"
numbers = count()


@pytest.fixture(autouse=True)
def _fresh_limits():
    buckets.clear()


def operations():
    for path, item in openapi()["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


ALL = list(operations())
GUARDED = [one for one in ALL if "no access token" not in one[2]["description"]]
WITH_ID = [one for one in ALL if re.search(r"\{\w+_id\}", one[0])]
WITH_BODY = [one for one in ALL if "application/json" in json.dumps(one[2].get("requestBody"))]
READS = [one for one in ALL if one[1] == "GET" and "{" not in one[0]]


def is_list(operation):
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return schema.get("type") == "array"


LISTS = [path for path, _, operation in READS if is_list(operation)]
PAGED = [
    path
    for path, _, operation in READS
    if "cursor" in {parameter["name"] for parameter in operation["parameters"]}
]


def filled(path, value=NOBODY):
    path = re.sub(r"\{\w+_id\}", value, path)
    return path.replace("{number}", "1").replace("{name}", "document_extraction")


def send(person, method, path, body=None, **headers):
    return person.api(method, path, body, **headers)


def assert_shaped(answer, status):
    assert answer.status_code == status, (getattr(answer, "said", ""), answer.content)
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == SHAPE
    assert body["detail"] and re.fullmatch(r"[a-z_]+", body["code"])
    assert all(isinstance(texts, list) for texts in body["errors"].values())
    return body


@pytest.fixture
def api(alice):
    """Calls with one token of alice's; ``said`` is the whole call, for messages."""
    client = Client(headers={"Authorization": f"Bearer {alice.token}"})

    def call(method, path, data="", kind="application/json", **headers):
        answer = client.generic(method, path, data, content_type=kind, headers=headers)
        answer.said = (method, path, data, headers)
        return answer

    return call


class TestErrors:
    def test_without_a_token_every_operation_is_401_in_shape(self, db):
        for path, method, _ in GUARDED:
            answer = Client().generic(method, filled(path), "{}", content_type="application/json")
            assert_shaped(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("sent", ["x", "1", "%00", "..%2f", NOBODY[:-1], NOBODY + "0"])
    def test_a_malformed_id_in_a_path_is_404_in_shape(self, api, sent):
        for path, method, _ in WITH_ID:
            assert_shaped(api(method, filled(path, sent), "{}"), 404)

    @pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE"])
    def test_another_method_is_405_and_names_those_there_are(self, api, method):
        for path in sorted({path for path, *_ in ALL}):
            answer = api(method, filled(path))
            assert_shaped(answer, 405)
            declared = {one[1] for one in ALL if one[0] == path}
            allowed = set(answer.headers["Allow"].split(", "))
            assert declared <= allowed <= declared | {"HEAD"}, path

    def test_head_answers_as_get_does_without_a_body(self, api):
        for path, *_ in READS:
            head, get = api("HEAD", path), api("GET", path)
            assert (head.status_code, head.content) == (get.status_code, b""), path
            for name in ("Content-Type", "X-Total-Count"):
                assert head.headers.get(name) == get.headers.get(name), path

    def test_a_slash_at_the_end_changes_nothing(self, api):
        for path, *_ in READS:
            plain, slashed = api("GET", path), api("GET", path + "/")
            assert (slashed.status_code, slashed.content) == (plain.status_code, plain.content)

    def test_what_is_not_acceptable_is_406_in_shape(self, api):
        for path, *_ in READS:
            assert_shaped(api("GET", path, Accept="application/pdf"), 406)

    @pytest.mark.parametrize(
        ("raw", "kind", "status"),
        [
            ("{", "application/json", 400),
            ("[]", "application/json", 400),
            ('{"title": "a\\u0000b"}', "application/json", 400),
            ('{"title": "\\ud800"}', "application/json", 400),
            (b"\xff\xfe", "application/json", 400),
            ("<a/>", "application/xml", 415),
            ("a=b", "application/x-www-form-urlencoded", 415),
        ],
    )
    def test_a_body_that_is_no_json_is_refused_in_shape(self, api, raw, kind, status):
        for path, method, _ in WITH_BODY:
            answer = api(method, filled(path), raw, kind)
            # That nothing has the id may be said before the body is looked at.
            first = answer.status_code == 404 and "{" in path
            assert_shaped(answer, 404 if first else status)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/patients/x/y/"])
    def test_what_is_no_address_is_404(self, api, method, path):
        answer = api(method, path, "{}")
        if method == "HEAD" or path == "/api":
            assert answer.status_code == 404
        else:
            assert_shaped(answer, 404)

    @pytest.mark.parametrize("path", PAGED)
    def test_a_page_that_cannot_be_is_400_and_named(self, api, path):
        for query in (
            *("limit=0", "limit=201", "limit=x", "limit=-1", "limit=1e1"),
            *("skip=-1", "skip=99999999999", "cursor=x", "cursor=a%00b"),
            *("cursor=" + "x" * 501, "cursor=e30&skip=1"),
        ):
            body = assert_shaped(api("GET", f"{path}?{query}"), 400)
            assert list(body["errors"]) == [query.partition("=")[0]], query

    def test_nul_and_malformed_query_values_are_400_and_named(self, api):
        for path, _, operation in READS:
            for parameter in operation["parameters"]:
                name = parameter["name"]
                if parameter["in"] != "query":
                    continue
                body = assert_shaped(api("GET", f"{path}?{name}=%00"), 400)
                assert list(body["errors"]) == [name], path
                if name.endswith("_id"):
                    body = assert_shaped(api("GET", f"{path}?{name}=x"), 400)
                    assert list(body["errors"]) == [name], path

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/tasks", {"title": "x", "patient_id": "x"}),
            ("/api/tasks", {"title": "x", "assignee_id": 1}),
            ("/api/claims", {"patient_id": None}),
            ("/api/appointments", {"patient_id": ["x"]}),
        ],
    )
    def test_a_malformed_id_in_a_body_is_400_and_named(self, alice, path, body):
        found = assert_shaped(send(alice, "POST", path, body), 400)
        assert next(name for name in body if name.endswith("_id")) in found["errors"]


def new_patient(person):
    body = {"first_name": "Ann", "last_name": f"Other{next(numbers)}", "dob": "1980-01-15"}
    return send(person, "POST", "/api/patients", body | {"email": "ann@example.org"})


def patient_id(person):
    return new_patient(person).json()["patient_id"]


def new_task(person):
    return send(person, "POST", "/api/tasks", {"title": f"Task {next(numbers)}"})


def new_claim(person):
    body = {"insurance_provider": "Aetna", "amount": 10, "service_date": "2026-01-05"}
    return send(person, "POST", "/api/claims", body | {"patient_id": patient_id(person)})


def new_appointment(person):
    day = 1 + next(numbers) % 28
    times = {"starts_at": f"2031-01-{day:02}T09:00:00Z", "ends_at": f"2031-01-{day:02}T10:00:00Z"}
    body = {"type": "consultation", "title": "Visit", "patient_id": patient_id(person)}
    return send(person, "POST", "/api/appointments", body | times)


def new_document(person):
    client = Client(headers={"Authorization": f"Bearer {person.token}"})
    file = ContentFile(b"%PDF-1.4\n% " + str(uuid4()).encode(), name="a.pdf")
    return client.post("/api/documents/upload", {"file": file})


def new_template(person):
    body = {"name": f"Template {next(numbers)}", "body": "I agree."}
    return send(person, "POST", "/api/form-templates", body)


def new_conversation(person):
    return send(person, "POST", "/api/conversations", {"channel": "internal"})


def new_call(person):
    body = {"patient_id": patient_id(person), "purpose": "Results", "phone_number": "555 0100"}
    return send(person, "POST", "/api/voice/initiate-call", body)


def new_form(person):
    template = new_template(person).json()["form_template_id"]
    body = {"patient_id": patient_id(person), "form_template_ids": [template]}
    return send(person, "POST", "/api/consent-forms/send", body)


def new_receipt(person):
    with person.at_work():
        CopilotRun.objects.create(
            run_id=str(next(numbers)),
            status="finished",
            started_by_id=person.user.pk,
            asker=person.user.name,
            model="rules",
            lease_until=timezone.now(),
        )
    return SimpleNamespace(status_code=201)


MAKERS = {
    "/api/patients": (new_patient, "patient_id"),
    "/api/tasks": (new_task, "task_id"),
    "/api/claims": (new_claim, "claim_id"),
    "/api/appointments": (new_appointment, "appointment_id"),
    "/api/documents": (new_document, "document_id"),
    "/api/agents/runs": (new_document, "run_id"),
    "/api/form-templates": (new_template, "form_template_id"),
    "/api/consent-forms": (new_form, "form_id"),
    "/api/conversations": (new_conversation, "conversation_id"),
    "/api/voice/calls": (new_call, "call_id"),
    "/api/copilot/receipts": (new_receipt, "receipt_id"),
}


class TestPaging:
    def test_every_list_is_walked_below(self):
        assert set(LISTS) - set(MAKERS) == {
            "/api/dashboard/appointments",
            "/api/dashboard/recent-activity",
            "/api/events",
        }

    @pytest.mark.parametrize("path", MAKERS)
    def test_the_links_walk_every_row_once_and_back(self, alice, charlie, path):
        make, key = MAKERS[path]
        for _ in range(7):
            assert make(alice).status_code == 201
        make(charlie)
        whole = send(alice, "GET", path)
        wanted = [row[key] for row in whole.json()]
        assert len(wanted) == len(set(wanted)) == 7
        assert whole.headers["X-Total-Count"] == "7"
        assert "Link" not in whole.headers
        pages, after = [], f"{path}?limit=3"
        while after:
            answer = send(alice, "GET", after)
            assert (answer.status_code, answer.headers["X-Total-Count"]) == (200, "7")
            pages.append([row[key] for row in answer.json()])
            following = links(answer).get("next")
            after = following and "/api" + following
        assert [len(page) for page in pages] == [3, 3, 1]
        assert [one for page in pages for one in page] == wanted
        before = send(alice, "GET", "/api" + links(answer)["prev"])
        assert [row[key] for row in before.json()] == pages[1]

    @pytest.mark.parametrize("path", MAKERS)
    def test_skip_leaves_rows_out_and_past_the_end_there_are_none(self, alice, path):
        make, key = MAKERS[path]
        for _ in range(3):
            make(alice)
        wanted = [row[key] for row in send(alice, "GET", path).json()]
        skipped = send(alice, "GET", f"{path}?skip=1&limit=1")
        assert [row[key] for row in skipped.json()] == wanted[1:2]
        past = send(alice, "GET", f"{path}?skip=100")
        assert (past.json(), past.headers["X-Total-Count"]) == ([], "3")

    @pytest.mark.parametrize("path", MAKERS)
    def test_a_cursor_of_another_clinic_shows_nothing_of_it(self, alice, charlie, path):
        make, _ = MAKERS[path]
        for _ in range(3):
            make(alice)
        theirs = "/api" + links(send(alice, "GET", f"{path}?limit=1"))["next"]
        assert send(charlie, "GET", theirs).json() == []


class TestIdempotency:
    BODIES = (
        ("/api/patients", {"first_name": "Ann", "last_name": "Other", "dob": "1980-01-15"}),
        ("/api/tasks", {"title": "Once"}),
        ("/api/form-templates", {"name": "Once", "body": "I agree."}),
    )

    @pytest.mark.parametrize(("path", "body"), BODIES)
    def test_the_same_key_and_body_have_one_effect_and_one_answer(self, alice, path, body):
        first = send(alice, "POST", path, body, **{"Idempotency-Key": "a"})
        again = send(alice, "POST", path + "/", body, **{"Idempotency-Key": "b"})
        repeated = send(alice, "POST", path, body, **{"Idempotency-Key": "a"})
        assert (first.status_code, repeated.status_code) == (201, 201)
        assert repeated.json() == first.json() != again.json()
        assert repeated.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert send(alice, "GET", path).headers["X-Total-Count"] == "2"

    def test_another_body_under_the_same_key_is_422_and_has_no_effect(self, alice):
        key = {"Idempotency-Key": "a"}
        send(alice, "POST", "/api/tasks", {"title": "One"}, **key)
        assert_shaped(send(alice, "POST", "/api/tasks", {"title": "Two"}, **key), 422)
        assert send(alice, "GET", "/api/tasks").headers["X-Total-Count"] == "1"

    def test_what_was_refused_may_be_tried_again_under_its_key(self, alice):
        key = {"Idempotency-Key": "a"}
        assert send(alice, "POST", "/api/tasks", {"title": ""}, **key).status_code == 400
        assert send(alice, "POST", "/api/tasks", {"title": "One"}, **key).status_code == 201

    def test_a_key_is_its_persons_own(self, alice, bob):
        key = {"Idempotency-Key": "a"}
        one = send(alice, "POST", "/api/tasks", {"title": "One"}, **key).json()
        two = send(bob, "POST", "/api/tasks", {"title": "One"}, **key).json()
        assert one["task_id"] != two["task_id"]

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
    def test_a_key_that_cannot_be_is_400(self, alice, key):
        answer = send(alice, "POST", "/api/tasks", {"title": "x"}, **{"Idempotency-Key": key})
        assert list(assert_shaped(answer, 400)["errors"]) == ["Idempotency-Key"]
        assert send(alice, "GET", "/api/tasks").json() == []

    def test_an_upload_repeated_is_one_document(self, alice):
        headers = {"Authorization": f"Bearer {alice.token}", "Idempotency-Key": "a"}
        answers = []
        for content in (b"%PDF-1.4\n% one", b"%PDF-1.4\n% one", b"%PDF-1.4\n% two"):
            file = ContentFile(content, name="a.pdf")
            answers.append(Client(headers=headers).post("/api/documents/upload", {"file": file}))
        assert [answer.status_code for answer in answers] == [201, 201, 422]
        assert answers[0].json() == answers[1].json()
        assert len(send(alice, "GET", "/api/documents").json()) == 1


class TestLimits:
    def test_too_many_requests_are_429_and_say_how_long_to_wait(self, alice, bob, settings):
        settings.API_REQUESTS_PER_MINUTE = 3
        token = alice.token
        api = Client(headers={"Authorization": f"Bearer {token}"})
        statuses = [api.get("/api/auth/me").status_code for _ in range(3)]
        over = api.get("/api/tasks")
        assert statuses == [200, 200, 200]
        assert assert_shaped(over, 429)["code"] == "too_many"
        assert 1 <= int(over.headers["Retry-After"]) <= 20
        assert send(bob, "GET", "/api/tasks").status_code == 200

    def test_sign_ins_of_an_address_are_limited(self, alice, settings):
        settings.LOGINS_PER_MINUTE = 2
        body = {"email": "nobody@example.org", "password": "x"}
        answers = [
            Client().post("/api/auth/login", body, content_type="application/json")
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert int(answers[2].headers["Retry-After"]) >= 1


class TestTwoClinics:
    def test_one_token_works_in_each_clinic_of_its_person_and_no_other(self, alice, charlie):
        with charlie.at_work():
            actions.add_member(email=alice.user.email, name="", role="staff", by=charlie.actor)
        there = {"X-Tenant-Id": str(charlie.clinic.pk)}
        for path, (make, _) in MAKERS.items():
            make(alice)
            assert send(alice, "GET", path, **there).json() == [], path
        made = send(alice, "POST", "/api/tasks", {"title": "Theirs"}, **there).json()
        path = f"/api/tasks/{made['task_id']}"
        assert_shaped(send(alice, "GET", path), 404)
        assert send(alice, "GET", path, **there).status_code == 200
        assert send(charlie, "GET", path).status_code == 200
        assert_shaped(send(charlie, "GET", path, **{"X-Tenant-Id": str(alice.clinic.pk)}), 403)

    def test_a_role_is_the_clinics_own(self, alice, charlie):
        with charlie.at_work():
            actions.add_member(email=alice.user.email, name="", role="staff", by=charlie.actor)
        there = {"X-Tenant-Id": str(charlie.clinic.pk)}
        assert send(alice, "GET", "/api/auth/me").json()["roles"] == ["admin"]
        assert send(alice, "GET", "/api/auth/me", **there).json()["roles"] == ["staff"]
