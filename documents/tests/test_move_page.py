"""Moving a document by hand: choose, look at what follows, move, undo; without JavaScript."""

from datetime import date

import pytest

from documents.models import Document, DocumentStatus
from documents.tests.papers import made_document
from patients.models import LabResult, Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="1", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


@pytest.fixture
def jones(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="2", first_name="Anna", last_name="Jones", dob=date(1980, 1, 2)
        )


@pytest.fixture
def filed(alice, smith, jones):
    with alice.at_work():
        return made_document(smith, {"LDL": 148}, status=DocumentStatus.INGESTED, named=jones)


def test_three_steps_and_back(bob, smith, jones, filed):
    browser, path = bob.client, f"/documents/{filed.pk}/move"
    step = browser.get(path)
    assert [row["id"] for row in step.context["candidates"]] == [jones.pk]
    step = browser.get(f"{path}?patient_id={jones.pk}")
    text = step.content.decode()
    assert "LDL" in text and "148 mg/dL" in text and "Anna Jones" in text
    with bob.at_work():
        assert Document.objects.get().patient_id == smith.pk
    answer = browser.post(path, {"patient_id": str(jones.pk)})
    assert answer["Location"] == f"/documents/{filed.pk}"
    with bob.at_work():
        assert LabResult.objects.get(is_current=True).patient_id == jones.pk
    shown = browser.get(f"/documents/{filed.pk}").content.decode()
    undo = shown.partition('action="/undo/')[2].partition('"')[0]
    assert browser.post(f"/undo/{undo}").status_code == 302
    with bob.at_work():
        assert Document.objects.get().patient_id == smith.pk
        assert LabResult.objects.get(is_current=True).patient_id == smith.pk


def test_what_a_person_moved_is_not_said_to_be_filed_automatically(alice, bob, jones, filed):
    path, toast = f"/documents/{filed.pk}", f"/toast?type=document&id={filed.pk}"
    browser = bob.client
    assert "Filed automatically" in browser.get(path).content.decode()
    browser.post(f"{path}/move", {"patient_id": str(jones.pk)})
    for reader in (bob, alice):
        page = reader.client.get(path)
        assert (page.context["moved_by"], page.context["decided_by"]) == ("Bob Brown", "")
        text = page.content.decode()
        assert "Moved here by Bob Brown" in text
        assert "automatically" not in text
        assert "moved under Anna Jones." in reader.client.get(toast).context["toast_text"]
        (note,) = reader.client.get("/notifications").context["notes"]
        assert note["text"].endswith(" moved")
    entry = latest_of(bob, filed)
    browser.post(f"/undo/{entry}", {"next": path})
    text = browser.get(path).content.decode()
    assert "Filed automatically" in text
    assert "Moved here" not in text


def latest_of(person, document):
    from clinic.undoing import latest

    with person.at_work():
        return latest(document.pk).pk


@pytest.mark.parametrize("given", ["", "x", "0192f0c5-0000-7000-8000-000000000000"])
def test_without_a_patient_nothing_moves(bob, smith, filed, given):
    answer = bob.client.post(f"/documents/{filed.pk}/move", {"patient_id": given})
    assert answer.status_code == 422
    assert answer.context["form_errors"][0]["message"]
    with bob.at_work():
        assert Document.objects.get().patient_id == smith.pk


def test_its_own_patient_is_no_choice(bob, smith, filed):
    answer = bob.client.get(f"/documents/{filed.pk}/move?patient_id={smith.pk}")
    assert answer.status_code == 422
    found = bob.client.get(f"/documents/{filed.pk}/move?patient_q=Smith")
    assert found.context["candidates"] == []


def test_a_stranger_neither_sees_nor_moves_it(charlie, jones, filed):
    path = f"/documents/{filed.pk}/move"
    assert charlie.client.get(path).status_code == 404
    assert charlie.client.post(path, {"patient_id": str(jones.pk)}).status_code == 404


def test_another_clinics_patient_is_not_there(alice, charlie, smith, filed):
    with charlie.at_work():
        theirs = Patient.objects.create(mrn="9", first_name="Carl", last_name="Cole")
    answer = alice.client.post(f"/documents/{filed.pk}/move", {"patient_id": str(theirs.pk)})
    assert answer.status_code == 422
    assert "Carl" not in answer.content.decode()
    with alice.at_work():
        assert Document.objects.get().patient_id == smith.pk
