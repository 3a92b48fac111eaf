"""The board of a day: what each visit still needs, from what is on file and nothing else."""

from datetime import date, datetime, timedelta

import pytest

from appointments.actions import book
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from consents.actions import create_template, hand_over
from consents.models import ConsentForm
from documents.models import Document
from patients.models import Coverage, Patient

pytestmark = pytest.mark.django_db
DAY = "2030-03-05"
PATH = f"/appointments/board?date={DAY}"


def come(alice, last_name="Smith", at=9, **details):
    """A patient with a visit on the day."""
    with alice.at_work():
        number = 100_003 + Patient.objects.count()
        given = {"dob": date(1962, 11, 5), "phone": "555", "email": "s@example.org"} | details
        patient = Patient.objects.create(
            mrn=str(number), first_name="James", last_name=last_name, **given
        )
        start = datetime(2030, 3, 5, at, tzinfo=alice.clinic.tzinfo)
        book(
            by=alice.actor,
            patient_id=patient.pk,
            type="x",
            title="Check-up",
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )
    return patient


def add_document(patient, status):
    return Document.objects.create(
        name="a.pdf",
        storage_name=f"file{Document.objects.count()}",
        mime="application/pdf",
        size=1,
        sha256="0" * 64,
        patient=patient,
        status=status,
    )


def cells(person, path=PATH):
    (visit,) = person.client.get(path).context["visits"]
    return {cell.label: (cell.state, cell.words) for cell in visit["cells"]}


def test_what_is_not_on_file_is_red_and_what_nobody_checked_is_said(alice):
    come(alice)
    assert cells(alice) == {
        "Insurance card": ("bad", "No card on file"),
        "Eligibility": ("unknown", "Not checked"),
        "Authorisation": ("unknown", "Not checked"),
        "Consent": ("bad", "Nothing signed"),
        "Papers": ("warn", "None on file"),
        "Details": ("ok", "Complete"),
    }
    assert "does not ask payers" in alice.client.get(PATH).content.decode()


def test_what_is_on_file_is_shown_with_its_day(alice):
    patient = come(alice, dob=None, email="")
    with alice.at_work():
        Coverage.objects.create(patient=patient, payer="Old", effective_date=date(2020, 1, 1))
        Coverage.objects.create(patient=patient, payer="Aetna", effective_date=date(2029, 1, 1))
        Coverage.objects.create(patient=patient, payer="Gone", is_current=False)
        add_document(patient, "approved")
    found = cells(alice)
    assert found["Insurance card"] == ("ok", "Aetna, from 1 Jan 2029")
    assert found["Papers"] == ("ok", "All filed")
    assert found["Details"] == ("warn", "No date of birth and no e-mail")


@pytest.mark.parametrize(
    ("statuses", "state", "words"),
    [
        (["not_ingested", "not_ingested", "approved"], "bad", "2 to check"),
        (["ingesting", "uploaded"], "warn", "2 being read"),
        (["rejected"], "warn", "None on file"),
        (["ingested"], "ok", "All filed"),
    ],
)
def test_papers_that_wait_are_counted(alice, statuses, state, words):
    patient = come(alice)
    with alice.at_work():
        made = [add_document(patient, status) for status in statuses]
    assert cells(alice)["Papers"] == (state, words)
    if state == "bad":
        assert f'href="/documents/{made[0].pk}"' in alice.client.get(PATH).content.decode()


def test_a_form_that_is_open_leads_to_it_and_a_signed_one_is_enough(alice):
    patient = come(alice)
    with alice.at_work():
        template = create_template(by=alice.actor, name="Treatment", body="I agree.")
        form = hand_over(patient_id=patient.pk, form_template_id=template.pk, by=alice.actor)
    assert cells(alice)["Consent"] == ("warn", "Treatment: not signed yet")
    assert f'href="/consents/{form.pk}"' in alice.client.get(PATH).content.decode()
    with alice.at_work():
        paper = add_document(patient, "approved")
        signed = datetime(2026, 3, 4, 12, tzinfo=alice.clinic.tzinfo)
        ConsentForm.objects.filter(pk=form.pk).update(
            status="signed", signed_at=signed, document=paper
        )
    assert cells(alice)["Consent"] == ("ok", "Signed 4 Mar 2026")


def test_a_red_consent_offers_each_template_in_use_both_ways(alice, bob):
    patient = come(alice)
    with alice.at_work():
        template = create_template(by=alice.actor, name="Treatment", body="I agree.")
        create_template(by=alice.actor, name="Old", body="I agree.")
        from consents.actions import change_template
        from consents.models import FormTemplate

        old = FormTemplate.objects.get(name="Old")
        change_template(template_id=old.pk, by=alice.actor, is_active=False)
    text = bob.client.get(PATH).content.decode()
    assert f'name="patient_id" value="{patient.pk}"' in text
    assert f'name="hand_over" value="{template.pk}"' in text
    assert f'name="send" value="{template.pk}"' in text
    assert str(old.pk) not in text


def test_what_a_cell_says_is_escaped(alice):
    patient = come(alice, "O'<b>Neil")
    with alice.at_work():
        Coverage.objects.create(patient=patient, payer="<i>Aetna")
    text = alice.client.get(PATH).content.decode()
    assert "James O&#x27;&lt;b&gt;Neil" in text
    assert "&lt;i&gt;Aetna" in text
    assert "<b>" not in text
    assert "<i>" not in text


def test_visits_that_do_not_stand_and_other_days_are_left_out(alice):
    from appointments.models import Appointment

    come(alice)
    with alice.at_work():
        Appointment.objects.update(status="cancelled")
    assert alice.client.get(PATH).context["visits"] == []
    assert alice.client.get("/appointments/board").context["is_tomorrow"] is True


def test_another_clinic_sees_nothing_of_the_board(alice, charlie):
    come(alice)
    assert "Smith" not in charlie.client.get(PATH).content.decode()


def test_the_board_costs_the_same_number_of_queries_for_any_number_of_visits(alice):
    come(alice)
    with alice.at_work():
        create_template(by=alice.actor, name="Treatment", body="I agree.")
    browser = alice.client
    browser.get(PATH)
    _, few = page_and_queries(browser, PATH)
    for number in range(60):
        patient = come(alice, f"N{number}", at=8 + number % 10)
        with alice.at_work():
            add_document(patient, "not_ingested")
    page, many = page_and_queries(browser, PATH)
    assert len(page.context["visits"]) == 61
    assert many == few <= MOST_QUERIES
