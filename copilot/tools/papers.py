"""Tools about documents."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.templatetags.words import REASONS
from copilot.toolbox import Arguments, Tool, Work, register
from copilot.tools.sharing import Citation, Fact, as_written
from documents.actions import UnknownDocument
from documents.models import Document, DocumentKind, DocumentStatus
from documents.permissions import may_read_documents
from documents.queries import documents

MOST_FIELDS = 15
LONGEST_CODE = 5
"""Letters up to which a name in capitals is an abbreviation, such as HGB."""


class ListDocuments(Arguments):
    """Which documents."""

    status: DocumentStatus | None = Field(None, description="Only this status.")
    kind: DocumentKind | None = Field(None, description="Only this kind of paper.")
    patient_id: UUID | None = Field(None, description="Only this patient's.")
    start: date | None = Field(None, description="Only those that came in from this day on.")
    end: date | None = Field(None, description="Only those that came in up to this day.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedDocument(BaseModel):
    """One document. ``doubtful`` counts the values that a person should check."""

    document_id: UUID
    name: str
    kind: str
    status: str
    patient_id: UUID | None
    patient_name: str | None
    doubtful: int
    created_at: datetime


class ListedDocuments(BaseModel):
    """Documents, newest first; ``total`` may be more than are listed."""

    documents: list[ListedDocument]
    total: int


class OfDocument(Arguments):
    """Which document."""

    document_id: UUID = Field(description="The document's id, from list_documents.")


class DocumentState(ListedDocument):
    """How far a document is, why it waits, and what was read of it with the places."""

    pages: int | None
    reasons: list[str]
    facts: list[Fact]
    read: int


def list_documents(work: Work, asked: ListDocuments) -> ListedDocuments:
    """The clinic's papers, or part of them."""
    zone = work.login.clinic.tzinfo
    rows = documents(
        patient_id=asked.patient_id, kind=asked.kind or None, status=asked.status or None
    ).defer("extracted")
    if asked.start:
        rows = rows.filter(created_at__gte=datetime.combine(asked.start, time.min, zone))
    if asked.end:
        following = asked.end + timedelta(days=1)
        rows = rows.filter(created_at__lt=datetime.combine(following, time.min, zone))
    found = list(rows[: asked.limit])
    work.read("document", *(row.pk for row in found))
    return ListedDocuments(documents=[listed_document(row) for row in found], total=rows.count())


def document_status(work: Work, asked: OfDocument) -> DocumentState:
    """One document."""
    document = Document.objects.select_related("patient").filter(pk=asked.document_id).first()
    if document is None:
        raise UnknownDocument
    work.read("document", document.pk)
    extracted = document.extracted or {}
    fields = [one for one in extracted.get("fields", []) if one.get("page") and one.get("value")]
    return DocumentState(
        **listed_document(document).model_dump(),
        pages=document.pages,
        reasons=_reasons(document, extracted),
        facts=[_fact(document, one) for one in fields[:MOST_FIELDS]],
        read=len(fields),
    )


def listed_document(document: Document) -> ListedDocument:
    """A document as lists have it."""
    patient = document.patient
    return ListedDocument(
        document_id=document.pk,
        name=document.name,
        kind=document.kind or document.kind_given or "other",
        status=document.status,
        patient_id=document.patient_id,
        patient_name=patient.name if patient else None,
        doubtful=document.doubtful,
        created_at=document.created_at,
    )


def _reasons(document: Document, extracted: dict[str, Any]) -> list[str]:
    """Why it is not filed, in words."""
    if document.rejection:
        return [str(document.rejection.get("message", ""))]
    if document.status != DocumentStatus.NOT_INGESTED:
        return []
    found = []
    for reason in extracted.get("reasons", []):
        words = REASONS.get(str(reason).partition(":")[0], "")
        if words and "{" not in words:
            found.append(words)
    if document.doubtful:
        found.append(f"{document.doubtful} value{'s' * (document.doubtful != 1)} to check")
    return list(dict.fromkeys(found))


def _fact(document: Document, one: dict[str, Any]) -> Fact:
    name = str(one.get("label") or one["name"].rpartition(".")[2].replace("_", " "))
    if name.isupper() and len(name) > LONGEST_CODE:
        name = name.capitalize()
    unit = f" {one['unit']}" if one.get("unit") else ""
    place = Citation(
        document_id=document.pk,
        page=one["page"],
        bbox=one.get("bbox"),
        label=f"page {one['page']}",
        href=f"/documents/{document.pk}?field={one['id']}&page={one['page']}",
    )
    return Fact(text=f"{name}: {as_written(one['value'])}{unit}", citations=[place])


for _tool in (
    Tool(
        name="list_documents",
        description="List documents by status, kind, patient or day, newest first.",
        arguments=ListDocuments,
        scope="documents.read",
        may=may_read_documents,
        handler=list_documents,
    ),
    Tool(
        name="document_status",
        description="How far a document is, why it needs a person, what was read from it.",
        arguments=OfDocument,
        scope="documents.read",
        may=may_read_documents,
        handler=document_status,
    ),
):
    register(_tool)
