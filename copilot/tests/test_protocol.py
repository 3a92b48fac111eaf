"""What may be sent to the copilot, and what comes back."""

import pytest
from django.test import Client

from copilot.models import Conversation, CopilotRun
from copilot.tests.asking import ask, body, events_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]


class TestProtocol:
    def test_the_envelope_does_the_same(self, alice):
        info = alice.api("POST", "/api/copilot", {"method": "info"})
        assert info.json() == alice.api("GET", "/api/copilot/info").json()
        assert info.json()["mode"] == "sse" and "rules" in str(info.json()["agents"]["default"])
        call = {"method": "agent/run", "params": {"agentId": "default"}, "body": body("hello")}
        ran = events_of(alice.api("POST", "/api/copilot", call))
        call = {"method": "agent/connect", "params": {"agentId": "default", "threadId": "t1"}}
        assert events_of(alice.api("POST", "/api/copilot", call)) == ran
        call = {"method": "agent/stop", "params": {"agentId": "default", "threadId": "t1"}}
        assert alice.api("POST", "/api/copilot", call).json() == {"stopped": False}

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({}, 400),
            ({"method": "agent/delete"}, 400),
            ({"query": "query { x }", "variables": {}}, 400),
            ({"method": "agent/run", "params": {"agentId": "other"}, "body": body()}, 404),
            ({"method": "agent/connect", "params": {"agentId": "default"}}, 422),
            (body(thread=""), 422),
            (body(thread="x" * 201), 422),
            (body(messages=[{"role": "user"}]), 422),
            (body(messages="x"), 422),
        ],
    )
    def test_what_cannot_be_understood_is_refused_and_begins_nothing(self, alice, sent, status):
        answer = alice.api("POST", "/api/copilot", sent)
        assert answer.status_code == status, answer.content
        assert set(answer.json()) == {"detail", "code", "errors"}
        with alice.at_work():
            assert not CopilotRun.objects.exists()
            assert not Conversation.objects.exists()

    def test_without_a_token_nothing_begins(self, db):
        answer = Client().post("/api/copilot", body(), content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    def test_absent_fields_are_left_out(self, alice):
        for event in ask(alice, "find nobody"):
            assert None not in event.values(), event

    def test_state_is_given_back_with_our_part(self, alice):
        events = ask(alice, "find nobody", state={"theirs": 1})
        assert events[1]["snapshot"] == {"theirs": 1, "copilot": {"model": "rules", "calls": []}}
        delta = next(e for e in events if e["type"] == "STATE_DELTA")["delta"]
        value = {"tool": "find_patients", "outcome": "done", "rows": 0}
        assert delta == [{"op": "add", "path": "/copilot/calls/-", "value": value}]
