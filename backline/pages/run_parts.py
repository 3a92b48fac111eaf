"""A run's checkpoints as a page shows them: steps, plain values, and facts with their evidence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from agents.models import AgentRun, AgentStep, RunStatus
from agents.registry import UnknownAgent, agent_named
from clinic.templatetags.dates import human_date
from clinic.templatetags.words import FIELD_LABELS, RUN_STEPS

MOST_FACTS = 200
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# What only a machine needs, or what opens something: never on a page.
HIDDEN = frozenset({"nonce", "password", "secret", "token", "link"})
# What checkpoints call their values, where the name says little to a person.
VALUE_LABELS = {
    "Ingested": "Filed by itself",
    "Decision ingest": "Filed by itself",
    "Decision confidence": "Confidence",
    "Mime": "Kind of file",
    "Pending": "Pages still to read",
}
FILE_KINDS = {
    "application/pdf": "PDF",
    "image/png": "PNG picture",
    "image/jpeg": "JPEG picture",
    "image/tiff": "TIFF picture",
    "image/heic": "HEIC picture",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
}
KNOWN_ERRORS = {
    "TimeoutError": "something it asked for did not answer in time",
    "ConnectionError": "a service could not be reached",
    "ConnectionRefusedError": "a service could not be reached",
    "FileNotFoundError": "the file is not where it was stored",
    "MemoryError": "the file needs more memory than one document may use",
    "ChildFailed": "the program that reads the file ended unexpectedly",
}


def steps_of(run: AgentRun, done: list[AgentStep]) -> list[dict[str, Any]]:
    """Every step the run has or will have: {"name", "state", "took", "values", ...} in order."""
    finished = {step.name: step for step in done}
    names = [*_planned(run), *finished]
    steps = []
    for name in dict.fromkeys(names):
        step = finished.get(name)
        row: dict[str, Any] = {
            "name": name,
            "state": "done" if step else "waiting",
            "values": [],
            "took": "",
        }
        if step:
            row |= {
                "values": values_of(step.output),
                "took": length(step.finished_at - step.started_at),
                "finished_at": step.finished_at,
            }
        steps.append(row)
    # A run of an earlier version never does a step that was put before those it has done.
    last = max((at for at, row in enumerate(steps) if row["state"] == "done"), default=-1)
    steps = [row for at, row in enumerate(steps) if at > last or row["state"] == "done"]
    pending = next((row for row in steps if row["state"] == "waiting"), None)
    if pending:
        pending["state"] = NEXT.get(run.status, "waiting")
    if run.status == RunStatus.COMPLETED:
        steps = [row for row in steps if row["state"] == "done"]
    return steps


NEXT: dict[str, str] = {
    RunStatus.RUNNING: "current",
    RunStatus.WAITING_INPUT: "asked",
    RunStatus.FAILED: "failed",
}


def _planned(run: AgentRun) -> list[str]:
    try:
        return [step.name for step in agent_named(run.agent).steps]
    except UnknownAgent:
        return []


def length(spent: timedelta) -> str:
    """0.4 s, 12 s, 3 min 5 s, 2 h 4 min."""
    seconds = max(0.0, spent.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def values_of(data: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Plain values of a JSON object in words, lists by their length; one level of nesting.

    Ids are left out: what they name stands beside with a link.
    """
    if not isinstance(data, dict):
        return []
    found: list[tuple[str, str]] = []
    for name, value in data.items():
        if name in HIDDEN or name == "extracted":
            continue
        label = f"{prefix} {name.replace('_', ' ')}".strip().capitalize()
        shown = VALUE_LABELS.get(label, label)
        if isinstance(value, dict):
            found += values_of(value, label) if not prefix else []
        elif isinstance(value, list) and value:
            found.append((shown, str(len(value))))
        elif value not in (None, "", []) and not UUID_TEXT.match(str(value)):
            found.append((shown, _said(value, is_share=shown == "Confidence")))
    return found


def _said(value: Any, *, is_share: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_share and isinstance(value, (int, float)):
        return f"{value:.0%}".replace("%", " %")
    if isinstance(value, float):
        return f"{value:.3g}"
    return FILE_KINDS.get(str(value), str(value))[:300]


def facts_of(steps: list[AgentStep]) -> list[dict[str, Any]]:
    """What a reading step found, each with its page, excerpt and confidence."""
    for step in steps:
        extracted = step.output.get("extracted") if isinstance(step.output, dict) else None
        if isinstance(extracted, dict):
            return [_fact(row) for row in extracted.get("fields", [])[:MOST_FACTS]]
    return []


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    name = str(row.get("name", ""))
    return {
        "id": row.get("id"),
        "label": row.get("label") or FIELD_LABELS.get(name, name),
        "value": human_date(row["value"]) if row.get("value_type") == "date" else row.get("value"),
        "unit": row.get("unit") or "",
        "confidence": row.get("confidence"),
        "page": row.get("page"),
        "excerpt": row.get("excerpt") or "",
    }


def what_went_wrong(error: str | None, step: str | None) -> str:
    """A run's error as a sentence that says what it means and what may be done."""
    if not error:
        return ""
    if error.startswith("Stopped by"):
        return f"{error}. What it had finished is kept."
    kind, _, where = error.partition(" at step ")
    label = RUN_STEPS.get(where or step or "", "")
    at = f"at “{label}”" if label else "at its start"
    if " " in kind:  # a sentence of ours
        return f"{kind.rstrip('.')}, {at}. Trying again goes on from there."
    reason = KNOWN_ERRORS.get(kind, f"something unexpected happened ({kind})")
    return f"It failed {at}: {reason}. Nothing was lost; trying again goes on from there."
