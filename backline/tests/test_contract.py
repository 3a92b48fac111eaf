"""The founding document, line by line, against a running installation.

``founding/`` keeps its list of endpoints, its curl examples as printed and its seed data.
"""

import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from websockets.sync.client import connect

from backline.embedded import port_is_free
from backline.tests.contract import ENDPOINTS, FOUNDING, PRINTED_PORT, SEED, World
from backline.tests.installation import SAMPLES, installed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    folder.chmod(0o755)
    port = PRINTED_PORT if port_is_free(PRINTED_PORT) else None
    with installed(folder / "var", port) as running:
        yield running


@pytest.fixture(scope="module")
def world(installation):
    for _ in range(2):
        seeded = installation.manage("seed", "--allow-demo-password")
        assert seeded.returncode == 0, seeded.stderr
    return World(installation)


class TestSeed:
    """First of all, while nothing was added."""

    def test_the_admin_signs_in_to_the_printed_clinic(self, world):
        me = world.get("/auth/me")
        assert me["tenant_id"] == world.tenant_id == SEED["tenant_id"]
        assert (me["email"], me["roles"]) == (SEED["user"]["email"], ["admin"])
        assert [tenant["tenant_id"] for tenant in me["tenants"]] == [SEED["tenant_id"]]

    def test_the_token_lives_seven_days(self, world):
        import jwt

        claims = jwt.decode(world.token, options={"verify_signature": False})
        assert claims["exp"] - time.time() == pytest.approx(7 * 24 * 3600, abs=120)

    def test_the_patients_are_those_listed_and_have_what_is_listed(self, world):
        found = {}
        for row in world.get("/patients"):
            patient = world.get(f"/patients/{row['patient_id']}")
            of = {"patient_id": row["patient_id"]}
            found[f"{row['first_name']} {row['last_name']}"] = {
                "email": row["email"],
                "preconditions": patient["preconditions"],
                "tasks": len(world.get("/tasks", **of)),
                "appointments": len(world.get("/appointments", **of)),
                "claims": len(world.get("/claims", **of)),
            }
            assert row["tasks_count"] == found[f"{row['first_name']} {row['last_name']}"]["tasks"]
        assert found == SEED["patients"]

    @pytest.mark.parametrize("what", ["tasks", "claims"])
    def test_tasks_and_claims_are_those_listed(self, world, what):
        rows = world.get(f"/{what}")
        wanted = SEED[what]
        shown = [{key: row[key] for key in wanted[0]} for row in rows]
        assert sorted(shown, key=str) == sorted(wanted, key=str)

    def test_appointments_are_in_two_and_four_hours(self, world):
        rows = {row["title"]: row for row in world.get("/appointments")}
        assert len(rows) == len(SEED["appointments"])
        for wanted in SEED["appointments"]:
            row = rows[wanted["title"]]
            assert row["patient_name"] == wanted["patient_name"]
            ahead = datetime.fromisoformat(row["starts_at"]) - datetime.now(UTC)
            assert abs(ahead - timedelta(hours=wanted["hours"])) < timedelta(minutes=15)

    def test_nothing_else_is_there(self, world):
        assert world.get("/documents") == []
        stats = world.get("/dashboard/stats")
        assert (stats["patients_total"], stats["pending_tasks"]) == (3, 1)
        assert stats["claims_pending"] == 2


EXAMPLES = {
    "register_user": ("user", "tenant", "token"),
    "list_patients": (),
    "create_patient": ("patient_id", "mrn", "message"),
    "upload_document": ("document_id", "status", "message"),
    "create_task": ("task_id", "display_id", "message"),
    "create_claim": ("claim_id", "claim_id_display", "status", "message"),
}


