"""The clinic's pages about forms: handing over, sending, withdrawing, templates, evidence."""

import pytest
from django.test import Client

from clinic.models import AuditEntry
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from consents.models import ConsentForm, FormTemplate
from consents.tests.conftest import deliver, links_in

pytestmark = pytest.mark.django_db


def hand(person, patient, template):
    """Hands a form over; the browser afterwards and where it was led."""
    browser = person.client
    posted = {"patient_id": str(patient.pk), "hand_over": str(template.pk)}
    return browser, browser.post("/consents/send", posted)["Location"]


def test_a_form_is_handed_over_and_the_device_is_signed_out(bob, patient, template):
    browser, path = hand(bob, patient, template)
    assert path.startswith("/sign/")
    assert browser.get("/patients")["Location"].startswith("/login")
    page = browser.get(path)
    assert "Ana" in page.content.decode()
    done = browser.post(path, {"action": "sign", "name": "Ana Lima", "agree": "on"})
    assert "Please give the device back to the clinic." in done.content.decode()
    with bob.at_work():
        form = ConsentForm.objects.get()
        signed = AuditEntry.objects.get(action="consent_form.signed")
    assert (form.status, form.sent_to, form.letter) == ("signed", "", "")
    assert form.evidence["handed_over"]["by"] == bob.actor.label
    assert set(form.evidence) == {"handed_over", "opened", "signed", "seal_certificate"}
    assert signed.actor == "Patient on the clinic's device"


def test_handing_over_ends_the_link_that_was_e_mailed(bob, patient, template, form, link):
    _, path = hand(bob, patient, template)
    assert Client().get(link).status_code == 404
    assert Client().get(path).status_code == 200
    with bob.at_work():
        assert ConsentForm.objects.count() == 1


def test_a_form_handed_over_lasts_for_the_visit_only(bob, patient, template):
    from datetime import timedelta

    _, path = hand(bob, patient, template)
    with bob.at_work():
        form = ConsentForm.objects.get()
        assert form.expires_at - form.sent_at == timedelta(hours=2)
        ConsentForm.objects.update(expires_at=form.sent_at)
    assert Client().get(path).status_code == 410


def test_sending_after_handing_over_forgets_that_it_was(bob, patient, template):
    hand(bob, patient, template)
    with bob.at_work():
        form = ConsentForm.objects.get()
    bob.client.post(f"/consents/{form.pk}", {"action": "send"})
    with bob.at_work():
        form.refresh_from_db()
    assert (form.evidence, form.sent_to, form.letter) == ({}, "ana@example.org", "queued")


def test_several_forms_go_out_in_one_e_mail(bob, alice, patient, template):
    from consents.actions import create_template

    with alice.at_work():
        second = create_template(by=alice.actor, name="Second", body="I agree.")
    posted = {"patient_id": str(patient.pk), "send": [str(template.pk), str(second.pk)]}
    assert bob.client.post("/consents/send", posted)["Location"] == "/consents"
    (letter,) = deliver(bob)
    assert len(links_in(letter)) == 2


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"patient_id": ""}, "Choose who is to sign."),
        ({}, "Choose at least one form."),
        ({"hand_over": "x"}, "Choose the form that is to be signed."),
    ],
)
def test_what_is_missing_is_said(bob, patient, template, posted, sentence):
    answer = bob.client.post("/consents/send", {"patient_id": str(patient.pk)} | posted)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with bob.at_work():
        assert not ConsentForm.objects.exists()


def test_a_patient_without_an_address_cannot_be_e_mailed_but_can_sign_here(bob, patient, template):
    with bob.at_work():
        patient.email = ""
        patient.save()
    posted = {"patient_id": str(patient.pk), "send": str(template.pk)}
    answer = bob.client.post("/consents/send", posted)
    assert answer.status_code == 422
    assert "no e-mail address" in answer.content.decode()
    _, path = hand(bob, patient, template)
    assert path.startswith("/sign/")


def test_the_list_filters_and_counts(bob, form):
    browser = bob.client
    page = browser.get("/consents?status=sent").context
    assert [row["form_id"] for row in page["forms"]] == [form.pk]
    assert {chip["value"]: chip["count"] for chip in page["statuses"]}["sent"] == 1
    empty = browser.get("/consents?status=signed")
    assert empty.context["hidden_by_filter"] == 1


