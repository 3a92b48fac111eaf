"""Another clinic's ids, on every route there is: nothing is shown and nothing changes.

Every route must stand in one of the tables below; a new one that does not fails
``test_every_route_is_classified``.
"""

import json
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from agents import runner
from agents.models import AgentRun
from clinic.tenancy import ClinicOwned
from conftest import Person
from documents.actions import receive_upload
from documents.models import Document
from documents.samples import people
from patients.models import Patient
from tasks.models import Task

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db(transaction=True)

# Routes without anybody's data, or whose data is the asker's own whatever is sent along.
OPEN = re.compile(
    r"^(api/auth/|api/schema|api/docs|api/$|api/ws-ticket|healthz|readyz|login|logout|switch-clinic"
    r"|styleguide|clinic$|static/|toast|$|api/events|api/copilot/?$|api/copilot/(info|agent)|api/copilot/tokens/?$|.well-known/|admin(/|$)|api/\(|api/dashboard|api/messages"
    r"|notifications$|settings$|members$|profile(/|$)|password/|invitations/|welcome|no-clinic|sign/|api/voice/webhook)"
)
# Routes with an id: the word before it says whose.
WITH_ID = {
    "patients": "patient",
    "documents": "document",
    "tasks": "task",
    "runs": "run",
    "claims": "claim",
    "appointments": "appointment",
    "consent-forms": "consent_form",
    "consents": "consent_form",
    "form-templates": "form_template",
    "templates": "form_template",
    "conversations": "conversation",
    "calls": "voice_call",
    "agents": "agent",
    "undo": "undo",
    "receipts": "receipt",
    "tokens": "agent_token",
}
# Lists and creations: no id in the path; bodies and queries are tried below.
WITHOUT_ID = re.compile(
    r"^(api/)?(patients|documents|measure|day|tasks|agents|audit|audit/export|agents/runs|claims|appointments|form-templates"
    r"|consent-forms|consents|consents/templates|calls|conversations|voice/calls|voice/initiate-call|copilot/receipts|copilot)(/(new|find|next|bulk|upload|send|picker|duplicates|board|denials|sheet|preview))?/?$"
)


