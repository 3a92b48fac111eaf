"""Values that no database takes, doubtful ones among sure ones, and what belongs to others."""

import copy

import pytest

from documents.corrections import Answer, ReviewRefused, corrected, empty_extraction, number_in
from documents.filing import chart_entries
from documents.models import Document, DocumentStatus
from documents.pipeline.types import Extraction, Field
from documents.samples import people
from documents.tests.test_agent import patient
from patients.models import Coverage, LabResult

pytestmark = pytest.mark.django_db
BOX = (0.1, 0.2, 0.3, 0.25)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def field(id_, name, value, **fields):
    known = {"page": 1, "bbox": BOX, "excerpt": str(value), "confidence": 0.97, **fields}
    return Field(id_, name, value, **known)


def document_with(*fields, owner=None, kind="lab", status=DocumentStatus.NOT_INGESTED):
    extraction = Extraction(pages=1, kind=kind, kind_confidence=0.97, fields=fields)
    return Document.objects.create(
        patient=owner,
        kind=kind,
        status=status,
        name="paper.pdf",
        storage_name=f"paper-{kind}",
        mime="application/pdf",
        size=1,
        sha256="0" * 64,
        extracted=extraction.as_dict(),
    )


@pytest.mark.parametrize("text", ["9" * 400, "1.2.3", "1e5", ""])
def test_what_is_no_finite_number_has_none(text):
    assert number_in(text) == (None, None)


@pytest.mark.parametrize("value", ["14\x008", "\ud800"])
def test_a_value_that_cannot_be_stored_is_refused(value):
    answer = Answer(status="approved", additions=[{"name": "lab", "label": "LDL", "value": value}])
    with pytest.raises(ReviewRefused):
        corrected(copy.deepcopy(empty_extraction()), answer, by="Alice", at="2025-11-02")


@pytest.mark.parametrize(
    "form",
    [
        {"action": "approve", "value-f1": "14\x008"},
        {"action": "approve", "value-f1": "9" * 400},
        {"action": "approve", "unit-f1": "mg\x00", "value-f1": "148"},
        {
            "action": "approve",
            "add-name": "lab",
            "add-label": "L\x00",
            "add-value": "1",
            "add-unit": "",
            "add-page": "",
        },
        {"action": "reject", "reason": "not \x00 ours"},
        {"action": "find_patient", "patient_q": "a\x00b"},
    ],
)
def test_a_form_with_characters_that_no_column_holds_is_no_server_error(at_work, alice, form):
    found = document_with(
        field("f1", "lab", "148", label="LDL", unit="mg/dL", value_num=148.0), owner=patient()
    )
    browser = alice.client
    browser.raise_request_exception = False
    answer = browser.post(f"/documents/{found.pk}", form)
    assert answer.status_code < 500


@pytest.mark.parametrize("path", ["/documents?q=a%00b", "/patients?q=a%00b", "/tasks?q=a%00b"])
def test_a_search_for_characters_that_no_column_holds_is_no_server_error(alice, path):
    browser = alice.client
    browser.raise_request_exception = False
    assert browser.get(path).status_code < 500


def test_a_doubtful_value_of_a_sure_paper_is_not_charted_unseen(at_work):
    sure = field("f1", "lab", "148", label="LDL", value_num=148.0)
    rival = field("f2", "lab", "52", label="HDL", value_num=52.0, warnings=("rival_value",))
    found = document_with(sure, rival, owner=patient())
    found.extracted["needs_review"] = ["f2"]
    entries = chart_entries(found, found.extracted, least=0.9, accepted="")
    assert [entry.name for entry in entries if isinstance(entry, LabResult)] == ["LDL"]


def test_another_persons_insurance_and_dates_are_not_charted(at_work):
    theirs = {"context": "other_patient"}
    found = document_with(
        field("f1", "lab", "148", label="LDL", value_num=148.0),
        field("f2", "doc.date_collected", "2024-01-01", **theirs),
        field("f3", "doc.date", "2025-11-02"),
        field("f4", "insurance.member_id", "XYZ1", **theirs),
        field("f5", "insurance.payer", "Aetna", **theirs),
        owner=patient(people.ALEX),
    )
    entries = chart_entries(found, found.extracted, least=0.0, accepted="Alice")
    assert not [entry for entry in entries if isinstance(entry, Coverage)]
    assert [str(entry.effective_date) for entry in entries] == ["2025-11-02"]
