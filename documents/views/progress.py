"""How far the reading of a document is, in the five steps that people are shown."""

from __future__ import annotations

from typing import Any

from documents.models import Document, DocumentStatus
from documents.moving import moved_by

STEPS = (
    ("received", "Received"),
    ("pages", "Pages"),
    ("text", "Text"),
    ("fields", "Fields"),
    ("filed", "Filed"),
)
READING = (DocumentStatus.UPLOADED, DocumentStatus.INGESTING)


def is_reading(document: Document) -> bool:
    """Whether the agent is (still) at it."""
    return document.status in READING


def steps_of(document: Document) -> list[dict[str, str]]:
    """[{"name", "label", "state"}] with states done, current, waiting and failed."""
    names = [name for name, _ in STEPS]
    at = names.index(document.progress) if document.progress in names else 0
    return [
        {"name": name, "label": label, "state": _state(document, position, at)}
        for position, (name, label) in enumerate(STEPS)
    ]


def _state(document: Document, position: int, at: int) -> str:
    status = document.status
    if status in (DocumentStatus.INGESTED, DocumentStatus.APPROVED):
        return "done"
    if status == DocumentStatus.UPLOADED:
        return ("done", "current")[position] if position < 2 else "waiting"
    if status == DocumentStatus.NOT_INGESTED:
        read = len(STEPS) - 1 if document.extracted else at
        return "done" if position < read else "waiting"
    if position == at:
        return "failed" if status == DocumentStatus.REJECTED else "current"
    return "done" if position < at else "waiting"


def outcome_of(document: Document) -> str:
    """What became of it, in a sentence; nothing while it is being read."""
    patient = document.patient
    under = f" under {patient.name}" if patient else ""
    if document.status == DocumentStatus.INGESTED:
        return f"{'Moved' if moved_by(document.pk) else 'Filed automatically'}{under}."
    if document.status == DocumentStatus.APPROVED:
        return f"Approved and filed{under}."
    if document.status == DocumentStatus.REJECTED:
        return str((document.rejection or {}).get("message") or "Rejected.")
    if document.status == DocumentStatus.NOT_INGESTED:
        if document.doubtful == 1:
            return "One value needs a look."
        return f"{document.doubtful} values need a look." if document.doubtful else "Needs a look."
    return ""


def steps_context(document: Document) -> dict[str, Any]:
    """What ``documents/_steps.html`` shows."""
    return {
        "document": {"id": document.pk, "file_name": document.name, "status": document.status},
        "steps": steps_of(document),
        "final": not is_reading(document),
        "outcome": outcome_of(document),
    }
