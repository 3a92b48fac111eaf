"""Runs on a live server: they outlive their client, are stopped, and end with their process."""

import os
import signal
import time

import httpx
import psutil
import pytest

from clinic.realtime.tests.live import running_server, wait_until
from copilot.models import Conversation, CopilotRun
from copilot.orphans import end_orphans
from copilot.tests.living import (
    SETTINGS,
    answers_to,
    ask,
    at_once,
    body,
    client,
    connected,
    go,
    interrupt_of,
    parsed,
    status,
    stored,
    titles,
    until_event,
)
from tasks.models import Task

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def live(django_db_setup, tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("copilot"), **SETTINGS) as server:
        yield server


def test_a_run_outlives_its_client_and_is_followed_again(live, alice):
    with client(live, alice) as http:
        call = body('use wait_for {"title": "Go"}')
        with http.stream("POST", "/api/copilot", json=call) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["cache-control"] == "no-cache, no-transform"
            assert answer.headers["x-accel-buffering"] == "no"
            until_event(answer.iter_lines(), "TOOL_CALL_END")
        assert status(alice) == "running"
        found = at_once(lambda: connected(http), lambda: go(alice))
    (events,) = [events for events in found if events]
    assert events[-1]["type"] == "RUN_FINISHED"
    assert "".join(e.get("delta", "") for e in events if e["type"] == "TEXT_MESSAGE_CONTENT")
    assert stored(alice) == events
    assert status(alice) == "finished"


def test_another_run_must_wait_for_the_first(live, alice):
    with client(live, alice) as http:
        call = body('use wait_for {"title": "Go"}')
        with http.stream("POST", "/api/copilot", json=call) as answer:
            lines = answer.iter_lines()
            until_event(lines, "TOOL_CALL_END")
            second = http.post("/api/copilot", json=body("hello"))
            assert (second.status_code, second.json()["code"]) == (409, "run_in_progress")
            go(alice)
            until_event(lines, "RUN_FINISHED")
        assert http.post("/api/copilot", json=body("hello")).status_code == 200


def test_a_stopped_run_says_so_and_what_had_not_ended_is_not_done(live, alice):
    with client(live, alice) as http:
        call = body('use task_after {"title": "Go"}')
        with http.stream("POST", "/api/copilot", json=call) as answer:
            lines = answer.iter_lines()
            until_event(lines, "TOOL_CALL_END")
            stopped = http.post("/api/copilot/agent/default/stop/t1", json={})
            assert stopped.json() == {"stopped": True}
            events = parsed(lines)
    assert [event["type"] for event in events] == ["RUN_ERROR"]
    assert events[0]["code"] == "STOPPED"
    assert status(alice) == "stopped"
    assert stored(alice)[-1]["code"] == "STOPPED"
    go(alice)  # the tool's thread comes to its end, and finds that the run is over
    time.sleep(2)
    assert titles(alice) == ["Go"]


def test_a_stop_names_its_run(live, alice):
    with client(live, alice) as http:
        call = body('use wait_for {"title": "Go"}')
        with http.stream("POST", "/api/copilot", json=call) as answer:
            lines = answer.iter_lines()
            until_event(lines, "TOOL_CALL_END")
            other = http.post("/api/copilot/agent/default/stop/t1", json={"runId": "other"})
            assert other.json() == {"stopped": False}
            go(alice)
            until_event(lines, "RUN_FINISHED")


def test_a_grant_given_twice_at_once_runs_once(live, alice):
    with client(live, alice) as http:
        interrupt = interrupt_of(ask(http, 'use careful_task {"title": "Once"}'))
        grants = [answers_to(interrupt) for _ in range(4)]
        found = at_once(
            *(lambda sent=sent: http.post("/api/copilot", json=sent) for sent in grants)
        )
    good = [a for a in found if '"type":"RUN_FINISHED"' in a.text]
    assert len(good) == 1
    assert all(a.status_code == 409 or "NOT_OPEN" in a.text for a in found if a not in good)
    with alice.at_work():
        assert list(Task.objects.values_list("title", flat=True)) == ["Once"]


def test_silence_is_filled_with_comments(live, alice):
    with client(live, alice) as http:
        answer = http.post("/api/copilot", json=body('use wait {"seconds": 16}'))
    assert ": still here\n\n" in answer.text
    assert parsed(answer.text.splitlines())[-1]["type"] == "RUN_FINISHED"


def test_a_run_whose_process_is_killed_ends_by_the_sweep(django_db_setup, tmp_path, alice):
    with running_server(tmp_path, **SETTINGS) as server:
        with client(server, alice) as http:
            call = body('use slow_task {"seconds": 30}')
            with (
                pytest.raises(httpx.TransportError),
                http.stream("POST", "/api/copilot", json=call) as answer,
            ):
                lines = answer.iter_lines()
                until_event(lines, "TOOL_CALL_END")
                time.sleep(1)
                (worker,) = psutil.Process(server.process.pid).children()
                os.kill(worker.pid, signal.SIGKILL)
                list(lines)
        assert status(alice) == "running"
        end_orphans()  # too early: the lease has not passed
        assert status(alice) == "running"
        wait_until(lambda: end_orphans() or status(alice) == "failed", 10)
    events = stored(alice)
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "INTERRUPTED")
    assert [event["type"] for event in events].count("RUN_ERROR") == 1
    with alice.at_work():
        assert not Task.objects.exists()
        assert Conversation.objects.count() == 1
        assert CopilotRun.objects.get().error == "INTERRUPTED"
