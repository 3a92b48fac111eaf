"""What changed since the last visit: counted from the right visit, cited, and the clinic's own."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from appointments.models import Appointment
from copilot.tests.talking import Chat
from copilot.toolbox import Page
from documents.models import Document
from patients.models import LabResult, Patient
from tasks.actions import create_task

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = "what changed since last visit"


@pytest.fixture
def maria(alice) -> Patient:
    with alice.at_work():
        return Patient.objects.create(mrn="1001", first_name="Maria", last_name="Garcia")


def visit(patient, days_ago, status="completed", title="Follow-up"):
    start = timezone.now() - timedelta(days=days_ago)
    return Appointment.objects.create(
        patient=patient, type="follow_up", title=title, status=status,
        starts_at=start, ends_at=start + timedelta(minutes=30),
    )  # fmt: skip


def paper(patient, days_ago, name="lab.pdf"):
    document = Document.objects.create(
        patient=patient, kind="lab", status="approved", name=name, storage_name=str(uuid4()),
        mime="application/pdf", size=1, sha256="0" * 64,
    )  # fmt: skip
    Document.objects.filter(pk=document.pk).update(created_at=ago(days_ago))
    return document


def ldl(patient, document, value, days_ago, **more):
    row = LabResult.objects.create(
        patient=patient, name="LDL cholesterol", value=str(value), value_num=value, unit="mg/dL",
        effective_date=date(2025, 3, 4), source_document_id=document.pk, source_field="f7", page=2,
        box=[0.1, 0.2, 0.3, 0.4], excerpt="LDL", **more,
    )  # fmt: skip
    LabResult.objects.filter(pk=row.pk).update(recorded_at=ago(days_ago))


def ago(days):
    return timezone.now() - timedelta(days=days)


def ask(person, patient, text=ASKED):
    return Chat(person, Page(patient_id=patient.pk)).ask(text)


def test_only_what_came_after_the_last_visit_is_told_with_its_place(alice, maria):
    with alice.at_work():
        visit(maria, 90, title="Too early")
        visit(maria, 30, title="Annual check-up")
        visit(maria, 10, status="no_show", title="Did not come")
        visit(maria, -7, status="scheduled", title="Planned")
        old, new = paper(maria, 40, "old.pdf"), paper(maria, 5, "new.pdf")
        ldl(maria, old, 111, 40)
        ldl(maria, new, 148, 5, flag="H")
        task = create_task(by=alice.actor, title="Call her", patient_id=maria.pk)
    said = ask(alice, maria)
    assert "the visit on" in said and "Annual check\\-up" in said.replace("check-up", "check\\-up")
    assert f"148 mg/dL (high) (4 Mar 2025) [lab, page 2](/documents/{new.pk}?field=f7&page=2)" in (
        said.replace("\\", "")
    )
    assert "111 mg" not in said and "old.pdf" not in said and "Planned" not in said
    assert f"(/documents/{new.pk})" in said
    assert f"(/tasks/{task.pk})" in said
    assert "Did not come" in said


def test_results_out_of_range_come_first(alice, maria):
    with alice.at_work():
        visit(maria, 30)
        scan = paper(maria, 5)
        ldl(maria, scan, 90, 4)
        ldl(maria, scan, 190, 5, flag="H")
    said = ask(alice, maria)
    assert said.index("190") < said.index("90 mg/dL")


def test_the_visit_going_on_now_is_not_the_last_one(alice, maria):
    with alice.at_work():
        visit(maria, 30, title="In October")
        visit(maria, 0, status="checked_in", title="Now")
    assert "In October" in ask(alice, maria)


def test_without_a_visit_or_news_it_says_so(alice, maria):
    assert "No past visit of" in ask(alice, maria)
    with alice.at_work():
        visit(maria, 30)
    assert "Nothing has come in for" in ask(alice, maria)


def test_a_day_that_is_named_counts_instead(alice, maria):
    with alice.at_work():
        visit(maria, 2)
        paper(maria, 5, "five.pdf")
    assert "five.pdf" not in ask(alice, maria)
    assert "five.pdf" in ask(alice, maria, "what is new since 10 days ago")


def test_another_clinics_patient_has_no_changes(charlie, alice, maria):
    with alice.at_work():
        visit(maria, 30)
        paper(maria, 5, "new.pdf")
    said = ask(charlie, maria)
    assert said == "There is no such patient."
