"""The rules."""

from __future__ import annotations

import re
from typing import Any

from copilot.router.talk import Call, Called, Say, Step, Talk

_PATIENT = re.compile(
    r"^(?:please\s+)?(?:find|search(?: for)?|look up|show(?: me)?|who is)\s+"
    r"(?:the\s+)?(?:patients?\s+)?(?:called\s+|named\s+)?(?P<who>[^?.!]+)",
    re.IGNORECASE,
)
_TASKS = re.compile(r"\b(?:tasks?|to-?dos?)\b", re.IGNORECASE)
_MINE = re.compile(r"\b(?:my|mine)\b", re.IGNORECASE)
_URGENCY = re.compile(r"\b(urgent|high|medium|low)\b", re.IGNORECASE)

ABILITIES = (
    "I work by rules, without a language model. I can find patients (“find Maria Lopez”) and"
    " list tasks (“show my urgent tasks”)."
)


def answer(talk: Talk) -> Step:
    """The next step: a tool to run, or what to say."""
    if talk.calls:
        return _report(talk.calls[-1])
    if _TASKS.search(talk.asked) and "list_tasks" in talk.tools:
        return Call("list_tasks", _which_tasks(talk.asked))
    found = _PATIENT.match(talk.asked.strip())
    if found and "find_patients" in talk.tools:
        return Call("find_patients", {"query": found["who"].strip()})
    return Say(ABILITIES)


def _which_tasks(asked: str) -> dict[str, Any]:
    which: dict[str, Any] = {}
    if urgency := _URGENCY.search(asked):
        which["priority"] = urgency[1].lower()
    if _MINE.search(asked):
        which["mine"] = True
    return which


def _report(called: Called) -> Say:
    if called.refused:
        return Say(called.refused)
    if called.tool == "find_patients":
        return Say(_patients(called.result))
    if called.tool == "list_tasks":
        return Say(_tasks(called.result))
    return Say("Done.")


def _patients(result: dict[str, Any]) -> str:
    rows = result["patients"]
    if not rows:
        return "No patient fits that."
    lines = [f"- {row['name']}, MRN {row['mrn']}" for row in rows]
    head = "One patient fits:" if result["total"] == 1 else f"{result['total']} patients fit:"
    return "\n".join([head, *lines])


def _tasks(result: dict[str, Any]) -> str:
    rows = result["tasks"]
    if not rows:
        return "There are no such tasks."
    lines = [f"- {row['display_id']} {row['title']} ({row['priority']})" for row in rows]
    head = "There is one task:" if result["total"] == 1 else f"There are {result['total']} tasks:"
    return "\n".join([head, *lines])
