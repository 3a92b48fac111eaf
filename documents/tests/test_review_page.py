"""A document's page: looking, correcting, approving and rejecting with a plain form."""

import io
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from clinic.models import AuditEntry, Event
from documents.models import Document, DocumentPage, DocumentStatus
from documents.pages import cache_folder, forget_oldest
from documents.pipeline.types import Extraction, Field, PageText
from documents.samples import people
from patients.models import LabResult, Patient
from tasks.agent_tasks import open_agent_task
from tasks.models import Task, TaskState

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db
BOX = (0.1, 0.2, 0.3, 0.25)


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


def extraction(*, disagree=()):
    fields = (
        Field("f1", "patient.name", "SMITH, JAMES", page=1, bbox=BOX, confidence=0.97),
        Field("f2", "patient.dob", "1962-11-05", page=1, bbox=BOX, confidence=0.97),
        Field(
            "f3",
            "lab",
            "148",
            label="LDL",
            unit="mg/dL",
            value_num=148.0,
            page=1,
            bbox=BOX,
            confidence=0.55,
            ref_range={"raw": "<100", "low": None, "high": 100.0},
        ),
        Field("f4", "lab", "50", label="HDL", unit="mg/dL", value_num=50.0, confidence=0.95),
    )
    made = Extraction(
        pages=1,
        kind="lab",
        kind_confidence=0.9,
        fields=fields,
        reasons=("low_confidence:lab",),
        needs_review=("f3",),
        patient_match={"patient_id": None, "score": 0.9, "agree": [], "disagree": list(disagree)},
    )
    return made.as_dict()


def add(name="lab.pdf", **fields):
    document = Document.objects.create(
        **{
            "name": name,
            "storage_name": default_storage.save(name, ContentFile(b"%PDF-1.4 nothing")),
            "mime": "application/pdf",
            "size": 1,
            "sha256": name.ljust(64, "0"),
            "pages": 1,
            "kind": "lab",
            "status": DocumentStatus.NOT_INGESTED,
            "confidence": 0.55,
            "extracted": extraction(),
            "doubtful": 1,
            **fields,
        }
    )
    page = PageText(1, 612.0, 792.0, "trusted", ())
    DocumentPage.objects.create(document=document, number=1, text=page.as_dict())
    return document


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


@pytest.fixture
def document(alice, smith):
    with alice.at_work():
        return add(patient=smith)


def values(document, **changes):
    """The form as the page shows it, with some inputs changed."""
    posted = {"version": document.version, "kind": document.kind, "action": "approve"}
    for field in document.extracted["fields"]:
        posted[f"value-{field['id']}"] = field["value"]
        if field["name"] == "lab":
            posted[f"unit-{field['id']}"] = field["unit"]
    return posted | {name.replace("_", "-"): value for name, value in changes.items()}


def charted():
    return {lab.name: lab.value for lab in LabResult.objects.filter(is_current=True)}


def test_the_page_shows_every_value_with_its_box(alice, document):
    answer = alice.client.get(f"/documents/{document.pk}?field=f3")
    text = answer.content.decode()
    assert answer.status_code == 200
    for field in document.extracted["fields"]:
        assert f'name="value-{field["id"]}"' in text
    assert 'data-box="f3"' in text
    assert "Lab result could not be read with certainty" in text
    assert answer.context["queue"]["total"] == 1


def test_looking_leaves_one_line_of_audit_and_fragments_none(alice, document):
    browser = alice.client
    browser.get(f"/documents/{document.pk}")
    browser.get(f"/documents/{document.pk}?fragment=head")
    browser.get(f"/documents/{document.pk}/steps")
    with alice.at_work():
        line = AuditEntry.objects.get()
    assert (line.action, line.object_id) == ("document.view", document.pk)
    assert (line.patient_id, line.actor_id) == (document.patient_id, alice.user.pk)