def run_printed(name: str, world: World, port: int, folder: Path) -> tuple[int, object]:
    """Runs an example in a shell; the answer's status and JSON. Only {names} are filled in."""
    values = {"token": world.token, "tenant_id": world.tenant_id, **world.ids}
    text = (FOUNDING / "examples" / f"{name}.sh").read_text()
    text = re.sub(r"\{(token|tenant_id|patient_id)\}", lambda found: values[found[1]], text)
    text = text.replace(f"localhost:{PRINTED_PORT}/", f"localhost:{port}/")
    telling = "curl() { command curl --silent --show-error -w '\\n%{http_code}' \"$@\"; }\n"
    done = subprocess.run(
        ["bash", "-c", telling + text], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_as_printed(name, installation, world, tmp_path):
    shutil.copy(SAMPLES / "lab-rodriguez.pdf", tmp_path / "blood_test.pdf")
    world.ids["patient_id"] = world.patient_named("Alex Rodriguez")
    status, body = run_printed(name, world, installation.port, tmp_path)
    if name == "list_patients":
        assert status == 200
        assert {f"{p['first_name']} {p['last_name']}" for p in body} >= set(SEED["patients"])
        return
    assert status == 201, body
    assert [key for key in EXAMPLES[name] if not body.get(key)] == []
    check = EFFECTS.get(name)
    if check:
        check(world, body)


def registered(world, body):
    headers = {"Authorization": f"Bearer {body['token']}", "X-Tenant-Id": ""}
    mine = world.http.get("/api/auth/me", headers=headers).json()
    assert (mine["email"], mine["name"]) == ("doctor@clinic.com", "Dr. Smith")
    assert mine["tenants"][0]["name"] == "My Clinic"
    assert world.http.get("/api/patients", headers=headers).json() == []


def patient_added(world, body):
    john = world.get(f"/patients/{body['patient_id']}")
    assert (john["first_name"], john["dob"], john["gender"]) == ("John", "1980-01-15", "Male")
    assert (john["phone"], john["preconditions"]) == ("+1-555-1234", ["Hypertension"])


def document_read(world, body):
    assert body["status"] == "uploaded"
    document = world.final_document(body["document_id"])
    assert (document["status"], document["kind"]) == ("ingested", "lab")
    assert document["confidence"] >= 0.9
    assert document["file"]["name"] == "blood_test.pdf"


def task_added(world, body):
    task = world.get(f"/tasks/{body['task_id']}")
    assert (task["title"], task["priority"]) == ("Follow up with patient", "high")
    assert (task["assigned_to"], task["patient_name"]) == ("Dr. Smith", "Alex Rodriguez")
    assert world.get(f"/patients/{world.ids['patient_id']}")["tasks_count"] == 2


def claim_added(world, body):
    assert body["status"] == "pending"
    claim = world.get(f"/claims/{body['claim_id']}")
    assert (claim["amount"], claim["procedure_code"]) == (3500.0, "99214")
    assert (claim["diagnosis_code"], claim["service_date"]) == ("E11.9", "2024-11-09")
    assert len(world.get(f"/claims/{body['claim_id']}/events")) == 1


EFFECTS = {
    "register_user": registered,
    "create_patient": patient_added,
    "upload_document": document_read,
    "create_task": task_added,
    "create_claim": claim_added,
}


# One call of each endpoint on the list, in the list's order: each relies on those before it.


def register(world):
    body = {"email": "second@clinic.com", "password": "secure123", "name": "Dr. Jones"}
    found = world.call("POST /api/auth/register", 201, json=body | {"tenant_name": "Second"})
    assert found["user"]["roles"] == ["admin"]
    assert found["tenant"]["name"] == "Second"


def login(world):
    found = world.call("POST /api/auth/login", 200, json=SEED["user"])
    assert found["tenant_id"] == SEED["tenant_id"]
    wrong = SEED["user"] | {"password": "wrong"}
    assert world.call("POST /api/auth/login", 401, json=wrong)["code"] == "wrong_credentials"


def me(world):
    assert world.call("GET /api/auth/me", 200)["email"] == SEED["user"]["email"]


def list_patients(world):
    rows = world.call("GET /api/patients", 200, params={"q": "alxe rodrigues"})
    assert rows[0]["last_name"] == "Rodriguez"


def create_patient(world):
    body = {"first_name": "Ana", "last_name": "Silva", "dob": "1990-02-03", "gender": "Female"}
    found = world.call("POST /api/patients", 201, json=body | {"email": "", "phone": ""})
    world.ids["patient_id"] = found["patient_id"]
    assert world.get("/dashboard/stats")["patients_total"] == len(world.get("/patients"))


def get_patient(world):
    found = world.call("GET /api/patients/{id}", 200)
    assert (found["first_name"], found["tasks_count"]) == ("Ana", 0)


def get_summary(world):
    alex = {"patient_id": world.patient_named("Alex Rodriguez")}
    found = world.call("GET /api/patients/{id}/summary", 200, alex)
    assert found["summary"].startswith("Alex Rodriguez, ")
    lasts = datetime.fromisoformat(found["expires_at"]) - datetime.fromisoformat(
        found["generated_at"]
    )
    assert abs(lasts - timedelta(hours=1)) < timedelta(seconds=1)


def list_documents(world):
    assert isinstance(world.call("GET /api/documents", 200), list)


def upload_document(world):
    name = "visit-cermak.pdf"  # of nobody here, so a person has to look
    found = world.call(
        "POST /api/documents/upload",
        201,
        files={"file": (name, (SAMPLES / name).read_bytes())},
        data={"kind": "summary"},
    )
    assert found["status"] == "uploaded"
    world.ids["document_id"] = found["document_id"]


def get_document(world):
    """Below the threshold a person is asked: by a task that says which document."""
    world.final_document(world.ids["document_id"])
    found = world.call("GET /api/documents/{id}", 200)
    assert found["status"] == "not_ingested"
    tasks = world.get("/tasks")
    assert len([t for t in tasks if t["document_id"] == found["document_id"]]) == 1


def change_document(world):
    body = {"status": "rejected", "reason": "Sent to us by mistake"}
    assert world.call("PATCH /api/documents/{id}", 200, json=body)["status"] == "rejected"
    tasks = [t for t in world.get("/tasks") if t["document_id"] == world.ids["document_id"]]
    assert [task["state"] for task in tasks] == ["done"]


def list_tasks(world):
    rows = world.call("GET /api/tasks", 200, params={"state": "open", "priority": "high"})
    assert {(row["state"], row["priority"]) for row in rows} == {("open", "high")}


def create_task(world):
    body = {"title": "Call back", "patient_id": world.ids["patient_id"]}
    found = world.call("POST /api/tasks", 201, json=body)
    world.ids["task_id"] = found["task_id"]
    assert world.get(f"/patients/{world.ids['patient_id']}")["tasks_count"] == 1


def change_task(world):
    body = {"state": "done", "comment": "Reached"}
    found = world.call("PATCH /api/tasks/{id}", 200, json=body)
    assert (found["state"], found["comments"][0]["text"]) == ("done", "Reached")
    assert world.get(f"/patients/{world.ids['patient_id']}")["tasks_count"] == 0


def list_claims(world):
    rows = world.call("GET /api/claims", 200, params={"status": "pending"})
    assert {"Blue Shield", "Aetna"} <= {row["insurance_provider"] for row in rows}


def create_claim(world):
    body = {
        "patient_id": world.ids["patient_id"],
        "insurance_provider": "Aetna",
        "amount": 120.5,
        "service_date": "2026-01-05",
    }
    before = world.get("/dashboard/stats")["claims_pending"]
    world.ids["claim_id"] = world.call("POST /api/claims", 201, json=body)["claim_id"]
    assert world.get("/dashboard/stats")["claims_pending"] == before + 1


def get_claim(world):
    assert world.call("GET /api/claims/{id}", 200)["amount"] == 120.5


def claim_events(world):
    world.http.patch(f"/api/claims/{world.ids['claim_id']}", json={"status": "submitted"})
    rows = world.call("GET /api/claims/{id}/events", 200)
    assert [row["position"] for row in rows] == [1, 2]
    assert world.get(f"/claims/{world.ids['claim_id']}")["status"] == "submitted"


def list_appointments(world):
    alex = world.patient_named("Alex Rodriguez")
    rows = world.call("GET /api/appointments", 200, params={"patient_id": alex})
    assert [row["title"] for row in rows] == ["Follow-up Consultation"]


booked = count()  # a provider's visits may not overlap


def create_appointment(world):
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20 * next(booked))
    body = {
        "patient_id": world.ids["patient_id"],
        "provider_id": world.get("/auth/me")["user_id"],
        "type": "consultation",
        "title": "Check-up",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=20)).isoformat(),
    }
    world.call("POST /api/appointments", 201, json=body)
    assert world.call("POST /api/appointments", 409, json=body)["detail"]


