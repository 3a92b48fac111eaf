"""What filed documents state, in the charts of their patients.

A fact is charted once, from the first paper that states it. So when that paper's facts leave a
chart, the patient's other papers are asked again: what they state too must stay.
"""

from __future__ import annotations

from uuid import UUID

from clinic.recording import Record
from documents.filing import chart_entries
from documents.models import Document, DocumentStatus
from patients.charting import chart_facts, move_facts, withdraw_facts
from patients.models import ChartEntry

FILED = (DocumentStatus.INGESTED, DocumentStatus.APPROVED)
SURE = 0.9
"""The least confidence that is charted unseen; a person answers for all of an approved document."""


def entries_of(document: Document) -> list[ChartEntry]:
    """Unsaved entries of a filed document, accepted by whoever filed it."""
    reviewer = document.reviewed_by
    approved = document.status == DocumentStatus.APPROVED
    return chart_entries(
        document,
        document.extracted or {},
        least=0.0 if approved else SURE,
        accepted=(reviewer.name or reviewer.email) if approved and reviewer else "",
        user_id=document.reviewed_by_id if approved else None,
    )


def chart_document(document: Document, record: Record) -> None:
    """Charts what a filed document states and the chart does not have."""
    if document.patient_id:
        chart_facts(document.patient_id, entries_of(document), record)


def withdraw_document(document: Document, record: Record) -> None:
    """Takes a document's facts out of the chart, but for what other papers state."""
    if withdraw_facts(document.pk, record) and document.patient_id:
        _ask_again(document.patient_id, record, without=document.pk)


def chart_corrected(document: Document, record: Record) -> None:
    """Charts a document anew after a person decided about its values.

    Exact copies are not asked again: what the person corrected is wrong on them too.
    """
    withdrawn = withdraw_facts(document.pk, record)
    chart_document(document, record)
    if withdrawn and document.patient_id:
        _ask_again(document.patient_id, record, without=document.pk, copies_of=document.sha256)


def move_document(document: Document, left: UUID | None, to: UUID, record: Record) -> None:
    """Moves a document's facts to the chart of its new patient, once each."""
    moved = move_facts(document.pk, to, record)
    if document.status in FILED:
        chart_document(document, record)
    if moved and left:
        _ask_again(left, record, without=document.pk)


def _ask_again(
    patient_id: UUID, record: Record, *, without: UUID, copies_of: str | None = None
) -> None:
    others = (
        Document.objects.filter(patient_id=patient_id, status__in=FILED)
        .exclude(pk=without)
        .select_related("reviewed_by")
        .order_by("created_at", "pk")
    )
    if copies_of:
        others = others.exclude(sha256=copies_of)
    chart_facts(patient_id, [one for each in others.iterator() for one in entries_of(each)], record)
