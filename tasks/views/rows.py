"""Tasks as the templates name their parts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from clinic.listing import Row
from tasks.models import PENDING
from tasks.queries import get_task


def task_row(row: Row, user_id: UUID) -> dict[str, Any]:
    """A task of ``tasks.queries``; ``url`` is where its work is done."""
    pending = row["state"] in PENDING
    reviewed = bool(row["document_id"]) and pending
    return {
        **row,
        "id": row["task_id"],
        "url": reverse("document", args=[row["document_id"]])
        if reviewed
        else reverse("task", args=[row["task_id"]]),
        "is_mine": row["assignee_id"] == user_id,
        "agent_type": agent_words(row["agent_type"]),
    }


def agent_words(agent_type: str | None) -> str:
    """An agent's name in a sentence: document extraction agent."""
    return f"{agent_type.replace('_', ' ')} agent" if agent_type else ""


def find_task(task_id: UUID, user_id: UUID) -> dict[str, Any]:
    """One task with its comments.

    Raises:
        Http404: when it is not in this clinic.
    """
    row = get_task(task_id)
    if row is None:
        raise Http404
    return task_row(row, user_id)
