"""The inbox, and taking files in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from clinic.queries import members
from clinic.refusals import Refusal
from clinic.templatetags.words import KINDS, STATUSES
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, counts, pager, part_of, uuid_of
from clinic.views.sessions import back_to
from documents.actions import Receipt, receive_upload
from documents.models import DocumentKind, DocumentStatus
from documents.permissions import may_upload_documents
from documents.pipeline.sniff import UnsupportedType
from documents.queries import inbox

STATUS_ORDER = (
    DocumentStatus.NOT_INGESTED,
    DocumentStatus.UPLOADED,
    DocumentStatus.INGESTING,
    DocumentStatus.INGESTED,
    DocumentStatus.APPROVED,
    DocumentStatus.REJECTED,
)
FRAGMENTS = {"rows": "documents/_rows.html", "filters": "documents/_filters.html"}


@page("GET")
def documents(request: PageRequest) -> HttpResponse:
    """The inbox."""
    if request.GET.get("fragment") == "filters":
        return answer(request, "documents/_filters.html", _filters(request))
    status = choice(request, "status", DocumentStatus.values)
    kind = choice(request, "kind", DocumentKind.values)
    q = request.GET.get("q", "").strip()[:200]
    patient_id = uuid_of(request.GET.get("patient"))
    found = part_of(
        request, lambda part: inbox(part, status=status, kind=kind, q=q, patient_id=patient_id)
    )
    narrowed = bool(status or kind or q or patient_id)
    context = {
        "documents": found.rows,
        "q": q,
        "hidden_by_filter": _all(request) if narrowed and not found.rows else 0,
        **pager(request, found),
    }
    if request.GET.get("fragment") == "rows":
        return answer(request, "documents/_rows.html", context)
    context |= {
        **_filters(request),
        **upload_choices(),
        "members": members(),
        "to_review": counts(request).get("document.not_ingested", 0),
    }
    return answer(request, "documents/documents.html", context)


def _all(request: HttpRequest) -> int:
    return sum(counts(request, "document").values())


def upload_choices() -> dict[str, Any]:
    """What the drop area needs."""
    return {
        "upload_kinds": KINDS.items(),
        "max_upload_mb": settings.MAX_UPLOAD_BYTES // 1024**2,
    }


def _filters(request: HttpRequest) -> dict[str, Any]:
    statuses = [("", "All"), *((str(s), STATUSES[s].label) for s in STATUS_ORDER)]
    kinds = [("", "Every kind"), *KINDS.items()]
    return {
        "statuses": chips(request, "status", statuses, counts=counts(request, "document")),
        "kinds": chips(request, "kind", kinds),
    }


@page("POST")
def upload(request: PageRequest) -> HttpResponse:
    """Takes files in: JSON for the page's script, a redirect with messages for a plain form."""
    if not may_upload_documents(request.login):
        raise PermissionDenied
    files = request.FILES.getlist("files")
    if "application/json" in request.headers.get("Accept", ""):
        return _one_by_one(request, files)
    if not files:
        messages.error(request, "Choose at least one file.")
    for file in files:
        try:
            receipt = _take(request, file)
        except (Refusal, UnsupportedType) as error:
            messages.error(request, f"{file.name}: {error.message}")
        else:
            messages.success(request, f"{receipt.document.name}: {_said(receipt)}")
    return back_to(request, _where_from(request))


def _where_from(request: HttpRequest) -> str:
    patient_id = uuid_of(request.POST.get("patient_id"))
    return reverse("patient", args=[patient_id]) if patient_id else reverse("documents")


def _one_by_one(request: PageRequest, files: list[UploadedFile[bytes]]) -> HttpResponse:
    if not files:
        return _refused(400, "no_file", "Choose at least one file.")
    taken = []
    for file in files:
        try:
            taken.append(_receipt(_take(request, file)))
        except UnsupportedType as error:
            return _refused(415, error.code, error.message)
        except Refusal as error:
            return _refused(error.status, error.code, error.message)
    return JsonResponse(taken, safe=False, status=201)


def _refused(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail, "code": code, "errors": {}}, status=status)


def _take(request: PageRequest, file: UploadedFile[bytes]) -> Receipt:
    kind = request.POST.get("kind", "")
    return receive_upload(
        file=file,
        by=request.login.actor,
        kind=kind if kind in DocumentKind.values else "",
        patient_id=_patient_named(request),
        mime_given=file.content_type or "",
    )


def _patient_named(request: HttpRequest) -> UUID | None:
    given = request.POST.get("patient_id")
    return (uuid_of(given) or UUID(int=0)) if given else None


def _said(receipt: Receipt) -> str:
    if receipt.duplicate_of:
        return "received. The same file is already on file."
    return "received."


def _receipt(receipt: Receipt) -> dict[str, Any]:
    document, twin = receipt.document, receipt.duplicate_of
    return {
        "document_id": document.pk,
        "file_name": document.name,
        "status": document.status,
        "message": f"Document {_said(receipt)}",
        "duplicate_of": twin.pk if twin else None,
        "duplicate_url": reverse("document", args=[twin.pk]) if twin else None,
        "url": reverse("document", args=[document.pk]),
        "steps_url": reverse("document_steps", args=[document.pk]),
    }