def all_routes(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from all_routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


ROUTES = sorted(set(all_routes()))


def kind_of(route: str) -> str | None:
    if OPEN.match(route):
        return "open"
    if "<" in route:
        words = [w for w in re.split(r"[/<]", route.split("<")[0]) if w]
        return WITH_ID.get(words[-1]) if words else None
    return "list" if WITHOUT_ID.match(route) else None


def test_every_route_is_classified():
    assert len(ROUTES) > 20
    assert [route for route in ROUTES if kind_of(route) is None] == []


@pytest.fixture
def theirs(alice):
    """Everything alice's clinic has, by the words of WITH_ID."""
    with alice.at_work():
        patient = Patient.objects.create(
            mrn="100001", first_name="Alex", last_name="Rodriguez", dob=people.ALEX.dob
        )
        data = (SAMPLES / "referral-smith.pdf").read_bytes()
        document = receive_upload(
            file=ContentFile(data, name="a.pdf"), by=alice.actor, patient_id=patient.pk
        ).document
        run = AgentRun.objects.get()
        runner.perform(run.pk)
        task = Task.objects.get()
    found = {"patient": patient.pk, "document": document.pk, "task": task.pk, "run": run.pk}
    found["agent"] = "document_extraction"
    with alice.at_work():
        found |= more_objects(alice, patient)
    return found


def more_objects(alice: Person, patient: Patient) -> dict[str, UUID]:
    from datetime import UTC, datetime, timedelta
    from decimal import Decimal

    from appointments.actions import book
    from claims.actions import create_claim

    start = datetime(2030, 1, 1, 9, tzinfo=UTC)
    visit = book(
        by=alice.actor,
        patient_id=patient.pk,
        type="consultation",
        title="Visit",
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
    )
    claim = create_claim(
        by=alice.actor,
        patient_id=patient.pk,
        insurance_provider="Aetna",
        amount=Decimal("10.00"),
        service_date=start.date(),
    )
    found = {"appointment": visit.pk, "claim": claim.pk, "undo": something_to_undo(alice)}
    return found | consent_objects(alice, patient)


def something_to_undo(alice: Person) -> UUID:
    from clinic.undoing import latest
    from tasks.actions import Changes, change_task, create_task

    task = create_task(title="About Rodriguez", by=alice.actor)
    change_task(task_id=task.pk, by=alice.actor, changes=Changes(state="done"))
    entry = latest(task.pk)
    assert entry is not None
    return entry.pk


def consent_objects(alice: Person, patient: Patient) -> dict[str, UUID]:
    from consents.actions import create_template, send_forms

    Patient.objects.filter(pk=patient.pk).update(email="alex@example.org")
    template = create_template(by=alice.actor, name="Consent", body="I agree.")
    (form,) = send_forms(by=alice.actor, patient_id=patient.pk, form_template_ids=[template.pk])
    found = {"form_template": template.pk, "consent_form": form.pk}
    return found | spoken_objects(alice, patient)


def spoken_objects(alice: Person, patient: Patient) -> dict[str, UUID]:
    from copilot.actions import begin_conversation, write_message
    from voice.actions import plan_call

    talk = begin_conversation(by=alice.actor, channel="internal", patient_id=patient.pk)
    write_message(by=alice.actor, conversation_id=talk.pk, text="About Rodriguez")
    call = plan_call(
        by=alice.actor, patient_id=patient.pk, purpose="Recall", phone_number="+1 212 555 0100"
    )
    found = {"conversation": talk.pk, "voice_call": call.pk}
    return found | copilot_objects(alice, talk)


def copilot_objects(alice: Person, talk) -> dict[str, UUID]:
    from django.utils import timezone

    from copilot.agent_tokens import make_token
    from copilot.models import CopilotRun

    run = CopilotRun.objects.create(
        conversation=talk,
        run_id="r1",
        status="finished",
        started_by_id=alice.user.pk,
        asker="Alice Adams",
        model="rules",
        lease_until=timezone.now(),
    )
    token = make_token(login=alice.login, name="x", scopes=["tasks.read"], days=1)
    return {"receipt": run.pk, "agent_token": token.token_id}


def snapshot(person: Person) -> dict[str, str]:
    """A digest of every table of somebody's clinic."""
    found = {}
    with person.at_work(), connection.cursor() as cursor:
        for model in apps.get_models():
            if issubclass(model, ClinicOwned):
                table = model._meta.db_table
                cursor.execute(f"SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM {table} t")
                found[table] = cursor.fetchone()[0]
    return found


def path_of(route: str, theirs: dict) -> str:
    kind = kind_of(route)
    path = re.sub(r"<uuid:\w+>|<slug:name>", str(theirs[kind]), route, count=1)
    path = re.sub(r"<int:\w+>", "1", path)
    return "/" + re.sub(r"<\w+:\w+>", str(uuid4()), path)


BODIES = (
    {},
    {"status": "approved"},
    {"state": "done", "comment": "x"},
    {"first_name": "Changed"},
    {"action": "approve"},
    {"action": "complete"},
    {"resolution": {"status": "approved"}},
    {"parts": [{"pages": [1]}]},
)


@pytest.mark.parametrize("route", [r for r in ROUTES if "<" in r and kind_of(r) != "open"])
def test_a_stranger_finds_nothing_under_another_clinics_id(route, theirs, alice, charlie):
    """Another clinic's id answers exactly as an id that nobody has; and nothing changes."""
    if kind_of(route) == "agent":
        return
    path = path_of(route, theirs)
    nobodys = path_of(route, dict.fromkeys(theirs, uuid4()))
    before = snapshot(alice)
    seen = set()
    for call in calls(charlie, path):
        for method in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"):
            for body in BODIES if method in ("POST", "PATCH", "PUT") else ({},):
                answer, unknown = call(method, path, body), call(method, nobodys, body)
                assert answer.status_code in (400, 403, 404, 405), (method, path, body)
                assert answer.status_code == unknown.status_code, (method, path, body)
                assert b"Rodriguez" not in answer.content
                if path.startswith("/api"):
                    assert answer.content == unknown.content
                seen.add(answer.status_code)
    assert 404 in seen
    assert snapshot(alice) == before


def calls(person: Person, path: str):
    """Ways to call a path: the API with a token, pages as a signed-in browser."""
    client = Client(headers={"Authorization": f"Bearer {person.token}"})
    portal = person.client

    def api(method, path, body):
        return client.generic(method, path, json.dumps(body), content_type="application/json")

    def page(method, path, body):
        return portal.post(path, body) if method == "POST" else portal.generic(method, path)

    yield api if path.startswith("/api") else page


def test_a_token_opens_no_page(theirs, alice):
    client = Client(headers={"Authorization": f"Bearer {alice.token}"})
    for path in ("/", "/documents", f"/patients/{theirs['patient']}", f"/tasks/{theirs['task']}"):
        answer = client.get(path)
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/login")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tasks", {"title": "x", "patient_id": "patient"}),
        (
            "/api/appointments",
            {
                "patient_id": "patient",
                "type": "x",
                "title": "x",
                "starts_at": "2031-01-01T10:00:00Z",
                "ends_at": "2031-01-01T10:30:00Z",
            },
        ),
        (
            "/api/claims",
            {
                "patient_id": "patient",
                "insurance_provider": "x",
                "amount": 1,
                "service_date": "2025-01-01",
            },
        ),
        ("/api/agents/document_extraction/start", {"subject": {"document_id": "document"}}),
        (
            "/api/consent-forms/send",
            {"patient_id": "patient", "form_template_ids": ["form_template"]},
        ),
        ("/api/conversations", {"channel": "sms", "subject": {"patient_id": "patient"}}),
        ("/api/conversations", {"channel": "sms", "subject": {"claim_id": "claim"}}),
        ("/api/conversations", {"channel": "sms", "subject": {"appointment_id": "appointment"}}),
        ("/api/messages", {"conversation_id": "conversation", "text": "x"}),
        (
            "/api/voice/initiate-call",
            {"patient_id": "patient", "purpose": "x", "phone_number": "1"},
        ),
    ],
)
def test_a_stranger_cannot_build_on_another_clinics_id(path, body, theirs, alice, charlie):
    text = json.dumps(body)
    for word in ("patient", "document", "form_template", "claim", "appointment", "conversation"):
        text = text.replace(f'"{word}"', f'"{theirs[word]}"')
    before, own = snapshot(alice), snapshot(charlie)
    answer = charlie.api("POST", path, json.loads(text))
    assert answer.status_code in (400, 404), answer.content
    assert (snapshot(alice), snapshot(charlie)) == (before, own)


