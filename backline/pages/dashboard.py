"""The day at a glance, and what waits for this person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Window
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from appointments.models import Appointment, AppointmentStatus
from appointments.queries import day_bounds
from backline.pages.news import latest_news, note_about
from clinic.needs import needs_of
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, counts, uuid_of
from patients.models import PatientStatus
from tasks.models import PENDING

WAITING = 8
NEWS = 10
VISITS = 40
MORE = 50
"""So many further needs are counted; what lies beyond is called many."""


@page("GET")
def dashboard(request: PageRequest) -> HttpResponse:
    """The page, or one of its parts when events say that it changed."""
    wanted = request.GET.get("fragment", "")
    if wanted in PARTS:
        template, part = PARTS[wanted]
        return answer(request, template, part(request))
    context: dict[str, Any] = {
        "today": timezone.localdate(),
        "greeting_name": request.login.user.name,
    }
    for _, part in PARTS.values():
        context |= part(request)
    return answer(request, "clinic/dashboard.html", context)


@page("GET")
def toast(request: PageRequest) -> HttpResponse:
    """A note about something that changed; 204 when there is nothing (left) to say."""
    pk = uuid_of(request.GET.get("id"))
    note = note_about(request.GET.get("type", ""), pk) if pk else None
    if note is None:
        return HttpResponse(status=204)
    return render(request, "components/_toast.html", note)


def _stats(request: PageRequest) -> dict[str, Any]:
    counted, visits = counts(request), _visits_of(request)
    return {
        "stats": {
            "pending_tasks": sum(counted.get(f"task.{state}", 0) for state in PENDING),
            "appointments_today": visits[0].total if visits else 0,
            "patients_total": sum(counted.get(f"patient.{one}", 0) for one in PatientStatus.values),
            "claims_pending": counted.get("claim.pending", 0),
        }
    }


def _needs_you(request: PageRequest) -> dict[str, Any]:
    """What needs this person, most pressing first, each with its reasons."""
    found = needs_of(request.login, WAITING + MORE)
    return {
        "needs_you": [{"need": one.need, "why": one.why} for one in found[:WAITING]],
        "needs_you_more": len(found) - WAITING if len(found) > WAITING else 0,
        "needs_you_many": len(found) == WAITING + MORE,
    }


def _visits_of(request: PageRequest) -> list[Any]:
    """Today's first visits in order, each with their ``total``; read once a request."""
    known: list[Any] | None = getattr(request, "visits_today", None)
    if known is None:
        start, end = day_bounds(timezone.localdate(), request.login.clinic.tzinfo)
        rows = Appointment.objects.filter(starts_at__gte=start, starts_at__lt=end)
        rows = rows.exclude(status=AppointmentStatus.CANCELLED)
        rows = rows.select_related("patient", "provider").order_by("starts_at", "id")
        known = list(rows.annotate(total=Window(Count("pk")))[:VISITS])
        request.visits_today = known  # type: ignore[attr-defined]
    return known


def _schedule(request: PageRequest) -> dict[str, Any]:
    return {
        "schedule": [
            {
                "time": f"{timezone.localtime(row.starts_at):%H:%M}",
                "title": row.title,
                "type": row.type,
                "patient_name": row.patient.name,
                "patient_url": reverse("patient", args=[row.patient_id]),
                "provider_name": (row.provider.name or row.provider.email) if row.provider else "",
                "status": row.status,
            }
            for row in _visits_of(request)
        ]
    }


def _activity(request: PageRequest) -> dict[str, Any]:
    del request
    return {"activity": latest_news(NEWS)}


PARTS: dict[str, tuple[str, Callable[[PageRequest], dict[str, Any]]]] = {
    "stats": ("clinic/_stats.html", _stats),
    "needs_you": ("clinic/_needs_you.html", _needs_you),
    "schedule": ("clinic/_schedule.html", _schedule),
    "activity": ("clinic/_activity.html", _activity),
}
