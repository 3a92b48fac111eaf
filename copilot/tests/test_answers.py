"""Answers read well: places stand where they were cited, days as people write them."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from copilot.tests.talking import Chat
from copilot.toolbox import Page
from documents.models import Document
from patients.models import LabResult, MedicationStatement, Patient

pytestmark = pytest.mark.django_db(transaction=True)


def paper(patient, **more):
    return Document.objects.create(
        patient=patient, kind="lab", status="approved", name="lab.pdf", storage_name=str(uuid4()),
        mime="application/pdf", size=1, sha256="0" * 64, **more,
    )  # fmt: skip


@pytest.fixture
def maria(alice) -> Patient:
    with alice.at_work():
        return Patient.objects.create(mrn="1001", first_name="Maria", last_name="Garcia")


def place(document, field, page):
    return {
        "source_document_id": document.pk, "source_field": field, "page": page,
        "box": [0.1, 0.2, 0.3, 0.4],
    }  # fmt: skip


def test_each_value_of_a_summary_is_followed_by_its_own_place(alice, maria):
    with alice.at_work():
        scan = paper(maria)
        for name, field, page in (("Metformin", "f1", 1), ("Lisinopril", "f2", 3)):
            MedicationStatement.objects.create(patient=maria, name=name, **place(scan, field, page))
        LabResult.objects.create(
            patient=maria, name="Potassium", value="6", value_num=6, unit="mmol/L", flag="H",
            effective_date=date(2025, 3, 4), **place(scan, "f3", 2),
        )  # fmt: skip
    said = Chat(alice, Page(patient_id=maria.pk)).ask("summarise this patient")
    for name, field, page in (("Metformin", "f1", 1), ("Lisinopril", "f2", 3)):
        assert f"{name} [lab, page {page}](/documents/{scan.pk}?field={field}&page={page})" in said
    assert f"4 Mar 2025\\) [lab, page 2](/documents/{scan.pk}?field=f3&page=2)" in said


@pytest.mark.parametrize("name", ["Garcia [1]", "Garcia [99]", "[0]"])
def test_a_name_like_a_mark_cites_nothing_that_is_not_there(alice, maria, name):
    with alice.at_work():
        Patient.objects.filter(pk=maria.pk).update(last_name=name)
    said = Chat(alice, Page(patient_id=maria.pk)).ask("summarise this patient")
    assert "Nothing is charted from a document yet" in said
    assert "/documents/" not in said


def test_days_and_names_of_a_paper_are_written_for_people(alice, maria):
    fields = [
        {
            "id": "f1",
            "name": "patient.dob",
            "label": "BIRTH DATE",
            "value": "1945-07-14",
            "page": 1,
        },
        {"id": "f2", "name": "lab.hgb", "label": "HGB", "value": "13.1", "unit": "g/dL", "page": 2},
        {"id": "f3", "name": "doc.number", "label": "Case", "value": "2026-02-31", "page": 2},
    ]
    with alice.at_work():
        scan = paper(maria, extracted={"fields": fields})
    said = Chat(alice, Page(document_id=scan.pk)).ask("what was read from this document?")
    assert f"- Birth date: 14 Jul 1945 [page 1](/documents/{scan.pk}?field=f1&page=1)" in said
    assert f"- HGB: 13.1 g/dL [page 2](/documents/{scan.pk}?field=f2&page=2)" in said
    assert "- Case: 2026-02-31 " in said