def stats(world):
    found = world.call("GET /api/dashboard/stats", 200)
    today = world.get("/dashboard/appointments", date="today")
    assert found["appointments_today"] == len(today)


def todays_appointments(world):
    rows = world.call("GET /api/dashboard/appointments?date=today", 200)
    assert "Check-up" in {row["title"] for row in rows}


EVENT_TYPES = {"patient", "document", "task", "claim", "appointment", "agent_run"}


def follow(world):
    """The simplest client there can be: connect with a token, read what happens."""
    address = world.base.replace("http", "ws") + f"/ws/tenant/{world.tenant_id}"
    with connect(address, subprotocols=["backline.v1", f"bearer.{world.token}"]) as socket:
        time.sleep(3)  # without a subscription events begin after two seconds
        for endpoint in CHANGES:
            CALLS[endpoint](world)
        seen = set()
        while missing := EVENT_TYPES - {event["type"] for event in seen_events(seen)}:
            frame = socket.recv(timeout=30)
            assert missing
            seen.add(frame)
    events = seen_events(seen)
    assert {event["op"] for event in events} <= {"insert", "update", "delete"}
    task = next(e for e in events if (e["type"], e["op"]) == ("task", "insert"))
    assert {"task_id", "title", "patient_name"} <= set(task["doc"])


CHANGES = (
    "POST /api/patients",
    "POST /api/documents/upload",
    "POST /api/tasks",
    "POST /api/claims",
    "POST /api/appointments",
)


def seen_events(frames):
    return [frame for frame in map(json.loads, frames) if "op" in frame]


def copilot(world):
    found = world.http.post("/api/copilot", json={"method": "info"})
    assert found.status_code == 200, found.text
    assert found.json()["agents"]


CALLS = dict(
    zip(
        ENDPOINTS,
        (
            register, login, me, list_patients, create_patient, get_patient, get_summary,
            list_documents, upload_document, get_document, change_document, list_tasks,
            create_task, change_task, list_claims, create_claim, get_claim, claim_events,
            list_appointments, create_appointment, stats, todays_appointments, follow, copilot,
        ),
        strict=True,
    )
)  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_on_the_list_answers_as_described_and_does_it(endpoint, world):
    CALLS[endpoint](world)
