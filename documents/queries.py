"""Reads about documents."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from clinic.listing import Listing, Page, Slice, Where, fetch, newest_first
from documents.models import Document, DocumentStatus
from documents.pipeline.types import ChartFacts
from patients.models import LabResult, Patient


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
        "confidence": "d.confidence",
        "pages": "d.pages",
        "duplicate_of": "d.duplicate_of_id",
        "rejection": "d.rejection",
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
        for name in ("extracted", "rejection"):
            if isinstance(row[name], str):
                row[name] = json.loads(row[name])
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


def next_to_review(*, after: Document | None = None) -> Document | None:
    """The longest-waiting document that needs a person, other than ``after``."""
    rows = Document.objects.filter(status=DocumentStatus.NOT_INGESTED).order_by("created_at", "id")
    return rows.exclude(pk=after.pk).first() if after else rows.first()


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
