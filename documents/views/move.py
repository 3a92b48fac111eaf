"""A document on the wrong patient: choose the right one, see what follows, move."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from clinic.undoing import latest
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from clinic.views.undoing import said
from documents.actions import UnknownPatient
from documents.models import Document
from documents.moving import file_under, preview
from documents.permissions import may_review_documents
from documents.queries import named_in
from documents.views.sheet import candidate_row, document_row, patient_row
from patients.views.picker import candidates_called

CHOOSE = "Choose the patient this document belongs to."


@page("GET", "POST")
def move(request: PageRequest, pk: UUID) -> HttpResponse:
    """Step 1: the patient; step 2: what follows; a POST moves it, and a note takes that back."""
    if not may_review_documents(request.login):
        raise PermissionDenied
    found = Document.objects.select_related("patient", "uploaded_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    sent = request.POST if request.method == "POST" else request.GET
    given = sent.get("patient_id", "")
    chosen = uuid_of(given)
    if chosen is None or chosen == found.patient_id:
        asked = request.method == "POST" or bool(given)
        return _choose(request, found, error=CHOOSE if asked else "")
    try:
        if request.method == "POST":
            return _moved(request, found, chosen)
        told = preview(found, chosen)
    except UnknownPatient as error:
        return _choose(request, found, error=error.message)
    context = {"preview": told, "target": patient_row(told.patient)}
    return answer(request, "documents/move.html", _about(found) | context)


def _moved(request: PageRequest, found: Document, patient_id: UUID) -> HttpResponse:
    file_under(document_id=found.pk, patient_id=patient_id, by=request.login.actor)
    said(request, f"{found.name} moved.", latest(found.pk))
    return redirect("document", pk=found.pk)


def _choose(request: PageRequest, found: Document, *, error: str) -> HttpResponse:
    q = request.GET.get("patient_q", "").strip()[:200]
    named = [candidate_row(one) for one in named_in(found.extracted)]
    rows = candidates_called(q) if q else named
    context = {
        "candidates": [row for row in rows if row["id"] != found.patient_id],
        "q": q,
        "form_errors": [{"id": "patient-q", "message": error}] if error else [],
    }
    status = 422 if error else 200
    return answer(request, "documents/move.html", _about(found) | context, status=status)


def _about(found: Document) -> dict[str, Any]:
    patient = found.patient
    return {
        "document": document_row(found),
        "patient": patient_row(patient) if patient else None,
    }
