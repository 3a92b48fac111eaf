"""Calls of outside agents: by scope and role, nothing unseen, each with a receipt."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from clinic.logins import NotSignedIn, login_from_token, login_of_session
from clinic.models import AuditEntry, LoginSession, Membership
from copilot import outside
from copilot.agent_tokens import caller_of
from copilot.models import CopilotCall, CopilotRun
from copilot.outside import Caller, NoSuchTool, NotApproved, call_tool, tools_of
from copilot.toolbox import BadArguments
from patients.models import Patient
from tasks.actions import create_task
from tasks.models import Task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]


def caller(person, *scopes):
    return Caller(person.login, frozenset(scopes) if scopes else None)


def call(person, name, arguments, *scopes):
    with person.at_work():
        return call_tool(caller(person, *scopes), name, arguments)


def titles(person):
    with person.at_work():
        return sorted(Task.objects.values_list("title", flat=True))


def test_a_reading_tool_answers_and_leaves_a_receipt(alice):
    with alice.at_work():
        patient = Patient.objects.create(mrn="77", first_name="Maria", last_name="Lopez")
    found = call(alice, "find_patients", {"query": "Maria"})
    assert found["total"] == 1
    with alice.at_work():
        run = CopilotRun.objects.get()
        assert (run.via, run.asker, run.status) == ("mcp", "Alice Adams", "finished")
        touched = [{"kind": "patient", "id": str(patient.pk), "changed": False}]
        assert run.calls.get().touched == touched


def test_a_scope_is_needed_for_each_tool(alice):
    for scopes in (("patients.read",), ("tasks.write",)):
        with pytest.raises(NoSuchTool):
            call(alice, "list_tasks", {}, *scopes)
    assert call(alice, "list_tasks", {}, "tasks.read")["total"] == 0
    with alice.at_work():
        names = {tool.name for tool in tools_of(caller(alice, "tasks.read"))}
    assert "list_tasks" in names and not names & {"find_patients", "careful_task"}


def test_a_role_that_may_not_finds_no_tool(alice, bob):
    with pytest.raises(NoSuchTool):
        call(bob, "admins_only", {"title": "x"})
    call(alice, "admins_only", {"title": "y"})
    assert titles(alice) == ["y"]


def test_what_asks_first_is_not_done_by_the_first_call(alice):
    found = call(alice, "careful_task", {"title": "Call"})
    assert (found["approval_needed"], found["done"]) == (True, False)
    assert found["preview"]["title"] == "Open the task Call?"
    assert titles(alice) == []
    done = call(alice, "careful_task", {"title": "Call", "approval": found["approval"]})
    assert done == {"text": "Call"}
    assert titles(alice) == ["Call"]
    with alice.at_work():
        assert CopilotCall.objects.get().approved is True


def test_an_approval_is_good_once(alice):
    token = call(alice, "careful_task", {"title": "Call"})["approval"]
    call(alice, "careful_task", {"title": "Call", "approval": token})
    with pytest.raises(NotApproved):
        call(alice, "careful_task", {"title": "Call", "approval": token})
    assert titles(alice) == ["Call"]


def test_an_approval_used_at_the_same_moment_is_found_used(alice, monkeypatch):
    """The preview that would have said so (the count of tasks) is kept as it was."""
    token = call(alice, "careful_task", {"title": "Call"})["approval"]
    same = outside.foresee
    frozen = []

    def foresee(*arguments):
        frozen.append(frozen[0] if frozen else same(*arguments))
        return frozen[-1]

    monkeypatch.setattr(outside, "foresee", foresee)
    call(alice, "careful_task", {"title": "Call", "approval": token})
    with pytest.raises(NotApproved):
        call(alice, "careful_task", {"title": "Call", "approval": token})
    assert titles(alice) == ["Call"]


@pytest.mark.parametrize("made_up", ["", "x", signing.dumps({"id": "1", "for": "2"})])
def test_a_made_up_approval_is_refused(alice, made_up):
    with pytest.raises(NotApproved):
        call(alice, "careful_task", {"title": "Call", "approval": made_up})
    assert titles(alice) == []


def test_an_approval_is_for_these_arguments_this_person_and_this_state(alice, bob, charlie):
    token = call(alice, "careful_task", {"title": "Call"})["approval"]
    for person, title in ((alice, "Other"), (bob, "Call"), (charlie, "Call")):
        with pytest.raises(NotApproved):
            call(person, "careful_task", {"title": title, "approval": token})
    with alice.at_work():
        create_task(by=alice.actor, title="Meanwhile")
    with pytest.raises(NotApproved):
        call(alice, "careful_task", {"title": "Call", "approval": token})
    assert titles(alice) == ["Meanwhile"]
    assert titles(charlie) == []


def test_an_old_approval_is_refused(alice, monkeypatch):
    token = call(alice, "careful_task", {"title": "Call"})["approval"]
    monkeypatch.setattr(outside, "APPROVAL_SECONDS", -1)
    with pytest.raises(NotApproved):
        call(alice, "careful_task", {"title": "Call", "approval": token})
    assert titles(alice) == []


def test_wrong_arguments_are_refused_with_a_receipt(alice):
    with pytest.raises(BadArguments):
        call(alice, "find_patients", {"limit": 0})
    with alice.at_work():
        assert CopilotCall.objects.get().outcome == "refused"


class TestTokens:
    def made(self, person, **more):
        body = {"name": "Agent", "scopes": ["tasks.read"]} | more
        return person.api("POST", "/api/copilot/tokens", body)

    def test_a_token_stands_for_its_maker_and_its_scopes(self, alice):
        answer = self.made(alice)
        assert answer.status_code == 201, answer.content
        found = caller_of(answer.json()["token"], None, None)
        assert found.scopes == {"tasks.read"}
        assert (found.login.user, found.login.clinic) == (alice.user, alice.clinic)

    def test_it_opens_nothing_but_mcp(self, alice):
        from django.test import Client

        client = Client(headers={"Authorization": f"Bearer {self.made(alice).json()['token']}"})
        assert client.get("/api/tasks").status_code == 401
        assert client.get("/api/copilot/info").status_code == 401

    def test_a_scope_that_is_none_cannot_be_given(self, alice):
        for scopes in (["everything"], ["tasks.read", "x"], []):
            assert self.made(alice, scopes=scopes).status_code == 400

    def test_it_ends_when_its_maker_ends_it(self, alice, bob, charlie):
        made = self.made(alice).json()
        path = f"/api/copilot/tokens/{made['token_id']}"
        for stranger in (bob, charlie):
            assert stranger.api("DELETE", path).status_code == 404
        assert caller_of(made["token"], None, None).login.user == alice.user
        assert alice.api("DELETE", path).status_code == 204
        assert alice.api("DELETE", path).status_code == 404
        with pytest.raises(NotSignedIn):
            caller_of(made["token"], None, None)

    def test_an_access_token_is_taken_with_all_that_is_the_persons(self, alice):
        found = caller_of(alice.token, None, None)
        assert (found.scopes, found.login.user) == (None, alice.user)

    def test_a_token_of_another_kind_is_none(self, alice):
        for raw in ("", "x.y.z", alice.token[:-2]):
            with pytest.raises(NotSignedIn):
                caller_of(raw, None, None)

    def test_making_and_ending_one_leave_a_line_each(self, alice):
        made = self.made(alice, scopes=["tasks.write", "tasks.read", "tasks.read"]).json()
        alice.api("DELETE", f"/api/copilot/tokens/{made['token_id']}")
        with alice.at_work():
            lines = AuditEntry.objects.filter(action__startswith="agent_token").order_by("seq")
            assert [(one.action, one.actor, str(one.object_id)) for one in lines] == [
                ("agent_token.make", "Alice Adams", made["token_id"]),
                ("agent_token.end", "Alice Adams", made["token_id"]),
            ]
            assert lines[0].detail == {"scopes": ["tasks.read", "tasks.write"]}

    def test_a_programs_session_is_no_token_to_end(self, alice):
        session = login_from_token(alice.token).session_id
        assert alice.api("DELETE", f"/api/copilot/tokens/{session}").status_code == 404
        assert login_of_session(session, alice.user.pk, alice.clinic.pk).user == alice.user

    def test_it_is_good_in_its_clinic_until_its_day(self, alice, charlie, monkeypatch):
        with charlie.at_work():
            Membership.objects.create(user=alice.user, role="admin")
        made = self.made(alice, days=2).json()
        found = caller_of(made["token"], str(alice.clinic.pk), None)
        assert found.login.clinic == alice.clinic
        with pytest.raises(NotSignedIn):
            caller_of(made["token"], str(charlie.clinic.pk), None)
        session = LoginSession.objects.get(pk=made["token_id"])
        assert timedelta(days=1) < session.expires_at - timezone.now() <= timedelta(days=2)
        LoginSession.objects.filter(pk=session.pk).update(
            expires_at=timezone.now() - timedelta(days=1)
        )
        with pytest.raises(NotSignedIn):
            caller_of(made["token"], None, None)
