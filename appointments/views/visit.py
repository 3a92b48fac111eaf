"""A visit's page: its status, moving it in time, and taking both back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from appointments.actions import (
    Changes,
    SlotTaken,
    UnknownAppointment,
    change_appointment,
    delete_appointment,
)
from appointments.forms import WhenForm
from appointments.models import MOVES, Appointment, AppointmentStatus
from appointments.permissions import may_change_appointments, may_read_appointments
from appointments.queries import get_appointment
from appointments.views.book import free_for, told_time, with_slot
from clinic.listing import Row
from clinic.looking import audit_look
from clinic.refusals import Conflict, Invalid
from clinic.views.access import PageRequest, is_fragment, page
from clinic.views.lists import answer, uuid_of
from clinic.views.sessions import back_to
from patients.views.picker import patient_named

VERBS: dict[str, str] = {
    AppointmentStatus.CHECKED_IN: "Check in",
    AppointmentStatus.COMPLETED: "Complete",
    AppointmentStatus.NO_SHOW: "Did not come",
    AppointmentStatus.CANCELLED: "Cancel the visit",
    AppointmentStatus.SCHEDULED: "Undo: back to scheduled",
}


@page("GET", "POST")
def visit(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a visit; a POST changes it."""
    if not may_read_appointments(request.login):
        raise PermissionDenied
    found = _find(pk)
    if request.method == "POST":
        return _change(request, found)
    if not is_fragment(request):
        row = Appointment(pk=pk)
        patient_id = found["patient_id"]
        audit_look("appointment.view", row, by=request.login.actor, patient_id=patient_id)
    return _page(request, found)


def _find(pk: UUID) -> Row:
    row = get_appointment(pk, zone=timezone.get_current_timezone())
    if row is None:
        raise UnknownAppointment
    return row


def _page(
    request: PageRequest,
    found: Row,
    *,
    errors: list[dict[str, str]] | None = None,
    form: WhenForm | None = None,
    free: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    length = found["ends_at"] - found["starts_at"]
    start = timezone.localtime(found["starts_at"])
    context: dict[str, Any] = {
        "visit": found,
        "minutes": length.seconds // 60,
        "day": start.date(),
        "patient": patient_named(found["patient_id"]),
        "can_change": may_change_appointments(request.login),
        "moves": [
            {"status": one, "verb": VERBS[one]} for one in VERBS if one in MOVES[found["status"]]
        ],
        "can_delete": found["status"] in ("scheduled", "cancelled", "no_show"),
        "form": form
        or WhenForm(
            initial={
                "day": start.date(),
                "at": start.time(),
                "minutes": length.seconds // 60,
                "provider_id": found["provider_id"],
            }
        ),
        "form_errors": errors or [],
        "free": free,
        "was": _was(request, found),
    }
    fragments = {"body": "appointments/_body.html"}
    return answer(request, "appointments/appointment.html", context, fragments, status=status)


def _change(request: PageRequest, found: Row) -> HttpResponse:
    if not may_change_appointments(request.login):
        raise PermissionDenied
    action = request.POST.get("action", "")
    try:
        if action == "move":
            return _move(request, found)
        if action == "put_back":
            return _put_back(request, found)
        if action == "delete":
            delete_appointment(appointment_id=found["appointment_id"], by=request.login.actor)
            messages.success(request, "The visit was taken off the books.")
            return redirect("appointments")
        return _set_status(request, found, action)
    except Invalid as error:
        return _page(request, found, errors=[{"id": "", "message": error.message}], status=422)
    except Conflict as error:
        now = _find(found["appointment_id"])
        return _page(request, now, errors=[{"id": "", "message": error.message}], status=409)


def _set_status(request: PageRequest, found: Row, status: str) -> HttpResponse:
    if status not in AppointmentStatus.values:
        raise Invalid("Choose what to do.")
    visit_id = found["appointment_id"]
    by = request.login.actor
    change_appointment(appointment_id=visit_id, by=by, changes=Changes(status=status))
    messages.success(request, f"The visit is {AppointmentStatus(status).label.lower()}.")
    return back_to(request, reverse("appointment", args=[visit_id]))


def _move(request: PageRequest, found: Row) -> HttpResponse:
    form = WhenForm(with_slot(request), initial={"minutes": request.POST.get("minutes", "")})
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    data = form.cleaned_data
    try:
        _to(request, found, data["starts_at"], data["ends_at"], data["provider_id"])
    except SlotTaken:
        return _page(request, found, form=form, free=free_for(form), status=409)
    messages.success(request, f"Moved to {told_time(data['starts_at'])}.")
    was = {
        "was_start": found["starts_at"].isoformat(),
        "was_end": found["ends_at"].isoformat(),
        "was_with": found["provider_id"] or "",
    }
    return redirect(f"{reverse('appointment', args=[found['appointment_id']])}?{urlencode(was)}")


def _put_back(request: PageRequest, found: Row) -> HttpResponse:
    """Undoes a move: the times it had, as the page before knew them."""
    try:
        start = datetime.fromisoformat(request.POST.get("was_start", ""))
        end = datetime.fromisoformat(request.POST.get("was_end", ""))
    except ValueError as error:
        raise Invalid("Where it was before is not known any more.") from error
    if timezone.is_naive(start) or timezone.is_naive(end):
        raise Invalid("Where it was before is not known any more.")
    _to(request, found, start, end, uuid_of(request.POST.get("was_with")))
    messages.success(request, f"Back at {told_time(start)}.")
    return redirect("appointment", pk=found["appointment_id"])


def _to(
    request: PageRequest, found: Row, start: datetime, end: datetime, provider_id: UUID | None
) -> None:
    changes = Changes(
        starts_at=start,
        ends_at=end,
        provider_id=provider_id,
        no_provider=provider_id is None,
    )
    visit_id = found["appointment_id"]
    change_appointment(appointment_id=visit_id, by=request.login.actor, changes=changes)


def _was(request: PageRequest, found: Row) -> dict[str, str] | None:
    """Where the visit was before it was moved, when this page follows a move."""
    try:
        start = datetime.fromisoformat(request.GET.get("was_start", ""))
    except ValueError:
        return None
    if timezone.is_naive(start) or start == found["starts_at"]:
        return None
    return {
        "start": request.GET["was_start"],
        "end": request.GET.get("was_end", ""),
        "with": request.GET.get("was_with", ""),
        "told": told_time(start),
    }
