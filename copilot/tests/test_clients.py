"""Real clients from npm against a live server, unchanged: what they see, and what it did."""

import json
import os
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

import pytest

from clinic.realtime.tests.live import running_server
from conftest import make_clinic, make_person
from patients.models import Patient
from tasks.models import Task

SCRIPTS = Path(__file__).parent / "clients"
CLIENTS = os.environ.get("BACKLINE_CLIENTS", "")
GENERATIONS = {"1.0": "@ag-ui/client", "0.0.59": "@ag-ui/client-0"}
TOOL = [
    "RUN_STARTED",
    "STATE_SNAPSHOT",
    "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_END",
    "TOOL_CALL_START",
    "TOOL_CALL_ARGS",
    "TOOL_CALL_END",
]
ANSWER = ["TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "CUSTOM"]
FOUND = "MRN 77"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIENTS, reason="the clients from npm are not installed"),
]


@pytest.fixture(scope="module")
def live(django_db_setup, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    with running_server(folder, DJANGO_SETTINGS_MODULE="copilot.tests.scripted") as server:
        yield server


def node(script, *arguments):
    """What a script prints; it runs beside the installed packages."""
    target = Path(CLIENTS) / script
    shutil.copy(SCRIPTS / script, target)
    done = subprocess.run(
        ["node", str(target), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def squeezed(types):
    """The types in order, each of several alike in a row once: how long an answer is may vary."""
    return [one for one, _ in groupby(types)]


def people():
    ours = make_person(make_clinic("Northside"), "alice@example.org", "Alice Adams", "admin")
    theirs = make_person(make_clinic("Riverside"), "charlie@example.org", "Charlie", "admin")
    with ours.at_work():
        Patient.objects.create(mrn="77", first_name="Maria", last_name="Lopez")
    return ours, theirs


def titles(person):
    with person.at_work():
        return sorted(Task.objects.values_list("title", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("package", GENERATIONS.values(), ids=GENERATIONS)
def test_a_generation_of_the_ag_ui_client(live, package):
    alice, charlie = people()
    found = node("agui.mjs", package, live.http, alice.token, charlie.token)
    assert {key: value["failed"] for key, value in found.items() if "failed" in value} == {}
    for key in ("text", "tools", "state", "followUp"):
        assert found[key]["error"] is None, key
        assert found[key]["last"]["type"] == "RUN_FINISHED", key
    assert found["text"]["roles"] == ["user", "assistant"]
    assert found["text"]["said"]
    assert found["tools"]["types"][: len(TOOL)] == TOOL
    arguments = json.loads(found["tools"]["call"]["arguments"])
    assert (found["tools"]["call"]["name"], arguments) == (
        "find_patients",
        {"query": "Maria Lopez"},
    )
    assert found["tools"]["result"]["patients"][0]["mrn"] == "77"
    assert FOUND in found["tools"]["said"]
    call = {"tool": "find_patients", "outcome": "done", "rows": 1}
    assert found["state"]["state"] == {"theirs": 1, "copilot": {"model": "rules", "calls": [call]}}
    assert found["followUp"]["fresh"] == ["find Maria Lopez"]
    check_approvals(found, package)
    check_frontend(found["frontend"])
    check_endings(found)
    assert titles(alice) == [f"granted {package}"]


def check_approvals(found, package):
    for key, title in (("granted", "granted"), ("refused", "refused"), ("badAnswer", "bad")):
        assert found[key]["outcome"] == "interrupt"
        assert found[key]["message"] == f"Open the task {title} {package}?"
    assert found["granted"]["second"]["last"]["outcome"] == {"type": "success"}
    assert found["refused"]["second"]["last"]["outcome"] == {"type": "success"}
    assert found["badAnswer"]["second"]["last"]["code"] == "BAD_RESUME"
    assert '"code":"NOT_OPEN"' in found["forged"]["text"]


def check_frontend(found):
    assert found["first"]["types"] == [*TOOL, "CUSTOM", "RUN_FINISHED"]
    assert found["call"] == {"name": "show_map", "arguments": '{"x": 1}'}
    assert squeezed(found["second"]["types"])[2:] == [*ANSWER, "RUN_FINISHED"]


def check_endings(found):
    whole = [*TOOL, "TOOL_CALL_RESULT", "STATE_DELTA", *ANSWER, "RUN_FINISHED"]
    assert found["abort"]["all"]["status"] == 200
    assert squeezed(found["abort"]["all"]["types"]) == whole
    assert len(found["abort"]["mine"]) < len(whole)
    assert found["stopped"]["answer"] == {"stopped": True}
    assert found["stopped"]["last"]["code"] == "STOPPED"
    assert found["replay"]["again"] == found["replay"]["first"]
    assert found["replay"]["same"] is True
    assert found["replay"]["theirs"] == {"status": 200, "types": []}


@pytest.mark.django_db(transaction=True)
def test_copilotkit_straight_and_through_a_runtime(live):
    alice, _ = people()
    found = node("copilotkit.mjs", live.http, alice.token)
    turn = ["user", "assistant", "tool", "assistant"]
    for way in ("rest", "single", "runtime"):
        assert "failed" not in found[way], found[way]
        assert found[way]["errors"] == [], way
        assert FOUND in found[way]["said"], way
        assert found[way]["shown"] == [{"x": 1}], way
        assert found[way]["roles"] == turn * 2, way
    for way in ("rest", "single"):
        assert "by rules" in found[way]["description"]
        assert found[way]["replayed"] == turn * 2
