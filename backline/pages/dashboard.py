"""The day at a glance, and what waits for this person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from appointments.models import Appointment, AppointmentStatus
from backline.pages.news import latest_news, note_about
from clinic.tallies import tallies
from clinic.templatetags.words import REASONS
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from documents.models import Document
from tasks.models import PENDING, Priority, Task

WAITING = 8
NEWS = 10
VISITS = 40
URGENCY = (Priority.URGENT, Priority.HIGH, Priority.MEDIUM, Priority.LOW)


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
    del request
    tasks = tallies("task")
    return {
        "stats": {
            "pending_tasks": sum(tasks.get(state, 0) for state in PENDING),
            "appointments_today": _visits_today().count(),
            "patients_total": sum(tallies("patient").values()),
            "claims_pending": tallies("claim").get("pending", 0),
        }
    }


def _needs_you(request: PageRequest) -> dict[str, Any]:
    """Pending work of this person and of nobody, most pressing first, with the reason."""
    user_id = request.login.user.pk
    rows = Task.objects.filter(state__in=PENDING).filter(
        Q(assignee=user_id) | Q(assignee=None, assigned_to="")
    )
    urgency = Case(
        *(When(priority=one, then=Value(rank)) for rank, one in enumerate(URGENCY)),
        default=Value(len(URGENCY)),
        output_field=IntegerField(),
    )
    first = list(
        rows.select_related("patient").order_by(urgency, "created_at", "id")[: WAITING + 1]
    )
    more = rows.count() - WAITING if len(first) > WAITING else 0
    reasons = _reasons([task for task in first if task.document_id])
    now = timezone.now()
    return {
        "needs_you": [_waiting(task, reasons, now) for task in first[:WAITING]],
        "needs_you_more": more,
    }


def _waiting(task: Task, reasons: dict[Any, str], now: datetime) -> dict[str, Any]:
    patient = task.patient
    name = patient.name if patient else ""
    reason = reasons.get(task.document_id) or task.description.partition("\n")[0][:160]
    return {
        "title": task.title,
        "url": reverse("document", args=[task.document_id])
        if task.document_id
        else reverse("task", args=[task.pk]),
        "reason": " · ".join(part for part in (name, reason) if part),
        "kind": "document" if task.document_id else "task",
        "status": task.state,
        "priority": task.priority,
        "patient_name": name,
        "waiting_minutes": task.waiting_minutes(now),
    }


def _reasons(tasks: list[Task]) -> dict[Any, str]:
    """Why each task's document needs a person, in a few words."""
    rows = Document.objects.filter(pk__in=[task.document_id for task in tasks]).values_list(
        "pk", "doubtful", "extracted__reasons"
    )
    found = {}
    for pk, doubtful, reasons in rows:
        code = str((reasons or [""])[0]).partition(":")[0]
        if doubtful:
            found[pk] = f"{doubtful} value{'' if doubtful == 1 else 's'} to check"
        elif code in REASONS and "{" not in REASONS[code]:
            found[pk] = REASONS[code]
    return found


def _visits_today() -> Any:
    start = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    rows = Appointment.objects.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1))
    return rows.exclude(status=AppointmentStatus.CANCELLED)


def _schedule(request: PageRequest) -> dict[str, Any]:
    del request
    rows = _visits_today().select_related("patient", "provider").order_by("starts_at", "id")
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
            for row in rows[:VISITS]
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
