"""From what is meant to the next tool: finds out who and which, asks when several fit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from copilot.router.reading import Meaning
from copilot.router.saying import clean, day_of
from copilot.router.subjects import HERE
from copilot.router.talk import Call, Called, Say, Step, Talk
from copilot.router.telling import tell
from patients.matching import words

MOST_CHOICES = 6
KNOWN = "="
"""A subject that is known by its id: "=<id>"."""
NEEDS_PATIENT = frozenset(
    """patient_summary patient_labs patient_chart patient_details patient_changes who_looked
    send_consent plan_call book_appointment move_appointment change_appointment_status""".split()  # noqa: SIM905
)
OF_VISIT = frozenset({"move_appointment", "change_appointment_status"})
STANDING = ("scheduled", "checked_in")
MISSING: Mapping[str, tuple[str, str]] = {
    "create_task": ("title", "What is to be done? For example: add a task to call the pharmacy."),
    "comment_on_task": ("text", "What shall the remark say? Write it after a colon."),
    "note_on_claim": ("text", "What shall the note say? Write it after a colon."),
    "send_consent": ("template", "Which form? Ask “which forms can we send” for the list."),
    "plan_call": ("purpose", "What is the call about?"),
    "move_claim": ("status", "To which status? For example: mark claim C12 as received."),
    "find_patients": ("query", "Whom are you looking for?"),
}
SUBJECT_WORDS = {
    "task": "Which task? Name its number, such as T104.",
    "claim": "Which claim? Name its number, such as C1001.",
    "document": "Open the document first, then ask again; I will know which one you mean.",
}
OF_TASK = frozenset({"explain_task", "update_task", "comment_on_task"})
OF_CLAIM = frozenset({"claim_details", "move_claim", "note_on_claim", "draft_letter"})
OF_DOCUMENT = frozenset({"document_status", "start_agent"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several that fit: what the meaning's argument would be."""

    argument: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an answer, for words like "the second one"."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The next step. With ``choices`` it is a question, and the meaning waits for its answer."""

    step: Step
    choices: tuple[Choice, ...] = ()


@dataclass(slots=True)
class Found:
    """A subject that was looked for: its id, or what to say instead."""

    value: str | None = None
    plan: Plan | None = None
    rows: Sequence[Row] = field(default_factory=tuple)


def plan(meaning: Meaning, calls: Sequence[Called], talk: Talk, rows: Sequence[Row]) -> Plan:
    """The next step for a meaning, after the calls that were made for it."""
    last = calls[-1] if calls else None
    if last is not None and last.refused:
        return _refused(meaning, last, calls, talk)
    if last is not None and last.tool == meaning.intent and not _is_lookup(meaning, calls):
        return Plan(Say(tell(meaning, last, talk)))
    arguments = dict(meaning.arguments)
    for kind, resolve in (("patient", _patient), ("task", _numbered), ("claim", _numbered)):
        if kind in arguments:
            found = resolve(kind, str(arguments.pop(kind)), meaning, calls, talk, rows)
            if found.plan is not None:
                return found.plan
            if found.value is not None:
                arguments["patient_id" if kind == "patient" else kind] = found.value
    missing = _missing(meaning, arguments, talk)
    if missing:
        return Plan(Say(missing))
    if meaning.intent in OF_VISIT and "appointment_id" not in arguments:
        visit = _visit(meaning, arguments, calls, talk)
        if visit.plan is not None:
            return visit.plan
        arguments["appointment_id"] = visit.value
    return Plan(Call(meaning.intent, _for_tool(meaning.intent, arguments, talk)))


def rows_of(called: Called | None) -> tuple[Row, ...]:
    """The rows that an answer showed, in their order."""
    if called is None or not isinstance(called.result, dict):
        return ()
    for key, kind, name in (
        ("patients", "patient", "patient_id"),
        ("tasks", "task", "task_id"),
        ("claims", "claim", "claim_id"),
        ("documents", "document", "document_id"),
        ("visits", "patient", "patient_id"),
    ):
        if key in called.result:
            return tuple(Row(kind, str(row[name])) for row in called.result[key])
    return ()


