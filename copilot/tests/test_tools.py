"""Tools that a turn calls, ours and the client's, whoever thinks: the rules or a model."""

import json

import pytest

from copilot.models import CopilotCall, CopilotRun
from copilot.tests.asking import ask, body, said, titles, types

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("scripted", "engine"),
]


class TestTools:
    def test_a_role_that_may_not_is_not_offered_the_tool(self, alice, bob):
        events = ask(bob, 'use admins_only {"title": "x"}')
        assert "TOOL_CALL_START" not in types(events)
        ask(alice, 'use admins_only {"title": "y"}', "t2")
        assert titles(alice) == ["y"]

    def test_what_broke_says_nothing_of_a_patient(self, alice, caplog):
        events = ask(alice, 'use break_down {"title": "cancer"}')
        assert types(events)[-1] == "RUN_ERROR"
        assert events[-1]["message"] == "Something went wrong on our side."
        assert "Lopez" not in json.dumps(events[2:])
        assert "RuntimeError" in caplog.text and "cancer" not in caplog.text
        with alice.at_work():
            assert CopilotRun.objects.get().status == "failed"
            assert CopilotCall.objects.get().outcome == "failed"
        assert types(ask(alice, "hello"))[-1] == "RUN_FINISHED"

    def test_a_tool_of_the_client_ends_the_run_and_is_answered_in_the_next(self, alice):
        tools = [
            {
                "name": "show_map",
                "description": "Shows a map.",
                "parameters": {"type": "object", "properties": {"x": {"type": "number"}}},
            }
        ]
        events = ask(alice, 'use show_map {"x": 1}', tools=tools)
        assert types(events)[-3:] == ["TOOL_CALL_END", "CUSTOM", "RUN_FINISHED"]
        assert events[-1]["outcome"] == {"type": "success"}
        start = next(e for e in events if e["type"] == "TOOL_CALL_START")
        result = {
            "id": "m2",
            "role": "tool",
            "toolCallId": start["toolCallId"],
            "content": "shown",
        }
        events = ask(alice, "", messages=[result], tools=tools)
        assert types(events)[-1] == "RUN_FINISHED"
        assert said(events) == "shown"
        assert events[0]["input"]["messages"] == [result]
        with alice.at_work():
            history = json.dumps(CopilotRun.objects.exclude(history=[]).get().history)
        assert "shown" in history

    @pytest.mark.parametrize(
        "text",
        [
            'use careful_task {"title": "a\\u0000b"}',
            'use show_map {"x": "\\u0000"}',
            'use find_patients {"query": "x\\u0000"}',
        ],
    )
    def test_a_character_that_cannot_be_kept_is_left_out(self, alice, text):
        tools = [{"name": "show_map", "description": "Shows a map.", "parameters": {}}]
        events = ask(alice, text, tools=tools)
        assert events[-1]["type"] == "RUN_FINISHED"
        assert types(ask(alice, "hello", tools=tools))[-1] == "RUN_FINISHED"

    def test_a_clients_tool_cannot_take_the_place_of_ours(self, alice):
        tools = [{"name": "list_tasks", "description": "x", "parameters": {}}]
        answer = alice.api("POST", "/api/copilot", body(tools=tools))
        assert answer.status_code == 422
        with alice.at_work():
            assert not CopilotRun.objects.exists()
