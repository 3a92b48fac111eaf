"""What each act leaves behind: its line of the audit, whom it names, and what open screens hear."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from agents import actions as runs
from agents.models import AgentRun
from appointments import actions as visits
from claims import actions as claims
from clinic import actions as members
from clinic import browsers, invitations, second_factor
from clinic.logins import NotSignedIn, login_from_token, start_session
from clinic.models import AuditEntry, Event, LoginSession, Role, Undoable
from clinic.undoing import undo
from consents import actions as forms
from copilot import actions as talks
from documents import verdicts
from documents.actions import read_again, receive_upload
from documents.corrections import Answer
from documents.moving import file_under
from documents.review import review
from documents.tests import review_samples
from patients import actions as patients
from patients.models import Patient
from tasks import actions as tasks
from tasks import bulk
from voice import actions as calls

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 12, 1, 14, tzinfo=UTC)


class Left:
    """What was left since the last time of asking."""

    def __init__(self, person):
        self.person = person
        self.line = self.event = 0
        self()

    def __call__(self):
        """(audit actions, (type, operation) of events), in order; all lines are the person's."""
        lines = list(AuditEntry.objects.filter(seq__gt=self.line).order_by("seq"))
        events = list(Event.objects.filter(seq__gt=self.event).order_by("seq"))
        self.line = lines[-1].seq if lines else self.line
        self.event = events[-1].seq if events else self.event
        assert {line.actor_id for line in lines} <= {self.person.user.pk}
        self.patients = [line.patient_id for line in lines]
        return [line.action for line in lines], [(one.type, one.op) for one in events]


@pytest.fixture
def patient(in_clinic):
    return Patient.objects.create(
        mrn="100", first_name="Ana", last_name="Lima", phone="+15550100", email="ana@example.org"
    )


@pytest.fixture
def left(alice, patient):
    return Left(alice)


def test_patients(left, alice):
    made = patients.create_patient(by=alice.actor, first_name="Eva", last_name="Roth")
    assert left() == (["patient.create"], [("patient", "insert")])
    patients.update_patient(patient_id=made.pk, by=alice.actor, phone="+15550199")
    assert left() == (["patient.change"], [("patient", "update")])
    patients.update_patient(patient_id=made.pk, by=alice.actor, phone="+15550199")
    assert left() == ([], [])
    patients.view_patient(patient_id=made.pk, by=alice.actor)
    assert left() == (["patient.view"], [])
    assert left.patients == [made.pk]


def test_tasks(left, alice, patient):
    task = tasks.create_task(by=alice.actor, title="Call", patient_id=patient.pk)
    assert left() == (["task.create"], [("task", "insert")])
    urgent = tasks.Changes(priority="urgent")
    tasks.change_task(task_id=task.pk, by=alice.actor, changes=urgent)
    assert left() == (["task.change"], [("task", "update")])
    tasks.comment_on_task(task_id=task.pk, text="Rang twice.", by=alice.actor)
    assert left() == (["task.comment"], [("task", "update")])
    tasks.change_task(task_id=task.pk, by=alice.actor, changes=tasks.Changes(state="done"))
    assert left() == (["task.done", "task.change"], [("task", "update")])
    undo(undo_id=Undoable.objects.latest("at").pk, by=alice.actor)
    assert left() == (["task.undo"], [("task", "update")])
    bulk.change_tasks(task_ids=[task.pk], by=alice.actor, changes=tasks.Changes(state="done"))
    assert left() == (["task.done", "task.change"], [("task", "update")])
    assert set(left.patients) == {patient.pk}


def test_visits(left, alice, patient):
    times = {"starts_at": NINE, "ends_at": NINE + timedelta(minutes=30)}
    visit = visits.book(
        by=alice.actor, patient_id=patient.pk, type="consultation", title="Check", **times
    )
    assert left() == (["appointment.book"], [("appointment", "insert")])
    later = visits.Changes(starts_at=NINE + timedelta(hours=1), ends_at=NINE + timedelta(hours=2))
    visits.change_appointment(appointment_id=visit.pk, by=alice.actor, changes=later)
    assert left() == (["appointment.change"], [("appointment", "update")])
    visits.delete_appointment(appointment_id=visit.pk, by=alice.actor)
    assert left() == (["appointment.delete"], [("appointment", "delete")])


def test_calls(left, alice, patient):
    call = calls.plan_call(by=alice.actor, patient_id=patient.pk, purpose="Results")
    assert left() == (["voice_call.plan"], [("voice_call", "insert")])
    calls.record_call(call_id=call.pk, by=alice.actor, outcome="No answer.")
    assert left() == (["voice_call.change"], [("voice_call", "update")])
    calls.record_call(call_id=call.pk, by=alice.actor, status="completed")
    assert left() == (["voice_call.completed"], [("voice_call", "update")])


