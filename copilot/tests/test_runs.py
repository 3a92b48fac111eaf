"""A turn of the copilot as a client sees it, through the API."""

import json
from itertools import groupby

import pytest
from django.utils import timezone

from copilot.models import CopilotRun, Message, RunEvent
from copilot.tests.asking import ask, said, types
from copilot.tests.scripted_model import SETTING, scripted_model
from copilot.toolbox import Page
from patients.models import Patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]


def test_a_question_is_answered_by_a_tool_in_order(alice):
    with alice.at_work():
        patient = Patient.objects.create(mrn="77", first_name="Maria", last_name="Lopez")
    events = ask(alice, "find Maria Lopez", run="r1")
    assert [one for one, _ in groupby(types(events))] == [
        "RUN_STARTED",
        "STATE_SNAPSHOT",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_END",
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
        "TOOL_CALL_RESULT",
        "STATE_DELTA",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "CUSTOM",
        "RUN_FINISHED",
    ]
    assert events[0]["protocolVersion"] == "1.0"
    assert events[0]["threadId"] == "t1" and events[0]["runId"] == "r1"
    name = f"[Maria Lopez](/patients/{patient.pk})"
    assert said(events) == f"One patient fits:\n\n1. {name}, MRN 77"
    assert events[-1]["outcome"] == {"type": "success"}
    with alice.at_work():
        run = CopilotRun.objects.get()
        assert (run.status, run.model, run.asker) == ("finished", "rules", "Alice Adams")
        call = run.calls.get()
        assert (call.tool, call.outcome) == ("find_patients", "done")
        assert call.touched == [{"kind": "patient", "id": str(patient.pk), "changed": False}]
        stored = list(RunEvent.objects.order_by("seq").values_list("seq", "event"))
        assert [event for _, event in stored] == events
        assert [seq for seq, _ in stored] == list(range(1, len(events) + 1))
        texts = list(Message.objects.order_by("created_at").values_list("author_label", "text"))
    assert texts == [
        ("Alice Adams", "find Maria Lopez"),
        ("Copilot", f"One patient fits:\n\n1. {name}, MRN 77"),
    ]


def test_what_the_rules_keep_is_history_to_a_model_and_the_other_way_round(
    alice, settings, monkeypatch
):
    from copilot import modelled

    ask(alice, "find Xerxes")
    model = scripted_model(timezone.now(), frozenset({"find_patients"}), Page())
    monkeypatch.setattr(modelled, "build_model", lambda: model)
    settings.COPILOT_MODEL = SETTING
    by_model = ask(alice, "and Yolanda?")
    settings.COPILOT_MODEL = ""
    by_rules = ask(alice, "and Zeno?")
    for events, name in ((by_model, "Yolanda"), (by_rules, "Zeno")):
        (arguments,) = [one["delta"] for one in events if one["type"] == "TOOL_CALL_ARGS"]
        assert json.loads(arguments) == {"query": name}
        assert types(events)[-1] == "RUN_FINISHED"