def test_a_stranger_cannot_upload_to_or_move_onto_another_clinics_patient(theirs, alice, charlie):
    before = snapshot(alice)
    data = (SAMPLES / "lab-rodriguez.pdf").read_bytes()
    client = Client(headers={"Authorization": f"Bearer {charlie.token}"})
    answer = client.post(
        "/api/documents/upload",
        {"file": ContentFile(data, name="a.pdf"), "patient_id": str(theirs["patient"])},
    )
    assert answer.status_code == 404
    with charlie.at_work():
        assert not Document.objects.exists()
        own = receive_upload(file=ContentFile(data, name="a.pdf"), by=charlie.actor).document
    moved = charlie.api("PATCH", f"/api/documents/{own.pk}", {"patient_id": str(theirs["patient"])})
    assert moved.status_code == 404
    with charlie.at_work():
        own.refresh_from_db()
        assert own.patient_id is None
    assert snapshot(alice) == before


@pytest.mark.parametrize(
    "query",
    [
        "patients?q=Rodriguez",
        "patients?q=100001",
        "documents?patient_id={patient}",
        "documents?q=a.pdf",
        "tasks?patient_id={patient}",
        "claims?patient_id={patient}",
        "appointments?patient_id={patient}",
        "consent-forms?patient_id={patient}",
        "consent-forms",
        "form-templates",
        "conversations",
        "conversations?patient_id={patient}",
        "voice/calls",
        "copilot/receipts",
        "voice/calls?patient_id={patient}",
        "agents/runs?document_id={document}",
        "events?after=0",
        "patients",
        "documents",
        "tasks",
        "claims",
        "appointments",
        "agents/runs",
    ],
)
def test_lists_searches_and_counts_know_nothing_of_another_clinic(query, theirs, charlie):
    answer = charlie.api("GET", "/api/" + query.format(**theirs))
    assert answer.status_code == 200
    assert answer.json() == []
    assert answer.headers.get("X-Total-Count", "0") == "0"


def test_numbers_of_the_dashboard_are_the_clinics_own(theirs, alice, charlie):
    stats = charlie.api("GET", "/api/dashboard/stats").json()
    assert set(stats.values()) == {0}
    assert alice.api("GET", "/api/dashboard/stats").json()["patients_total"] == 1


def test_the_tenant_header_opens_no_foreign_clinic(theirs, alice, charlie):
    known = charlie.api("GET", "/api/patients", **{"X-Tenant-Id": str(alice.clinic.pk)})
    unknown = charlie.api("GET", "/api/patients", **{"X-Tenant-Id": str(uuid4())})
    assert known.status_code == unknown.status_code == 403
    assert known.content == unknown.content


def test_the_same_bytes_in_another_clinic_are_no_duplicate(theirs, charlie):
    data = (SAMPLES / "referral-smith.pdf").read_bytes()
    with charlie.at_work():
        receipt = receive_upload(file=ContentFile(data, name="a.pdf"), by=charlie.actor)
    assert receipt.duplicate_of is None


def test_an_agent_of_one_clinic_touches_nothing_of_another(theirs, alice, charlie):
    before = snapshot(alice)
    with charlie.at_work():
        runner.perform(theirs["run"])
        with pytest.raises(AgentRun.DoesNotExist):
            AgentRun.objects.get(pk=theirs["run"])
    assert snapshot(alice) == before
