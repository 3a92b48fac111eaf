"""Choosing a patient: by name, MRN, phone, e-mail or date of birth, as one types."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic.listing import Row
from clinic.refusals import Missing
from clinic.views.access import PageRequest, page
from clinic.views.lists import uuid_of
from patients.queries import get_patient, search_patients
from patients.views.rows import patient_row

MOST = 8
FIND = "find"


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


@page("GET")
def patient_picker(request: PageRequest) -> HttpResponse:
    """The patients a query may mean, as a list to choose from."""
    q = (request.GET.get("q") or request.GET.get("patient_q") or "").strip()[:200]
    context = {"candidates": candidates_called(q), "q": q}
    return render(request, "patients/_picker.html", context)


def candidates_called(q: str) -> list[dict[str, Any]]:
    """Patients by what was typed, best first."""
    if not q.strip():
        return []
    rows, _ = search_patients(q.strip(), limit=MOST)
    return [
        {**patient_row(row), "reason": f"found by {row['match']}" if row["match"] else ""}
        for row in rows
    ]


def patient_named(patient_id: UUID) -> Row:
    """A patient as the banner and the picker name their parts.

    Raises:
        UnknownPatient: see there.
    """
    row = get_patient(patient_id)
    if row is None:
        raise UnknownPatient
    return patient_row(row)


def patient_choice(request: PageRequest) -> dict[str, Any]:
    """What ``patients/_choose.html`` shows: the chosen patient, or those that a search found.

    Without JavaScript a button named ``find`` sends the form for the search alone.

    Raises:
        UnknownPatient: for an id that is nobody's here.
    """
    sent = request.POST if request.method == "POST" else request.GET
    chosen = uuid_of(sent.get("patient_id"))
    q = sent.get("patient_q", "").strip()[:200]
    return {
        "patient": patient_named(chosen) if chosen else None,
        "candidates": candidates_called(q) if not chosen else [],
        "patient_q": q,
    }
