"""Booking a visit; a time that is taken is answered with times that are free."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from appointments.actions import SlotTaken, book
from appointments.forms import TYPES, VisitForm, WhenForm
from appointments.permissions import may_book_appointments
from appointments.schedule import proposals
from clinic.refusals import Missing, Refusal
from clinic.templatetags.dates import human_date
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer
from patients.views.picker import FIND, patient_choice

NOBODY = "Choose the patient who comes."
SLOT = "slot"


@page("GET", "POST")
def appointment_new(request: PageRequest) -> HttpResponse:
    """The form; its values are kept when something is wrong with them."""
    if not may_book_appointments(request.login):
        raise PermissionDenied
    who = patient_choice(request)
    if request.method != "POST":
        return _form(request, VisitForm(initial=_asked(request)), who)
    if FIND in request.POST:
        return _form(request, VisitForm(initial=request.POST.dict()), who)
    form = VisitForm(with_slot(request))
    valid = form.is_valid()
    if who["patient"] is None:
        who["patient_error"] = NOBODY
    elif valid:
        try:
            visit = book(
                by=request.login.actor,
                patient_id=who["patient"]["id"],
                **{
                    name: form.cleaned_data[name]
                    for name in (
                        "type", "title", "starts_at", "ends_at", "provider_id", "location",
                    )
                },
            )  # fmt: skip
        except Missing:
            raise
        except SlotTaken:
            return _form(request, form, who | {"free": free_for(form)}, status=409)
        except Refusal as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Booked for {told_time(visit.starts_at)}.")
            return redirect("appointment", pk=visit.pk)
    return _form(request, form, who, status=422)


def with_slot(request: PageRequest) -> Any:
    """The sent values; a proposed time that was pressed takes the place of the entered one."""
    sent = request.POST.copy()
    try:
        chosen = datetime.fromisoformat(sent.get(SLOT, ""))
    except ValueError:
        return sent
    sent["day"], sent["at"] = f"{chosen:%Y-%m-%d}", f"{chosen:%H:%M}"
    return sent


def free_for(form: WhenForm) -> list[dict[str, str]]:
    """Adds the sentence about a taken time to a form, and answers times that are free."""
    data = form.cleaned_data
    who = dict(form.fields["provider_id"].choices)[str(data["provider_id"])]  # type: ignore[attr-defined]
    start: datetime = data["starts_at"]
    free = proposals(
        start,
        timedelta(minutes=data["minutes"]),
        provider_id=data["provider_id"],
        now=timezone.now(),
        zone=timezone.get_current_timezone(),
    )
    instead = "Choose one of the free times below." if free else "The next two weeks are full."
    form.add_error(
        "at", f"{who} has another visit at {timezone.localtime(start):%H:%M} that day. {instead}"
    )
    return [
        {"value": f"{one:%Y-%m-%dT%H:%M}", "label": told_time(one)}
        for one in map(timezone.localtime, free)
    ]


def told_time(moment: datetime) -> str:
    """Thu 26 Nov 2026, 09:15."""
    local = timezone.localtime(moment)
    return f"{local:%a} {human_date(local)}, {local:%H:%M}"


def _asked(request: PageRequest) -> dict[str, Any]:
    """What the address says already: the slot somebody pressed in the schedule."""
    names = {"date": "day", "at": "at", "provider": "provider_id"}
    asked: dict[str, Any] = {
        field: request.GET[name] for name, field in names.items() if request.GET.get(name)
    }
    asked.setdefault("day", timezone.localdate())
    return asked


def _form(
    request: PageRequest, form: VisitForm, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "types": TYPES, **context}
    if error := context.get("patient_error"):
        context["form_errors"] = [{"id": "id_patient", "message": f"Patient: {error}"}]
    return answer(request, "appointments/appointment_new.html", context, status=status)
