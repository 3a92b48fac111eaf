"""What needs a person now, from every app together: what is found, for whom, and at what cost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment
from claims.models import Claim
from clinic import needs
from clinic.models import Role
from clinic.needs import needs_of
from clinic.permissions import Rule
from clinic.recording import change
from consents.models import ConsentForm, FormTemplate
from documents.models import Document, DocumentStatus
from patients.models import Patient
from tasks.actions import Changes, assign_task, change_task, create_task
from tasks.agent_tasks import open_agent_task
from tasks.models import Task
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100003", first_name="James", last_name="Smith")


def add_visit(patient, start, **fields):
    return Appointment.objects.create(
        **{
            "patient": patient,
            "type": "visit",
            "title": "Check-up",
            "starts_at": start,
            "ends_at": start + HOUR / 2,
            **fields,
        }
    )


def add_document(by, patient, **fields):
    """A paper with the review task that its agent opens."""
    document = Document.objects.create(
        name="lab.pdf",
        storage_name=f"file{Document.objects.count()}",
        mime="application/pdf",
        size=1,
        sha256="0" * 64,
        kind="lab",
        patient=patient,
        status=DocumentStatus.NOT_INGESTED,
        **fields,
    )
    with change(by=by.actor) as record:
        open_agent_task(
            record=record,
            title="Check lab report: lab.pdf",
            description="",
            kind="document_review",
            agent_type="document_extraction",
            patient_id=patient.pk if patient else None,
            document_id=document.pk,
        )
    return document


def add_claim(patient, number, **fields):
    return Claim.objects.create(
        **{
            "number": number,
            "patient": patient,
            "insurance_provider": "Aetna",
            "amount_cents": 120_000,
            "service_date": date(2026, 1, 1),
            "status": "denied",
            "last_event_at": NOW - DAY,
            **fields,
        }
    )


def add_form(patient, name="Consent to treatment", **fields):
    template = FormTemplate.objects.create(name=name, body="x")
    return ConsentForm.objects.create(
        **{
            "patient": patient,
            "template": template,
            "template_version": 1,
            "name": template.name,
            "body": "x",
            "body_sha256": "0" * 64,
            "status": "to_do",
            **fields,
        }
    )


def found(person, limit=50, now=NOW):
    with person.at_work():
        return needs_of(person.login, limit, now=now)


def titles(person, **options):
    return [one.need.title for one in found(person, **options)]


def test_every_app_contributes_what_waits_and_nothing_else(alice, smith):
    with alice.at_work():
        create_task(title="Call the lab", by=alice.actor, patient_id=smith.pk)
        done = create_task(title="Finished", by=alice.actor)
        change_task(task_id=done.pk, by=alice.actor, changes=Changes(state="done"))
        document = add_document(alice, smith, doubtful=2, extracted={"reasons": ["no_patient"]})
        add_claim(smith, 1)
        add_claim(smith, 2, status="approved")
        add_claim(smith, 3, status="submitted", last_event_at=NOW - 30 * DAY)
        add_claim(smith, 4, status="submitted", last_event_at=NOW - 30 * DAY - HOUR)
        add_form(smith)
        add_form(smith, "Release", status="sent", expires_at=NOW + 20 * DAY, link_digest="a")
        add_form(smith, "Old release", status="declined")
        add_visit(smith, NOW - HOUR)
        add_visit(smith, NOW - 3 * HOUR, status="completed")
        VoiceCall.objects.create(patient=smith, purpose="Results", phone_number="1")
        VoiceCall.objects.create(
            patient=smith, purpose="Made", phone_number="1", status="completed"
        )
    by_title = {one.need.title: one for one in found(alice)}
    assert {title: one.need.note for title, one in by_title.items()} == {
        "Call the lab": "",
        "Check lab report: lab.pdf": "2 values to check · No patient on file fits for certain",
        "Claim C1": "denied by Aetna",
        "Claim C4": "no news from Aetna",
        "Consent to treatment": "not sent yet",
        "Release": "sent, not opened yet",
        "Check-up": "has not been checked in",
        "Call: Results": "to be made",
    }
    paper = by_title["Check lab report: lab.pdf"].need
    assert (paper.id, paper.url, paper.patient_name) == (
        document.pk,
        f"/documents/{document.pk}",
        "James Smith",
    )
    assert by_title["Claim C1"].why == (
        "high priority",
        "waiting for 1 day",
        "$1,200.00 at stake",
    )
    assert all(one.why for one in by_title.values())


def test_a_form_that_was_sent_counts_when_its_patient_comes_or_its_link_ends(alice, smith):
    ends = datetime(2026, 3, 6, 5, 0, tzinfo=UTC)  # midnight after tomorrow in New York
    with alice.at_work():
        form = add_form(smith, status="sent", expires_at=ends, link_digest="a")
    assert titles(alice) == []
    with alice.at_work():
        ConsentForm.objects.filter(pk=form.pk).update(expires_at=NOW + HOUR)
    assert titles(alice) == ["Consent to treatment"]
    with alice.at_work():
        ConsentForm.objects.filter(pk=form.pk).update(expires_at=ends)
        add_visit(smith, NOW + DAY)
    (one,) = found(alice)
    assert one.why[0].startswith("visit tomorrow at")


def test_work_of_somebody_else_is_not_mine(alice, bob, smith):
    with alice.at_work():
        task = create_task(title="For Bob", by=alice.actor)
        assign_task(task_id=task.pk, assignee_id=bob.user.pk, by=alice.actor)
        create_task(title="For a name", by=alice.actor, assigned_to="The night nurse")
        document = add_document(alice, smith)
        Task.objects.filter(document_id=document.pk).update(assignee=bob.user)
    assert titles(alice) == []
    assert sorted(titles(bob)) == ["Check lab report: lab.pdf", "For Bob"]
    assert all("assigned to you" in one.why for one in found(bob))


def test_another_clinic_sees_nothing_and_counts_nothing(alice, charlie, smith):
    with alice.at_work():
        create_task(title="Secret", by=alice.actor, patient_id=smith.pk)
        add_document(alice, smith)
        add_claim(smith, 1)
        add_visit(smith, NOW - HOUR)
    assert found(charlie) == []


def test_the_list_ends_at_its_limit_with_the_most_pressing(alice):
    with alice.at_work():
        for priority in ("low", "urgent", "medium", "high"):
            create_task(title=priority, by=alice.actor, priority=priority)
    assert titles(alice, limit=3) == ["urgent", "high", "medium"]
    assert titles(alice, limit=0) == []


def test_what_a_role_may_not_read_is_left_out(alice, bob, smith, monkeypatch):
    with alice.at_work():
        add_claim(smith, 1)
        create_task(title="Mine to see", by=alice.actor)
    claims = needs._known.sources["claim"]
    admins = Rule("read claims", frozenset({Role.ADMIN}))
    from dataclasses import replace

    monkeypatch.setitem(needs._known.sources, "claim", replace(claims, rule=admins))
    assert titles(bob) == ["Mine to see"]
    assert sorted(titles(alice)) == ["Claim C1", "Mine to see"]


def test_an_old_task_is_found_among_many_of_its_priority(alice):
    with alice.at_work():
        old = create_task(title="Old", by=alice.actor)
        Task.objects.filter(pk=old.pk).update(created_at=NOW - 5 * DAY)
        late = create_task(title="Late", by=alice.actor, due_at=NOW - HOUR, priority="low")
        for number in range(needs.CANDIDATES + 5):
            create_task(title=f"New {number}", by=alice.actor)
    assert late.pk and titles(alice, limit=2) == ["Late", "Old"]


def test_the_dashboard_takes_the_same_queries_for_one_and_for_many(alice, smith):
    with alice.at_work():
        add_document(alice, smith)
    client = alice.client
    counted = []
    for round_ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        counted.append(len(queries))
        with alice.at_work():
            for number in range(3):
                add_document(alice, smith, doubtful=1)
                create_task(title=f"Task {number}", by=alice.actor, patient_id=smith.pk)
                add_claim(smith, 10 * round_ + number)
                add_visit(smith, datetime.now(UTC) + number * HOUR / 60)
    assert counted[0] == counted[1] <= 12
