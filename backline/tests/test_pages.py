"""The dashboard, a patient's page, notes in the corner, and whether the installation is ready."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.models import Appointment
from backline.pages import readiness
from claims.actions import create_claim
from clinic import context_processors
from clinic.context_processors import GROUPS, Place
from clinic.models import AuditEntry
from clinic.permissions import may_manage_members
from documents.models import Document, DocumentStatus
from documents.tests.papers import made_document
from patients.models import AllergyIntolerance, Condition, LabResult, Patient
from tasks.actions import assign_task, create_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003",
            first_name="James",
            last_name="Smith",
            dob=date(1962, 11, 5),
            preconditions=["Gout"],
        )


def add_document(patient=None, **fields):
    return Document.objects.create(
        **{
            "name": "lab.pdf",
            "storage_name": f"file{Document.objects.count()}",
            "mime": "application/pdf",
            "size": 1,
            "sha256": "0" * 64,
            "kind": "lab",
            "patient": patient,
            "status": DocumentStatus.NOT_INGESTED,
            **fields,
        }
    )


def tasks_in(needs):
    return [item["need"].title for item in needs if item["need"].kind == "task"]


def test_the_dashboard_counts_and_lists_what_needs_this_person(alice, bob, smith):
    with alice.at_work():
        create_task(title="For anybody", by=alice.actor, patient_id=smith.pk)
        urgent = create_task(title="For Bob", by=alice.actor, priority="urgent")
        assign_task(task_id=urgent.pk, assignee_id=bob.user.pk, by=alice.actor)
        now = timezone.now()
        for shift in (0, 3):
            start = now + timedelta(days=shift)
            Appointment.objects.create(
                patient=smith,
                type="visit",
                title=f"Visit {shift}",
                starts_at=start,
                ends_at=start + timedelta(minutes=30),
            )
    page = alice.client.get("/").context
    assert page["stats"] == {
        "pending_tasks": 2,
        "appointments_today": 1,
        "patients_total": 1,
        "claims_pending": 0,
    }
    assert tasks_in(page["needs_you"]) == ["For anybody"]
    assert [item["title"] for item in page["schedule"]] == ["Visit 0"]
    described = [item.description for item in page["activity"]]
    assert set(described) == {"New task: For anybody", "New task: For Bob"}
    bobs = bob.client.get("/").context["needs_you"]
    assert tasks_in(bobs) == ["For Bob", "For anybody"]


def test_the_dashboard_of_another_clinic_shows_nothing_of_it(alice, charlie, smith):
    with alice.at_work():
        create_task(title="Secret", by=alice.actor, patient_id=smith.pk)
    text = charlie.client.get("/").content.decode()
    assert "Secret" not in text and "Smith" not in text
    assert "Nothing waits for you" in text


@pytest.mark.parametrize("fragment", ["stats", "needs_you", "schedule", "activity"])
def test_each_part_of_the_dashboard_is_refreshed_alone(alice, fragment):
    answer = alice.client.get(f"/?fragment={fragment}")
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()


def test_a_patients_page_shows_the_chart_with_the_evidence(alice, bob, smith):
    with alice.at_work():
        document = add_document(smith, status=DocumentStatus.APPROVED)
        for value, day in ((160, 1), (148, 20)):
            LabResult.objects.create(
                patient=smith,
                name="LDL",
                value=str(value),
                value_num=value,
                unit="mg/dL",
                flag="H",
                range_text="<100",
                effective_date=date(2026, 3, day),
                source_document_id=document.pk,
                source_field="f3",
                page=1,
                accepted_label="Alice Adams",
                accepted_by=alice.user,
            )
        Condition.objects.create(patient=smith, name="Asthma", is_current=False)
        AllergyIntolerance.objects.create(patient=smith, name="No known allergies", negated=True)
        create_task(title="Call him", by=alice.actor, patient_id=smith.pk)
    answer = bob.client.get(f"/patients/{smith.pk}")
    text = answer.content.decode()
    (lab,) = answer.context["labs"]
    assert (lab.value, [point.value for point in lab.points]) == ("148", [160, 148])
    assert f"/documents/{document.pk}?field=f3" in text
    assert "accepted by Alice Adams" in text
    assert [item.label for item in answer.context["problems"]] == ["Gout"]
    assert answer.context["allergies_known"] is True
    assert "Call him" in text and "lab.pdf" in text


def test_looking_at_a_patient_leaves_one_line_of_audit_and_fragments_none(bob, smith):
    browser = bob.client
    browser.get(f"/patients/{smith.pk}")
    for fragment in ("chart", "documents", "tasks"):
        answer = browser.get(f"/patients/{smith.pk}?fragment={fragment}")
        assert "<html" not in answer.content.decode()
    with bob.at_work():
        line = AuditEntry.objects.get()
    assert (line.action, line.patient_id, line.actor) == ("patient.view", smith.pk, "Bob Brown")


def test_a_chart_of_any_size_takes_the_same_queries(alice, smith):
    counted = []
    for papers in (1, 30):
        with alice.at_work():
            for number in range(papers):
                labs = {"LDL": 100 + number, f"Test {number}": 5}
                made_document(smith, labs, status=DocumentStatus.INGESTED)
                made_document(smith, labs)
                create_claim(
                    by=alice.actor,
                    patient_id=smith.pk,
                    insurance_provider="Aetna",
                    amount=Decimal("10.00"),
                    service_date=date(2026, 1, 1),
                )
        browser = alice.client
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(f"/patients/{smith.pk}")
        asked = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
        counted.append(len(asked))
        assert len(page.context["labs"]) == papers + 1
    assert counted[0] == counted[1] <= 12, [sql[:120] for sql in asked]


def test_a_summary_leads_to_the_page_of_every_value_it_tells(alice, smith):
    with alice.at_work():
        document = made_document(smith, {"LDL": 148}, status=DocumentStatus.INGESTED)
    answer = alice.client.get(f"/patients/{smith.pk}?fragment=summary")
    text = answer.content.decode()
    assert f'href="/documents/{document.pk}#page-1"' in text
    assert "[1]" not in text and "<html" not in text


def test_the_stranger_finds_no_patient_and_leaves_no_trace(charlie, smith):
    browser = charlie.client
    for path in (f"/patients/{smith.pk}", f"/patients/{smith.pk}?fragment=chart", "/patients/x"):
        assert browser.get(path).status_code == 404
    assert browser.get(f"/tasks/new?patient_id={smith.pk}").status_code == 404
    with charlie.at_work():
        assert not AuditEntry.objects.exists()


def test_a_new_task_can_start_from_a_patient(alice, smith):
    page = alice.client.get(f"/tasks/new?patient_id={smith.pk}")
    assert page.context["patient"]["full_name"] == "James Smith"


def test_a_note_tells_what_became_of_a_document_to_its_clinic_only(alice, charlie, smith):
    with alice.at_work():
        document = add_document(smith, status=DocumentStatus.INGESTED)
        task = create_task(title="Call him", by=alice.actor)
    query = f"/toast?type=document&id={document.pk}"
    answer = alice.client.get(query)
    assert answer.context["toast_text"] == "lab.pdf: filed automatically under James Smith."
    assert (
        "New task: Call him" in alice.client.get(f"/toast?type=task&id={task.pk}").content.decode()
    )
    for nothing in (query, f"/toast?type=task&id={task.pk}"):
        assert charlie.client.get(nothing).status_code == 204
    for nothing in ("/toast", "/toast?type=document&id=x", f"/toast?type=claim&id={task.pk}"):
        assert alice.client.get(nothing).status_code == 204


def test_the_navigation_counts_what_waits(alice, smith):
    with alice.at_work():
        add_document(smith)
        create_task(title="One", by=alice.actor)
    nav = places(alice, "/documents")
    assert (nav["Documents"]["count"], nav["Tasks"]["count"]) == (1, 1)
    assert [label for label, item in nav.items() if item["current"]] == ["Documents"]


def places(person, path):
    """The navigation's entries by their words."""
    groups = person.client.get(path).context["nav"]
    return {item["label"]: item for group in groups for item in group["items"]}