def test_approving_an_untouched_form_charts_what_was_read(bob, document):
    answer = bob.client.post(f"/documents/{document.pk}", values(document))
    assert (answer.status_code, answer["Location"]) == (302, "/documents")
    with bob.at_work():
        document.refresh_from_db()
        assert document.status == DocumentStatus.APPROVED
        assert document.reviewed_by_id == bob.user.pk
        assert charted() == {"LDL": "148", "HDL": "50"}
        states = {f["id"]: f["review"]["state"] for f in document.extracted["fields"]}
    assert states == dict.fromkeys(("f1", "f2", "f3", "f4"), "confirmed")


def test_corrections_removals_and_additions_reach_the_chart(alice, document):
    posted = values(document, value_f3="147", remove_f4="1") | {
        "add-name": "lab",
        "add-label": "Triglycerides",
        "add-value": "90",
        "add-unit": "mg/dL",
        "add-page": "1",
    }
    assert alice.client.post(f"/documents/{document.pk}", posted).status_code == 302
    with alice.at_work():
        assert charted() == {"LDL": "147", "Triglycerides": "90"}
        document.refresh_from_db()
        corrected = document.extracted["fields"][2]
    assert corrected["review"]["original"] == {"value": "148", "unit": "mg/dL"}
    page = alice.client.get(f"/documents/{document.pk}")
    assert page.context["editable"] is False
    assert "was 148 mg/dL" in page.content.decode()


def test_approving_leads_to_the_next_doubtful_one_and_closes_the_task(alice, smith, document):
    with alice.at_work():
        following = add("next.pdf", patient=smith)
        open_task(alice, document, "document_review")
    browser = alice.client
    place = browser.get(f"/documents/{document.pk}").context["queue"]
    assert place == {
        "position": 1,
        "total": 2,
        "next_url": f"/documents/next?after={document.pk}",
        "previous_url": "",
    }
    answer = browser.post(f"/documents/{document.pk}", values(document))
    assert answer["Location"] == f"/documents/{following.pk}"
    with alice.at_work():
        assert Task.objects.get().state == TaskState.DONE


def test_a_value_that_cannot_be_is_refused_with_everything_kept(alice, document):
    posted = values(document, value_f2="soon", value_f3="147", kind="imaging")
    answer = alice.client.post(f"/documents/{document.pk}", posted)
    assert answer.status_code == 422
    (error,) = answer.context["form_errors"]
    assert error["id"] == "value-f2"
    text = answer.content.decode()
    assert 'value="147"' in text and 'value="soon"' in text
    assert answer.context["document"]["kind"] == "imaging"
    with alice.at_work():
        document.refresh_from_db()
        assert (document.status, charted()) == (DocumentStatus.NOT_INGESTED, {})


def test_an_emptied_value_asks_to_remove_the_field_instead(alice, document):
    answer = alice.client.post(f"/documents/{document.pk}", values(document, value_f3=""))
    assert answer.status_code == 422
    message = answer.context["form_errors"][0]["message"]
    assert message == "LDL: Enter a value, or remove the field."


def test_rejecting_needs_a_reason(alice, document):
    browser, path = alice.client, f"/documents/{document.pk}"
    answer = browser.post(path, {"action": "reject", "reason": " "})
    assert (answer.status_code, answer.context["form_errors"][0]["id"]) == (422, "reason")
    answer = browser.post(path, {"action": "reject", "reason": "Sent twice"})
    assert answer["Location"] == "/documents"
    with alice.at_work():
        document.refresh_from_db()
        assert (document.status, charted()) == (DocumentStatus.REJECTED, {})
    page = browser.get(path)
    assert page.context["editable"] is False
    assert "Sent twice" in page.content.decode()


def test_a_form_of_an_earlier_reading_is_refused(alice, document):
    posted = values(document)
    with alice.at_work():
        Document.objects.update(version=2)
    answer = alice.client.post(f"/documents/{document.pk}", posted)
    assert answer.status_code == 422
    assert "was read again" in answer.context["form_errors"][0]["message"]
    with alice.at_work():
        assert charted() == {}


def test_the_second_of_two_people_is_told_calmly(alice, bob, document):
    assert bob.client.post(f"/documents/{document.pk}", values(document)).status_code == 302
    answer = alice.client.post(
        f"/documents/{document.pk}", values(document, value_f3="1"), follow=True
    )
    assert "This document has been approved already." in answer.content.decode()
    with alice.at_work():
        assert charted() == {"LDL": "148", "HDL": "50"}