def resolved(meaning: Meaning, calls: Sequence[Called]) -> Meaning:
    """The meaning with the subjects that its calls named, for what is said next."""
    arguments = dict(meaning.arguments)
    for called in calls:
        if called.tool == "find_patients":
            continue
        for kind, name in (
            ("patient", "patient_id"),
            ("task", "task"),
            ("claim", "claim"),
            ("document", "document_id"),
        ):
            if called.arguments.get(name):
                arguments[kind] = f"{KNOWN}{called.arguments[name]}"
    return replace(meaning, arguments=arguments)


def _is_lookup(meaning: Meaning, calls: Sequence[Called]) -> bool:
    """Whether the calls so far only looked for the subject."""
    return meaning.intent == "list_appointments" and calls[-1].tool != meaning.intent


def _patient(
    kind: str,
    said: str,
    meaning: Meaning,
    calls: Sequence[Called],
    talk: Talk,
    rows: Sequence[Row],
) -> Found:
    if said == HERE:
        return Found(str(talk.page.patient_id) if talk.page.patient_id else None)
    if said.startswith(KNOWN):
        return Found(said.removeprefix(KNOWN))
    if said.startswith("@"):
        return _row(kind, said, rows)
    looked = next((one for one in calls if one.tool == "find_patients"), None)
    if looked is None:
        return Found(plan=Plan(Call("find_patients", {"query": said, "limit": MOST_CHOICES})))
    fitting = _fitting(said, looked.result["patients"])
    if len(fitting) == 1:
        return Found(str(fitting[0]["patient_id"]))
    if not fitting:
        if meaning.intent == "create_task":
            return Found()
        text = f"I found no patient called {clean(said)}. Check the spelling, or try the MRN."
        return Found(plan=Plan(Say(text)))
    choices = tuple(Choice("patient", f"{KNOWN}{row['patient_id']}", _who(row)) for row in fitting)
    return Found(plan=_which(f"{len(choices)} patients fit “{clean(said)}”.", choices))


def _numbered(
    kind: str,
    said: str,
    meaning: Meaning,
    calls: Sequence[Called],
    talk: Talk,
    rows: Sequence[Row],
) -> Found:
    if said == HERE:
        here = talk.page.task_id if kind == "task" else talk.page.claim_id
        return Found(str(here) if here else None)
    if said.startswith("@"):
        return _row(kind, said, rows)
    return Found(said.removeprefix(KNOWN))


def _row(kind: str, said: str, rows: Sequence[Row]) -> Found:
    number = int(said.removeprefix("@"))
    place = number - 1 if number > 0 else number
    if not rows or not -len(rows) <= place < len(rows) or rows[place].kind != kind:
        return Found(plan=Plan(Say("I do not know which one you mean. Name it, please.")))
    return Found(rows[place].value)


