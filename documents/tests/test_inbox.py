"""The inbox and taking files in, with and without JavaScript."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.models import AuditEntry
from documents.models import Document, DocumentStatus
from documents.samples import people
from patients.models import Patient

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files_of_their_own(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }


def sample(name="lab-rodriguez.pdf", called=None):
    return SimpleUploadedFile(called or name, (SAMPLES / name).read_bytes())


def send(person, *files, json=True, **fields):
    headers = {"Accept": "application/json"} if json else {}
    return person.client.post("/documents/upload", {"files": files, **fields}, headers=headers)


def add(name, number=0, **fields):
    return Document.objects.create(
        name=name,
        storage_name=f"{name}{number}",
        mime="application/pdf",
        size=1,
        sha256=f"{number:064d}",
        **fields,
    )


def test_a_script_gets_the_documents_addresses(alice):
    answer = send(alice, sample(), kind="lab")
    assert answer.status_code == 201
    (row,) = answer.json()
    with alice.at_work():
        document = Document.objects.get()
    assert row == {
        "document_id": str(document.pk),
        "file_name": "lab-rodriguez.pdf",
        "status": "uploaded",
        "message": "Document received.",
        "duplicate_of": None,
        "duplicate_url": None,
        "url": f"/documents/{document.pk}",
        "steps_url": f"/documents/{document.pk}/steps",
    }
    assert document.kind_given == "lab"
    assert document.uploaded_by_id == alice.user.pk


def test_the_same_file_again_says_where_the_first_one_is(alice):
    first = send(alice, sample()).json()[0]
    second = send(alice, sample(called="again.pdf")).json()[0]
    assert second["duplicate_of"] == first["document_id"]
    assert second["duplicate_url"] == first["url"]


def test_another_clinics_same_file_is_no_duplicate(alice, charlie):
    send(charlie, sample())
    assert send(alice, sample()).json()[0]["duplicate_of"] is None


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("letter.pdf", b"MZ\x90\x00 this is a program", 415, "unsupported_type"),
        ("page.html", b"<!doctype html><script>alert(1)</script>", 415, "unsupported_type"),
    ],
)
def test_files_of_other_kinds_are_refused_and_leave_nothing(alice, name, content, status, code):
    answer = send(alice, SimpleUploadedFile(name, content))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".")
    with alice.at_work():
        assert not Document.objects.exists()


def test_a_file_over_the_limit_is_refused(alice, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    answer = send(alice, sample())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_no_file_is_refused(alice):
    assert send(alice).status_code == 400


def test_another_clinics_patient_is_not_there_and_nothing_is_stored(alice, charlie):
    with charlie.at_work():
        stranger = Patient.objects.create(mrn="1", last_name="Stranger")
    for patient_id in (stranger.pk, "no-id"):
        assert send(alice, sample(), patient_id=patient_id).status_code == 404
    with alice.at_work():
        assert not Document.objects.exists()


def test_a_plain_form_takes_several_files_and_tells_of_each(alice):
    bad = SimpleUploadedFile("notes.txt", b"MZ\x90\x00")
    browser = alice.client
    answer = browser.post("/documents/upload", {"files": [sample(), bad]}, follow=True)
    assert answer.redirect_chain == [("/documents", 302)]
    text = answer.content.decode()
    assert "lab-rodriguez.pdf: received." in text
    assert "notes.txt: " in text
    with alice.at_work():
        assert Document.objects.count() == 1


def test_an_empty_plain_form_says_so(alice):
    answer = alice.client.post("/documents/upload", follow=True)
    assert "Choose at least one file." in answer.content.decode()


def test_a_form_on_a_patients_page_comes_back_to_it(alice):
    with alice.at_work():
        patient = Patient.objects.create(mrn="1", last_name="Smith")
    answer = send(alice, sample(), json=False, patient_id=patient.pk)
    assert answer["Location"] == f"/patients/{patient.pk}"


def test_the_steps_say_how_far_the_reading_is(alice, charlie):
    with alice.at_work():
        document = add("a.pdf", progress="text", status=DocumentStatus.INGESTING)
    path = f"/documents/{document.pk}/steps"
    answer = alice.client.get(path)
    assert [step["state"] for step in answer.context["steps"]] == [
        "done",
        "done",
        "current",
        "waiting",
        "waiting",
    ]
    assert answer.context["final"] is False
    with alice.at_work():
        Document.objects.update(
            status=DocumentStatus.REJECTED, rejection={"code": "empty_file", "message": "Empty."}
        )
    answer = alice.client.get(path)
    assert answer.context["final"] is True
    assert answer.context["outcome"] == "Empty."
    assert answer.context["steps"][2]["state"] == "failed"
    assert charlie.client.get(path).status_code == 404


def test_the_inbox_shows_the_clinics_documents_and_no_others(alice, bob, charlie):
    with alice.at_work():
        add("ours.pdf", status=DocumentStatus.NOT_INGESTED, doubtful=2, confidence=0.5)
    with charlie.at_work():
        add("theirs.pdf")
    for member in (alice, bob):
        text = member.client.get("/documents").content.decode()
        assert "ours.pdf" in text and "theirs.pdf" not in text
        assert "Start reviewing" in text
    text = charlie.client.get("/documents").content.decode()
    assert "theirs.pdf" in text and "ours.pdf" not in text


def test_filters_and_search_narrow_the_list(alice):
    with alice.at_work():
        smith = Patient.objects.create(mrn="1", first_name="Jo", last_name="Smith")
        add("one.pdf", 1, status=DocumentStatus.APPROVED, kind="lab", patient=smith)
        add("two.pdf", 2, status=DocumentStatus.REJECTED, kind="other")
    browser = alice.client

    def names(query):
        return [row["file_name"] for row in browser.get(f"/documents?{query}").context["documents"]]

    assert names("status=approved") == ["one.pdf"]
    assert names("kind=other") == ["two.pdf"]
    assert names("q=SMI") == ["one.pdf"]
    assert names("q=two") == ["two.pdf"]
    assert names(f"patient={smith.pk}") == ["one.pdf"]
    assert names("status=nonsense&kind=nonsense&patient=nonsense") == ["two.pdf", "one.pdf"]
    empty = browser.get("/documents?q=nothing")
    assert empty.context["hidden_by_filter"] == 2
    assert "The filter hides 2 documents." in empty.content.decode()
    chips = {chip["value"]: chip["count"] for chip in empty.context["statuses"]}
    assert (chips["approved"], chips["rejected"], chips["uploaded"]) == (1, 1, 0)


def test_pages_follow_each_other_without_gap_or_repetition(alice, monkeypatch):
    monkeypatch.setattr("clinic.views.lists.ROWS", 3)
    with alice.at_work():
        for number in range(8):
            add(f"{number}.pdf", number)
    browser, url, seen = alice.client, "/documents", []
    while url:
        page = browser.get(url).context
        seen += [row["file_name"] for row in page["documents"]]
        last, url = url, page["next_url"]
    assert seen == [f"{number}.pdf" for number in range(7, -1, -1)]
    back = browser.get(browser.get(last).context["prev_url"]).context["documents"]
    assert [row["file_name"] for row in back] == ["4.pdf", "3.pdf", "2.pdf"]
    assert browser.get("/documents?cursor=nonsense").context["documents"][0]["file_name"] == "7.pdf"


def test_the_list_costs_the_same_number_of_queries_for_any_length(alice, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = alice.client
    with alice.at_work():
        add("0.pdf", status=DocumentStatus.NOT_INGESTED)
    browser.get("/documents")
    with CaptureQueriesContext(connection) as few:
        browser.get("/documents")
    with alice.at_work():
        for number in range(1, 200):
            patient = Patient.objects.create(mrn=str(number), last_name=f"P{number}")
            add(f"{number}.pdf", number, patient=patient)
    with django_assert_num_queries(len(few)):
        assert len(browser.get("/documents").context["documents"]) == 50


def test_looking_at_the_list_leaves_no_line_of_audit(alice):
    with alice.at_work():
        add("a.pdf")
    alice.client.get("/documents")
    with alice.at_work():
        assert not AuditEntry.objects.exists()
