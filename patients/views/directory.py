"""The list of patients, their search, and adding one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic.listing import Page
from clinic.refusals import Conflict
from clinic.views.access import PageRequest, page
from clinic.views.lists import ROWS, answer, chips, choice, counts, pager, part_of
from patients.actions import create_patient
from patients.forms import PatientForm, duplicates_of
from patients.models import PatientStatus
from patients.permissions import may_create_patients
from patients.queries import list_patients, search_patients
from patients.views.rows import patient_row


@page("GET")
def patients(request: PageRequest) -> HttpResponse:
    """The list, newest first; with a search, the likeliest first."""
    q = request.GET.get("q", "").strip()[:200]
    status = choice(request, "status", PatientStatus.values)
    found = _found(request, q, status)
    known = counts(request, "patient")
    context: dict[str, Any] = {
        "patients": [patient_row(row) for row in found.rows],
        "q": q,
        "status": status,
        "hidden_by_filter": _hidden(q, status, known) if not found.rows else 0,
        "can_create": may_create_patients(request.login),
        **pager(request, found),
    }
    if request.GET.get("fragment") == "rows":
        return answer(request, "patients/_rows.html", context)
    context["statuses"] = chips(
        request, "status", [("", "All"), *PatientStatus.choices], counts=known
    )
    return answer(request, "patients/patients.html", context)


def _found(request: HttpRequest, q: str, status: str) -> Page:
    if q:
        rows, total = search_patients(q, status=status or None, limit=ROWS)
        return Page(rows, total)
    return part_of(request, lambda part: list_patients(part, status=status or None))


def _hidden(q: str, status: str, counts: dict[str, int]) -> int:
    """How many patients the status filter keeps from being seen."""
    if not status:
        return 0
    return search_patients(q, limit=1)[1] if q else sum(counts.values())


@page("GET", "POST")
def patient_new(request: PageRequest) -> HttpResponse:
    """The form of a new patient, which says who may be on file already while it is filled in."""
    if not may_create_patients(request.login):
        raise PermissionDenied
    if request.POST.get("fragment") == "duplicates":  # posted, so that no address holds a person
        context = {"duplicates": duplicates_of(request.POST)}
        return answer(request, "patients/_duplicates.html", context)
    if request.method != "POST":
        return answer(request, "patients/patient_new.html", {"form": PatientForm()})
    form = PatientForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    if not request.POST.get("confirm") and (known := duplicates_of(request.POST)):
        form.add_error(None, "This may be a patient who is on file already. Look at them first.")
        return _again(request, form, duplicates=known, confirm_duplicates=True)
    try:
        patient = create_patient(by=request.login.actor, **form.details())
    except Conflict as error:
        form.add_error(None, error.message)
        return _again(request, form)
    messages.success(request, f"{patient.name} added, MRN {patient.mrn}.")
    return redirect("patient", pk=patient.pk)


def _again(request: HttpRequest, form: PatientForm, **context: Any) -> HttpResponse:
    return answer(request, "patients/patient_new.html", {"form": form, **context}, status=422)
