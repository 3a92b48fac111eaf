"""A client of the copilot on live servers, and what is in the database beside it."""

import json
import threading
from uuid import uuid4

import httpx

from copilot.models import CopilotRun, RunEvent
from tasks.actions import create_task
from tasks.models import Task

SETTINGS = {"DJANGO_SETTINGS_MODULE": "copilot.tests.scripted", "COPILOT_LEASE_SECONDS": "3"}


def body(text, thread="t1", **more):
    message = {"id": str(uuid4()), "role": "user", "content": text}
    return {"threadId": thread, "runId": str(uuid4()), "messages": [message]} | more


def answers_to(interrupt, approved=True):
    """A body that decides an interrupt."""
    payload = {"approved": approved}
    entry = {"interruptId": interrupt["id"], "status": "resolved", "payload": payload}
    return body("", messages=[], resume=[entry])


def client(live, person):
    headers = {"Authorization": f"Bearer {person.token}"}
    return httpx.Client(base_url=live.http, headers=headers, timeout=60)


def parsed(lines):
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def ask(http, *args, **more):
    """The events of a run."""
    return ran(http, body(*args, **more))


def ran(http, sent):
    answer = http.post("/api/copilot", json=sent)
    assert answer.status_code == 200, answer.text
    return parsed(answer.text.splitlines())


def connected(http, thread="t1"):
    answer = http.post("/api/copilot/agent/default/connect", json=body("", thread, messages=[]))
    assert answer.status_code == 200, answer.text
    return parsed(answer.text.splitlines())


def interrupt_of(events):
    (interrupt,) = events[-1]["outcome"]["interrupts"]
    return interrupt


def until_event(lines, type_):
    """Reads a stream up to an event of this type."""
    for line in lines:
        if line.startswith("data: ") and json.loads(line[6:])["type"] == type_:
            return
    raise AssertionError(f"There was no {type_}.")


def at_once(*calls):
    """What each call answers; all are made at the same moment."""
    found = []
    start = threading.Barrier(len(calls))

    def one(call):
        start.wait()
        found.append(call())

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def status(person):
    with person.at_work():
        run = CopilotRun.objects.order_by("-created_at").first()
        return run.status if run else None


def stored(person):
    with person.at_work():
        return list(RunEvent.objects.order_by("seq").values_list("event", flat=True))


def titles(person):
    with person.at_work():
        return sorted(Task.objects.values_list("title", flat=True))


def go(person):
    """Ends the waiting of the tools that wait for the task Go."""
    with person.at_work():
        create_task(by=person.actor, title="Go")
