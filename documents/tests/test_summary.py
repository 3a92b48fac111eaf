"""The summary's endpoint: its citations exist, and it is kept exactly as long as it is true."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import runner
from agents.artifacts import purge_artifacts
from agents.models import AgentRun, AIArtifact
from clinic.models import AuditEntry
from clinic.recording import change
from documents.actions import receive_upload
from documents.models import Document
from documents.samples import people
from patients.charting import chart_facts, withdraw_facts
from patients.models import Condition, LabResult, Patient
from tasks.actions import create_task

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100001", first_name="Alex", last_name="Rodriguez", dob=people.ALEX.dob,
            gender="Male",
        )  # fmt: skip


def add(alice, patient, *entries):
    with alice.at_work(), change(alice.actor) as record:
        chart_facts(patient.pk, entries, record)


def paper(alice, patient):
    with alice.at_work():
        return Document.objects.create(
            patient=patient, kind="lab", status="approved", name="a.pdf", storage_name="x/a",
            mime="application/pdf", size=1, sha256="0" * 64, pages=1,
        )  # fmt: skip


def proven(document, **fields):
    return {
        "source_document_id": document.pk, "page": 1, "box": [0.1, 0.2, 0.3, 0.4],
        "excerpt": "as read", **fields,
    }  # fmt: skip


def ask(person, patient, query=""):
    return person.api("GET", f"/api/patients/{patient.pk}/summary{query}")


def test_an_empty_chart_says_so(alice, patient):
    answer = ask(alice, patient)
    assert answer.status_code == 200
    found = answer.json()
    assert found["summary"].split("\n\n")[1:] == [
        "Nothing is charted from a document yet.", "Nothing is open.",
    ]  # fmt: skip
    assert re.fullmatch(
        r"Alex Rodriguez, \d+ years old, male, MRN 100001\.", found["summary"].split("\n\n")[0]
    )
    assert (found["citations"], found["model"]) == ([], "rules-1")


def test_every_sentence_of_a_read_paper_cites_evidence_that_exists(alice, patient):
    with alice.at_work():
        data = (SAMPLES / "lab-rodriguez.pdf").read_bytes()
        receive_upload(file=ContentFile(data, name="a.pdf"), by=alice.actor, patient_id=patient.pk)
        runner.perform(AgentRun.objects.get().pk)
        assert Document.objects.get().status == "ingested"
    found = ask(alice, patient).json()
    sentences = found["summary"].split("\n\n")
    clinical = [s for s in sentences[1:-1] if not s.startswith("Not charted")]
    assert clinical
    for sentence in clinical:
        marks = [int(mark) for mark in re.findall(r"\[(\d+)\]", sentence)]
        assert marks and max(marks) <= len(found["citations"]), sentence
    with alice.at_work():
        for cited in found["citations"]:
            assert (cited["document_id"], cited["kind"]) == (str(Document.objects.get().pk), "lab")
            assert LabResult.objects.filter(
                page=cited["page"], box=cited["bbox"], excerpt=cited["excerpt"]
            ).exists()


def test_it_is_kept_for_an_hour_and_dropped_when_the_chart_changes(alice, patient):
    document = paper(alice, patient)
    add(alice, patient, Condition(name="Gout", **proven(document)))
    first = ask(alice, patient).json()
    assert "Problems: Gout [1]." in first["summary"]
    assert ask(alice, patient).json() == first
    add(alice, patient, Condition(name="Asthma", **proven(document, box=[0, 0, 0.1, 0.1])))
    second = ask(alice, patient).json()
    assert "Asthma" in second["summary"] and second["generated_at"] > first["generated_at"]
    with alice.at_work(), change(alice.actor) as record:
        withdraw_facts(document.pk, record)
    assert "Nothing is charted" in ask(alice, patient).json()["summary"]
    with alice.at_work():
        assert AIArtifact.objects.count() == 1


def test_refresh_and_expiry_write_it_anew(alice, patient):
    first = ask(alice, patient).json()["generated_at"]
    again = ask(alice, patient, "?refresh=true").json()["generated_at"]
    assert again > first
    assert ask(alice, patient, "?refresh=false").json()["generated_at"] == again
    assert ask(alice, patient, "?refresh=perhaps").status_code == 400
    with alice.at_work():
        AIArtifact.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(alice, patient).json()["generated_at"] > again


def test_what_is_open_is_never_stale(alice, patient):
    ask(alice, patient)
    with alice.at_work():
        for number in range(6):
            create_task(by=alice.actor, title=f"Call {number}", patient_id=patient.pk)
        create_task(
            by=alice.actor, title="Repeat HbA1c", patient_id=patient.pk, priority="urgent",
            assigned_to="Bob Brown",
        )  # fmt: skip
        Document.objects.filter(pk=paper(alice, patient).pk).update(status="not_ingested")
    assert ask(alice, patient).json()["summary"].split("\n\n")[-1] == (
        "Open: T10007 Repeat HbA1c (urgent, with Bob Brown); T10001 Call 0 (medium);"
        " T10002 Call 1 (medium); T10003 Call 2 (medium); T10004 Call 3 (medium);"
        " 2 more tasks; 1 document to check."
    )


def test_reading_it_leaves_one_line_in_the_audit(alice, bob, charlie, patient):
    ask(bob, patient)
    assert ask(charlie, patient).status_code == 404
    with alice.at_work():
        line = AuditEntry.objects.get(action="patient.summary")
        assert (line.actor, line.patient_id) == ("Bob Brown", patient.pk)
        assert AIArtifact.objects.count() == 1


def test_200_results_cost_as_many_queries_as_one(alice, patient):
    document = paper(alice, patient)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert ask(alice, patient).status_code == 200
        return len(seen)

    add(alice, patient, result(document, 0))
    one = queries()
    add(alice, patient, *(result(document, number) for number in range(1, 200)))
    assert queries() == one


def result(document, number):
    return LabResult(
        name=f"Test {number}", value="9", value_num=9, range_low=0, range_high=5, **proven(document)
    )


def test_expired_artifacts_are_purged(alice, charlie, patient):
    ask(alice, patient)
    purge_artifacts()
    with alice.at_work():
        assert AIArtifact.objects.count() == 1
        AIArtifact.objects.update(expires_at=timezone.now())
    purge_artifacts()
    with alice.at_work():
        assert AIArtifact.objects.count() == 0