def test_without_a_patient_the_page_proposes_those_it_names(alice, smith):
    with alice.at_work():
        document = add()
        Patient.objects.create(mrn="9", first_name="Mary", last_name="Jones")
    browser, path = alice.client, f"/documents/{document.pk}"
    page = browser.get(path)
    assert [row["id"] for row in page.context["candidates"]] == [smith.pk]
    assert page.context["candidates"][0]["reason"].startswith("same name and date of birth")
    assert page.context["patient_required"] is True
    answer = browser.post(path, values(document))
    assert answer.context["form_errors"][0]["id"] == "patient-choice"
    answer = browser.post(path, values(document, value_f3="147") | {"patient_id": str(smith.pk)})
    assert answer.status_code == 302
    with alice.at_work():
        document.refresh_from_db()
        assert document.patient_id == smith.pk
        assert LabResult.objects.filter(patient=smith).count() == 2


def test_a_patient_can_be_searched_for_without_scripts(alice, document):
    with alice.at_work():
        mary = Patient.objects.create(mrn="9", first_name="Mary", last_name="Jones")
    posted = values(document, value_f3="147") | {"action": "find_patient", "patient_q": "Jones"}
    answer = alice.client.post(f"/documents/{document.pk}", posted)
    assert answer.status_code == 200
    assert mary.pk in [row["id"] for row in answer.context["candidates"]]
    text = answer.content.decode()
    assert 'value="147"' in text and 'value="Jones"' in text


def test_a_page_that_names_somebody_else_lets_nobody_be_chosen_for_the_person(alice, smith):
    with alice.at_work():
        document = add(patient=smith, extracted=extraction(disagree=["name", "dob", "sex"]))
    context = alice.client.get(f"/documents/{document.pk}").context
    assert context["patient_conflict"]["disagree"] == ["name", "date of birth"]
    assert context["patient_required"] is True
    assert not any(row["checked"] for row in context["candidates"])


def test_another_clinics_patient_cannot_be_chosen(alice, charlie, document):
    with charlie.at_work():
        stranger = Patient.objects.create(mrn="1", last_name="Stranger")
    posted = values(document) | {"patient_id": str(stranger.pk)}
    answer = alice.client.post(f"/documents/{document.pk}", posted)
    assert answer.status_code == 422
    with alice.at_work():
        document.refresh_from_db()
        assert (document.status, charted()) == (DocumentStatus.NOT_INGESTED, {})


def test_what_was_filed_unseen_can_be_corrected_on_request(alice, smith):
    with alice.at_work():
        document = add(patient=smith, status=DocumentStatus.INGESTED)
    browser, path = alice.client, f"/documents/{document.pk}"
    page = browser.get(path)
    assert (page.context["editable"], page.context["can_correct"]) == (False, True)
    assert browser.get(f"{path}?correct=1").context["editable"] is True
    assert browser.post(path, values(document, value_f3="147")).status_code == 302
    with alice.at_work():
        assert charted()["LDL"] == "147"


def test_a_file_that_could_not_be_read_says_why(alice):
    rejection = {"code": "corrupt_file", "message": "The file is damaged."}
    with alice.at_work():
        document = add(status=DocumentStatus.REJECTED, rejection=rejection, extracted=None)
    text = alice.client.get(f"/documents/{document.pk}").content.decode()
    assert "The file is damaged." in text and "Upload again" in text


def test_a_document_that_is_being_read_shows_its_steps(alice):
    with alice.at_work():
        document = add(status=DocumentStatus.INGESTING, progress="text", extracted=None)
    answer = alice.client.get(f"/documents/{document.pk}")
    assert answer.context["reading"] is True
    assert f'id="steps-{document.pk}"' in answer.content.decode()


def open_task(person, document, kind):
    from clinic.recording import change

    with change(by=person.actor) as record:
        open_agent_task(
            record=record,
            title="Look",
            description="",
            kind=kind,
            agent_type="document_extraction",
            patient_id=document.patient_id,
            document_id=document.pk,
        )


def encrypted(password):
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(made, encryption=pikepdf.Encryption(user=password, owner="owner"))
    return made.getvalue()


