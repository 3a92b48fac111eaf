"""What filed documents state, in the charts of their patients.

A fact is charted once, from the first paper that states it. So when that paper's facts leave a
chart, the patient's other papers are asked again: what they state too must stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from clinic.recording import Record
from documents.filing import chart_entries
from documents.models import Document, DocumentLink, DocumentStatus, LinkType
from patients.charting import (
    chart_facts,
    current_facts,
    move_facts,
    restore_facts,
    same_fact,
    same_matter,
    withdraw_entries,
    withdraw_facts,
)
from patients.models import ChartEntry

FILED = (DocumentStatus.INGESTED, DocumentStatus.APPROVED)
STATED_ELSEWHERE = (LinkType.EXACT, LinkType.RESCAN, LinkType.AMENDED_BY)
SURE = 0.9
"""The least confidence that is charted unseen; a person answers for all of an approved document."""


def entries_of(document: Document) -> list[ChartEntry]:
    """Unsaved entries of a filed document, accepted by whoever filed it.

    A packet states nothing itself: the documents that were cut out of it do.
    """
    if document.pages != 1 and document.parts.exclude(status=DocumentStatus.REJECTED).exists():
        return []
    reviewer = document.reviewed_by
    approved = document.status == DocumentStatus.APPROVED
    return chart_entries(
        document,
        document.extracted or {},
        least=0.0 if approved else SURE,
        accepted=(reviewer.name or reviewer.email) if approved and reviewer else "",
        user_id=document.reviewed_by_id if approved else None,
    )


def unstated(document: Document, entries: list[ChartEntry]) -> list[ChartEntry]:
    """The entries of a document that its copies and its corrected version have not charted.

    A scan of a paper that is on file reads a name or a value a little differently, which is no
    second fact. What a person typed is charted all the same.
    """
    linked = DocumentLink.objects.filter(document=document, type__in=STATED_ELSEWHERE)
    others = list(linked.values_list("other_id", flat=True))
    if not others or document.patient_id is None:
        return entries
    typed = {
        f["id"]
        for f in (document.extracted or {}).get("fields", [])
        if f["review"]["state"] in ("corrected", "added")
    }
    stated = current_facts(document.patient_id, others)
    return [
        one
        for one in entries
        if one.source_field in typed or not any(same_matter(one, known) for known in stated)
    ]


def _replace(document: Document, entries: list[ChartEntry], record: Record) -> None:
    """Takes out of the chart what a corrected report states differently from its first version."""
    linked = DocumentLink.objects.filter(document=document, type=LinkType.AMENDED)
    first = list(linked.values_list("other_id", flat=True))
    if not first or document.patient_id is None:
        return
    replaced = [
        known
        for known in current_facts(document.patient_id, first)
        if any(same_matter(known, one) for one in entries)
        and not any(same_fact(known, one) for one in entries)
    ]
    withdraw_entries(replaced, record)


def chart_document(document: Document, record: Record) -> None:
    """Charts what a filed document states and the chart does not have."""
    if document.patient_id:
        entries = entries_of(document)
        chart_facts(document.patient_id, unstated(document, entries), record)
        _replace(document, entries, record)


def withdraw_document(document: Document, record: Record) -> None:
    """Takes a document's facts out of the chart, but for what other papers state."""
    if withdraw_facts(document.pk, record) and document.patient_id:
        _ask_again(document.patient_id, record, without=document.pk)


def chart_corrected(document: Document, record: Record) -> None:
    """Charts a document anew after a person decided about its values.

    Its copies are not asked again: what the person corrected is wrong on them too.
    """
    withdrawn = withdraw_facts(document.pk, record)
    chart_document(document, record)
    if withdrawn and document.patient_id:
        _ask_again(document.patient_id, record, without=document.pk, copies_of=document)


def move_document(document: Document, left: UUID | None, to: UUID, record: Record) -> None:
    """Moves a document's facts to the chart of its new patient, once each."""
    moved = move_facts(document.pk, to, record)
    if document.status in FILED:
        chart_document(document, record)
    if moved and left:
        _ask_again(left, record, without=document.pk)


def restore_document(
    document: Document, before: Sequence[Sequence[object]], left: UUID | None, record: Record
) -> None:
    """Puts a document's facts back as ``patients.charting.facts_from`` found them.

    ``left`` is the patient whose chart it leaves thereby. What it kept other papers from charting
    meanwhile is charted from them.
    """
    restore_facts(document.pk, before, record)
    for patient_id in sorted({one for one in (left, document.patient_id) if one}):
        _ask_again(patient_id, record, without=document.pk)


def _ask_again(
    patient_id: UUID, record: Record, *, without: UUID, copies_of: Document | None = None
) -> None:
    others = (
        Document.objects.filter(patient_id=patient_id, status__in=FILED)
        .exclude(pk=without)
        .select_related("reviewed_by")
        .order_by("created_at", "pk")
    )
    if copies_of:
        copies = DocumentLink.objects.filter(
            document=copies_of, type__in=(LinkType.EXACT, LinkType.RESCAN)
        )
        others = others.exclude(sha256=copies_of.sha256)
        others = others.exclude(pk__in=copies.values("other_id"))
    for each in others.iterator():
        chart_facts(patient_id, unstated(each, entries_of(each)), record)
