"""Asks the copilot through the API, as a client does, and reads the events of the answer."""

import json
from uuid import uuid4

from asgiref.sync import async_to_sync

from tasks.models import Task


def body(text="hello", thread="t1", run=None, **more):
    message = {"id": str(uuid4()), "role": "user", "content": text}
    messages = [message] if text else []
    return {
        "threadId": thread,
        "runId": run or str(uuid4()),
        "messages": messages,
        "state": {},
        "tools": [],
        "context": [],
        "forwardedProps": {},
    } | more


def events_of(answer):
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/event-stream"
    text = async_to_sync(everything)(answer.streaming_content)
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


async def everything(content):
    return "".join([part.decode() async for part in content])


def ask(person, *args, **more):
    return events_of(person.api("POST", "/api/copilot", body(*args, **more)))


def types(events):
    return [event["type"] for event in events]


def said(events):
    return "".join(e["delta"] for e in events if e["type"] == "TEXT_MESSAGE_CONTENT")


def resume(interrupt, payload=None, status="resolved"):
    entry = {"interruptId": interrupt["id"], "status": status}
    return [entry | ({"payload": payload} if payload is not None else {})]


def asked_first(person, title="Call", thread="t1"):
    """Asks for the careful tool; the interrupt."""
    events = ask(person, f'use careful_task {{"title": "{title}"}}', thread)
    outcome = events[-1]["outcome"]
    assert outcome["type"] == "interrupt"
    (interrupt,) = outcome["interrupts"]
    return interrupt


def answered(person, interrupt, payload=None, status="resolved", thread="t1", **more):
    entries = resume(interrupt, payload, status)
    return ask(person, "", thread, resume=entries, **more)


def titles(person):
    with person.at_work():
        return sorted(Task.objects.values_list("title", flat=True))
