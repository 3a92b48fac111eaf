"""Conversations as pages: whose they are, what they show, and the copilot without JavaScript."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from copilot.actions import begin_conversation, write_message
from copilot.answer_html import answer_html
from copilot.models import Conversation, CopilotRun
from copilot.toolbox import known_tools
from copilot.transcript import WORDS, Entry, entries_of
from patients.models import Patient
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


def ask(person, text="", thread="", **more):
    return person.client.post("/copilot", {"question": text, "thread": thread, **more})


def thread_of(response) -> str:
    assert response.status_code == 302, response.content
    return response["Location"].split("thread=")[1].split("&")[0].split("#")[0]


def test_a_question_is_answered_and_kept(alice):
    asked = ask(alice, "who works here")
    shown = alice.client.get(asked["Location"])
    assert b"Alice Adams" in shown.content
    with alice.at_work():
        conversation = Conversation.objects.get()
        run = CopilotRun.objects.get()
    assert (conversation.channel, conversation.created_by_id) == ("copilot", alice.user.pk)
    assert (run.status, run.model) == ("finished", "rules")


def test_a_preview_is_decided_with_a_form(alice):
    thread = thread_of(ask(alice, "make a task to order gloves"))
    shown = alice.client.get(f"/copilot?thread={thread}").content.decode()
    interrupt = shown.split('name="interrupt" value="')[1].split('"')[0]
    ask(alice, thread=thread, interrupt=interrupt, decision="no")
    with alice.at_work():
        assert not Task.objects.exists()
    assert "nothing was done" in alice.client.get(f"/copilot?thread={thread}").content.decode()
    thread = thread_of(ask(alice, "make a task to order gloves"))
    shown = alice.client.get(f"/copilot?thread={thread}").content.decode()
    interrupt = shown.split('name="interrupt" value="')[1].split('"')[0]
    ask(alice, thread=thread, interrupt=interrupt, decision="yes")
    with alice.at_work():
        assert [task.title for task in Task.objects.all()] == ["order gloves"]


def test_a_made_up_approval_does_nothing(alice):
    thread = thread_of(ask(alice, "hello"))
    ask(alice, thread=thread, interrupt="int-made-up", decision="yes")
    ask(alice, thread=str(uuid4()), interrupt="int-made-up", decision="yes")
    with alice.at_work():
        assert not Task.objects.exists()


def test_a_talk_with_the_copilot_is_nobody_elses(alice, bob, charlie):
    thread = thread_of(ask(alice, "who works here"))
    with alice.at_work():
        pk = Conversation.objects.get().pk
    assert alice.client.get(f"/conversations/{pk}").status_code == 200
    for other in (bob, charlie):
        assert other.client.get(f"/conversations/{pk}").status_code == 404
        assert b"who works here" not in other.client.get("/conversations").content
        assert b"who works here" not in other.client.get("/conversations?fragment=mine").content
        assert b"who works here" not in other.client.get(f"/copilot?thread={thread}").content
    refused = ask(bob, "and now?", thread=thread)
    assert refused.status_code in (403, 404, 409)
    with alice.at_work():
        assert CopilotRun.objects.count() == 1


def test_the_clinics_own_conversations_are_read_and_answered_by_colleagues(alice, bob, charlie):
    with alice.at_work():
        talk = begin_conversation(by=alice.actor, channel="internal")
        write_message(conversation_id=talk.pk, text="<b>Gloves</b>", by=alice.actor)
    shown = bob.client.get(f"/conversations/{talk.pk}").content
    assert b"&lt;b&gt;Gloves" in shown
    bob.client.post(f"/conversations/{talk.pk}", {"text": "Ordered"})
    assert b"Ordered" in alice.client.get(f"/conversations/{talk.pk}").content
    assert charlie.client.get(f"/conversations/{talk.pk}").status_code == 404
    assert charlie.client.post(f"/conversations/{talk.pk}", {"text": "x"}).status_code == 404
    with alice.at_work():
        assert talk.messages.count() == 2


def test_the_page_that_somebody_came_from_is_the_subject(alice):
    with alice.at_work():
        patient = Patient.objects.create(mrn="1", first_name="Maria", last_name="Garcia")
    asked = ask(alice, "phone number", patient_id=str(patient.pk))
    assert f"patient_id={patient.pk}" in asked["Location"]
    assert f'href="/patients/{patient.pk}"' in alice.client.get(asked["Location"]).content.decode()


def test_another_clinics_subject_says_nothing(alice, charlie):
    with alice.at_work():
        patient = Patient.objects.create(mrn="1", first_name="Maria", last_name="Garcia")
    asked = ask(charlie, "summarise this patient", patient_id=str(patient.pk))
    shown = charlie.client.get(asked["Location"])
    assert b"Garcia" not in shown.content
    assert b"There is no such patient." in shown.content


def test_an_offered_question_waits_in_the_form_and_asks_nothing_by_itself(alice):
    asked = ask(alice, "blorp the wumpus")
    shown = alice.client.get(asked["Location"]).content.decode()
    assert 'href="/copilot?question=what+needs+me+now"' in shown
    offered = alice.client.get("/copilot?question=%3Cb%3Ewhat+needs+me+now").content.decode()
    assert "&lt;b&gt;what needs me now</textarea>" in offered
    with alice.at_work():
        assert CopilotRun.objects.count() == 1


def test_an_empty_question_is_asked_for_again(alice):
    shown = ask(alice, "  ")
    assert b"Write what you would like to know" in shown.content
    with alice.at_work():
        assert not Conversation.objects.exists()


@pytest.mark.parametrize("path", ["/conversations", "/conversations?fragment=mine", "/copilot"])
def test_lists_cost_the_same_for_one_and_many(alice, path):
    client = alice.client
    counts = []
    for number in (1, 3):
        for _ in range(number):
            with alice.at_work():
                talk = begin_conversation(by=alice.actor, channel="copilot")
                Conversation.objects.filter(pk=talk.pk).update(thread_id=str(uuid4()))
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](//evil.example)", "<p>[x](//evil.example)</p>\n"),
        ("[x](https://evil.example)", "<p>[x](https://evil.example)</p>\n"),
        ("![x](/logout)", '<p>!<a href="/logout" class="inline">x</a></p>\n'),
        ("\\[x\\](/y)", "<p>[x](/y)</p>\n"),
        ("> a\n> b\n>\n> c", "<blockquote>\n<p>a<br>\nb</p>\n<p>c</p>\n</blockquote>\n"),
        ("\\> a", "<p>&gt; a</p>\n"),
        ("a **b**", "<p>a <strong>b</strong></p>\n"),
    ],
)
def test_an_answers_html_is_ours_alone(text, html):
    assert answer_html(text) == html


def test_a_citation_is_marked_as_one():
    html = answer_html(f"LDL [lab](/documents/{uuid4()}?field=f7&page=2)")
    assert 'class="cite"' in html


def test_every_tool_has_its_words():
    ours = {tool.name for tool in known_tools() if tool.name != "open_task"}
    assert {name for name in ours if not name.startswith("test_")} <= set(WORDS)


def test_a_thread_is_folded_into_what_people_read():
    events = [
        {"type": "RUN_STARTED", "input": {"messages": [{"role": "user", "content": "Do"}]}},
        {"type": "TOOL_CALL_START", "toolCallId": "1", "toolCallName": "list_tasks"},
        {"type": "TOOL_CALL_RESULT", "toolCallId": "1", "content": '{"tasks":[],"total":0}'},
        {"type": "TOOL_CALL_START", "toolCallId": "2", "toolCallName": "create_task"},
        {"type": "RUN_FINISHED", "outcome": {"type": "interrupt", "interrupts": [
            {"id": "int-2", "toolCallId": "2",
             "metadata": {"preview": {"title": "Open?", "lines": [["Task", "x"]], "done": "Open"}}}
        ]}},
        {"type": "RUN_STARTED", "input": {"messages": [], "resume": [
            {"interruptId": "int-2", "status": "resolved", "payload": {"approved": False}}]}},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "No"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "thing"},
        {"type": "RUN_ERROR", "code": "STOPPED"},
    ]  # fmt: skip
    question, steps, preview, answer, note = entries_of(events)
    assert question == Entry("question", "Do")
    assert [(one.label, one.outcome) for one in steps.steps] == [
        ("Looked at tasks", "done"),
        ("Open a task", "waiting"),
    ]
    assert (preview.text, preview.lines, preview.decision) == ("Open?", [("Task", "x")], "no")
    assert (answer.text, note.text) == ("Nothing", "Stopped. What was done stays done.")