def test_the_looks_of_a_person(left, alice, patient):
    call = calls.plan_call(by=alice.actor, patient_id=patient.pk, purpose="Results")
    visit = visits.book(
        by=alice.actor, patient_id=patient.pk, type="consultation", title="Check",
        starts_at=NINE, ends_at=NINE + timedelta(minutes=30),
    )  # fmt: skip
    left()
    browser = alice.client
    left()
    for path, action in (
        (f"/calls/{call.pk}", "voice_call.view"),
        (f"/appointments/{visit.pk}", "appointment.view"),
        (f"/patients/{patient.pk}", "patient.view"),
        (f"/patients/{patient.pk}/print", "patient.print"),
    ):
        assert browser.get(path).status_code == 200
        assert left() == ([action], []), path
        assert left.patients == [patient.pk], path


def test_ones_own_account(left, alice):
    user, actor = alice.user, alice.actor
    members.change_name(user=user, name="Alice B. Adams", by=actor)
    assert left() == (["user.name"], [])
    members.change_password(user=user, password="a quite new password", by=actor)
    assert left() == (["user.password"], [])
    codes = second_factor.renew_codes(user=user, password="a quite new password", by=actor)
    assert len(codes) == second_factor.CODES
    assert left() == (["user.recovery_codes"], [])
    second_factor.switch_off(user=user, password="a quite new password", by=actor)
    assert left() == (["user.factor_off"], [])
    start_session(user, alice.clinic.pk)
    session = LoginSession.objects.filter(user=user, ended_at=None).latest("created_at")
    left()
    browsers.end_one(user=user, session_id=session.pk, by=actor)
    assert left() == (["user.session_end"], [])


def test_documents(left, alice, patient, settings, tmp_path):
    review_samples.keep_files_in(tmp_path, settings)
    receive_upload(file=ContentFile(b"%PDF-1.4 x", name="a.pdf"), by=alice.actor)
    assert left() == (["document.upload"], [("agent_run", "insert"), ("document", "insert")])
    document = review_samples.add("b.pdf", patient=patient)
    left()
    review(
        document_id=document.pk, by=alice.actor, answer=Answer(status="rejected", reason="Blank.")
    )
    assert left() == (["document.rejected"], [("document", "update")])
    assert left.patients == [patient.pk]


def test_claims(left, alice, patient):
    claim = claims.create_claim(
        by=alice.actor, patient_id=patient.pk, insurance_provider="Aetna",
        amount=Decimal("12.50"), service_date=date(2026, 11, 2),
    )  # fmt: skip
    assert left() == (["claim.create"], [("claim", "insert")])
    for status in ("submitted", "denied"):
        claims.move_claim(claim_id=claim.pk, status=status, by=alice.actor)
        assert left() == ([f"claim.{status}"], [("claim", "update")])
    claims.note_on_claim(claim_id=claim.pk, text="Rang them.", by=alice.actor)
    assert left() == (["claim.note"], [("claim", "update")])
    claims.record_denial(claim_id=claim.pk, by=alice.actor, denial_code="CO-16")
    assert left() == (["claim.denial_reason"], [("claim", "update")])
    assert left.patients == [patient.pk]
    with pytest.raises(claims.IllegalMove):
        claims.move_claim(claim_id=claim.pk, status="settlement_done", by=alice.actor)
    assert left() == ([], [])


def test_consent_forms(left, alice, patient):
    template = forms.create_template(
        by=alice.actor, name="Consent", purpose="Care", body="I, {{patient.name}}, agree."
    )
    assert left() == (["form_template.create"], [])
    forms.change_template(template_id=template.pk, by=alice.actor, name="Consent to care")
    assert left() == (["form_template.change"], [])
    forms.change_template(template_id=template.pk, by=alice.actor, name="Consent to care")
    assert left() == ([], [])
    asked = {"patient_id": patient.pk, "form_template_ids": [template.pk]}
    (form,) = forms.send_forms(by=alice.actor, **asked)
    letter = ("agent_run", "insert")
    assert left() == (["consent_form.sent"], [("consent_form", "insert"), letter])
    assert forms.send_forms(by=alice.actor, **asked)[0].pk == form.pk
    assert left() == (["consent_form.sent"], [("consent_form", "update"), letter])
    forms.hand_over_again(form_id=form.pk, by=alice.actor)
    assert left() == (["consent_form.sent"], [("consent_form", "update")])
    forms.withdraw_form(form_id=form.pk, by=alice.actor, reason="Wrong form.")
    assert left() == (["consent_form.withdrawn"], [("consent_form", "update")])
    assert left.patients == [patient.pk]


def test_a_document_that_moves_is_in_both_charts_histories(
    left, alice, patient, settings, tmp_path
):
    review_samples.keep_files_in(tmp_path, settings)
    other = Patient.objects.create(mrn="101", first_name="Lea", last_name="Roth")
    document = review_samples.add("b.pdf", patient=patient)
    left()
    file_under(document_id=document.pk, patient_id=other.pk, by=alice.actor)
    lines, events = left()
    assert lines == ["document.move", "document.move_away"]
    assert left.patients == [other.pk, patient.pk]
    assert ("document", "update") in events
    file_under(document_id=document.pk, patient_id=other.pk, by=alice.actor)
    assert left() == ([], [])
    undo(undo_id=Undoable.objects.latest("at").pk, by=alice.actor)
    lines, events = left()
    assert lines == ["document.undo", "document.undo"]
    assert set(left.patients) == {other.pk, patient.pk}
    moves = Event.objects.filter(type="document", op="update").order_by("seq")
    assert [one.doc["patient_id"] for one in moves if one.doc.get("moved")] == [
        str(other.pk), str(patient.pk),
    ]  # fmt: skip


