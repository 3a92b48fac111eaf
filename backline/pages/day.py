"""The admin's day: what waits longest, what misses its time, how right the reading is, how the
agents do, and who failed to sign in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessFailureLog
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils import timezone

from agents.models import AgentRun, RunStatus
from clinic.models import Membership
from clinic.permissions import may_read_audit
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer
from documents.measure import TARGET
from documents.models import AutoFiling, Document, DocumentStatus, FilingMode
from documents.verdicts import week_in_all
from tasks.models import PENDING, Task

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
AT_RISK = 6
SIGN_INS = 8


@page("GET")
def day(request: PageRequest) -> HttpResponse:
    """The page, or all of it but its frame when events say that something changed."""
    if not may_read_audit(request.login):
        raise PermissionDenied
    now = timezone.now()
    context = {
        **_documents(now),
        **_tasks(now),
        "reading": _reading(now),
        "runs": _runs(now),
        "sign_ins": _sign_ins(now),
    }
    part = request.GET.get("fragment") == "day"
    return answer(request, "clinic/_day.html" if part else "clinic/day.html", context)


def _documents(now: datetime) -> dict[str, Any]:
    waiting = Document.objects.filter(status=DocumentStatus.NOT_INGESTED)
    return {
        "papers": waiting.aggregate(
            count=Count("pk"),
            oldest=Min("created_at"),
            over_a_day=Count("pk", filter=Q(created_at__lt=now - DAY)),
        )
    }


def _tasks(now: datetime) -> dict[str, Any]:
    pending = Task.objects.filter(state__in=PENDING)
    risky = pending.filter(due_at__lt=now + DAY).order_by("due_at", "pk")
    return {
        "work": pending.aggregate(
            count=Count("pk"),
            oldest=Min("created_at"),
            late=Count("pk", filter=Q(due_at__lt=now)),
            soon=Count("pk", filter=Q(due_at__gte=now, due_at__lt=now + DAY)),
        ),
        "at_risk": [
            {"task": task, "late": task.due_at is not None and task.due_at < now}
            for task in risky.select_related("assignee")[:AT_RISK]
        ],
    }


def _reading(now: datetime) -> dict[str, Any]:
    """This week's share of sure values that people left as they were, over all kinds."""
    values = week_in_all(now)
    return {
        "values": values,
        "target": TARGET,
        "misses": values.total > 0 and values.high < TARGET,
        "shadow": AutoFiling.objects.filter(mode=FilingMode.SHADOW).count(),
    }


def _runs(now: datetime) -> dict[str, int]:
    """Runs of the last 24 hours by where they stand; ``open`` ones move by themselves."""
    begun = AgentRun.objects.filter(created_at__gte=now - DAY).order_by()
    found: dict[str, int] = dict(begun.values_list("status").annotate(n=Count("pk")))
    counted = {status.value: found.get(status.value, 0) for status in RunStatus}
    return {**counted, "open": counted["queued"] + counted["running"]}


def _sign_ins(now: datetime) -> list[dict[str, Any]]:
    """Failed sign-ins of the week to members' addresses, by address and origin, latest first."""
    people = Membership.objects.filter(is_active=True).annotate(email=Lower("user__email"))
    failed = AccessFailureLog.objects.annotate(email=Lower("username")).filter(
        email__in=people.values("email"), attempt_time__gte=now - WEEK
    )
    found = failed.values("email", origin=F("ip_address")).annotate(
        times=Count("pk"), latest=Max("attempt_time"), locked=Count("pk", filter=Q(locked_out=True))
    )
    return list(found.order_by("-latest")[:SIGN_INS])
