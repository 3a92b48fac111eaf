"""The log of calls, and a patient's calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from clinic.listing import Page, Slice
from clinic.tallies import tallies
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of, uuid_of
from voice.models import CallStatus
from voice.permissions import may_read_calls, may_record_calls
from voice.queries import list_calls

OF_PATIENT = 12


@page("GET")
def calls(request: PageRequest) -> HttpResponse:
    """The log, newest first."""
    if not may_read_calls(request.login):
        raise PermissionDenied
    status = choice(request, "status", CallStatus.values)
    patient_id = uuid_of(request.GET.get("patient_id"))

    def fetch(part: Slice) -> Page:
        return list_calls(part, status=status or None, patient_id=patient_id)

    found = part_of(request, fetch)
    counts = tallies("voice_call")
    narrowed = bool(status or patient_id)
    context: dict[str, Any] = {
        "calls": found.rows,
        "hidden_by_filter": sum(counts.values()) if narrowed and not found.rows else 0,
        "can_record": may_record_calls(request.login),
        **pager(request, found),
    }
    if request.GET.get("fragment") != "rows":
        choices = [("", "All"), *CallStatus.choices]
        context["statuses"] = chips(request, "status", choices, counts=counts)
    return answer(request, "voice/calls.html", context, {"rows": "voice/_rows.html"})


def calls_of(request: PageRequest, patient_id: UUID) -> dict[str, Any]:
    """What ``voice/_patient.html`` shows of the calls to a patient; none for who may not see."""
    if not may_read_calls(request.login):
        return {"patient_calls": None}
    found = list_calls(Slice(OF_PATIENT), patient_id=patient_id)
    return {
        "patient_calls": found.rows,
        "patient_calls_more": max(0, found.total - len(found.rows)),
        "can_record_calls": may_record_calls(request.login),
    }
