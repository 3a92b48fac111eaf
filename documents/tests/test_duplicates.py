"""The same paper again, its corrected version, and the next report that only looks like it."""

import pytest
from django.core.files.base import ContentFile

from clinic.models import Event
from documents.actions import receive_upload
from documents.corrections import Answer
from documents.models import Document, DocumentLink, DocumentStatus
from documents.review import review
from documents.tests.reports import ROWS, report, scanned
from documents.tests.test_agent import patient, perform_all
from patients.models import LabResult

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def with_value(name: str, value: str):
    return tuple((n, value if n == name else v, *rest) for n, v, *rest in ROWS)


def read(data, by, name="paper.pdf", **fields):
    document = receive_upload(file=ContentFile(data, name=name), by=by, **fields).document
    perform_all()
    document.refresh_from_db()
    return document


def links():
    return {(link.document_id, link.type, link.other_id) for link in DocumentLink.objects.all()}


def charted(owner):
    rows = LabResult.objects.filter(patient=owner, is_current=True)
    return {(lab.name, lab.value, lab.source_document_id) for lab in rows}


def told(client, document):
    return client.get(f"/documents/{document.pk}").content.decode()


def test_a_scan_of_a_filed_paper_is_linked_both_ways_and_charted_once(at_work, alice):
    alex = patient()
    first = read(report(), at_work)
    again = read(scanned(report()), at_work, "scan.png", patient_id=alex.pk)
    assert first.status == DocumentStatus.INGESTED, first.extracted["reasons"]
    assert again.extracted["fields"], "the scan was read"
    assert links() == {
        (first.pk, "rescan", again.pk),
        (again.pk, "rescan", first.pk),
    }
    if again.status == DocumentStatus.NOT_INGESTED:
        review(document_id=again.pk, answer=Answer("approved"), by=at_work)
    assert charted(alex) == {(row[0], row[1], first.pk) for row in ROWS}
    for one, other in ((first, again), (again, first)):
        answer = alice.api("GET", f"/api/documents/{one.pk}").json()
        [twin] = answer["extracted"]["duplicates"]
        assert (twin["document_id"], twin["type"]) == (str(other.pk), "rescan")
        assert 0.85 <= twin["score"] <= 1.0
        page = alice.client.get(f"/documents/{one.pk}").content.decode()
        assert "scanned another time" in page
        assert f'href="/documents/{other.pk}"' in page
    rows = {row["document_id"]: row for row in alice.api("GET", "/api/documents").json()}
    assert rows[str(first.pk)]["extracted"]["duplicates"][0]["document_id"] == str(again.pk)
    assert "links" not in rows[str(first.pk)]


def test_when_the_paper_that_was_charted_is_rejected_its_scan_is_charted(at_work):
    alex = patient()
    first = read(report(), at_work)
    # Another printing of the same report: the text is the same, the bytes are not.
    again = read(report() + b"\n% printed again\n", at_work, "again.pdf")
    assert {link.type for link in DocumentLink.objects.all()} == {"rescan"}
    assert {source for _, _, source in charted(alex)} == {first.pk}
    review(document_id=first.pk, answer=Answer("rejected", reason="Sent twice"), by=at_work)
    assert charted(alex) == {(row[0], row[1], again.pk) for row in ROWS}


def test_a_value_removed_from_a_paper_does_not_come_back_from_its_scan(at_work):
    alex = patient()
    first = read(report(), at_work)
    read(report() + b"\n% printed again\n", at_work, "again.pdf")
    wrong = next(f["id"] for f in first.extracted["fields"] if f["label"] == "Glucose")
    review(document_id=first.pk, answer=Answer("approved", removals=[wrong]), by=at_work)
    assert "Glucose" not in {name for name, _, _ in charted(alex)}


@pytest.mark.parametrize(
    "other",
    [
        {"collected": "11/12/2026", "reported": "11/13/2026", "accession": "RM2609999"},
        {"collected": "11/12/2026", "reported": "11/13/2026"},
        {"accession": "RM2609999"},
        {"name": "Rodriguez, Ana", "dob": "05/02/1985", "mrn": "100077"},
    ],
    ids=["next visit", "same number on another day", "another number", "another patient"],
)
def test_the_next_report_of_the_same_layout_is_another_paper(at_work, other):
    alex = patient()
    first = read(report(), at_work)
    second = read(report(with_value("Glucose", "96"), **other), at_work, patient_id=alex.pk)
    assert first.extracted and second.extracted
    assert links() == set()
    assert first.extracted["duplicates"] == second.extracted["duplicates"] == []


def test_two_reports_with_the_same_values_on_two_days_are_both_charted(at_work):
    alex = patient()
    later = {"collected": "11/12/2026", "reported": "11/13/2026", "accession": "RM2609999"}
    first, second = read(report(), at_work), read(report(**later), at_work)
    assert links() == set()
    assert len(charted(alex)) == 2 * len(ROWS)
    assert {source for _, _, source in charted(alex)} == {first.pk, second.pk}


def test_a_corrected_report_waits_for_a_person_and_then_replaces_what_it_corrects(at_work, alice):
    alex = patient()
    first = read(report(), at_work)
    before = Event.objects.count()
    corrected = report(
        with_value("Potassium", "4.7"), title="CORRECTED REPORT", reported="10/24/2026"
    )
    second = read(corrected, at_work, "corrected.pdf")
    assert links() == {
        (second.pk, "amended", first.pk),
        (first.pk, "amended_by", second.pk),
    }
    told_of = Event.objects.order_by("seq")[before:].values_list("doc__document_id", flat=True)
    assert str(first.pk) in set(told_of)
    assert second.status == DocumentStatus.NOT_INGESTED
    assert "amended_report" in second.extracted["reasons"]
    assert ("Potassium", "4.1", first.pk) in charted(alex)
    assert "corrects an earlier one" in told(alice.client, second)
    assert "A corrected version of this report" in told(alice.client, first)
    review(document_id=second.pk, answer=Answer("approved"), by=at_work)
    now = {(name, value) for name, value, _ in charted(alex)}
    assert now == {(row[0], row[1]) for row in with_value("Potassium", "4.7")}
    review(document_id=second.pk, answer=Answer("rejected", reason="Not ours"), by=at_work)
    assert ("Potassium", "4.1") in {(name, value) for name, value, _ in charted(alex)}


def test_the_first_version_that_comes_after_its_correction_changes_nothing(at_work):
    alex = patient()
    corrected = report(
        with_value("Potassium", "4.7"), title="CORRECTED REPORT", reported="10/24/2026"
    )
    second = read(corrected, at_work, "corrected.pdf")
    first = read(report(), at_work)
    assert (second.status, first.status) == ("ingested", "ingested")
    assert links() == {
        (second.pk, "amended", first.pk),
        (first.pk, "amended_by", second.pk),
    }
    assert ("Potassium", "4.1") not in {(name, value) for name, value, _ in charted(alex)}
    assert ("Potassium", "4.7", second.pk) in charted(alex)


def test_another_clinics_paper_is_no_copy(alice, charlie):
    for person in (alice, charlie):
        with person.at_work():
            patient()
            read(report(), person.actor)
            assert links() == set()
            assert Document.objects.get().duplicate_of_id is None
