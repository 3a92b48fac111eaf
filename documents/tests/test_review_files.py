"""A document whose file is locked, still being read or not to be opened, and its drawn pages."""

import io

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from clinic.models import AuditEntry, Event
from documents.models import DocumentStatus
from documents.pages import cache_folder, forget_oldest
from documents.tests.review_samples import SAMPLES, add, keep_files_in, open_task, smith_of, values
from tasks.models import Task, TaskState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files_of_their_own(settings, tmp_path):
    keep_files_in(tmp_path, settings)


@pytest.fixture
def smith(alice):
    return smith_of(alice)


@pytest.fixture
def document(alice, smith):
    with alice.at_work():
        return add(patient=smith)


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
