"""Reads about documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT

from clinic.listing import Listing, Page, Slice, Where, fetch, newest_first
from documents.matching import Candidate, candidates_of_each
from documents.models import Document, DocumentLink, DocumentStatus
from documents.pipeline.types import ChartFacts, Extraction, Field
from patients.models import LabResult, Patient
from tasks.models import PENDING, Task

Json = dict[str, Any]


def with_links(extracted: Json | None, links: Sequence[Json]) -> Json | None:
    """An extraction whose ``duplicates`` name every linked document, those found later too."""
    if extracted is None or not links:
        return extracted
    linked = {one["document_id"] for one in links}
    before = [one for one in extracted["duplicates"] if one["document_id"] not in linked]
    return {**extracted, "duplicates": [*before, *links]}


def links_of(document_id: UUID) -> list[Json]:
    """A document's links as the contract's ``duplicates``."""
    rows = DocumentLink.objects.filter(document_id=document_id).order_by("created_at", "other_id")
    return [
        {"document_id": str(other), "type": type_, "score": score}
        for other, type_, score in rows.values_list("other_id", "type", "score")
    ]


def event_doc(document: Document) -> dict[str, Any]:
    """What open screens are told of a document; no value read from it."""
    patient = document.patient
    return {
        "document_id": document.pk,
        "patient_id": document.patient_id,
        "patient_name": patient.name if patient else None,
        "kind": document.kind or document.kind_given or None,
        "status": document.status,
        "progress": document.progress,
        "name": document.name,
    }


def moved_event(document: Document) -> dict[str, Any]:
    """What open screens are told of a document that a person gave another patient, or gave back."""
    return event_doc(document) | {"moved": True}


LINKS = (
    "(SELECT json_agg(json_build_object('document_id', l.other_id, 'type', l.type,"
    " 'score', l.score) ORDER BY l.created_at, l.other_id) FROM document_links l"
    " WHERE l.clinic_id = d.clinic_id AND l.document_id = d.id)"
)
"""The contract's ``duplicates``, or NULL; see ``documents.duplicates``."""

LISTING = Listing(
    columns={
        "document_id": "d.id",
        "patient_id": "d.patient_id",
        "kind": "nullif(d.kind, '')",
        "name": "d.name",
        "mime": "d.mime",
        "size": "d.size",
        "sha256": "d.sha256",
        "status": "d.status",
        "extracted": "d.extracted",
        "links": LINKS,
        "confidence": "d.confidence",
        "pages": "d.pages",
        "duplicate_of": "d.duplicate_of_id",
        "rejection": "d.rejection",
        "packet_id": "d.packet_id",
        "packet_pages": "d.packet_pages",
        "created_at": "d.created_at",
        "updated_at": "d.updated_at",
    },
    source="documents d",
    owner="d",
    order=newest_first("d", "document_id"),
)


def list_documents(
    part: Slice,
    *,
    patient_id: UUID | None = None,
    kind: str | None = None,
    status: str | None = None,
    q: str | None = None,
) -> Page:
    """A page of documents with what was read from them, newest first."""
    where = Where()
    where.equal("d.patient_id", patient_id)
    where.equal("d.kind", kind)
    where.equal("d.status", status)
    if q:
        where.add("strpos(lower(d.name), lower(%s)) > 0", q)
    page = fetch(LISTING, where, part)
    for row in page.rows:
        for name in ("extracted", "rejection", "links", "packet_pages"):
            if isinstance(row[name], str):
                row[name] = json.loads(row[name])
        row["extracted"] = with_links(row["extracted"], row.pop("links") or [])
    return page


def documents(
    *,
    patient_id: UUID | None = None,
    kind: str | None = None,
    status: str | None = None,
    q: str | None = None,
) -> QuerySet[Document]:
    """Documents, newest first, without their extracted values."""
    rows = Document.objects.select_related("patient").order_by("-created_at", "-id")
    if patient_id:
        rows = rows.filter(patient_id=patient_id)
    if kind:
        rows = rows.filter(kind=kind)
    if status:
        rows = rows.filter(status=status)
    if q:
        rows = rows.filter(name__icontains=q)
    return rows


def chart_facts_of(patient: Patient) -> ChartFacts:
    """What the chart knows, for verifying a paper against it."""
    labs = LabResult.objects.filter(
        patient=patient, is_current=True, value_num__isnull=False, effective_date__isnull=False
    ).order_by("-effective_date")[:400]
    return ChartFacts(
        patient_id=str(patient.pk),
        first_name=patient.first_name,
        last_name=patient.last_name,
        dob=patient.dob,
        sex=patient.gender,
        mrn=patient.mrn,
        phone=patient.phone,
        earlier_labs=tuple(
            (lab.code or lab.name, lab.unit, lab.value_num or 0.0, lab.effective_date)
            for lab in labs
            if lab.effective_date
        ),
    )


