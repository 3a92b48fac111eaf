"""A document's page: looking, correcting, approving and rejecting with a plain form."""

import pytest

from clinic.models import AuditEntry
from documents.models import Document, DocumentStatus
from documents.tests.review_samples import (
    add,
    extraction,
    keep_files_in,
    open_task,
    smith_of,
    values,
)
from patients.models import LabResult, Patient
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
