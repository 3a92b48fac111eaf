"""A patient's desk, timeline and chart on paper: what they hold, for whom, and what they cost."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from appointments.actions import book
from claims.actions import create_claim, move_claim
from clinic.models import AuditEntry
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from consents.actions import create_template, send_forms
from documents.models import Document, DocumentStatus
from documents.tests.papers import made_document
from patients.models import AllergyIntolerance, Patient
from tasks.actions import Changes, change_task, create_task
from voice.actions import plan_call, record_call

pytestmark = pytest.mark.django_db
PAGES = ("", "/desk", "/timeline", "/print")


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003",
            first_name="James",
            last_name="Smith",
            dob=date(1962, 11, 5),
            email="james@example.org",
            phone="212 555 0101",
        )


def happen(person, patient, number=0):
    """One of everything about a patient: nine happenings in all."""
    start = timezone.now() + timedelta(days=2 + number)
    with person.at_work():
        made_document(patient, {"LDL": 148 + number}, status=DocumentStatus.INGESTED)
        book(
            by=person.actor, patient_id=patient.pk, type="x", title=f"Check-up {number}",
            starts_at=start, ends_at=start + timedelta(minutes=20),
        )  # fmt: skip
        task = create_task(title=f"Fax it {number}", by=person.actor, patient_id=patient.pk)
        change_task(task_id=task.pk, changes=Changes(state="done"), by=person.actor)
        create_task(title=f"Ring them {number}", by=person.actor, patient_id=patient.pk)
        claim = create_claim(
            by=person.actor, patient_id=patient.pk, insurance_provider="Aetna",
            amount=Decimal("10.00"), service_date=date(2026, 1, 1),
        )  # fmt: skip
        move_claim(claim_id=claim.pk, status="submitted", by=person.actor)
        form = create_template(by=person.actor, name=f"Treatment {number}", body="I agree.")
        send_forms(patient_id=patient.pk, form_template_ids=[form.pk], by=person.actor)
        call = plan_call(by=person.actor, patient_id=patient.pk, purpose=f"Remind {number}")
        record_call(by=person.actor, call_id=call.pk, status="completed", outcome="Will come")


def told(page):
    return [(one["title"], one["what"]) for one in page.context["happenings"]]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_takes_the_same_queries_for_nothing_one_and_many(alice, smith, path):
    browser, address = alice.client, f"/patients/{smith.pk}{path}"
    browser.get(address)
    _, for_nothing = page_and_queries(browser, address)
    happen(alice, smith)
    _, for_one = page_and_queries(browser, address)
    for number in range(1, 4):
        happen(alice, smith, number)
    _, for_many = page_and_queries(browser, address)
    assert for_nothing == for_one == for_many <= MOST_QUERIES


def test_the_desk_has_visits_forms_claims_and_calls(bob, alice, smith):
    happen(alice, smith)
    page = bob.client.get(f"/patients/{smith.pk}/desk")
    assert [one["title"] for one in page.context["patient_visits"]] == ["Check-up 0"]
    assert [one["name"] for one in page.context["patient_forms"]] == ["Treatment 0"]
    assert [one["status"] for one in page.context["patient_claims"]] == ["submitted"]
    assert [one["outcome"] for one in page.context["patient_calls"]] == ["Will come"]


def test_the_desk_shows_the_latest_visits_first_and_counts_the_others(alice, smith):
    with alice.at_work():
        for number in range(14):
            start = datetime(2030, 3, 1 + number, 9, tzinfo=alice.clinic.tzinfo)
            book(
                by=alice.actor, patient_id=smith.pk, type="x", title=f"On {1 + number}",
                starts_at=start, ends_at=start + timedelta(minutes=20),
            )  # fmt: skip
    shown = alice.client.get(f"/patients/{smith.pk}/desk").context
    assert [one["title"] for one in shown["patient_visits"]] == [
        f"On {n}" for n in range(14, 2, -1)
    ]
    assert shown["patient_visits_more"] == 2


@pytest.mark.parametrize("path", ["", "/desk", "/timeline"])
def test_the_banner_of_every_page_warns_of_allergies(alice, smith, path):
    with alice.at_work():
        AllergyIntolerance.objects.create(patient=smith, name="Penicillin")
        AllergyIntolerance.objects.create(patient=smith, name="Latex", is_current=False)
    page = alice.client.get(f"/patients/{smith.pk}{path}").content.decode()
    fragment = alice.client.get(f"/patients/{smith.pk}{path}?fragment=banner").content.decode()
    for text in (page, fragment):
        assert "Penicillin" in text and "Latex" not in text
    assert "<html" not in fragment and fragment.count("<section") == 1


def test_the_timeline_tells_everything_latest_first(alice, smith):
    happen(alice, smith)
    page = alice.client.get(f"/patients/{smith.pk}/timeline")
    first, *rest = told(page)
    assert first == ("Check-up 0", "scheduled")
    assert sorted(rest) == [
        ("Claim C10001", "pending"),
        ("Claim C10001", "submitted"),
        ("Fax it 0", "done"),
        ("Fax it 0", "open"),
        ("Lab report", "received"),
        ("Remind 0", "completed"),
        ("Ring them 0", "open"),
        ("Treatment 0", "sent"),
    ]
    times = [one["at"] for one in page.context["happenings"]]
    assert times == sorted(times, reverse=True)
    with alice.at_work():
        paper = Document.objects.get()
    assert f"/documents/{paper.pk}" in page.content.decode()


def test_the_timeline_of_one_kind_and_its_pages_leave_nothing_out(alice, smith):
    for number in range(7):
        happen(alice, smith, number)
    browser, address = alice.client, f"/patients/{smith.pk}/timeline"
    assert {what for _, what in told(browser.get(f"{address}?kind=claim"))} == {
        "pending",
        "submitted",
    }
    first = browser.get(address)
    second = browser.get(first.context["next_url"])
    assert (len(told(first)), len(told(second))) == (50, 13)
    each = [*first.context["happenings"], *second.context["happenings"]]
    assert len({(one["url"], one["what"]) for one in each}) == 63
    assert second.context["next_url"] == ""
    rows = browser.get(f"{address}?kind=call&fragment=rows")
    assert told(rows) == [(f"Remind {n}", "completed") for n in range(6, -1, -1)]
    assert "<html" not in rows.content.decode()


def test_the_chart_on_paper_names_who_accepted_each_value(alice, bob, smith):
    with alice.at_work():
        made_document(smith, {"LDL": 148}, status=DocumentStatus.INGESTED)
        create_task(title="Ring them", by=alice.actor, patient_id=smith.pk)
    text = " ".join(bob.client.get(f"/patients/{smith.pk}/print").content.decode().split())
    assert "LDL" in text and "148" in text and "Ring them" in text
    assert "Lab report, page 1; filed automatically" in text
    assert "5 Nov 1962" in text and "Allergies have not been recorded." in text


def test_every_page_leaves_one_line_of_audit_and_a_fragment_none(bob, smith):
    browser = bob.client
    for path in PAGES:
        browser.get(f"/patients/{smith.pk}{path}")
    for fragment in ("banner", "visits", "consents", "claims", "calls"):
        answer = browser.get(f"/patients/{smith.pk}/desk?fragment={fragment}")
        assert answer.status_code == 200 and "<html" not in answer.content.decode()
    browser.get(f"/patients/{smith.pk}/timeline?fragment=rows")
    with bob.at_work():
        lines = AuditEntry.objects.order_by("seq").values_list("action", "patient_id")
        assert list(lines) == [
            ("patient.view", smith.pk),
            ("patient.view", smith.pk),
            ("patient.view", smith.pk),
            ("patient.print", smith.pk),
        ]


def test_the_timeline_holds_nothing_of_another_patient_or_clinic(alice, charlie, smith):
    happen(alice, smith)
    with alice.at_work():
        other = Patient.objects.create(mrn="2", first_name="Ana", last_name="Diaz")
    assert told(alice.client.get(f"/patients/{other.pk}/timeline")) == []
    stranger = charlie.client
    for path in PAGES:
        assert stranger.get(f"/patients/{smith.pk}{path}").status_code == 404
    with charlie.at_work():
        assert not AuditEntry.objects.exists()
