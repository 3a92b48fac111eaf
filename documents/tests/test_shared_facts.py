"""A fact that two papers state stays in the chart while one of them still states it."""

import pytest
from django.utils import timezone

from clinic.recording import SYSTEM, change
from documents.charting import chart_document
from documents.corrections import Answer
from documents.models import Document, DocumentStatus
from documents.moving import file_under
from documents.pipeline.types import Extraction, Field
from documents.review import review
from patients.models import LabResult, Patient

pytestmark = pytest.mark.django_db
BOX = (0.1, 0.2, 0.3, 0.25)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def patient(mrn="1"):
    return Patient.objects.create(mrn=mrn, first_name="James", last_name="Smith")


def filed(owner, sha256, value="148", status=DocumentStatus.INGESTED, **fields):
    """A lab report that was read and filed, as the agent or a person leaves it."""
    lab = Field(
        "f1",
        "lab",
        value,
        label="LDL",
        unit="mg/dL",
        value_num=float(value),
        page=1,
        bbox=BOX,
        excerpt=f"LDL {value} mg/dL",
        confidence=0.97,
        effective_date="2025-11-02",
    )
    extraction = Extraction(pages=1, kind="lab", kind_confidence=0.97, fields=(lab,))
    document = Document.objects.create(
        patient=owner,
        kind="lab",
        status=status,
        name=f"{sha256}.pdf",
        storage_name=f"{sha256}-{owner.pk}",
        mime="application/pdf",
        size=1,
        sha256=sha256,
        extracted=extraction.as_dict(),
        **fields,
    )
    with change(SYSTEM) as record:
        chart_document(document, record)
    return document


def charted(owner):
    rows = LabResult.objects.filter(patient=owner, is_current=True)
    return [(lab.value, lab.source_document_id) for lab in rows]


def test_rejecting_one_paper_leaves_what_another_one_states(at_work):
    james = patient()
    first, second = filed(james, "a"), filed(james, "b")
    assert charted(james) == [("148", first.pk)]
    reject = Answer(status="rejected", reason="Belongs to somebody else")
    review(document_id=first.pk, answer=reject, by=at_work)
    assert charted(james) == [("148", second.pk)]
    lab = LabResult.objects.get(source_document_id=second.pk)
    assert (lab.page, lab.box, lab.accepted_by_id) == (1, list(BOX), None)


def test_what_a_person_had_approved_comes_back_under_their_name(at_work, bob):
    james = patient()
    first = filed(james, "a")
    seen = {"reviewed_by_id": bob.user.pk, "reviewed_at": timezone.now()}
    filed(james, "b", status=DocumentStatus.APPROVED, **seen)
    review(document_id=first.pk, answer=Answer(status="rejected", reason="Not ours"), by=at_work)
    lab = LabResult.objects.get(patient=james, is_current=True)
    assert (lab.accepted_by_id, lab.accepted_label) == (bob.user.pk, bob.user.name)


def test_rejecting_the_last_paper_takes_the_fact_away(at_work):
    james = patient()
    first, second = filed(james, "a"), filed(james, "b")
    for document in (second, first):
        answer = Answer(status="rejected", reason="Not ours")
        review(document_id=document.pk, answer=answer, by=at_work)
    assert charted(james) == []


def test_a_value_removed_from_one_paper_stays_where_another_one_states_it(at_work):
    james = patient()
    first, second = filed(james, "a"), filed(james, "b")
    review(document_id=first.pk, answer=Answer(status="approved", removals=["f1"]), by=at_work)
    assert charted(james) == [("148", second.pk)]


def test_a_corrected_value_does_not_come_back_from_an_exact_copy(at_work):
    james = patient()
    first = filed(james, "a")
    filed(james, "a-copy")
    Document.objects.filter(sha256="a-copy").update(sha256="a")
    answer = Answer(status="approved", corrections=[{"id": "f1", "value": "143"}])
    review(document_id=first.pk, answer=answer, by=at_work)
    assert charted(james) == [("143", first.pk)]


def test_moving_one_paper_leaves_what_another_one_states(at_work):
    james, jim = patient(), patient("2")
    first, second = filed(james, "a"), filed(james, "b")
    file_under(document_id=first.pk, patient_id=jim.pk, by=at_work)
    assert charted(james) == [("148", second.pk)]
    assert charted(jim) == [("148", first.pk)]


def test_a_moved_paper_adds_nothing_that_the_other_chart_has(at_work):
    james, jim = patient(), patient("2")
    first, second = filed(james, "a"), filed(jim, "b")
    file_under(document_id=first.pk, patient_id=jim.pk, by=at_work)
    assert charted(james) == []
    assert charted(jim) == [("148", second.pk)]
    review(document_id=second.pk, answer=Answer(status="rejected", reason="No"), by=at_work)
    assert charted(jim) == [("148", first.pk)]


def test_moving_the_paper_whose_facts_were_charted_already_charts_them(at_work):
    james, jim = patient(), patient("2")
    first, second = filed(james, "a"), filed(james, "b")
    file_under(document_id=second.pk, patient_id=jim.pk, by=at_work)
    assert charted(james) == [("148", first.pk)]
    assert charted(jim) == [("148", second.pk)]
