"""Reads about documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

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
