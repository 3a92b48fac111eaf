"""A packet is cut where it should be, and a second patient's part is never filed silently."""

import io
import json
import re

import pikepdf
import pytest

from agents.models import AgentRun, RunStatus
from clinic.models import AuditEntry
from clinic.refusals import Invalid
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from documents.actions import IllegalMove
from documents.corrections import Answer
from documents.models import Document, DocumentPage, DocumentStatus
from documents.packets import (
    AlreadyApproved,
    CannotCut,
    Cut,
    join_packet,
    proposal,
    split_packet,
)
from documents.review import review
from documents.samples import people
from documents.tests.reports import ROWS, report
from documents.tests.test_agent import patient, perform_all
from documents.tests.test_duplicates import charted, read
from tasks.models import PENDING, Task

pytestmark = pytest.mark.django_db(transaction=True)
MARIA = {"name": "Garcia, Maria", "dob": "06/30/1966", "mrn": "100002", "accession": "RM2605522"}
LATER = {"collected": "11/12/2026", "reported": "11/13/2026", "accession": "RM2609999"}


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def joined(*files: bytes) -> bytes:
    out = io.BytesIO()
    target = pikepdf.new()
    for data in files:
        with pikepdf.open(io.BytesIO(data)) as source:
            target.pages.extend(source.pages)
    target.save(out)
    return out.getvalue()


@pytest.fixture
def packet(at_work):
    """Two patients' reports in one file; the first patient is on file, the second not."""
    patient()
    return read(joined(report(), report(**MARIA)), at_work, "packet.pdf")


def test_cuts_are_proposed_with_their_reasons(packet):
    first, second = proposal(packet.extracted)
    assert (first.pages, first.kind, first.starts, first.other_patient) == ((1,), "lab", "", False)
    assert (second.pages, second.starts, second.other_patient) == ((2,), "other_patient", True)
    assert first.identity["name"][0] != second.identity["name"][0]
    assert packet.status == DocumentStatus.NOT_INGESTED
    assert "second_patient" in packet.extracted["reasons"]


def test_a_second_patients_part_waits_for_a_person_however_sure_it_is(packet, at_work):
    maria = patient(people.ALEX, mrn="100002", first_name="Maria", last_name="Garcia",
                    dob="1966-06-30")  # fmt: skip
    made = split_packet(document_id=packet.pk, parts=[Cut((1,)), Cut((2,))], by=at_work)
    perform_all()
    alexs, marias = (Document.objects.get(pk=one.pk) for one in made)
    assert alexs.status == DocumentStatus.INGESTED, alexs.extracted["reasons"]
    assert marias.patient_id == maria.pk
    assert marias.status == DocumentStatus.NOT_INGESTED
    assert marias.extracted["reasons"] == ["packet_second_patient"]
    assert charted(maria) == set()
    assert {row.document_id for row in Task.objects.filter(state__in=PENDING)} == {marias.pk}
    review(document_id=marias.pk, answer=Answer("approved"), by=at_work)
    assert charted(maria) == {(row[0], row[1], marias.pk) for row in ROWS}


def test_a_part_whose_patient_a_person_chose_may_be_filed(packet, at_work):
    maria = patient(people.ALEX, mrn="100002", first_name="Maria", last_name="Garcia",
                    dob="1966-06-30")  # fmt: skip
    parts = [Cut((1,)), Cut((2,), "lab", maria.pk)]
    _, marias = split_packet(document_id=packet.pk, parts=parts, by=at_work)
    perform_all()
    marias.refresh_from_db()
    assert marias.status == DocumentStatus.INGESTED, marias.extracted["reasons"]


