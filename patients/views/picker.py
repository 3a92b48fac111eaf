"""Choosing a patient: by name, MRN, phone, e-mail or date of birth, as one types."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from clinic.views.access import PageRequest, page
from patients.queries import search_patients
from patients.views.rows import patient_row

MOST = 8


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