def test_reading_again_stopping_and_trying_again(left, alice, patient, settings, tmp_path):
    review_samples.keep_files_in(tmp_path, settings)
    document = review_samples.add("b.pdf", patient=patient)
    left()
    run = read_again(document_id=document.pk, by=alice.actor)
    lines, events = left()
    assert (lines, left.patients) == (["document.read_again"], [patient.pk])
    assert events[-2:] == [("agent_run", "insert"), ("document", "update")]
    runs.stop_run(run_id=run.pk, by=alice.actor)
    lines, events = left()
    assert (lines, left.patients) == (["task.create", "agent_run.stop"], [patient.pk] * 2)
    assert {("agent_run", "update"), ("document", "update"), ("task", "insert")} <= set(events)
    stopped = AgentRun.objects.get(pk=run.pk)
    assert (stopped.status, stopped.error) == ("failed", f"Stopped by {alice.actor.label}")
    AgentRun.objects.filter(pk=run.pk).update(attempts=3)
    runs.retry_run(run_id=run.pk, by=alice.actor)
    assert left() == (["agent_run.retry"], [("agent_run", "update")])
    again = AgentRun.objects.get(pk=run.pk)
    assert (again.status, again.attempts, again.error, again.finished_at) == ("queued", 0, "", None)
    with pytest.raises(runs.NotFailed):
        runs.retry_run(run_id=run.pk, by=alice.actor)


def test_members_and_invitations(left, alice, bob, settings):
    members.change_role(user_id=bob.user.pk, role=Role.DOCTOR, by=alice.actor)
    assert left() == (["member.role"], [])
    members.change_role(user_id=bob.user.pk, role=Role.DOCTOR, by=alice.actor)
    assert left() == ([], [])
    members.end_membership(user_id=bob.user.pk, by=alice.actor)
    assert left() == (["member.end"], [])
    back = {"email": bob.user.email.upper(), "name": "Bob", "role": Role.STAFF}
    assert members.add_member(**back, by=alice.actor).user == bob.user
    assert left() == (["member.add"], [])
    with pytest.raises(members.AlreadyAMember):
        members.add_member(**back, by=alice.actor)
    asked = {"email": " Dana@Example.org ", "name": "Dana", "role": Role.DOCTOR}
    made = invitations.invite(**asked, by=alice.actor)
    assert (made.email, left()) == ("dana@example.org", (["member.invite"], []))
    with pytest.raises(invitations.AlreadyInvited):
        invitations.invite(**asked, by=alice.actor)
    assert left() == ([], [])
    first_end = made.expires_at
    again = invitations.invite_again(invitation_id=made.pk, by=alice.actor)
    assert left() == (["member.invite"], [])
    assert (again.nonce == made.nonce, again.expires_at > first_end) == (False, True)
    assert AuditEntry.objects.latest("seq").detail == {"role": "doctor", "again": True}
    invitations.withdraw(invitation_id=made.pk, by=alice.actor)
    assert left() == (["member.withdraw"], [])
    for act in (invitations.withdraw, invitations.invite_again):
        with pytest.raises(invitations.InvitationEnded):
            act(invitation_id=made.pk, by=alice.actor)
    assert left() == ([], [])


def test_coming_and_going(left, alice):
    tokens = members.sign_in(user=alice.user, clinic_id=alice.clinic.pk, ip=None)
    assert left() == (["auth.login"], [])
    login = login_from_token(tokens.token)
    members.switch_clinic(user=alice.user, clinic_id=alice.clinic.pk)
    assert left() == (["clinic.open"], [])
    members.sign_out(login=login)
    assert left() == (["auth.logout"], [])
    with pytest.raises(NotSignedIn):
        login_from_token(tokens.token)
    members.change_clinic(by=alice.actor, name="Other", language="es")
    assert left() == (["clinic.change"], [])
    assert AuditEntry.objects.latest("seq").detail == {"fields": ["language", "name"]}


def test_how_papers_are_filed(left, alice):
    verdicts.set_filing(kind="lab", threshold=0.95, shadow=True, by=alice.actor)
    assert left() == (["auto_filing.change"], [])
    kept = AuditEntry.objects.latest("seq").detail
    assert kept == {"kind": "lab", "mode": "shadow", "threshold": 0.95}
    verdicts.set_reading_aid(use_model=True, by=alice.actor)
    assert left() == (["reading_aid.change"], [])


def test_conversations(left, alice, patient):
    talk = talks.begin_conversation(by=alice.actor, channel="sms", patient_id=patient.pk)
    assert left() == (["conversation.begin"], [])
    talks.write_message(conversation_id=talk.pk, text="Hello", by=alice.actor)
    assert left() == (["message.write"], [("message", "insert")])
    assert left.patients == [patient.pk]
