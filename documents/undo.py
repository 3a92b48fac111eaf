"""Taking back a review or a move of a document: what follows it goes back too, in one change.

What is kept is what was before: the document's own fields, which chart entries it had made, and
the state of its tasks and runs. Facts of other papers are not kept but found again: which of them
are charted follows from what the document states.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from agents.actions import runs_of_document, take_back_answers
from clinic.models import Undoable
from clinic.recording import Record
from clinic.undoing import Kind, TooLate, remember
from documents.actions import flag_for_review, locked
from documents.charting import restore_document
from documents.models import Document, DocumentStatus
from documents.permissions import may_review_documents
from documents.queries import event_doc, moved_event
from patients.charting import clear_flags, facts_from
from patients.models import Patient
from tasks.agent_tasks import restore_tasks, tasks_of_document

Json = dict[str, Any]
MOVE = "document.move"
FIELDS = (
    "status",
    "kind",
    "patient_id",
    "extracted",
    "confidence",
    "doubtful",
    "progress",
    "rejection",
    "reviewed_by_id",
    "reviewed_at",
)


def as_it_is(document: Document) -> Json:
    """A locked document, and what follows it, as :func:`take_back` restores them."""
    return {
        "document": {name: _plain(getattr(document, name)) for name in FIELDS},
        "facts": facts_from(document.pk),
        "tasks": tasks_of_document(document.pk),
        "runs": runs_of_document(document.pk),
    }


def remember_change(kind: str, document_id: UUID, before: Json, record: Record) -> Undoable:
    """Makes the change that was just made one that can be taken back."""
    return remember(
        kind=kind, object_id=document_id, before=before, after=_mark(document_id), record=record
    )


def take_back(entry: Undoable, record: Record) -> None:
    """Restores a document and everything derived from it.

    Raises:
        TooLate: when the document was decided about, moved or read again since.
    """
    document = locked(entry.object_id)
    if _mark(document.pk) != entry.after:
        raise TooLate
    before, left = entry.before, document.patient_id
    fields = _typed(before["document"])
    _lock_patients(left, fields["patient_id"])
    Document.objects.filter(pk=document.pk).update(**fields, updated_at=timezone.now())
    document = Document.objects.select_related("patient").get(pk=document.pk)
    take_back_answers(document.pk, before["runs"], record)
    restore_tasks(before["tasks"], record)
    restore_document(document, before["facts"], left, record)
    clear_flags(document.pk)
    if document.status == DocumentStatus.NOT_INGESTED:
        flag_for_review(document)
    tell = moved_event if entry.kind == MOVE else event_doc
    record.event("document", "update", tell(document))
    detail = {"of": entry.kind, "change": str(entry.pk)}
    for patient_id in {left, document.patient_id}:
        record.audit("document.undo", document, patient_id=patient_id, detail=detail)


def _mark(document_id: UUID) -> Json:
    """What must still be so for the latest change to be taken back."""
    found = Document.objects.filter(pk=document_id).values_list(
        "status", "patient_id", "version", "reviewed_at"
    )
    status, patient_id, version, reviewed_at = found.get()
    return {
        "status": status,
        "patient_id": str(patient_id) if patient_id else None,
        "version": version,
        "reviewed_at": reviewed_at.isoformat() if reviewed_at else None,
    }


def _typed(fields: Json) -> Json:
    """The fields as they were before JSON held them."""
    at: datetime | None = parse_datetime(fields["reviewed_at"]) if fields["reviewed_at"] else None
    ids = {name: _uuid(fields[name]) for name in ("patient_id", "reviewed_by_id")}
    return {**fields, **ids, "reviewed_at": at}


def _plain(value: Any) -> Any:
    """A moment as text: the JSON encoder would cut it to milliseconds."""
    return value.isoformat() if isinstance(value, datetime) else value


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _lock_patients(*ids: UUID | None) -> None:
    """In the order that everybody keeps."""
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=[one for one in ids if one])
    list(rows.order_by("pk").values_list("pk"))


HOW = Kind(
    rule=may_review_documents,
    take_back=take_back,
    url=lambda document_id: reverse("document", args=[document_id]),
)