def test_the_packet_stays_as_it_came_and_is_decided(packet, at_work, alice):
    before = (packet.sha256, packet.storage_name)
    parts = [Cut((1,), "lab"), Cut((2,), "lab")]
    made = split_packet(document_id=packet.pk, parts=parts, by=at_work)
    packet.refresh_from_db()
    assert (packet.sha256, packet.storage_name) == before
    assert (packet.status, packet.reviewed_by_id) == ("approved", alice.user.pk)
    assert not Task.objects.filter(document_id=packet.pk, state__in=PENDING).exists()
    assert AgentRun.objects.get(document_id=packet.pk).status == RunStatus.COMPLETED
    assert [(one.packet_id, one.packet_pages, one.pages) for one in made] == [
        (packet.pk, [1], 1),
        (packet.pk, [2], 1),
    ]
    assert [one.name for one in made] == ["packet (page 1).pdf", "packet (page 2).pdf"]
    assert AuditEntry.objects.filter(action="document.split", object_id=packet.pk).count() == 1
    answer = alice.api("GET", f"/api/documents/{made[1].pk}").json()
    assert (answer["packet_id"], answer["packet_pages"]) == (str(packet.pk), [2])


def test_words_are_taken_over_and_not_read_again(packet, at_work):
    words = DocumentPage.objects.get(document=packet, number=2).text["words"]
    [made] = split_packet(document_id=packet.pk, parts=[Cut((2,))], by=at_work)
    kept = DocumentPage.objects.get(document=made)
    assert (kept.number, kept.text["number"], kept.text["words"]) == (1, 1, words)


@pytest.mark.parametrize(
    "parts",
    [[], [Cut(())], [Cut((1,)), Cut((1,))], [Cut((0,))], [Cut((3,))], [Cut((1,), "novel")]],
    ids=["none", "no page", "a page twice", "before the first", "behind the last", "no such kind"],
)
def test_a_cut_that_cannot_be_changes_nothing(packet, at_work, parts):
    with pytest.raises(Invalid):
        split_packet(document_id=packet.pk, parts=parts, by=at_work)
    packet.refresh_from_db()
    assert packet.status == DocumentStatus.NOT_INGESTED
    assert Document.objects.count() == 1


def test_a_packet_is_cut_once(packet, at_work):
    split_packet(document_id=packet.pk, parts=[Cut((1,)), Cut((2,))], by=at_work)
    with pytest.raises(IllegalMove):
        split_packet(document_id=packet.pk, parts=[Cut((1,)), Cut((2,))], by=at_work)
    assert Document.objects.count() == 3


def test_a_file_of_one_page_by_its_kind_cannot_be_cut(at_work):
    from documents.tests.reports import scanned

    picture = read(scanned(report()), at_work, "scan.png")
    with pytest.raises(CannotCut):
        split_packet(document_id=picture.pk, parts=[Cut((1,))], by=at_work)


def test_undoing_a_cut_takes_back_what_was_charted(packet, at_work):
    alex = Document.objects.get(pk=packet.pk).patient or patient_of("100001")
    made = split_packet(document_id=packet.pk, parts=[Cut((1,)), Cut((2,))], by=at_work)
    perform_all()
    assert len(charted(alex)) == len(ROWS)
    join_packet(document_id=packet.pk, by=at_work)
    assert charted(alex) == set()
    perform_all()
    packet.refresh_from_db()
    assert (packet.status, packet.version) == (DocumentStatus.NOT_INGESTED, 2)
    assert {Document.objects.get(pk=one.pk).status for one in made} == {"rejected"}
    assert Task.objects.filter(document_id=packet.pk, state__in=PENDING).count() == 1


def patient_of(mrn):
    from patients.models import Patient

    return Patient.objects.get(mrn=mrn)


def test_a_cut_with_an_approved_part_is_not_undone(packet, at_work):
    _, second = split_packet(document_id=packet.pk, parts=[Cut((1,)), Cut((2,))], by=at_work)
    perform_all()
    maria = patient(people.ALEX, mrn="100002", first_name="Maria", last_name="Garcia")
    review(document_id=second.pk, answer=Answer("approved"), by=at_work, patient_id=maria.pk)
    with pytest.raises(AlreadyApproved):
        join_packet(document_id=packet.pk, by=at_work)
    assert Document.objects.get(pk=second.pk).status == DocumentStatus.APPROVED
    assert Document.objects.get(pk=packet.pk).status == DocumentStatus.APPROVED


