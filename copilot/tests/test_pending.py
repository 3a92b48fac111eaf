"""What a turn that was cut off had taken: waited for again, unless it was carried out."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from copilot.beginning import begin_run
from copilot.ending import FAILED, LOST, STOPPED, Ending, end_run
from copilot.limits import LONGEST_RESULT, LONGEST_TEXT, RUNS_AT_ONCE, THREADS_A_DAY
from copilot.models import Channel, Conversation, CopilotCall, CopilotRun, CopilotStatus
from copilot.orphans import end_orphan
from copilot.tests.asking import answered, ask, asked_first, body, resume, titles, types
from copilot.wire import encode, read_input
from tasks.actions import create_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]
TOOLS = [{"name": "show_map", "description": "Shows a map.", "parameters": {"type": "object"}}]


def cut_off(person, interrupt=None, *, carried_out=False, code="INTERRUPTED"):
    """A turn that answers the thread's last one, and whose process died in the middle of it."""
    with person.at_work():
        conversation = Conversation.objects.get(thread_id="t1")
        CopilotRun.objects.filter(status=CopilotStatus.WAITING).update(
            status=CopilotStatus.FINISHED
        )
        run = CopilotRun.objects.create(
            conversation=conversation,
            run_id="lost",
            started_by_id=person.user.pk,
            asker="Alice Adams",
            model="rules",
            lease_until=timezone.now(),
        )
        if carried_out:
            create_task(by=person.actor, title="Call")
            CopilotCall.objects.create(
                run=run,
                call_id=interrupt["toolCallId"],
                tool="careful_task",
                outcome="done",
                approved=True,
                milliseconds=1,
                at=timezone.now(),
            )
        if code == "INTERRUPTED":
            assert end_orphan(run.pk) is True
            assert end_orphan(run.pk) is False
        else:
            CopilotRun.objects.filter(pk=run.pk).update(status="stopped", error=code)


def waiting(person):
    with person.at_work():
        return CopilotRun.objects.filter(status=CopilotStatus.WAITING).count()


def test_an_approval_that_was_not_carried_out_is_waited_for_again(alice):
    interrupt = asked_first(alice)
    cut_off(alice)
    assert waiting(alice) == 1
    events = answered(alice, interrupt, {"approved": True})
    assert events[-1]["outcome"] == {"type": "success"}
    assert titles(alice) == ["Call"]
    assert answered(alice, interrupt, {"approved": True})[-1]["code"] == "NOT_OPEN"
    assert titles(alice) == ["Call"]


def test_an_approval_that_was_carried_out_is_not_taken_again(alice):
    interrupt = asked_first(alice)
    cut_off(alice, interrupt, carried_out=True)
    assert waiting(alice) == 0
    assert answered(alice, interrupt, {"approved": True})[-1]["code"] == "NOT_OPEN"
    assert titles(alice) == ["Call"]
    assert types(ask(alice, "hello"))[-1] == "RUN_FINISHED"
    with alice.at_work():
        history = json.dumps(CopilotRun.objects.exclude(history=[]).get().history)
    assert "This was done" in history
    assert titles(alice) == ["Call"]


def test_after_an_answer_that_was_stopped_the_talk_goes_on_without_it(alice):
    interrupt = asked_first(alice)
    cut_off(alice, code="STOPPED")
    assert waiting(alice) == 0
    assert answered(alice, interrupt, {"approved": True})[-1]["code"] == "NOT_OPEN"
    assert types(ask(alice, "hello"))[-1] == "RUN_FINISHED"
    assert titles(alice) == []


@pytest.mark.parametrize(("error", "left"), [(LOST, 1), (STOPPED, 0), (FAILED, 0)])
def test_only_a_turn_that_its_process_gave_up_gives_the_approval_back(alice, error, left):
    interrupt = asked_first(alice)
    sent = body("", resume=resume(interrupt, {"approved": True}))
    with alice.at_work():
        run = begin_run(asked=read_input(sent), login=alice.login)
        assert waiting(alice) == 0
        ending = Ending(CopilotStatus.FAILED, error=error.code)
        end_run(
            run=run,
            ending=ending,
            events=[encode(error)],
            seq=run.seq + 1,
            calls=[],
            by=alice.actor,
        )
    assert waiting(alice) == left
    answered(alice, interrupt, {"approved": True})
    assert titles(alice) == ["Call"] * left


