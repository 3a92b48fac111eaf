"""What happened, in sentences: for the dashboard's list and for the notes in the corner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from clinic.queries import latest_events
from clinic.templatetags.words import KINDS
from documents.models import Document, DocumentStatus
from documents.views.progress import outcome_of
from tasks.models import Task

LOOK_BACK = 120

DOCUMENT_NEWS: dict[str, str] = {
    DocumentStatus.UPLOADED: "{what} received",
    DocumentStatus.INGESTED: "{what} filed automatically",
    DocumentStatus.NOT_INGESTED: "{what} needs a look",
    DocumentStatus.APPROVED: "{what} approved",
    DocumentStatus.REJECTED: "{what} rejected",
}
TASK_NEWS = {
    "insert": "New task: {title}",
    "done": "Done: {title}",
    "cancelled": "Cancelled: {title}",
}
APPOINTMENT_NEWS = {
    "scheduled": "Visit booked",
    "checked_in": "Checked in",
    "completed": "Visit completed",
    "cancelled": "Visit cancelled",
    "no_show": "Did not come",
}


@dataclass(frozen=True, slots=True)
class News:
    """One line. ``url`` leads to what it is about."""

    description: str
    url: str
    patient_name: str
    at: datetime


def latest_news(most: int) -> list[News]:
    """The latest changes, one line for each thing that changed, newest first."""
    found: list[News] = []
    seen: set[tuple[str, str]] = set()
    for event in latest_events(LOOK_BACK):
        if isinstance(event["doc"], str):
            event["doc"] = json.loads(event["doc"])
        news = told(event)
        if news is None:
            continue
        about, description, url = news
        if (event["type"], about) in seen:
            continue
        seen.add((event["type"], about))
        found.append(News(description, url, event["doc"].get("patient_name") or "", event["at"]))
        if len(found) == most:
            break
    return found


def told(event: dict[str, Any]) -> tuple[str, str, str] | None:
    """The id, the sentence and the address of what an event is about; None for a dull one."""
    doc, kind = event["doc"], event["type"]
    if kind == "document" and doc.get("status") in DOCUMENT_NEWS:
        what = KINDS.get(doc.get("kind") or "", doc.get("name") or "Document")
        told_as = "{what} moved" if doc.get("moved") else DOCUMENT_NEWS[doc["status"]]
        text = told_as.format(what=what)
        return doc["document_id"], text, reverse("document", args=[doc["document_id"]])
    if kind == "task" and not doc.get("document_id"):
        words = TASK_NEWS.get("insert" if event["op"] == "insert" else doc.get("state", ""))
        if words:
            text = words.format(title=doc.get("title", ""))
            return doc["task_id"], text, reverse("task", args=[doc["task_id"]])
    if kind == "patient" and event["op"] == "insert":
        return doc["patient_id"], "New patient", reverse("patient", args=[doc["patient_id"]])
    if kind == "appointment" and doc.get("status") in APPOINTMENT_NEWS:
        patient_id = doc.get("patient_id")
        url = reverse("patient", args=[patient_id]) if patient_id else ""
        return str(doc.get("appointment_id")), APPOINTMENT_NEWS[doc["status"]], url
    return None


def note_about(type_: str, pk: UUID) -> dict[str, str] | None:
    """What ``components/_toast.html`` says of a document or a task, or None."""
    if type_ == "document":
        document = Document.objects.select_related("patient").filter(pk=pk).first()
        text = outcome_of(document) if document else ""
        if document is None or not text:
            return None
        return {
            "toast_text": f"{document.name}: {text[0].lower()}{text[1:]}",
            "toast_url": reverse("document", args=[pk]),
            "toast_icon": ICONS.get(document.status, "file"),
        }
    if type_ == "task":
        task = Task.objects.filter(pk=pk).first()
        if task is None or not task.is_pending:
            return None
        return {
            "toast_text": f"New task: {task.title}",
            "toast_url": reverse("task", args=[pk]),
            "toast_icon": "tasks",
        }
    return None


ICONS: dict[str, str] = {
    DocumentStatus.INGESTED: "check-circle",
    DocumentStatus.APPROVED: "check-circle",
    DocumentStatus.NOT_INGESTED: "eye",
    DocumentStatus.REJECTED: "alert",
}