def test_a_locked_file_asks_for_its_password(alice):
    with alice.at_work():
        name = default_storage.save("locked", ContentFile(encrypted("sesame")))
        document = add(storage_name=name, extracted=None, doubtful=0)
        open_task(alice, document, "needs_password")
    browser, path = alice.client, f"/documents/{document.pk}"
    assert 'name="password"' in browser.get(path).content.decode()
    for wrong in ("", "simsim"):
        answer = browser.post(path, {"action": "password", "password": wrong})
        assert (answer.status_code, answer.context["form_errors"][0]["id"]) == (422, "password")
        assert "simsim" not in answer.content.decode()
    assert browser.post(path, {"action": "password", "password": "sesame"}).status_code == 302
    with alice.at_work():
        document.refresh_from_db()
        assert (document.status, document.version) == (DocumentStatus.INGESTING, 2)
    answer = browser.post(path, {"action": "password", "password": "sesame"}, follow=True)
    assert "This document is being read." in answer.content.decode()


def test_a_reading_that_stopped_can_be_started_again(alice, charlie):
    with alice.at_work():
        document = add(extracted=None, doubtful=0)
        open_task(alice, document, "document_failed")
    browser, path = alice.client, f"/documents/{document.pk}"
    assert "The reading stopped on this document" in browser.get(path).content.decode()
    assert charlie.client.post(path, {"action": "retry"}).status_code == 404
    assert browser.post(path, {"action": "retry"})["Location"] == path
    with alice.at_work():
        document.refresh_from_db()
        assert document.status == DocumentStatus.INGESTING
        assert Task.objects.get().state == TaskState.DONE


def test_the_stranger_finds_nothing_and_changes_nothing(charlie, document):
    browser, path = charlie.client, f"/documents/{document.pk}"
    for found in ("", "?fragment=head", "/steps", "/file", "/pages/1.png"):
        assert browser.get(path + found).status_code == 404
    assert browser.post(path, values(document)).status_code == 404
    reject = {"action": "reject", "reason": "x"}
    assert browser.post(path, reject).status_code == 404
    assert browser.get("/documents/not-an-id").status_code == 404
    with charlie.at_work():
        assert not AuditEntry.objects.exists()
    from clinic.current import enter_clinic

    with enter_clinic(document.clinic_id):
        document.refresh_from_db()
        assert document.status == DocumentStatus.NOT_INGESTED
        assert not Event.objects.exists()


def test_the_file_is_handed_over_and_never_shown(alice, document):
    answer = alice.client.get(f"/documents/{document.pk}/file")
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 nothing"
    assert answer["Content-Disposition"] == 'attachment; filename="lab.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    with alice.at_work():
        assert AuditEntry.objects.get().action == "document.download"


def test_a_page_is_drawn_once_and_kept_privately(alice, charlie, monkeypatch):
    data = (SAMPLES / "lab-rodriguez.pdf").read_bytes()
    with alice.at_work():
        name = default_storage.save("real", ContentFile(data))
        document = add("real.pdf", storage_name=name)
    browser, path = alice.client, f"/documents/{document.pk}/pages"
    answer = browser.get(f"{path}/1.png")
    picture = b"".join(answer.streaming_content)
    assert picture.startswith(b"\x89PNG")
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "private, max-age=300"
    assert cache_folder().stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr("documents.pages.render_page", None)
    assert b"".join(browser.get(f"{path}/1.png").streaming_content) == picture
    assert charlie.client.get(f"{path}/1.png").status_code == 404
    for number in (0, 2, 99999):
        assert browser.get(f"{path}/{number}.png").status_code == 404


def test_a_page_that_cannot_be_drawn_is_not_there(alice, document):
    assert alice.client.get(f"/documents/{document.pk}/pages/1.png").status_code == 404


def test_pictures_not_looked_at_for_longest_are_forgotten_first():
    import os

    folder = cache_folder() / "clinic"
    folder.mkdir()
    for age in range(4):
        path = folder / f"{age}.png"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 - age, 1000 - age))
    assert forget_oldest(250) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["0.png", "1.png"]
