"""Documents over HTTP."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice, text
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created
from clinic.recording import change
from clinic.refusals import Refusal, invalid
from documents.actions import receive_upload
from documents.api.answers import carry_out
from documents.api.serializers import (
    DocumentShape,
    ReviewBody,
    SplitAnswer,
    SplitBody,
    UploadAnswer,
    UploadBody,
    document_answer,
    file_answer,
)
from documents.files import file_response
from documents.models import Document, DocumentKind, DocumentStatus
from documents.packets import Cut, split_packet
from documents.pages import page_picture
from documents.permissions import may_read_documents, may_review_documents, may_upload_documents
from documents.pipeline.sniff import UnsupportedType
from documents.queries import list_documents

TAG = "Documents"
LIST_QUERY = (
    identifier("patient_id", "Of this patient."),
    choice("kind", DocumentKind, "Of this kind."),
    choice("status", DocumentStatus, "In this status."),
    text("q", "Part of the file's name."),
    *paging(),
)


class UnsupportedContent(Refusal):
    """The content is not one of the accepted kinds."""

    status = 415
    code = "unsupported_type"


class DocumentsView(ClinicView):
    """All documents."""

    @endpoint(
        may=may_read_documents,
        tag=TAG,
        name="documents_list",
        summary="List documents, newest first",
        parameters=LIST_QUERY,
        answers={200: DocumentShape(many=True)},
    )
    def get(self, request: Request) -> Response:
        """A page of documents."""
        values = self.query(LIST_QUERY)
        part = take_slice(values)
        page = list_documents(part, **values)
        for row in page.rows:
            row["file"] = file_answer(
                row["document_id"],
                row.pop("name"),
                row.pop("mime"),
                row.pop("size"),
                row.pop("sha256"),
            )
        return listed(request, page)


class UploadView(ClinicView):
    """Taking a file in."""

    parser_classes = (MultiPartParser,)

    @endpoint(
        may=may_upload_documents,
        tag=TAG,
        name="documents_upload",
        summary="Upload a document; the extraction agent reads it",
        description="Without patient_id it goes to the inbox, where its patient is looked for.",
        takes={"multipart/form-data": UploadBody},
        answers={201: UploadAnswer},
        errors=(404,),
        examples=[
            example(
                "Taken in",
                {
                    "document_id": "01937d0a-0000-7000-8000-000000000000",
                    "status": "uploaded",
                    "message": "Document uploaded; it is being read",
                },
                answer=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201 once the bytes are safe and the run is queued, with the broker up or down."""
        sent = cast(QueryDict, request.data)
        data = {
            name: sent.get(name) or request.query_params.get(name) or None
            for name in ("patient_id", "kind")
        }
        data = {name: value for name, value in data.items() if value}
        upload = request.FILES.get("file")
        if upload is None:
            raise invalid("file", "Send the document as the form's field `file`.")
        checked = UploadBody(data={**data, "file": "x"}, partial=True)
        checked.fields.pop("file")
        checked.is_valid(raise_exception=True)
        try:
            receipt = receive_upload(
                file=upload,
                by=self.actor,
                kind=checked.validated_data.get("kind") or "",
                patient_id=checked.validated_data.get("patient_id"),
                mime_given=upload.content_type or "",
            )
        except UnsupportedType as error:
            raise UnsupportedContent(error.message) from error
        ids: dict[str, Any] = {
            "document_id": receipt.document.pk,
            "status": receipt.document.status,
        }
        message = "Document uploaded; it is being read"
        if receipt.duplicate_of:
            ids["duplicate_of"] = receipt.duplicate_of.pk
            message = "Document uploaded; the same file is here already"
        return created(message, ids)


class DocumentView(ClinicView):
    """One document."""

    @endpoint(
        may=may_read_documents,
        tag=TAG,
        name="documents_get",
        summary="One document with what was read from it",
        answers={200: DocumentShape},
        errors=(404,),
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The document; the view is audited."""
        document = find(document_id)
        with change(self.actor) as record:
            record.audit("document.view", document, patient_id=document.patient_id)
        return Response(document_answer(document))

    @endpoint(
        may=may_review_documents,
        tag=TAG,
        name="documents_change",
        summary="Approve, correct, reject or move a document",
        description=(
            "What is not named in corrections, additions or removals is confirmed as it stands. "
            "A person's `ingested` is recorded as `approved`. `patient_id` files the document, and "
            "everything derived from it, under that patient."
        ),
        takes=ReviewBody,
        answers={200: DocumentShape},
        errors=(404, 409),
        examples=[
            example(
                "Approve with a correction",
                {
                    "status": "approved",
                    "corrections": [{"id": "f17", "value": "148", "unit": "mg/dL"}],
                    "removals": ["f9"],
                },
            ),
            example("Reject", {"status": "rejected", "reason": "Not a patient of ours"}),
        ],
    )
    def patch(self, request: Request, document_id: UUID) -> Response:
        """The document as it is afterwards."""
        body = self.body(ReviewBody)
        find(document_id)
        carry_out(document_id, body, self.actor)
        return Response(document_answer(find(document_id)))


class SplitView(ClinicView):
    """Cutting a packet into its documents."""

    @endpoint(
        may=may_review_documents,
        tag=TAG,
        name="documents_split",
        summary="Cut a packet into its documents",
        description=(
            "The proposal stands in `extracted.segments`: why each begins there (`starts`), "
            "whether it is a cover sheet (`cover`) and whether it names another patient "
            "(`other_patient`). Each part becomes a document and is read on its own; the packet "
            "stays as it came and is approved. Without a patient_id a part's patient is looked "
            "for, and a part of another patient is never filed before a person has seen it."
        ),
        takes=SplitBody,
        answers={201: SplitAnswer},
        errors=(404, 409),
        examples=[
            example(
                "Two documents behind a cover sheet",
                {"parts": [{"pages": [2, 3], "kind": "lab"}, {"pages": [4], "kind": "imaging"}]},
            )
        ],
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """201 with the ids of the documents."""
        find(document_id)
        body = self.body(SplitBody)
        parts = [
            Cut(tuple(part["pages"]), part.get("kind") or "", part.get("patient_id"))
            for part in body["parts"]
        ]
        made = split_packet(document_id=document_id, parts=parts, by=self.actor)
        return created("Packet cut into documents", {"document_ids": [one.pk for one in made]})


class FileView(ClinicView):
    """The uploaded bytes."""

    @endpoint(
        may=may_read_documents,
        tag=TAG,
        name="documents_file",
        summary="The uploaded file, as an attachment",
        answers={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        errors=(404,),
    )
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The bytes, never shown in the browser."""
        document = find(document_id)
        with change(self.actor) as record:
            record.audit("document.download", document, patient_id=document.patient_id)
        return file_response(document)


class PageView(ClinicView):
    """A page as a picture."""

    @endpoint(
        may=may_read_documents,
        tag=TAG,
        name="documents_page",
        summary="A page as a PNG picture",
        answers={(200, "image/png"): OpenApiTypes.BINARY},
        errors=(404,),
    )
    def get(self, request: Request, document_id: UUID, number: int) -> HttpResponseBase:
        """The picture, as displayed: boxes fit it."""
        return page_picture(find(document_id), number)


def find(document_id: UUID) -> Document:
    """The clinic's document.

    Raises:
        NotFound: when there is none.
    """
    try:
        return Document.objects.select_related("patient").get(pk=document_id)
    except Document.DoesNotExist as error:
        raise NotFound from error
