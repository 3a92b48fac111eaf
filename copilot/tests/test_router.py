"""Conversations with the rules over the real tools: who is meant, cited, refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from clinic.models import AuditEntry
from copilot.tests.charted import LINK
from copilot.tests.talking import Chat
from copilot.toolbox import Page
from documents.models import Document
from patients.models import Patient
from tasks.actions import create_task

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_name_in_any_case_and_with_a_slip_finds_the_patient(alice, maria):
    chat = Chat(alice)
    said = chat.ask("summarise maria gracia")
    assert chat.ran == ["find_patients", "patient_summary"]
    assert "Maria Garcia" in said
    assert "LDL cholesterol 148 mg/dL" in said


def test_every_result_links_to_the_page_and_field_it_was_read_from(alice, maria):
    said = Chat(alice).ask("abnormal labs for Maria Garcia")
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    assert len(lines) == 1
    assert "LDL cholesterol 148.0" in lines[0] or "LDL cholesterol 148 " in lines[0]
    with alice.at_work():
        scan = Document.objects.get()
    address = LINK.search(lines[0])[1]
    assert address == f"/documents/{scan.pk}?field=f7&page=2"
    page = alice.client.get(address)
    assert page.status_code == 200


def test_a_trend_has_every_result_with_its_own_link(alice, maria):
    said = Chat(alice).ask("LDL trend for Maria Garcia")
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    assert [LINK.search(line) is not None for line in lines] == [True, True]
    assert "4 Mar 2025" in lines[0]
    assert "4 Mar 2024" in lines[1]
    assert "Potassium" not in said


def test_what_was_entered_by_hand_says_so(alice, maria):
    said = Chat(alice).ask("is Maria Garcia allergic to penicillin?")
    assert f"Penicillin: rash (entered by hand, see the [chart](/patients/{maria.pk}))" in said


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("vaccinations of Maria Garcia", "says nothing about immunizations"),
        ("TSH of Maria Garcia", "has no results of TSH"),
        ("is Maria Garcia on warfarin", "Nothing in the medications"),
        ("abnormal potassium of Maria Garcia", "out of its range"),
    ],
)
def test_a_question_without_data_says_so(alice, maria, asked, answered):
    said = Chat(alice).ask(asked)
    assert answered in said
    assert LINK.search(said) is None


def test_the_look_is_in_the_audit_and_asking_who_looked_shows_it(alice, maria):
    chat = Chat(alice)
    chat.ask("labs for Maria Garcia")
    with alice.at_work():
        line = AuditEntry.objects.get(action="patient.view")
        assert (line.patient_id, line.actor_id) == (maria.pk, alice.user.pk)
    assert "Alice Adams looked at the chart" in chat.ask("who looked at her chart?")


def test_the_front_desk_cannot_ask_who_looked(bob, maria):
    chat = Chat(bob)
    said = chat.ask("who looked at Maria Garcia's chart")
    assert said == "Your role does not allow this, so I cannot look it up or do it for you."
    assert chat.ran == []
    with bob.at_work():
        assert not AuditEntry.objects.filter(patient_id=maria.pk).exists()


def test_two_who_fit_are_asked_about_and_a_number_or_a_word_chooses(alice, maria):
    with alice.at_work():
        other = Patient.objects.create(mrn="1002", first_name="Maria", last_name="Lopez")
    for choice, patient in (("the second one", other), ("2", other), ("Garcia", maria)):
        chat = Chat(alice)
        said = chat.ask("phone number of Maria")
        assert chat.ran == ["find_patients"]
        assert "1. Maria Garcia, born 14 Jul 1945, MRN 1001" in said
        assert "2. Maria Lopez, MRN 1002" in said
        assert f"/patients/{patient.pk}" in chat.ask(choice)
        assert chat.ran == ["find_patients", "patient_details"]


def test_a_follow_up_keeps_the_question_and_changes_the_patient(alice, maria):
    with alice.at_work():
        other = Patient.objects.create(mrn="1002", first_name="James", last_name="Smith")
    chat = Chat(alice)
    chat.ask("meds for Maria Garcia")
    said = chat.ask("and for James Smith?")
    assert chat.ran[-1] == "patient_chart"
    assert f"/patients/{other.pk}" in said
    assert "says nothing about medications" in said
    assert f"/patients/{other.pk}" in chat.ask("any allergies?")


def test_the_open_page_is_the_subject(alice, maria):
    chat = Chat(alice, Page(patient_id=maria.pk))
    said = chat.ask("is she on metformin?")
    assert chat.ran == ["patient_chart"]
    assert "Metformin 500 mg" in said


def test_another_clinics_patient_is_found_by_nobody(charlie, maria):
    chat = Chat(charlie, Page(patient_id=maria.pk))
    for text in ("summarise Maria Garcia", "labs of MRN 1001", "find 555-0142"):
        said = chat.ask(text)
        assert "LDL" not in said
        assert "14 Jul" not in said
    assert chat.ask("labs of this patient") == "There is no such patient."
    with charlie.at_work():
        assert not AuditEntry.objects.exists()


def test_lists_are_the_clinics_and_say_how_many_more(alice, maria):
    with alice.at_work():
        for number in range(12):
            create_task(by=alice.actor, title=f"Task {number}", priority="low")
        create_task(by=alice.actor, title="First", priority="urgent")
    said = Chat(alice).ask("what tasks are open")
    assert said.startswith("13 tasks:\n\n1. [T")
    assert "First" in said.splitlines()[2]
    assert said.endswith("And 3 more tasks.")


def test_a_name_that_is_no_colleagues_is_a_patients(alice, bob, maria):
    with alice.at_work():
        create_task(by=alice.actor, title="Bobs", assignee_id=bob.user.pk)
        create_task(by=alice.actor, title="Marias", patient_id=maria.pk)
    assert "Bobs" in Chat(alice).ask("tasks for Bob Brown")
    said = Chat(alice).ask("tasks for Maria Garcia")
    assert "Marias" in said
    assert "Bobs" not in said


def test_what_needs_me_is_the_dashboards_list(alice, maria):
    with alice.at_work():
        create_task(by=alice.actor, title="Call back", patient_id=maria.pk, priority="urgent")
    said = Chat(alice).ask("what needs me now")
    assert "Call back" in said
    assert "Maria Garcia" in said
    assert "urgent" in said


@pytest.mark.parametrize(
    "text",
    ["hello", "help", "thanks", "write me a poem", "which antibiotic should I prescribe", "yes"],
)
def test_talk_needs_no_tool(alice, text):
    chat = Chat(alice)
    assert chat.ask(text)
    assert chat.ran == []


def test_ids_in_answers_are_of_this_clinic(alice, charlie, maria):
    with charlie.at_work():
        secret = create_task(by=charlie.actor, title="Riverside secret")
    said = Chat(alice).ask(f"explain task {secret.display_id}")
    assert said == "There is no such task."
    assert UUID(str(secret.pk)).hex not in said
