"""Shapes of documents on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.api.fields import Line, OneOf, Text
from documents.models import Document, DocumentKind, DocumentStatus
from documents.queries import links_of, with_links

DECISIONS = ("approved", "rejected", "ingested")


class FileShape(serializers.Serializer[Any]):
    """The uploaded file."""

    name = serializers.CharField()
    mime = serializers.CharField(help_text="By content, not by name.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    url = serializers.CharField(help_text="Where the bytes are; needs the same authorisation.")


class DocumentShape(serializers.Serializer[Any]):
    """A document with everything that was read from it."""

    document_id = serializers.UUIDField()
    patient_id = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=DocumentKind.choices, allow_null=True)
    file = FileShape()
    status = serializers.ChoiceField(choices=DocumentStatus.choices)
    extracted = serializers.DictField(
        allow_null=True, help_text="The extraction contract, schema version 1.0."
    )
    confidence = serializers.FloatField(allow_null=True)
    pages = serializers.IntegerField(allow_null=True)
    duplicate_of = serializers.UUIDField(allow_null=True)
    rejection = serializers.DictField(allow_null=True, help_text='{"code", "message"}')
    packet_id = serializers.UUIDField(allow_null=True, help_text="The packet it was cut out of.")
    packet_pages = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="Its pages in that packet."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class UploadBody(serializers.Serializer[Any]):
    """multipart/form-data; patient_id and kind may stand in the query instead."""

    file = serializers.FileField(help_text="PDF, PNG, JPEG, TIFF, HEIC or DOCX.")
    patient_id = serializers.UUIDField(required=False, allow_null=True)
    kind = OneOf(DocumentKind, required=False, allow_blank=True)


class UploadAnswer(serializers.Serializer[Any]):
    """A document taken in."""

    document_id = serializers.UUIDField()
    status = serializers.CharField()
    message = serializers.CharField()
    duplicate_of = serializers.UUIDField(required=False)


class BoxField(serializers.ListField):
    """[x0, y0, x1, y1] in fractions of the displayed page."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.FloatField(min_value=0.0, max_value=1.0)
        super().__init__(child=child, min_length=4, max_length=4, **kwargs)


class Correction(serializers.Serializer[Any]):
    """A field's right value."""

    id = Line(max_length=40)
    value = Text(max_length=2000)
    unit = Line(max_length=60, required=False, allow_null=True)


class Addition(serializers.Serializer[Any]):
    """A value the machine missed."""

    name = Line(max_length=60)
    label = Line(max_length=200, required=False, allow_null=True)  # type: ignore[assignment]
    value = Text(max_length=2000)
    unit = Line(max_length=60, required=False, allow_null=True)
    page = serializers.IntegerField(required=False, min_value=1, max_value=10_000, allow_null=True)
    bbox = BoxField(required=False, allow_null=True)


class EnteredValues(serializers.Serializer[Any]):
    """What simple clients send: values a person typed, by name."""

    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=2000), allow_empty=True
    )


class ReviewBody(serializers.Serializer[Any]):
    """A decision about a document, or its move to a patient; what is not named stands."""

    status = serializers.ChoiceField(choices=DECISIONS, required=False)
    reason = Text(required=False, allow_blank=True, max_length=1000)
    kind = OneOf(DocumentKind, required=False)
    corrections = Correction(many=True, required=False)
    additions = Addition(many=True, required=False)
    removals = serializers.ListField(child=Line(max_length=40), required=False, max_length=2000)
    extracted = EnteredValues(required=False)
    patient_id = serializers.UUIDField(required=False)


class PartBody(serializers.Serializer[Any]):
    """A document in a packet: its pages, and what is known of it."""

    pages = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10_000), min_length=1, max_length=200
    )
    kind = OneOf(DocumentKind, required=False, allow_blank=True)
    patient_id = serializers.UUIDField(required=False, allow_null=True)


class SplitBody(serializers.Serializer[Any]):
    """How a packet is cut; pages that no part names stay in the packet alone."""

    parts = PartBody(many=True, allow_empty=False)


class SplitAnswer(serializers.Serializer[Any]):
    """The documents that were made, in the order of the parts."""

    document_ids = serializers.ListField(child=serializers.UUIDField())
    message = serializers.CharField()


def document_answer(document: Document) -> dict[str, Any]:
    """A document as :class:`DocumentShape`."""
    return {
        "document_id": document.pk,
        "patient_id": document.patient_id,
        "kind": document.kind or None,
        "file": file_answer(
            document.pk, document.name, document.mime, document.size, document.sha256
        ),
        "status": document.status,
        "extracted": with_links(document.extracted, links_of(document.pk)),
        "confidence": document.confidence,
        "pages": document.pages,
        "duplicate_of": document.duplicate_of_id,
        "rejection": document.rejection,
        "packet_id": document.packet_id,
        "packet_pages": document.packet_pages,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    }


def file_answer(document_id: Any, name: str, mime: str, size: int, sha256: str) -> dict[str, Any]:
    """A file as :class:`FileShape`."""
    return {
        "name": name,
        "mime": mime,
        "size": size,
        "sha256": sha256,
        "url": f"/api/documents/{document_id}/file",
    }
