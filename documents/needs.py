"""Papers that a person has to look at, among what needs a person now.

A document waits for a person exactly while it has a pending task, which knows its owner, its
priority and its deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from clinic.needs import Source, Told
from clinic.templatetags.words import REASONS
from documents.models import Document
from documents.permissions import may_read_documents
from tasks.needs import pending_tasks


def _tell(document_id: UUID, facts: Mapping[str, Any]) -> Told:
    return Told(facts["title"], reverse("document", args=[document_id]), _to_check(facts))


def _to_check(facts: Mapping[str, Any]) -> str:
    count = facts["doubtful"]
    return f"{count} value{'' if count == 1 else 's'} to check" if count else ""


def _explain(ids: list[UUID]) -> dict[UUID, str]:
    """Why each document could not be filed, in a few words; one query for what is shown."""
    rows = Document.objects.filter(pk__in=ids).values_list(
        "pk", "doubtful", "extracted__reasons__0"
    )
    found = {}
    for pk, doubtful, reason in rows:
        words = REASONS.get(str(reason or "").partition(":")[0], "")
        count = _to_check({"doubtful": doubtful})
        parts = [count, words if "{" not in words else ""]
        if any(parts):
            found[pk] = " · ".join(part for part in parts if part)
    return found


DOCUMENTS = Source(
    kind="document",
    rule=may_read_documents,
    sql=pending_tasks(
        about_documents=True,
        id_column="d.id",
        join=" JOIN documents d ON d.clinic_id = t.clinic_id AND d.id = t.document_id",
        more=", 'doubtful', d.doubtful",
    ),
    tell=_tell,
    explain=_explain,
)
