"""What the copilot's panel knows on every signed-in page: its subject, and what to suggest."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from copilot.transcript import WORDS

SUBJECTS = {
    "patient": "patient_id",
    "patient_looks": "patient_id",
    "document": "document_id",
    "claim": "claim_id",
    "task": "task_id",
}
SUGGESTIONS = {
    "patient_id": (
        "What changed since the last visit?",
        "Summarise this patient",
        "Any abnormal results?",
        "Open tasks for this patient",
    ),
    "document_id": ("Why does this document need review?", "What was read from this document?"),
    "claim_id": ("What happened with this claim?", "Draft an appeal letter"),
    "task_id": ("Explain this task", "Mark this task as done"),
}
ALWAYS = (
    "What needs me now?",
    "Today's appointments",
    "Documents that need review",
    "Show denied claims",
)
MOST = 4


def panel(request: HttpRequest) -> dict[str, Any]:
    """Ids of the page's subject as JSON, questions that fit it, and what answers."""
    if getattr(request, "login", None) is None:
        return {}
    subject = page_subject(request)
    fitting = [text for name in subject for text in SUGGESTIONS[name]]
    return {
        "page_subject": json.dumps(subject),
        "copilot_words": json.dumps(WORDS),
        "copilot_suggestions": (*fitting, *ALWAYS)[:MOST],
        "copilot_model": settings.COPILOT_MODEL or "Works by rules, without a language model",
    }


def page_subject(request: HttpRequest) -> dict[str, str]:
    """{"patient_id": ...} and the like of the page that is open; {} for lists."""
    match = request.resolver_match
    name = SUBJECTS.get(match.url_name or "") if match else None
    pk = match.kwargs.get("pk") if match else None
    return {name: str(pk)} if name and isinstance(pk, UUID) else {}
