"""The arguments of each intent, read from a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from copilot.router.free_text import remark_in, search_in, title_in, topic_in
from copilot.router.meanings import first, fits, without
from copilot.router.rules import Rule
from copilot.router.slots import Sentence
from copilot.router.when import Prefer, Span, find_clock, find_span


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader of particulars works on. ``before`` are the arguments that it changes."""

    sentence: Sentence
    now: datetime
    rule: Rule | None
    match: re.Match[str] | None
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def left(self) -> str:
        """The sentence's shape."""
        return self.sentence.left

    def slot(self, name: str) -> Any:
        """Something that was taken out of the sentence."""
        return self.sentence.slots.get(name)

    def fixed(self, name: str) -> str | None:
        """What the rule itself says."""
        return self.rule.slots.get(name) if self.rule else None

    def span(self, prefer: Prefer) -> Span | None:
        """The day or days named."""
        return find_span(self.sentence.text, self.now, prefer=prefer)

    def days(self, prefer: Prefer) -> dict[str, Any]:
        """``start`` and ``end``."""
        span = self.span(prefer)
        return {"start": span.start, "end": span.end} if span else {}


def read_particulars(
    intent: str,
    sentence: Sentence,
    now: datetime,
    rule: Rule | None = None,
    match: re.Match[str] | None = None,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of an intent that a sentence gives, beside its subject."""
    reader = READERS.get(intent)
    return reader(Reading(sentence, now, rule, match, before or {})) if reader else {}


def _labs(r: Reading) -> dict[str, Any]:
    return {"test": r.slot("test"), "which": first("which", r.left)}


def _chart(r: Reading) -> dict[str, Any]:
    part = r.fixed("part")
    about = None
    if part in ("medications", "allergies", "problems"):
        about = r.slot("drug") or r.slot("condition")
    elif part == "vitals":
        about = first("vital", r.left)
    elif part == "immunizations":
        about = first("shots", r.left)
    return {"part": part, "about": about}


def _changes(r: Reading) -> dict[str, Any]:
    span = r.span("past")
    return {"since": span.start if span else None}


def _tasks(r: Reading) -> dict[str, Any]:
    read: dict[str, Any] = {
        "state": first("task_state", r.left),
        "mine": bool(re.search(r"\b(?:my|mine|i have|assigned to me|for me)\b", r.left)),
        "priority": first("priority", r.left),
        "overdue": bool(re.search(r"\b(?:overdue|late|past due)\b", r.left)),
        "unassigned": bool(fits("unassigned", r.left)),
        **r.days("past"),
    }
    if fits("of_member", r.left):
        read["assignee"] = r.slot("doctor") or r.sentence.people[0]
        read["patient"] = None
    return read


def _new_task(r: Reading) -> dict[str, Any]:
    span = r.span("future")
    title, assignee, mine = title_in(r.sentence, span)
    read: dict[str, Any] = {
        "title": title,
        "priority": first("priority", r.left),
        "due": span.end if span else None,
        "assignee": assignee,
        "mine": mine or bool(r.fixed("reminder")),
    }
    if assignee:
        others = [name for name in r.sentence.people if name != assignee]
        read["patient"] = others[0] if others else None
    return read


def _changed_task(r: Reading) -> dict[str, Any]:
    if r.rule is None:
        span = r.span("future")
        return {"priority": first("priority", r.left), "due": span.end if span else None}
    read: dict[str, Any] = {"state": r.fixed("state")}
    if r.fixed("assigns"):
        name = r.slot("doctor") or (r.sentence.people[0] if r.sentence.people else None)
        to_me = re.search(
            r"\b(?:to|for) me\b|\bmyself\b|\bi (?:will|ll|am|can|have|take|grab|got)\b", r.left
        )
        nobody = re.search(r"\b(?:nobody|no one)\b", r.left)
        read["assignee"] = name or ("@me" if to_me else "@nobody" if nobody else None)
    if r.match and "priority" in r.match.re.groupindex:
        read["priority"] = r.match["priority"]
    if r.fixed("due"):
        span = r.span("future")
        read["due"] = span.end if span else None
    return read


def _visits(r: Reading) -> dict[str, Any]:
    today = r.now.date()
    past = fits("past", r.left) and not fits("upcoming", r.left)
    read = r.days("past" if past and not r.slot("when") else "future")
    if not read and fits("upcoming", r.left):
        read = {"start": today}
    elif not read and past:
        read = {"end": today}
    mine = bool(re.search(r"\b(?:my|i)\b", f"{r.left} {r.sentence.text.lower()}"))
    status = first("visit_status", r.left)
    return {**read, "status": status, "mine": mine}


def _slots(r: Reading) -> dict[str, Any]:
    read = r.days("future")
    today = r.now.date()
    if read and read["start"] and read["start"] < today <= (read["end"] or today):
        read["start"] = today
    provider = r.slot("doctor") or (r.sentence.people[0] if r.sentence.people else None)
    return {**read, "provider": provider, "minutes": r.slot("minutes")}


def _moved(r: Reading) -> dict[str, Any]:
    """The moment behind the last "to": from thursday to friday at 10, her 3pm to 4pm."""
    head, to, goal = r.sentence.text.rpartition(" to ")
    if not to or not (find_span(head, r.now) or find_clock(head)):
        return _moment(r)
    span, clock = find_span(goal, r.now), find_clock(f"to {_blank_span(goal, r.now)}")
    if span is None and clock is None:
        return _moment(r)
    day = span or find_span(head, r.now)
    at = clock.at if clock else None
    return _at(day.start if day else None, at, r.before)


def _blank_span(text: str, now: datetime) -> str:
    """The text with dots for its day, so that its figures are no hour."""
    span = find_span(text, now)
    if span is None:
        return text
    start, end = span.place
    return f"{text[:start]}{'·' * (end - start)}{text[end:]}"


def _moment(r: Reading) -> dict[str, Any]:
    """``at`` when day and time are known, else ``day`` or ``clock`` alone."""
    span, clock = r.span("future"), r.slot("clock")
    return _at(span.start if span else None, clock, r.before)


def _at(day: date | None, clock: time | None, known: Mapping[str, Any]) -> dict[str, Any]:
    before = known.get("at")
    if isinstance(before, datetime):
        day, clock = day or before.date(), clock or before.time()
    day = day or known.get("day")
    clock = clock or known.get("clock")
    if day and isinstance(clock, time):
        return {"at": datetime.combine(day, clock)}
    return {"day": day, "clock": clock}


def _booking(r: Reading) -> dict[str, Any]:
    read = {**_moment(r), "minutes": r.slot("minutes")}
    return read | {"title": first("occasion", r.left)}


def _visit_status(r: Reading) -> dict[str, Any]:
    span = r.span("future")
    return {"status": r.fixed("status"), "day": span.start if span else None}


def _claims(r: Reading) -> dict[str, Any]:
    shape = r.left
    money = r.slot("money")
    if money is not None:
        shape = without("less", shape) if fits("less", shape) else shape
    status = first("claim_status", re.sub(r"\bunpaid\b", "", shape))
    return {
        "status": status,
        "open": status is None and bool(fits("open", r.left)),
        "payer": r.slot("payer"),
        "at_least": money if money is not None and not fits("less", r.left) else None,
        "at_most": money if money is not None and fits("less", r.left) else None,
        **r.days("past"),
    }


def _moved_claim(r: Reading) -> dict[str, Any]:
    status = r.fixed("status")
    if status is None and r.match:
        said = next((text for text in r.match.groupdict().values() if text), "")
        status = "under_review" if said == "review" else first("claim_status", said)
        status = status or ("settlement_in_progress" if said == "settlement" else None)
    return {"status": status}


def _papers(r: Reading) -> dict[str, Any]:
    kind = first("paper_kind", r.left)
    return {"status": first("paper_status", r.left), "kind": kind, **r.days("past")}


def _consents(r: Reading) -> dict[str, Any]:
    return {"open": bool(fits("unsigned", r.left))}


def _consent(r: Reading) -> dict[str, Any]:
    return {"template": topic_in(r.sentence, "template")}


def _calls(r: Reading) -> dict[str, Any]:
    return {"status": first("call_status", r.left), **r.days("past")}


def _agent(r: Reading) -> dict[str, Any]:
    return {"agent": "extraction"}


READERS: dict[str, Callable[[Reading], dict[str, Any]]] = {
    "find_patients": lambda r: {"query": search_in(r.sentence)},
    "patient_labs": _labs,
    "patient_chart": _chart,
    "patient_changes": _changes,
    "list_tasks": _tasks,
    "create_task": _new_task,
    "update_task": _changed_task,
    "comment_on_task": lambda r: {"text": remark_in(r.sentence)},
    "list_appointments": _visits,
    "free_slots": _slots,
    "book_appointment": _booking,
    "move_appointment": _moved,
    "change_appointment_status": _visit_status,
    "list_claims": _claims,
    "move_claim": _moved_claim,
    "note_on_claim": lambda r: {"text": remark_in(r.sentence)},
    "list_documents": _papers,
    "list_consents": _consents,
    "send_consent": _consent,
    "list_calls": _calls,
    "plan_call": lambda r: {"purpose": topic_in(r.sentence, "purpose")},
    "list_runs": lambda r: {"status": first("run_status", r.left)},
    "start_agent": _agent,
    "who_looked": lambda r: r.days("past"),
    "list_members": lambda r: {"role": first("role", r.left)},
}
