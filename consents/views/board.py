"""The list of consent forms, and a patient's forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from clinic.listing import Page, Slice
from clinic.tallies import tallies
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of, uuid_of
from consents.models import ConsentStatus
from consents.permissions import may_read_forms, may_send_forms
from consents.queries import list_forms

OF_PATIENT = 12


@page("GET")
def consents(request: PageRequest) -> HttpResponse:
    """The list, newest first."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    status = choice(request, "status", ConsentStatus.values)
    patient_id = uuid_of(request.GET.get("patient_id"))

    def fetch(part: Slice) -> Page:
        return list_forms(part, status=status or None, patient_id=patient_id)

    found = part_of(request, fetch)
    counts = tallies("consent_form")
    narrowed = bool(status or patient_id)
    context: dict[str, Any] = {
        "forms": found.rows,
        "hidden_by_filter": sum(counts.values()) if narrowed and not found.rows else 0,
        "can_send": may_send_forms(request.login),
        **pager(request, found),
    }
    if request.GET.get("fragment") != "rows":
        choices = [("", "All"), *ConsentStatus.choices]
        context["statuses"] = chips(request, "status", choices, counts=counts)
    return answer(request, "consents/consents.html", context, {"rows": "consents/_rows.html"})


def forms_of(request: PageRequest, patient_id: UUID) -> dict[str, Any]:
    """What ``consents/_patient.html`` shows of a patient's forms; none for who may not see."""
    if not may_read_forms(request.login):
        return {"patient_forms": None}
    found = list_forms(Slice(OF_PATIENT), patient_id=patient_id)
    return {
        "patient_forms": found.rows,
        "patient_forms_more": max(0, found.total - len(found.rows)),
        "can_send_forms": may_send_forms(request.login),
    }