INBOX = Listing(
    columns={
        "id": "d.id",
        "file_name": "d.name",
        "mime": "d.mime",
        "size": "d.size",
        "kind": "d.kind",
        "status": "d.status",
        "patient_id": "d.patient_id",
        "patient_name": "trim(p.first_name || ' ' || p.last_name)",
        "confidence": "d.confidence",
        "doubtful": "d.doubtful",
        "pages": "d.pages",
        "duplicate_of": "d.duplicate_of_id",
        "rejection_message": "d.rejection->>'message'",
        "waiting_minutes": "floor(extract(epoch FROM now() - d.created_at) / 60)::integer",
        "created_at": "d.created_at",
    },
    source="documents d LEFT JOIN patients p ON p.clinic_id = d.clinic_id AND p.id = d.patient_id",
    owner="d",
    order=newest_first("d", "id"),
)


def inbox(
    part: Slice, *, status: str = "", kind: str = "", q: str = "", patient_id: UUID | None = None
) -> Page:
    """A page of the inbox: documents with their patients' names, without what was read."""
    where = Where()
    where.equal("d.status", status or None)
    where.equal("d.kind", kind or None)
    where.equal("d.patient_id", patient_id)
    if q:
        where.add(
            "(strpos(lower(d.name), lower(%s)) > 0 OR strpos(p.search_name, plain_text(%s)) > 0)",
            q,
            q,
        )
    return fetch(INBOX, where, part)


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a document stands among those that need a person, longest-waiting first."""

    position: int
    total: int
    previous_id: UUID | None


def queue_place(document: Document) -> QueuePlace:
    """The place of a document that needs a person."""
    rows = Document.objects.filter(status=DocumentStatus.NOT_INGESTED)
    earlier = Q(created_at__lt=document.created_at) | Q(
        created_at=document.created_at, pk__lt=document.pk
    )
    counted = rows.aggregate(total=Count("pk"), before=Count("pk", filter=earlier))
    others = rows.exclude(pk=document.pk).order_by("created_at", "pk").values_list("pk", flat=True)
    previous = others.filter(earlier).last()
    return QueuePlace(counted["before"] + 1, counted["total"], previous)


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page's size as displayed, in any unit."""

    number: int
    width: float
    height: float


LETTER = (612.0, 792.0)


def page_sizes(document: Document) -> list[PageSize]:
    """The pages of a document; those that were not read yet as if they were letter paper."""
    read = {
        number: (float(width), float(height))
        for number, width, height in document.page_texts.annotate(
            width=KT("text__width"), height=KT("text__height")
        ).values_list("number", "width", "height")
    }
    last = max([document.pages or 0, *read])
    return [PageSize(number, *read.get(number, LETTER)) for number in range(1, last + 1)]


def named_in(extracted: Json | None) -> list[Candidate]:
    """Patients whom the paper may belong to, by what was read of its patient."""
    return named_in_each([(extracted or {}).get("fields", [])])[0]


def named_in_each(papers: Sequence[Sequence[Json]]) -> list[list[Candidate]]:
    """:func:`named_in` of several papers' fields, in as many queries as for one."""
    read = [
        [
            f
            for f in fields
            if f["name"].startswith("patient.") and f.get("context", "patient") == "patient"
        ]
        for fields in papers
    ]
    if not any(read):
        return [[] for _ in papers]
    return candidates_of_each([_of_the_patient(fields) for fields in read])


def _of_the_patient(fields: Sequence[Json]) -> Extraction:
    return Extraction(
        pages=0,
        kind="",
        kind_confidence=0.0,
        fields=tuple(
            Field(
                id=f["id"],
                name=f["name"],
                value=f["value"],
                code=f.get("code"),
                confidence=f["confidence"],
            )
            for f in fields
        ),
    )


def pending_task_kinds(document_id: UUID) -> set[str]:
    """Kinds of the work that people still have to do about a document."""
    rows = Task.objects.filter(document_id=document_id, state__in=PENDING)
    return set(rows.values_list("kind", flat=True))


def kinds_of(document_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What kind of paper each document is."""
    return dict(Document.objects.filter(pk__in=set(document_ids)).values_list("pk", "kind"))