def test_the_form_works_without_scripts(packet, alice, at_work):
    page = alice.client.get(f"/documents/{packet.pk}/packet").content.decode()
    assert "Two patients in one file" in page
    assert 'name="cut" value="2" checked' in page
    form = {"action": "split", "cut": "2", "kind-1": "lab", "kind-2": "left_out"}
    answer = alice.client.post(f"/documents/{packet.pk}/packet", form)
    assert (answer.status_code, answer["Location"]) == (302, f"/documents/{packet.pk}/packet")
    [made] = Document.objects.filter(packet=packet)
    assert made.packet_pages == [1]
    assert "The packet as it came" in read_page(alice, made)
    alice.client.post(f"/documents/{packet.pk}/packet", {"action": "join"})
    packet.refresh_from_db()
    assert packet.status == DocumentStatus.INGESTING


def read_page(person, document):
    perform_all()
    return person.client.get(f"/documents/{document.pk}").content.decode()


def test_the_api_cuts_a_packet(packet, alice, charlie):
    body = {"parts": [{"pages": [1], "kind": "lab"}, {"pages": [2]}]}
    path = f"/api/documents/{packet.pk}/split"
    assert charlie.api("POST", path, body).status_code == 404
    assert alice.api("POST", path, {"parts": [{"pages": [9]}]}).status_code == 400
    assert Document.objects.count() == 1
    answer = alice.api("POST", path, body)
    assert answer.status_code == 201, answer.content
    ids = json.loads(answer.content)["document_ids"]
    assert [str(one.pk) for one in Document.objects.filter(packet=packet).order_by("pk")] == ids
    assert alice.api("POST", path, body).status_code == 409


def test_the_page_of_a_single_document_and_of_another_clinic_is_not_there(
    packet, alice, charlie, at_work
):
    single = read(report(**LATER), at_work)
    assert alice.client.get(f"/documents/{single.pk}/packet").status_code == 404
    assert charlie.client.get(f"/documents/{packet.pk}/packet").status_code == 404
    answer = charlie.client.post(f"/documents/{packet.pk}/packet", {"action": "split"})
    assert answer.status_code == 404
    assert Document.objects.filter(packet__isnull=False).count() == 0


def test_cutting_as_proposed_files_nothing_of_a_second_patient_who_is_on_file(packet, alice):
    maria = patient(people.ALEX, mrn="100002", first_name="Maria", last_name="Garcia",
                    dob="1966-06-30")  # fmt: skip
    page = alice.client.get(f"/documents/{packet.pk}/packet").content.decode()
    owners = re.search(r'<select id="patient-2".*?</select>', page, re.DOTALL).group()
    assert str(maria.pk) in owners
    assert "selected" not in owners
    form = {"action": "split", "cut": "2", "kind-1": "lab", "kind-2": "lab", "patient-2": ""}
    alice.client.post(f"/documents/{packet.pk}/packet", form)
    perform_all()
    made = Document.objects.get(packet=packet, packet_pages=[2])
    assert (made.patient_id, made.status) == (maria.pk, DocumentStatus.NOT_INGESTED)
    assert charted(maria) == set()


def test_the_page_costs_the_same_for_few_and_for_many_documents(packet, alice, at_work):
    others = [
        report(name=f"{name}, Maria", dob=f"06/{n:02}/1966", mrn=f"10{n:04}")
        for n, name in enumerate(("Garcia", "Lopez", "Nguyen", "Smith", "Jones", "Cermak"), 1)
    ]
    many = read(joined(report(), *others), at_work, "many.pdf")
    assert len(proposal(many.extracted)) == 7
    counted = [
        page_and_queries(alice.client, f"/documents/{one.pk}/packet")[1] for one in (packet, many)
    ]
    assert counted[0] == counted[1] <= MOST_QUERIES


def test_a_packet_of_one_patient_that_is_certain_is_cut_by_itself(at_work):
    alex = patient()
    whole = read(joined(report(), report(**LATER)), at_work, "packet.pdf")
    assert whole.status == DocumentStatus.INGESTED
    parts = list(Document.objects.filter(packet=whole).order_by("pk"))
    assert [part.packet_pages for part in parts] == [[1], [2]]
    assert {part.status for part in parts} == {"ingested"}
    assert {source for _, _, source in charted(alex)} == {part.pk for part in parts}
    assert len(charted(alex)) == 2 * len(ROWS)
