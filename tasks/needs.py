"""Pending tasks among what needs a person now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from clinic.needs import Source, Told
from tasks.permissions import may_read_tasks

OWNERS = ("t.assignee_id = %(user)s", "t.assignee_id IS NULL AND t.assigned_to = ''")
PENDING_SQL = "t.clinic_id = %(clinic)s AND t.state IN ('open', 'in_progress')"


def pending_ids(*, about_documents: bool) -> str:
    """SELECT of the ids of pending tasks of the asking person and of nobody.

    Three lanes for each owner, each read through its index: the longest-waiting ones of every
    priority, the next deadlines, and those of patients with a visit soon.
    """
    what = f"t.document_id IS {'NOT ' if about_documents else ''}NULL"
    lanes = []
    for owner in OWNERS:
        waiting = f"{PENDING_SQL} AND {what} AND {owner}"
        lanes += [
            "SELECT one.id FROM unnest(ARRAY['urgent', 'high', 'medium', 'low']) p(priority)"  # noqa: S608 - our own SQL
            f" CROSS JOIN LATERAL (SELECT t.id FROM tasks t WHERE {waiting}"
            " AND t.priority = p.priority ORDER BY t.created_at LIMIT %(each)s) one",
            f"(SELECT t.id FROM tasks t WHERE {waiting} AND t.due_at IS NOT NULL"  # noqa: S608
            " ORDER BY t.due_at LIMIT %(each)s)",
            f"(SELECT t.id FROM soon JOIN tasks t ON t.patient_id = soon.patient_id"  # noqa: S608
            f" WHERE {waiting} ORDER BY soon.starts_at LIMIT %(each)s)",
        ]
    return " UNION ".join(lanes)


def pending_tasks(*, about_documents: bool, id_column: str, join: str = "", more: str = "") -> str:
    """The SELECT of a source over pending tasks; ``more`` adds members to ``facts``."""
    return (
        f"SELECT {id_column} AS id, t.patient_id, t.created_at AS since, t.due_at,"  # noqa: S608
        " 0::bigint AS amount_cents, t.priority,"
        " coalesce(t.assignee_id = %(user)s, false) AS mine,"
        f" jsonb_build_object('title', t.title, 'about', left(t.description, 160){more}) AS facts"
        f" FROM ({pending_ids(about_documents=about_documents)}) chosen"
        f" JOIN tasks t ON t.clinic_id = %(clinic)s AND t.id = chosen.id{join}"
    )


def _tell(task_id: UUID, facts: Mapping[str, Any]) -> Told:
    about = str(facts["about"]).partition("\n")[0]
    return Told(facts["title"], reverse("task", args=[task_id]), about)


TASKS = Source(
    kind="task",
    rule=may_read_tasks,
    sql=pending_tasks(about_documents=False, id_column="t.id"),
    tell=_tell,
)