def _fitting(said: str, found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those whom the words name exactly; else all that were found, likeliest first."""
    wanted = words(said)
    exact = [
        row
        for row in found
        if row["mrn"].casefold() == said.casefold()
        or (wanted and all(word in words(row["name"]) for word in wanted))
    ]
    return list(exact or found)[:MOST_CHOICES]


def _who(row: Mapping[str, Any]) -> str:
    born = f", born {day_of(row['dob'])}" if row.get("dob") else ""
    return f"{clean(row['name'])}{born}, MRN {clean(row['mrn'])}"


def _which(head: str, choices: tuple[Choice, ...]) -> Plan:
    lines = [f"{number}. {choice.label}" for number, choice in enumerate(choices, start=1)]
    text = "\n".join([f"{head} Which one do you mean?", "", *lines, "", "Answer with the number."])
    return Plan(Say(text), choices)


def _visit(
    meaning: Meaning, arguments: Mapping[str, Any], calls: Sequence[Called], talk: Talk
) -> Found:
    """The visit that is to be changed: the patient's only one, or the one that is chosen."""
    looked = next((one for one in calls if one.tool == "list_appointments"), None)
    today = talk.now.date()
    day = arguments.get("day") if meaning.intent == "change_appointment_status" else None
    if meaning.arguments.get("status") in ("checked_in", "no_show"):
        day = day or today
    if looked is None:
        span = {"start": day or today, "end": day, "patient_id": arguments["patient_id"]}
        given = {name: str(value) for name, value in span.items() if value is not None}
        return Found(plan=Plan(Call("list_appointments", given)))
    visits = [one for one in looked.result["visits"] if one["status"] in STANDING]
    if len(visits) == 1:
        return Found(visits[0]["appointment_id"])
    if not visits:
        when = f" on {day_of(day)}" if day else " from today on"
        return Found(plan=Plan(Say(f"There is no visit{when} that could be changed.")))
    choices = tuple(
        Choice("appointment_id", one["appointment_id"],
               f"{one['day']}, {one['time']}: {clean(one['title'])}")
        for one in visits[:MOST_CHOICES]
    )  # fmt: skip
    return Found(plan=_which(f"There are {len(choices)} visits.", choices))


def _missing(meaning: Meaning, arguments: Mapping[str, Any], talk: Talk) -> str:
    intent = meaning.intent
    if intent in NEEDS_PATIENT and "patient_id" not in arguments:
        return "Which patient? Name them, or open their page and ask again."
    if intent in OF_TASK and not arguments.get("task"):
        return SUBJECT_WORDS["task"]
    if intent in OF_CLAIM and not arguments.get("claim"):
        return SUBJECT_WORDS["claim"]
    if intent in OF_DOCUMENT and _document(arguments, talk) is None:
        return SUBJECT_WORDS["document"]
    if intent in ("book_appointment", "move_appointment") and "at" not in arguments:
        if "clock" in arguments:
            return "On which day?"
        return "At what time?" if arguments.get("day") else "When? For example: tomorrow at 3 pm."
    if intent == "update_task" and not set(arguments) - {"task"}:
        return "What shall change: state, priority, assignee or due date?"
    name, question = MISSING.get(intent, ("", ""))
    return question if name and not arguments.get(name) else ""


def _document(arguments: Mapping[str, Any], talk: Talk) -> str | None:
    said = str(arguments.get("document", HERE))
    if said != HERE:
        return said.removeprefix(KNOWN)
    return str(talk.page.document_id) if talk.page.document_id else None


def _for_tool(intent: str, arguments: Mapping[str, Any], talk: Talk) -> dict[str, Any]:
    given = dict(arguments)
    if intent in OF_DOCUMENT:
        given["document_id"] = _document(given, talk)
        given.pop("document", None)
    if "at" in given:
        given["starts_at"] = given.pop("at")
    if intent in OF_VISIT:
        given.pop("patient_id", None)
    for name in ("clock", "day"):
        given.pop(name, None)
    if intent == "list_calls":
        given.pop("start", None)
        given.pop("end", None)
    if intent == "create_task" and given.pop("mine", False):
        given.setdefault("assignee", "me")
    if str(given.get("assignee", "")).startswith("@"):
        given["assignee"] = given["assignee"].removeprefix("@")
    if intent == "book_appointment" and "title" in given:
        given["title"] = given["title"].capitalize()
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value if isinstance(value, (bool, int, str)) else str(value)


def _refused(meaning: Meaning, last: Called, calls: Sequence[Called], talk: Talk) -> Plan:
    """What was refused, in words; a name that is no colleague's may be a patient's."""
    assignee = meaning.arguments.get("assignee")
    if meaning.intent == "list_tasks" and assignee and "patient" not in meaning.arguments:
        others = {k: v for k, v in meaning.arguments.items() if k != "assignee"}
        asked = [one for one in calls if not one.refused]
        tasks_of = replace(meaning, arguments={**others, "patient": assignee})
        return plan(tasks_of, asked, talk, ())
    return Plan(Say(clean(last.refused)))
