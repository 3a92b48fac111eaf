"""A conversation with the copilot as people read it, folded from its events. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["question", "answer", "steps", "preview", "note"]
WORDS = {
    "book_appointment": "Book a visit",
    "change_appointment_status": "Change a visit",
    "claim_denials": "Looked at denials",
    "claim_details": "Read the claim",
    "claims_aging": "Added up open claims",
    "clinic_stats": "Looked at the figures",
    "comment_on_task": "Add a remark",
    "create_task": "Open a task",
    "document_status": "Read the document",
    "draft_letter": "Drafted a letter",
    "explain_task": "Read the task",
    "find_patients": "Looked for the patient",
    "free_slots": "Looked for free times",
    "list_appointments": "Looked at the schedule",
    "list_calls": "Looked at calls",
    "list_claims": "Looked at claims",
    "list_consents": "Looked at consent forms",
    "list_documents": "Looked at documents",
    "list_form_templates": "Looked at the forms",
    "list_members": "Looked at the team",
    "list_runs": "Looked at agent runs",
    "list_tasks": "Looked at tasks",
    "move_appointment": "Move a visit",
    "move_claim": "Move a claim",
    "needs_me": "Looked at what needs you",
    "note_on_claim": "Add a note",
    "patient_changes": "Looked at what changed",
    "patient_chart": "Read the chart",
    "patient_details": "Read the details",
    "patient_labs": "Read the lab results",
    "patient_summary": "Read the chart",
    "plan_call": "Plan a call",
    "recent_activity": "Looked at recent activity",
    "retry_run": "Try a run again",
    "send_consent": "Send a form",
    "start_agent": "Start an agent",
    "update_task": "Change a task",
    "who_looked": "Looked at the audit",
}
"""What a step of each tool is called; what changes something is named before it happens."""
WAITED_FOR_AGAIN = frozenset({"INTERRUPTED", "BAD_RESUME", "NOT_OPEN"})
"""Codes of runs that took no approval with them."""


@dataclass(slots=True)
class StepLine:
    """One call of a tool. ``outcome``: running, done, refused or waiting."""

    label: str
    outcome: str = "running"


@dataclass(slots=True)
class Entry:
    """One thing in the conversation. A preview's ``decision``: "", yes or no."""

    kind: Kind
    text: str = ""
    steps: list[StepLine] = field(default_factory=list)
    interrupt_id: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    button: str = ""
    decision: str = ""


@dataclass(slots=True)
class _Fold:
    entries: list[Entry] = field(default_factory=list)
    texts: dict[str, Entry] = field(default_factory=dict)
    decided: list[Entry] = field(default_factory=list)
    steps: dict[str, StepLine] = field(default_factory=dict)

    def add(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        return entry


def entries_of(events: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The entries of a thread's AG-UI events, in their order."""
    fold = _Fold()
    for event in events:
        take = TAKERS.get(event["type"])
        if take is not None:
            take(fold, event)
    return [entry for entry in fold.entries if entry.text or entry.steps or entry.interrupt_id]


def worded(tool: str) -> str:
    """A tool's call in words."""
    return WORDS.get(tool, tool.replace("_", " ").capitalize())


def _started(fold: _Fold, event: Mapping[str, Any]) -> None:
    asked: Mapping[str, Any] = event.get("input") or {}
    answers = {one["interruptId"]: one for one in asked.get("resume") or []}
    open_ = [entry for entry in fold.entries if entry.kind == "preview" and not entry.decision]
    fold.decided = open_
    for entry in open_:
        one = answers.get(entry.interrupt_id, {})
        agreed = (one.get("payload") or {}).get("approved") is True
        entry.decision = "yes" if one.get("status") == "resolved" and agreed else "no"
    for message in asked.get("messages") or []:
        if message.get("role") == "user":
            fold.add(Entry("question", str(message.get("content", ""))))


def _text(fold: _Fold, event: Mapping[str, Any]) -> None:
    known = fold.texts.get(event["messageId"])
    if known is None:
        known = fold.texts[event["messageId"]] = fold.add(Entry("answer"))
    known.text += event.get("delta", "")


def _called(fold: _Fold, event: Mapping[str, Any]) -> None:
    last = fold.entries[-1] if fold.entries else None
    group = last if last and last.kind == "steps" else fold.add(Entry("steps"))
    line = StepLine(worded(event["toolCallName"]))
    fold.steps[event["toolCallId"]] = line
    group.steps.append(line)


def _answered(fold: _Fold, event: Mapping[str, Any]) -> None:
    line = fold.steps.get(event["toolCallId"])
    if line is not None:
        line.outcome = "refused" if _is_refusal(event.get("content")) else "done"


def _is_refusal(content: Any) -> bool:
    try:
        found = json.loads(content) if isinstance(content, str) else content
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) == {"refused"}


def _finished(fold: _Fold, event: Mapping[str, Any]) -> None:
    for one in (event.get("outcome") or {}).get("interrupts") or []:
        preview = (one.get("metadata") or {}).get("preview") or {}
        line = fold.steps.get(one.get("toolCallId", ""))
        if line is not None:
            line.outcome = "waiting"
        fold.add(
            Entry(
                "preview",
                preview.get("title") or one.get("message") or "Do this?",
                interrupt_id=one["id"],
                lines=[(str(name), str(value)) for name, value in preview.get("lines", [])],
                button=preview.get("done") or "Do it",
            )
        )


def _failed(fold: _Fold, event: Mapping[str, Any]) -> None:
    if event.get("code") in WAITED_FOR_AGAIN:
        for entry in fold.decided:
            entry.decision = ""
    stopped = event.get("code") == "STOPPED"
    words = "Stopped. What was done stays done." if stopped else "This did not work. Ask again."
    fold.add(Entry("note", words))


TAKERS = {
    "RUN_STARTED": _started,
    "TEXT_MESSAGE_START": _text,
    "TEXT_MESSAGE_CONTENT": _text,
    "TOOL_CALL_START": _called,
    "TOOL_CALL_RESULT": _answered,
    "RUN_FINISHED": _finished,
    "RUN_ERROR": _failed,
}
