"""What a whole installation writes into its logs while people work with it: nobody's details."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from backline.tests.installation import SAMPLES, Client, installed

pytestmark = pytest.mark.slow
PERSON = {
    "first_name": "Xanthippe",
    "last_name": "Quillfeather",
    "dob": "1947-03-09",
    "gender": "Female",
    "phone": "+1 212 555 0187",
    "email": "x.feather@example.org",
    "address": {"line1": "17 Kestrel Row", "city": "Utica"},
    "preconditions": ["Porphyria"],
}
# Of the person above, and of the papers that are uploaded.
WORDS = [
    "Xanthippe", "Quillfeather", "1947-03-09", "1947, 3, 9", "9 Mar 1947", "03/09/1947", "555 0187",
    "5550187", "x.feather", "MRNQUILL7", "Kestrel", "Porphyria", "Rodriguez", "Haemarginate",
]  # fmt: skip
CONTENT = {"Content-Type": "application/json"}


def written(var: Path) -> str:
    """Everything that every part of an installation wrote: its output and its files of text."""
    files = [var.with_suffix(".said"), *var.rglob("*.log"), *var.rglob("*.said")]
    files += [one for one in var.rglob("*") if one.is_file() and "log" in one.parent.name]
    return "\n".join(one.read_text(errors="replace") for one in sorted(set(files)))


def worked_with(running: Any, worker: Client) -> None:
    """A day's work through the API, with what goes wrong in it."""
    send = worker.http
    patient = send.post("/patients", json=PERSON).json()["patient_id"]
    assert send.post("/patients", json=PERSON | {"dob": "Quillfeather"}).status_code == 400
    assert send.post("/patients", content="{Quillfeather", headers=CONTENT).status_code == 400
    for asked in ("Quillfeather", "1947-03-09", "212 555 0187", PERSON["email"]):
        assert len(send.get("/patients", params={"q": asked}).json()) == 1, asked
    assert send.get("/patients/Quillfeather").status_code == 404
    assert send.get("/nothing/Quillfeather", params={"name": "Xanthippe"}).status_code == 404
    assert send.put("/patients/Quillfeather?x=MRNQUILL7").status_code in (404, 405)
    ids = [
        worker.upload(name, patient_id=patient) for name in ("lab-rodriguez.pdf", "claim-smith.pdf")
    ]
    broken = {"file": ("Quillfeather-letter.pdf", b"%PDF-1.4 Xanthippe Quillfeather")}
    ids.append(send.post("/documents/upload", files=broken).json()["document_id"])
    damaged = (SAMPLES / "lab-rodriguez.pdf").read_bytes()[:-700]
    damaged = {"file": ("Rodriguez.pdf", damaged)}
    ids.append(send.post("/documents/upload", files=damaged).json()["document_id"])
    worker.until_final(ids, seconds=300)
    task = {"title": "Call Quillfeather", "description": "Haemarginate", "patient_id": patient}
    assert send.post("/tasks", json=task).status_code == 201
    visit = {"patient_id": patient, "title": "Quillfeather", "starts_at": "Quillfeather"}
    assert send.post("/appointments", json=visit).status_code == 400
    seen_in_the_portal(running.url)


def seen_in_the_portal(url: str) -> None:
    """What a browser asks for without being signed in, and with a form that is not right."""
    with httpx.Client(base_url=url, timeout=30) as browser:
        assert browser.get("/patients", params={"q": "Quillfeather"}).status_code == 302
        assert browser.get("/Quillfeather/MRNQUILL7").status_code == 404
        sent = browser.post("/patients/new", data={"last_name": "Quillfeather"})
        assert sent.status_code in (302, 403)
        bad = {"email": "x.feather@example.org", "password": "Quillfeather"}
        assert browser.post("/api/auth/login", json=bad).status_code == 401
        assert browser.get("/ws/tenant/Quillfeather?ticket=MRNQUILL7").status_code in (
            400,
            404,
            426,
        )


def test_nothing_that_is_known_of_a_patient_is_in_any_log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("said")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        worker = running.register()
        worked_with(running, worker)
        (patient,) = worker.get("/patients", q="Quillfeather")
        assert patient["phone"] == PERSON["phone"]
        assert worker.get("/patients", q=patient["mrn"])[0]["mrn"] == patient["mrn"]
    said = written(folder / "var")
    assert "is ready" in said
    assert len(re.findall("celery|granian|sweep", said, re.IGNORECASE)) > 0
    assert [word for word in WORDS if word.lower() in said.lower()] == []
    assert re.search(rf"mrn\W{{0,6}}{patient['mrn']}\b", said, re.IGNORECASE) is None
