"""Documents that are one paper or versions of it: found, linked both ways, and told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinic.recording import Record
from documents.models import Document, DocumentKey, DocumentLink, LinkType
from documents.pipeline.types import Locale, PageText
from documents.queries import event_doc

Json = dict[str, Any]
COMPARED_PAGES = 5
COMPARED_PAPERS = 20
OPPOSITE = {
    LinkType.EXACT: LinkType.EXACT,
    LinkType.RESCAN: LinkType.RESCAN,
    LinkType.AMENDED: LinkType.AMENDED_BY,
    LinkType.AMENDED_BY: LinkType.AMENDED,
}
NOT_COPIES = (LinkType.AMENDED, LinkType.AMENDED_BY)


def link(
    document: Document, other: Document, kind: LinkType, score: float, record: Record | None = None
) -> None:
    """Links two documents, once; with a record the other one's open screens are told."""
    pairs = ((document, other, kind), (other, document, OPPOSITE[kind]))
    DocumentLink.objects.bulk_create(
        [DocumentLink(document=a, other=b, type=type_, score=score) for a, b, type_ in pairs],
        ignore_conflicts=True,
    )
    if record:
        record.event("document", "update", event_doc(other))


def link_alike(document: Document, extracted: Json, locale: Locale, record: Record) -> set[str]:
    """Compares a read document with those it may be a copy or a version of, and links it.

    For use while the document's patient is held, so that two copies that are read at the same
    time see each other. Returns the types of all its links.
    """
    from documents.pipeline.likeness import (  # noqa: PLC0415 - the web never compares
        keys_of,
        likeness,
        paper_of,
    )

    keys = keys_of(extracted)
    DocumentKey.objects.filter(document=document).exclude(key__in=keys).delete()
    DocumentKey.objects.bulk_create(
        [DocumentKey(document=document, key=key) for key in sorted(keys)], ignore_conflicts=True
    )
    others = _candidates(document, keys)
    if others:
        paper = paper_of(_pages(document), extracted, locale)
        for other in others:
            found = likeness(paper, paper_of(_pages(other), other.extracted or {}, locale))
            if found:
                link(document, other, LinkType(found.kind), found.score, record)
    return set(DocumentLink.objects.filter(document=document).values_list("type", flat=True))


def _candidates(document: Document, keys: Iterable[str]) -> list[Document]:
    """Read papers that share a key, newest first, that are not linked already."""
    ids = DocumentKey.objects.filter(key__in=list(keys)).values("document_id")
    known = DocumentLink.objects.filter(document=document).values("other_id")
    rows = Document.objects.filter(pk__in=ids, extracted__isnull=False).exclude(pk__in=known)
    rows = rows.exclude(pk=document.pk).exclude(status="rejected").exclude(packet=document.pk)
    if document.packet_id:
        rows = rows.exclude(pk=document.packet_id)  # it holds this paper among others
    rows = rows.select_related("patient")
    return list(rows.order_by("-created_at", "-pk")[:COMPARED_PAPERS])


def _pages(document: Document) -> list[PageText]:
    rows = document.page_texts.filter(number__lte=COMPARED_PAGES).order_by("number")
    return [PageText.from_dict(row) for row in rows.values_list("text", flat=True)]