def test_the_navigation_shows_only_pages_that_exist_and_are_the_roles_own(alice, bob, monkeypatch):
    there = Place("tasks", "Members", "user", (), may=may_manage_members)
    missing = Place("page_that_is_not_there", "Missing", "user", ())
    monkeypatch.setattr(context_processors, "GROUPS", (("Work", GROUPS[0][1]),))
    before = places(alice, "/tasks")
    monkeypatch.setattr(
        context_processors, "GROUPS", (*context_processors.GROUPS, ("Clinic", (there, missing)))
    )
    assert set(places(alice, "/tasks")) - set(before) == {"Members"}
    assert set(places(bob, "/tasks")) == set(before)
    assert [group["label"] for group in bob.client.get("/tasks").context["nav"]] == ["Work"]


def test_the_tab_bar_of_a_small_screen_has_the_first_four_places(alice):
    tabs = alice.client.get("/tasks").context["nav_tabs"]
    assert [item["label"] for item in tabs] == ["Dashboard", "Documents", "Tasks", "Patients"]


def test_pages_that_are_not_there_say_so_calmly(alice):
    answer = alice.client.get("/nothing/here")
    assert answer.status_code == 404
    assert "Not found" in answer.content.decode()
    assert Client().get("/api/nothing").headers["Content-Type"] == "application/json"


def test_every_sample_of_the_styleguide_is_drawn(alice):
    assert alice.client.get("/styleguide").status_code == 200


def test_readiness_names_no_detail(monkeypatch):
    for reason, status, text in (("", 200, b"ready\n"), ("broker", 503, b"not ready\n")):
        monkeypatch.setattr(readiness, "what_is_wrong", lambda reason=reason: reason)
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.content) == (status, text)


def test_a_run_that_waits_too_long_is_not_ready(alice, monkeypatch):
    from agents.models import AgentRun

    monkeypatch.setattr(readiness, "_broker_answers", lambda: True)
    assert readiness.what_is_wrong() == ""
    with alice.at_work():
        AgentRun.objects.create(agent="x", due_at=timezone.now() - timedelta(minutes=9))
    assert readiness.what_is_wrong() == ""
    with alice.at_work():
        AgentRun.objects.update(due_at=timezone.now() - timedelta(minutes=11))
    assert readiness.what_is_wrong() == "runs wait for a worker"


def test_a_broker_that_is_down_is_not_ready(settings, db):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert readiness.what_is_wrong() == "broker"