def test_a_clients_tool_that_was_answered_in_a_lost_turn_is_answered_again(alice):
    events = ask(alice, 'use show_map {"x": 1}', tools=TOOLS)
    call = next(one["toolCallId"] for one in events if one["type"] == "TOOL_CALL_START")
    cut_off(alice)
    result = {"id": "m2", "role": "tool", "toolCallId": call, "content": "shown"}
    events = ask(alice, "", messages=[result], tools=TOOLS)
    assert events[-1]["outcome"] == {"type": "success"}
    with alice.at_work():
        assert "shown" in json.dumps(CopilotRun.objects.exclude(history=[]).get().history)


class TestLimits:
    def test_the_longest_text_is_answered_and_a_longer_one_is_not(self, alice):
        assert types(ask(alice, "x" * LONGEST_TEXT))[-1] == "RUN_FINISHED"
        events = ask(alice, "x" * (LONGEST_TEXT + 1), "t2")
        assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "TOO_LONG")
        assert len(events[0]["input"]["messages"][0]["content"]) == LONGEST_TEXT
        assert types(ask(alice, "hello", "t2"))[-1] == "RUN_FINISHED"

    def test_a_result_that_is_too_long_may_be_given_again_shorter(self, alice):
        events = ask(alice, 'use show_map {"x": 1}', tools=TOOLS)
        call = next(one["toolCallId"] for one in events if one["type"] == "TOOL_CALL_START")
        result = {"id": "m2", "role": "tool", "toolCallId": call}
        long = result | {"content": "x" * (LONGEST_RESULT + 1)}
        assert ask(alice, "", messages=[long], tools=TOOLS)[-1]["code"] == "TOO_LONG"
        right = result | {"content": "y" * LONGEST_RESULT}
        assert ask(alice, "", messages=[right], tools=TOOLS)[-1]["type"] == "RUN_FINISHED"

    def test_a_state_that_is_too_large_begins_nothing(self, alice):
        answer = alice.api("POST", "/api/copilot", body("hello", state={"x": "y" * 300_000}))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        with alice.at_work():
            assert not Conversation.objects.exists()

    def test_pictures_are_not_kept(self, alice):
        source = {"type": "data", "value": "AAAA" * 5000, "mimeType": "image/png"}
        parts = [{"type": "text", "text": "hello"}, {"type": "image", "source": source}]
        said_ = {"id": "m1", "role": "user", "content": parts}
        events = ask(alice, "", messages=[said_])
        assert types(events)[-1] == "RUN_FINISHED"
        assert events[0]["input"]["messages"] == [{"id": "m1", "role": "user", "content": "hello"}]

    def test_a_person_has_so_many_runs_at_once_and_others_theirs(self, alice, bob):
        with alice.at_work():
            for number in range(RUNS_AT_ONCE):
                CopilotRun.objects.create(
                    conversation=Conversation.objects.create(
                        channel=Channel.COPILOT, last_message_at=timezone.now()
                    ),
                    run_id=f"r{number}",
                    started_by_id=alice.user.pk,
                    asker="Alice Adams",
                    model="rules",
                    lease_until=timezone.now(),
                )
        answer = alice.api("POST", "/api/copilot", body("hello"))
        assert (answer.status_code, answer.json()["code"]) == (409, "too_much_at_once")
        assert types(ask(bob, "hello", "t2"))[-1] == "RUN_FINISHED"
        with alice.at_work():
            assert not Conversation.objects.filter(thread_id="t1").exists()
            CopilotRun.objects.filter(run_id="r0").update(status="finished")
        assert types(ask(alice, "hello"))[-1] == "RUN_FINISHED"

    def test_a_person_begins_so_many_threads_a_day(self, alice):
        with alice.at_work():
            Conversation.objects.bulk_create(
                Conversation(
                    clinic_id=alice.clinic.pk,
                    channel=Channel.COPILOT,
                    thread_id=f"old{number}",
                    last_message_at=timezone.now(),
                    created_by_id=alice.user.pk,
                )
                for number in range(THREADS_A_DAY)
            )
        answer = alice.api("POST", "/api/copilot", body("hello"))
        assert (answer.status_code, answer.json()["code"]) == (409, "too_much_at_once")
        assert types(ask(alice, "hello", "old7"))[-1] == "RUN_FINISHED"
        with alice.at_work():
            gone = Conversation.objects.get(thread_id="old8")
            Conversation.objects.filter(pk=gone.pk).update(
                created_at=timezone.now() - timedelta(hours=25)
            )
        assert types(ask(alice, "hello"))[-1] == "RUN_FINISHED"
