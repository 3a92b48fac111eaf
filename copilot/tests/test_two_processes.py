"""Two web processes on one database: what one began, the other follows, stops and answers."""

import os
import signal
import time

import httpx
import psutil
import pytest

from clinic.realtime.tests.live import running_server, wait_until
from copilot.models import CopilotCall, CopilotRun, RunEvent
from copilot.orphans import end_orphans
from copilot.streams import EVENTS_AT_ONCE
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
    ran,
    status,
    stored,
    titles,
    until_event,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MAP = {"name": "show_map", "description": "Shows a map.", "parameters": {"type": "object"}}
WAITING = 'use wait_for {"title": "Go"}'
CAREFUL = 'use careful_task {"title": "Once"}'


@pytest.fixture(scope="module")
def servers(django_db_setup, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    with running_server(folder, **SETTINGS) as one, running_server(folder, **SETTINGS) as other:
        yield one, other


@pytest.fixture
def here(servers, alice):
    with client(servers[0], alice) as http:
        yield http


@pytest.fixture
def there(servers, alice):
    with client(servers[1], alice) as http:
        yield http


def test_a_run_is_followed_at_the_other_process_while_it_goes_on(here, there, alice):
    with here.stream("POST", "/api/copilot", json=body(WAITING)) as answer:
        lines = answer.iter_lines()
        until_event(lines, "TOOL_CALL_END")
        sent = body("", messages=[])
        path = "/api/copilot/agent/default/connect"
        with there.stream("POST", path, json=sent) as other:
            followed = other.iter_lines()
            until_event(followed, "TOOL_CALL_END")
            assert status(alice) == "running"
            go(alice)
            after = parsed(followed)
        mine = parsed(lines)
    assert after[0]["type"] == "TOOL_CALL_RESULT"
    assert after == mine
    assert after[-1]["type"] == "RUN_FINISHED"
    assert connected(there) == connected(here) == stored(alice)


def test_a_long_thread_is_replayed_whole_while_its_last_run_goes_on(here, there, alice):
    ask(there, "hello")
    add_events(alice, 2 * EVENTS_AT_ONCE)
    with here.stream("POST", "/api/copilot", json=body(WAITING)) as answer:
        lines = answer.iter_lines()
        until_event(lines, "TOOL_CALL_END")
        both = at_once(lambda: connected(here), lambda: connected(there), lambda: go(alice))
        list(lines)
    whole = stored(alice)
    assert len(whole) > 2 * EVENTS_AT_ONCE
    assert [one for one in both if one is not None] == [whole, whole]


def add_events(person, count):
    """Events of the thread's last run, as many as many turns leave behind."""
    with person.at_work():
        run = CopilotRun.objects.get()
        first = RunEvent.objects.count() + 1
        RunEvent.objects.bulk_create(
            RunEvent(
                clinic_id=run.clinic_id,
                conversation_id=run.conversation_id,
                run=run,
                seq=seq,
                event={"type": "CUSTOM", "name": "old", "value": seq},
            )
            for seq in range(first, first + count)
        )


def test_a_run_is_stopped_at_the_other_process(here, there, alice):
    call = body('use task_after {"title": "Go"}')
    with here.stream("POST", "/api/copilot", json=call) as answer:
        lines = answer.iter_lines()
        until_event(lines, "TOOL_CALL_END")
        stopped = there.post("/api/copilot/agent/default/stop/t1", json={})
        assert stopped.json() == {"stopped": True}
        events = parsed(lines)
    assert [(event["type"], event["code"]) for event in events] == [("RUN_ERROR", "STOPPED")]
    assert status(alice) == "stopped"
    go(alice)  # the tool's thread comes to its end, and finds that the run is over
    time.sleep(2)
    assert titles(alice) == ["Go"]
    assert ask(there, "hello")[-1]["type"] == "RUN_FINISHED"


def test_a_busy_thread_is_busy_at_both(here, there, alice):
    with here.stream("POST", "/api/copilot", json=body(WAITING)) as answer:
        lines = answer.iter_lines()
        until_event(lines, "TOOL_CALL_END")
        second = there.post("/api/copilot", json=body("hello"))
        assert (second.status_code, second.json()["code"]) == (409, "run_in_progress")
        go(alice)
        until_event(lines, "RUN_FINISHED")
    assert ask(there, "hello")[-1]["type"] == "RUN_FINISHED"


def test_questions_at_both_at_once_are_answered_one_at_a_time(here, there, alice):
    answers = []

    def post(http):
        answers.append(http.post("/api/copilot", json=body('use task_after {"title": "Go"}')))

    def go_when_one_was_refused():
        wait_until(lambda: answers, 60)
        go(alice)

    at_once(lambda: post(here), lambda: post(there), go_when_one_was_refused)
    assert [answer.status_code for answer in answers] == [409, 200]
    assert titles(alice) == ["Go", "slow"]


def test_the_same_run_at_both_is_one_run_with_one_story(here, there, alice):
    same = body('use slow_task {"seconds": 0.7}')
    found = at_once(lambda: ran(here, same), lambda: ran(there, same))
    assert found[0] == found[1] == ran(there, same)
    assert found[0][-1]["type"] == "RUN_FINISHED"
    assert titles(alice) == ["slow"]
    with alice.at_work():
        assert CopilotRun.objects.count() == 1


def test_an_approval_asked_here_is_granted_there(here, there, alice):
    interrupt = interrupt_of(ask(here, CAREFUL))
    events = ran(there, answers_to(interrupt))
    assert events[-1]["outcome"] == {"type": "success"}
    assert titles(alice) == ["Once"]
    assert ran(here, answers_to(interrupt))[-1]["code"] == "NOT_OPEN"
    assert titles(alice) == ["Once"]


def test_an_approval_refused_there_is_gone_here(here, there, alice):
    interrupt = interrupt_of(ask(here, CAREFUL))
    assert ran(there, answers_to(interrupt, approved=False))[-1]["type"] == "RUN_FINISHED"
    assert ran(here, answers_to(interrupt))[-1]["code"] == "NOT_OPEN"
    assert titles(alice) == []


def test_a_forged_approval_runs_nothing_there(here, there, alice):
    ask(here, "hello")
    assert ran(there, answers_to({"id": "int-c1"}))[-1]["code"] == "NOT_OPEN"
    assert titles(alice) == []


def test_an_approval_used_at_both_at_once_runs_once(here, there, alice):
    interrupt = interrupt_of(ask(here, CAREFUL))
    sent = [answers_to(interrupt) for _ in range(4)]
    found = at_once(
        *(
            lambda http=http, one=one: http.post("/api/copilot", json=one)
            for http, one in zip((here, there) * 2, sent, strict=True)
        )
    )
    good = [one for one in found if '"type":"RUN_FINISHED"' in one.text]
    assert len(good) == 1
    assert all(one.status_code == 409 or "NOT_OPEN" in one.text for one in found if one not in good)
    assert titles(alice) == ["Once"]
    with alice.at_work():
        assert CopilotCall.objects.get().approved is True


def test_a_tool_of_the_client_is_answered_at_the_other_process(here, there, alice):
    events = ask(here, 'use show_map {"x": 1}', tools=[MAP])
    start = next(event for event in events if event["type"] == "TOOL_CALL_START")
    result = {"id": "m2", "role": "tool", "toolCallId": start["toolCallId"], "content": "shown"}
    sent = body("", messages=[result], tools=[MAP])
    assert ran(there, sent)[-1]["outcome"] == {"type": "success"}
    with alice.at_work():
        assert "shown" in str(CopilotRun.objects.exclude(history=[]).get().history)


def test_a_conversation_goes_on_at_either(here, there, alice):
    ask(here, 'use careful_task {"title": "First"}')
    ask(there, "no")
    ask(here, "hello")
    with alice.at_work():
        (history,) = CopilotRun.objects.exclude(history=[]).values_list("history", flat=True)
    assert str(history).count("'user-prompt'") == 3
    assert titles(alice) == []


def test_a_question_is_answered_though_its_client_left_at_once(servers, alice):
    with client(servers[0], alice) as http:
        request = http.build_request("POST", "/api/copilot", json=body("hello"))
        http.send(request, stream=True).close()
    wait_until(lambda: status(alice) == "finished", 10)
    with client(servers[1], alice) as http:
        assert connected(http)[-1]["type"] == "RUN_FINISHED"


def test_many_slow_tools_do_not_cost_others_their_lease(here, there, alice):
    calls = [body('use wait {"seconds": 5}', f"t{number}") for number in range(6)]
    found = at_once(*(lambda one=one: here.post("/api/copilot", json=one) for one in calls))
    end_orphans()
    assert all('"type":"RUN_FINISHED"' in answer.text for answer in found)
    with alice.at_work():
        assert set(CopilotRun.objects.values_list("status", flat=True)) == {"finished"}


def test_a_token_that_was_ended_opens_neither_process(servers, here, there, alice):
    body_ = {"name": "Agent", "scopes": ["tasks.read"]}
    made = here.post("/api/copilot/tokens", json=body_).json()

    def status_at(server):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {
            "Authorization": f"Bearer {made['token']}",
            "Accept": "application/json, text/event-stream",
        }
        answer = httpx.post(f"{server.http}/mcp", json=call, headers=headers, timeout=60)
        return answer.status_code

    assert [status_at(server) for server in servers] == [200, 200]
    assert there.delete(f"/api/copilot/tokens/{made['token_id']}").status_code == 204
    assert [status_at(server) for server in servers] == [401, 401]


class TestKilled:
    """kill -9 of the process that performs a run, with a client at the other process."""

    @pytest.fixture
    def doomed(self, django_db_setup, tmp_path, alice):
        with running_server(tmp_path, **SETTINGS) as server, client(server, alice) as http:
            yield server, http

    def kill(self, doomed, sent, there, person):
        """Kills the process in the middle of a tool; what a follower at the other is told."""
        server, http = doomed
        path = "/api/copilot/agent/default/connect"
        with pytest.raises(httpx.TransportError):
            self.dies(server, http, sent, person)
        with there.stream("POST", path, json=body("", messages=[])) as answer:
            lines = answer.iter_lines()
            until_event(lines, "TOOL_CALL_END")
            wait_until(lambda: end_orphans() or status(person) == "failed", 60)
            return parsed(lines)

    def dies(self, server, http, sent, person):
        with http.stream("POST", "/api/copilot", json=sent) as answer:
            lines = answer.iter_lines()
            until_event(lines, "STATE_SNAPSHOT")
            wait_until(lambda: self.is_in_its_tool(person, sent), 60)
            (worker,) = psutil.Process(server.process.pid).children()
            os.kill(worker.pid, signal.SIGKILL)
            list(lines)

    def is_in_its_tool(self, person, sent):
        """Whether the run's events came to the database, up to the tool that waits."""
        mine = [event["type"] for event in stored(person)]
        if sent.get("resume"):
            return mine.count("RUN_STARTED") == 2 and mine[-1] == "STATE_SNAPSHOT"
        return "TOOL_CALL_END" in mine

    def test_who_follows_at_the_other_process_is_told(self, doomed, there, alice):
        events = self.kill(doomed, body('use task_after {"title": "Go"}'), there, alice)
        assert [(e["type"], e.get("code")) for e in events] == [("RUN_ERROR", "INTERRUPTED")]
        assert status(alice) == "failed"
        assert titles(alice) == []
        assert ask(there, "hello")[-1]["type"] == "RUN_FINISHED"

    def test_an_approval_that_was_not_carried_out_can_be_given_again_and_runs_once(
        self, doomed, there, alice
    ):
        interrupt = interrupt_of(ask(there, 'use careful_task_after {"title": "Go"}'))
        self.kill(doomed, answers_to(interrupt), there, alice)
        assert titles(alice) == []
        go(alice)
        assert ran(there, answers_to(interrupt))[-1]["outcome"] == {"type": "success"}
        assert titles(alice) == ["Go", "slow"]
        assert ran(there, answers_to(interrupt))[-1]["code"] == "NOT_OPEN"
        assert titles(alice) == ["Go", "slow"]
