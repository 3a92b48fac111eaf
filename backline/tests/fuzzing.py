"""What schemathesis needs to reach the logic: two people, and ids of things that are there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backline.tests.installation import PASSWORD, Client, Installation
from documents.samples import people

# What must hold of every answer, whatever was sent.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
    "object_level_authorization",
    "use_after_free",
)
VISITS = 30  # some are deleted on the way
WAITING = 4
THREAD = "a-thread-of-yours"  # the examples' own


def made_by(client: Client) -> dict[str, list[str]]:
    """Rows of every kind in somebody's clinic; their ids by the names in ``BINDINGS``.

    Names with ``kept`` are of rows that no other operation changes: they stay good for bodies.
    """
    patients = [client.add_patient(p) for p in (people.ALEX, people.MARIA, people.JAMES)]
    client.http.patch(f"/patients/{patients[2]}", json={"email": "james@example.org"})
    documents = [client.upload("visit-cermak.pdf", variation=n) for n in range(WAITING)]
    documents.append(client.upload("lab-rodriguez.pdf"))
    client.until_final(documents, seconds=180)
    runs = {run["document_id"]: run["run_id"] for run in client.get("/agents/runs")}
    template = {"name": "Consent", "body": "I, {{patient.name}}, agree."}
    templates = _several(client, "/form-templates", "form_template_id", [template] * 4)
    sending = {"patient_id": patients[2], "form_template_ids": templates[:2]}
    sent = _made(client, "/consent-forms/send", sending)["sent_forms"]
    claim = {"insurance_provider": "Aetna", "amount": 10, "service_date": "2026-01-05"}
    return {
        "patient_id": patients[:2],
        "kept_patient_id": patients[2:],
        "document_id": documents[WAITING // 2 :],
        "run_id": list(runs.values()),
        "waiting_run_id": [runs[one] for one in documents[: WAITING // 2]],
        "task_id": _several(client, "/tasks", "task_id", [{"title": "Call back"}] * 3),
        "claim_id": _several(
            client, "/claims", "claim_id", [claim | {"patient_id": one} for one in patients]
        ),
        "appointment_id": _several(
            client,
            "/appointments",
            "appointment_id",
            [_visit(patients[0], number) for number in range(VISITS)],
        ),
        "template_id": templates[:2],
        "kept_template_id": templates[2:],
        "form_id": [form["form_id"] for form in sent],
        "conversation_id": _several(
            client, "/conversations", "conversation_id", [{"channel": "internal"}] * 2
        ),
        "call_id": _several(
            client,
            "/voice/initiate-call",
            "call_id",
            [{"patient_id": patients[2], "purpose": "Results"}] * 3,
        ),
        "user_id": [client.get("/auth/me")["user_id"]],
        "start": ["2032-02-02T09:00:00Z"],
        "end": ["2032-02-02T09:30:00Z"],
    }


def _several(client: Client, path: str, key: str, bodies: list[dict[str, Any]]) -> list[str]:
    return [str(_made(client, path, body)[key]) for body in bodies]


def _made(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _visit(patient_id: str, number: int) -> dict[str, Any]:
    start = datetime(2031, 1, 6, 9, tzinfo=UTC) + timedelta(days=number)
    return {
        "patient_id": patient_id,
        "type": "consultation",
        "title": "Check-up",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=30)).isoformat(),
    }


# Which of the ids above stand in which parameter, nine times of ten.
BINDINGS = {
    "path.patient_id": "patient_id",
    "path.document_id": "document_id",
    "path.run_id": "run_id",
    "path.task_id": "task_id",
    "path.claim_id": "claim_id",
    "path.appointment_id": "appointment_id",
    "path.template_id": "template_id",
    "path.form_id": "form_id",
    "path.conversation_id": "conversation_id",
    "path.call_id": "call_id",
    "query.patient_id": "patient_id",
    "query.document_id": "document_id",
    "body.patient_id": "kept_patient_id",
    "body.provider_id": "user_id",
    "body.assignee_id": "user_id",
    "body.form_template_ids[*]": "kept_template_id",
    "body.subject.document_id": "document_id",
    "body.conversation_id": "conversation_id",
    "body.subject.claim_id": "claim_id",
    "body.subject.patient_id": "kept_patient_id",
    "body.starts_at": "start",
    "body.ends_at": "end",
}


def configure(installation: Installation, folder: Path) -> Path:
    """A configuration file for schemathesis: alice's calls, charlie to try what is hers."""
    alice = installation.register()
    charlie = installation.register("Charlie Clark", "Riverside Clinic")
    made_by(charlie)
    people_file = folder / "people.json"
    people_file.write_text(
        json.dumps({"auth": [_entry("alice", alice), _entry("charlie", charlie)]})
    )
    lines = [
        "workers = 1",
        "[warnings]",
        'fail-on = ["missing_test_data"]',
        "[auth.wfc]",
        f"path = {json.dumps(str(people_file))}",
        'user = "alice"',
        'peers = ["alice", "charlie"]',
    ]
    for name, ids in made_by(alice).items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(ids)}"]
    lines += [
        "[parameters]",
        f'"header.X-Tenant-Id" = "{alice.tenant_id}"',
        '"path.name" = "document_extraction"',
        '"path.number" = 1',
        '"path.agent" = "default"',
        f'"path.thread" = "{THREAD}"',
        *(
            f'{json.dumps(place)} = {{dictionary = "{name}", probability = 0.9}}'
            for place, name in BINDINGS.items()
        ),
        "[[operations]]",
        'include-operation-id = "agent_runs_resume"',
        "[operations.parameters]",
        '"path.run_id" = {dictionary = "waiting_run_id"}',
        "[[operations]]",
        'include-operation-id = "login"',
        "[operations.parameters]",
        f'"body.email" = "{alice.email}"',
        f'"body.password" = "{PASSWORD}"',
        "[[operations]]",
        'include-operation-id = "voice_webhook"',
        "warnings = false",  # there is nothing to find while no telephony is configured
    ]
    file = folder / "schemathesis.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _entry(name: str, client: Client) -> dict[str, Any]:
    """Signs in again whenever a token stops working: the API's own logout is called too."""
    body = json.dumps({"email": client.email, "password": PASSWORD})
    token = {
        "extractFrom": "body",
        "extractSelector": "/token",
        "sendIn": "header",
        "sendName": "Authorization",
        "sendTemplate": "Bearer {token}",
    }
    login = {"endpoint": "/api/auth/login", "verb": "POST", "contentType": "application/json"}
    return {"name": name, "loginEndpointAuth": {**login, "payloadRaw": body, "token": token}}