def test_a_form_is_withdrawn_with_a_reason_and_stays_so(bob, form):
    browser, path = bob.client, f"/consents/{form.pk}"
    browser.post(path, {"action": "withdraw", "reason": "Wrong  patient"})
    with bob.at_work():
        form.refresh_from_db()
    assert (form.status, form.reason) == ("withdrawn", "Wrong patient")
    page = browser.get(path)
    assert page.context["steps"][-1]["detail"] == "Wrong patient"
    again = browser.post(path, {"action": "send"})
    assert again.status_code == 409
    assert "A consent form that is withdrawn cannot become sent." in again.content.decode()
    handed = browser.post(path, {"action": "hand_over"})
    assert handed.status_code == 409
    assert browser.get("/consents").status_code == 200


def test_the_evidence_on_paper_checks_the_seal(bob, patient, template):
    browser, path = hand(bob, patient, template)
    browser.post(path, {"action": "sign", "name": "Ana Lima", "agree": "on"})
    with bob.at_work():
        form = ConsentForm.objects.get()
    text = bob.client.get(f"/consents/{form.pk}/print").content.decode()
    for part in ("Unbroken", form.body_sha256, "handed over by Bob Brown", "as Ana Lima"):
        assert part in text


def test_only_clinicians_write_templates_and_everybody_reads_them(alice, bob, template):
    words = {"name": "Release", "body": "I, {{patient.name}}, agree."}
    assert bob.client.post("/consents/templates/new", words).status_code == 403
    assert bob.client.get("/consents/templates/new").status_code == 403
    change = bob.client.post(f"/consents/templates/{template.pk}", words)
    assert change.status_code == 403
    with bob.at_work():
        assert [one.version for one in FormTemplate.objects.all()] == [1]
    page = bob.client.get(f"/consents/templates/{template.pk}")
    assert 'name="body"' not in page.content.decode()
    assert "Consent to treatment" in page.content.decode()
    assert alice.client.post("/consents/templates/new", words).status_code == 302
    with alice.at_work():
        assert FormTemplate.objects.filter(name="Release").count() == 1


def test_a_template_gets_versions_and_can_be_retired(alice, template):
    browser, path = alice.client, f"/consents/templates/{template.pk}"
    browser.post(path, {"name": template.name, "purpose": "Treatment", "body": "I agree."})
    with alice.at_work():
        template.refresh_from_db()
    assert (template.version, template.body) == (2, "I agree.")
    browser.post(path, {"action": "retire"})
    assert browser.get("/consents/templates").context["templates"] == []
    retired = browser.get("/consents/templates?state=retired").context["templates"]
    assert [row["form_template_id"] for row in retired] == [template.pk]
    browser.post(path, {"action": "use"})
    assert len(browser.get("/consents/templates").context["templates"]) == 1


def test_an_unknown_field_is_refused_with_the_known_ones(alice, template):
    words = {"name": "x", "body": "I, {{patient.shoe}}"}
    answer = alice.client.post("/consents/templates/new", words)
    assert answer.status_code == 422
    assert "patient.shoe" in answer.content.decode()
    with alice.at_work():
        assert FormTemplate.objects.count() == 1


def test_the_preview_is_what_a_patient_reads_and_nothing_else(bob):
    body = "# Title\n\nI, **{{patient.name}}**, <script>alert(1)</script>"
    text = bob.client.post("/consents/templates/preview", {"body": body}).content.decode()
    assert "<h1>Title</h1>" in text
    assert "<strong>Ana Example</strong>" in text
    assert "<script>" not in text
    wrong = bob.client.post("/consents/templates/preview", {"body": "{{x}}"})
    assert "There is no field" in wrong.content.decode()


def test_pages_cost_the_same_number_of_queries_for_any_length(alice, patient, form, template):
    browser = alice.client
    paths = ("/consents", f"/consents/{form.pk}", "/consents/send", "/consents/templates")
    few = {}
    for path in paths:
        browser.get(path)
        _, few[path] = page_and_queries(browser, path)
    with alice.at_work():
        for number in range(200):
            FormTemplate.objects.create(name=f"T{number}", body="x")
            ConsentForm.objects.create(
                patient=patient,
                template=template,
                template_version=1,
                name=f"F{number}",
                body="x",
                body_sha256="0" * 64,
                status="withdrawn",
            )
    for path in paths:
        _, many = page_and_queries(browser, path)
        assert many == few[path] <= MOST_QUERIES, path
