"""The founding document as data, and a program that calls a seeded installation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import schemathesis

from backline.tests.installation import FINAL, Installation, until

FOUNDING = Path(__file__).parent / "founding"
ENDPOINTS = json.loads((FOUNDING / "endpoints.json").read_text())
SEED = json.loads((FOUNDING / "seed.json").read_text())
PRINTED_PORT = 8001
# The list says {id} for all of them.
IDS = {
    "patients": "patient_id",
    "documents": "document_id",
    "tasks": "task_id",
    "claims": "claim_id",
}


class World:
    """The seeded clinic as its admin's program sees it."""

    def __init__(self, installation: Installation) -> None:
        self.base = f"http://localhost:{installation.port}"
        body = SEED["user"]
        answer = httpx.post(f"{self.base}/api/auth/login", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        self.tenant_id = answer.json()["tenant_id"]
        self.http = httpx.Client(
            base_url=self.base,
            headers={"Authorization": f"Bearer {self.token}", "X-Tenant-Id": self.tenant_id},
            timeout=30,
        )
        self.schema = schemathesis.openapi.from_dict(self.http.get("/api/schema").json())
        self.ids: dict[str, str] = {}

    def get(self, path: str, **query: Any) -> Any:
        """A 200's JSON."""
        answer = self.http.get(f"/api{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(
        self, endpoint: str, status: int, ids: dict[str, str] | None = None, **sent: Any
    ) -> Any:
        """Calls an endpoint of the list; its answer has the status and the described shape."""
        known = {**self.ids, **(ids or {})}
        method, path = endpoint.split()
        described = path.partition("?")[0]
        for name, key in IDS.items():
            if described.startswith(f"/api/{name}/{{id}}"):
                described = described.replace("{id}", f"{{{key}}}")
                path = path.replace("{id}", known[key])
        answer = self.http.request(method, path, **sent)
        assert answer.status_code == status, (endpoint, answer.text)
        answer.request.read()  # a form is a stream, which the check of the shape looks at
        self.schema[described][method].validate_response(answer)
        return answer.json()

    def patient_named(self, name: str) -> str:
        """The likeliest patient's id."""
        return str(self.get("/patients", q=name)[0]["patient_id"])

    def final_document(self, document_id: str) -> dict[str, Any]:
        """A document once the agent is done with it."""
        found: dict[str, Any] = {}

        def done() -> bool:
            found.update(self.get(f"/documents/{document_id}"))
            return found["status"] in FINAL

        until(done, seconds=90, what=lambda: str(found.get("status")))
        return found
