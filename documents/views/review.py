"""A document's page: looking at it, and deciding about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from clinic import leases
from clinic.recording import change
from clinic.refusals import Conflict
from clinic.undoing import latest
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from clinic.views.undoing import said
from documents.actions import IllegalMove, UnknownPatient, WrongPassword, read_again, unlock
from documents.corrections import ReviewRefused
from documents.files import file_response
from documents.forms import approval, rejection
from documents.models import Document, DocumentStatus
from documents.pages import page_picture
from documents.permissions import may_review_documents
from documents.queue import take_next
from documents.review import review
from documents.views.progress import steps_context
from documents.views.sheet import head, is_open, sheet
from patients.views.picker import candidates_called

ANCHORS = {"patient_id": "patient-choice"}
STALE = "This document was read again after you opened it. Check the values below once more."


@page("GET", "POST")
def document(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a document; a POST decides about it."""
    found = _found(pk)
    if request.method == "POST":
        return _decide(request, found)
    if request.GET.get("fragment") == "head":
        return render(request, "documents/_head.html", head(found, _holder(request, found)))
    with change(by=request.login.actor) as record:
        record.audit("document.view", found, patient_id=found.patient_id)
    context = sheet(
        found,
        request.login,
        holder=_holder(request, found),
        selected=request.GET.get("field", "")[:40],
        correcting="correct" in request.GET,
    )
    return answer(request, "documents/document.html", context)


@page("GET")
def next_document(request: PageRequest) -> HttpResponse:
    """On to the next document that needs a person and that nobody else is at work on."""
    if not may_review_documents(request.login):
        raise PermissionDenied
    after = uuid_of(request.GET.get("after"))
    return _next(request, _found(after) if after else None)


def _holder(request: PageRequest, found: Document) -> str:
    """Who else is at work on a document that waits; it is this person's if nobody is."""
    waits = found.status == DocumentStatus.NOT_INGESTED
    if not waits or not may_review_documents(request.login):
        return ""
    holder = leases.take(found.pk, request.login.actor)
    return "" if holder.user_id == request.login.user.pk else holder.label


@page("GET")
def steps(request: PageRequest, pk: UUID) -> HttpResponse:
    """How far the reading is."""
    return render(request, "documents/_steps.html", steps_context(_found(pk)))


@page("GET")
def picture(request: PageRequest, pk: UUID, number: int) -> HttpResponseBase:
    """A page as a picture."""
    del request
    return page_picture(_found(pk), number)


@page("GET")
def file(request: PageRequest, pk: UUID) -> HttpResponseBase:
    """The file as it was uploaded, handed over and never shown."""
    found = _found(pk)
    with change(by=request.login.actor) as record:
        record.audit("document.download", found, patient_id=found.patient_id)
    return file_response(found)


def _found(pk: UUID) -> Document:
    rows = Document.objects.select_related("patient", "uploaded_by", "reviewed_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _decide(request: PageRequest, found: Document) -> HttpResponse:
    if not may_review_documents(request.login):
        raise PermissionDenied
    decision = DECISIONS.get(request.POST.get("action", "approve"))
    if decision is None:
        return _again(request, found, [{"id": "", "message": "Choose what to do."}])
    if request.POST.get("version", str(found.version)) != str(found.version):
        return _again(request, found, [{"id": "", "message": STALE}])
    if not is_open(found, correcting=True):
        messages.warning(request, IllegalMove(found.status).message)
        return redirect("document", pk=found.pk)
    try:
        return decision(request, found)
    except ReviewRefused as error:
        return _again(request, found, _errors(found, error))
    except UnknownPatient as error:
        return _again(request, found, [{"id": "patient-choice", "message": error.message}])
    except WrongPassword as error:
        return _again(request, found, [{"id": "password", "message": error.message}])
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect("document", pk=found.pk)


def _approve(request: PageRequest, found: Document) -> HttpResponse:
    decided = review(
        document_id=found.pk,
        answer=approval(request.POST, found.extracted),
        by=request.login.actor,
        patient_id=uuid_of(request.POST.get("patient_id")),
    )
    said(request, f"{decided.name} approved.", latest(decided.pk))
    return _next(request, decided)


def _reject(request: PageRequest, found: Document) -> HttpResponse:
    decided = review(document_id=found.pk, answer=rejection(request.POST), by=request.login.actor)
    said(request, f"{decided.name} rejected.", latest(decided.pk))
    return _next(request, decided)


def _find_patient(request: PageRequest, found: Document) -> HttpResponse:
    return _again(
        request, found, [], patients_found=candidates_called(request.POST.get("patient_q", ""))
    )


def _read_again(request: PageRequest, found: Document) -> HttpResponse:
    read_again(document_id=found.pk, by=request.login.actor)
    messages.success(request, "It is being read again.")
    return redirect("document", pk=found.pk)


def _unlock(request: PageRequest, found: Document) -> HttpResponse:
    unlock(
        document_id=found.pk,
        password=request.POST.get("password", "")[:1000],
        by=request.login.actor,
    )
    messages.success(request, "It is being read.")
    return redirect("document", pk=found.pk)


DECISIONS: dict[str, Callable[[PageRequest, Document], HttpResponse]] = {
    "approve": _approve,
    "reject": _reject,
    "find_patient": _find_patient,
    "retry": _read_again,
    "password": _unlock,
}


def _next(request: PageRequest, after: Document | None) -> HttpResponse:
    """On to the document that waits after this one, else back to the inbox."""
    following = take_next(by=request.login.actor, after=after)
    return redirect("document", pk=following) if following else redirect("documents")


def _errors(found: Document, error: ReviewRefused) -> list[dict[str, str]]:
    """A refusal's sentences, each leading to the input it is about."""
    labels = {
        f["id"]: f.get("label") or f["name"] for f in (found.extracted or {}).get("fields", [])
    }
    listed = []
    for name, sentences in error.errors.items():
        anchor = f"value-{name}" if name in labels else ANCHORS.get(name, name)
        for sentence in sentences:
            about = f"{labels[name]}: " if name in labels else ""
            listed.append({"id": anchor, "message": f"{about}{sentence}"})
    return listed


def _again(
    request: PageRequest,
    found: Document,
    errors: list[dict[str, str]],
    *,
    patients_found: list[dict[str, object]] | None = None,
) -> HttpResponse:
    """The page with what was typed; 422 unless it only searched for a patient."""
    context = sheet(
        found,
        request.login,
        correcting=True,
        posted=request.POST,
        errors=errors,
        found=patients_found,
    )
    status = 422 if patients_found is None else 200
    return answer(request, "documents/document.html", context, status=status)
