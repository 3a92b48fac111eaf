"""Tools that tests call by name: one that asks first, one that takes its time, one that breaks."""

import time

from pydantic import BaseModel

from clinic.permissions import ADMINS, Rule
from clinic.refusals import Conflict
from copilot import toolbox
from copilot.toolbox import Arguments, Preview, Tool
from tasks.actions import create_task
from tasks.models import Task

anybody = Rule("try things")
admins = Rule("try more things", ADMINS)


class Title(Arguments):
    title: str


class Seconds(Arguments):
    seconds: float


class Done(BaseModel):
    text: str


def open_task(work, asked):
    return Done(text=create_task(by=work.actor, title=asked.title).title)


def preview_task(work, asked):
    if asked.title == "forbidden":
        raise Conflict("There is one already.")
    count = Task.objects.count()
    return Preview(title=f"Open the task {asked.title}?", lines=[("Tasks now", str(count))])


def wait(work, asked):
    time.sleep(asked.seconds)
    return Done(text="I waited.")


def wait_for(work, asked):
    """Until a task of this title is there."""
    end = time.monotonic() + 120
    while not Task.objects.filter(title=asked.title).exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    return Done(text="I waited.")


def write_after(work, asked):
    """Waits within its transaction, then opens a task."""
    done = wait_for(work, asked)
    create_task(by=work.actor, title="slow")
    return done


def write_slowly(work, asked):
    task = create_task(by=work.actor, title="slow")
    time.sleep(asked.seconds)
    return Done(text=task.title)


def preview_slowly(work, asked):
    return Preview(title="Open a task slowly?")


def break_down(work, asked):
    raise RuntimeError(f"Maria Lopez has {asked.title}")


TOOLS = (
    Tool(
        "careful_task",
        "Opens a task after asking.",
        Title,
        "tasks.write",
        anybody,
        open_task,
        preview_task,
    ),
    Tool("wait", "Waits.", Seconds, "tasks.read", anybody, wait),
    Tool("wait_for", "Waits for a task.", Title, "tasks.read", anybody, wait_for),
    Tool("task_after", "Waits, then opens a task.", Title, "tasks.write", anybody, write_after),
    Tool("slow_task", "Opens a task slowly.", Seconds, "tasks.write", anybody, write_slowly),
    Tool(
        "careful_task_after",
        "Waits, then opens a task, after asking.",
        Title,
        "tasks.write",
        anybody,
        write_after,
        preview_slowly,
    ),
    Tool("break_down", "Breaks.", Title, "tasks.read", anybody, break_down),
    Tool("admins_only", "Opens a task.", Title, "tasks.write", admins, open_task),
)


def register_all():
    for tool in TOOLS:
        toolbox.register(tool)


def forget_all():
    for tool in TOOLS:
        toolbox._tools.pop(tool.name, None)
