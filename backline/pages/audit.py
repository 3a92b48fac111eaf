"""The audit's pages: who did or saw what, who looked at one chart, and whether the chain holds."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.audit import verify_chain, verify_tail
from clinic.audit_log import Wanted, list_lines, newest_lines
from clinic.listing import Row
from clinic.looking import audit_look
from clinic.permissions import may_read_audit
from clinic.queries import members
from clinic.recording import change
from clinic.templatetags.audit_words import ACTIONS, GROUPS, action_words
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, link, pager, part_of, uuid_of
from patients.models import Patient

TAIL = 1_000
MOST_EXPORTED = 50_000
MOST_PRINTED = 1_000
# Where a line's object has a page, by the name of its model.
OBJECT_PAGES = {
    "patient": "patient",
    "document": "document",
    "task": "task",
    "agentrun": "agent_run",
    "claim": "claim",
    "appointment": "appointment",
    "consentform": "consent",
}
COLUMNS = ("line", "time", "person", "action", "what", "object", "patient", "address", "hash")


@page("GET", "POST")
def audit(request: PageRequest) -> HttpResponse:
    """The log; a POST checks the whole chain."""
    _admit(request)
    wanted, errors = _wanted(request)
    found = part_of(request, lambda part: list_lines(part, wanted))
    context: dict[str, Any] = {
        "lines": _shown(found.rows),
        "chain": verify_tail(TAIL),
        "is_narrowed": wanted.is_narrowed,
        "wanted": wanted,
        "action": wanted.action,
        "form_errors": errors,
        "groups": chips(request, "action", GROUPS, current=wanted.action),
        "actions": sorted(ACTIONS.items(), key=lambda one: one[1]),
        "people": members(with_former=True),
        "patient": Patient.objects.filter(pk=wanted.patient_id).first()
        if wanted.patient_id
        else None,
        "without_patient": link(request, patient_id=None),
        "export": reverse("audit_export") + link(request).removeprefix(request.path),
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "most_exported": MOST_EXPORTED,
        **pager(request, found),
    }
    if request.method == "POST":
        context["whole_chain"] = _verified(request)
    return answer(request, "audit/audit.html", context, status=422 if errors else 200)


def _verified(request: PageRequest) -> Any:
    """The whole chain as it was before this look at it."""
    chain = verify_chain()
    audit_look("audit.verify", request.login.clinic, by=request.login.actor)
    return chain


@page("GET")
def audit_export(request: PageRequest) -> HttpResponseBase:
    """The newest lines of the filter as a table for a spreadsheet."""
    _admit(request)
    wanted, errors = _wanted(request)
    if errors:
        return audit(request)
    with change(by=request.login.actor) as record:
        record.audit("audit.export", request.login.clinic, patient_id=wanted.patient_id)
    text = StringIO()
    write = csv.writer(text)
    write.writerow(COLUMNS)
    for row in _shown(newest_lines(wanted, MOST_EXPORTED)):
        write.writerow(map(safe_cell, _cells(row)))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
    return response


def _cells(row: Row) -> Iterable[Any]:
    at = timezone.localtime(row["at"]).isoformat(timespec="seconds")
    yield from (row["seq"], at, row["actor"], row["action"], row["words"])
    yield f"{row['object_type']} {row['object_id'] or ''}".strip()
    yield from (row["patient_name"], row["ip"], row["hash"])


def safe_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: OWASP's way, an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


@page("GET")
def patient_looks(request: PageRequest, pk: UUID) -> HttpResponse:
    """Who looked at one chart and what was done to it, in words a patient can read; prints."""
    _admit(request)
    patient = Patient.objects.filter(pk=pk).first()
    if patient is None:
        raise Http404
    audit_look("patient.looks", patient, by=request.login.actor, patient_id=patient.pk)
    rows = newest_lines(Wanted(patient_id=patient.pk), MOST_PRINTED + 1)
    roles = {member.id: member.role for member in members(with_former=True)}
    context = {
        "patient": patient,
        "days": _by_day(rows[:MOST_PRINTED], roles),
        "cut": len(rows) > MOST_PRINTED,
        "most": MOST_PRINTED,
        "people": len({row["actor_id"] for row in rows if row["actor_id"]}),
        "printed_at": timezone.now(),
    }
    return answer(request, "audit/looks.html", context)


def _by_day(rows: list[Row], roles: dict[UUID, str]) -> list[dict[str, Any]]:
    """Newest day first; what one person did many times in a day is told once with its number."""
    days: dict[date, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in rows:
        local = timezone.localtime(row["at"])
        told = days.setdefault(local.date(), {})
        key = (row["actor"], row["action"])
        entry = told.setdefault(
            key,
            {
                "actor": row["actor"],
                "role": roles.get(row["actor_id"], "program" if not row["actor_id"] else ""),
                "words": action_words(row["action"]),
                "times": [],
            },
        )
        entry["times"].insert(0, f"{local:%H:%M}")
    return [
        {
            "day": day,
            "entries": [{**one, "count": len(one["times"])} for one in told.values()],
        }
        for day, told in days.items()
    ]


def _admit(request: PageRequest) -> None:
    if not may_read_audit(request.login):
        raise PermissionDenied


def _wanted(request: PageRequest) -> tuple[Wanted, list[dict[str, str]]]:
    """What the address asks for, and what in it cannot be understood."""
    errors: list[dict[str, str]] = []
    since, until = (_day(request.GET.get(name, ""), name, errors) for name in ("since", "until"))
    if since and until and until < since:
        errors.append({"id": "until", "message": "To: this day is before the first one."})
    action = request.GET.get("action", "")
    known = action in ACTIONS or action in dict(GROUPS)
    wanted = Wanted(
        actor_id=uuid_of(request.GET.get("actor_id")),
        action=action if known else "",
        patient_id=uuid_of(request.GET.get("patient_id")),
        since=_begin(since) if since else None,
        until=_begin(until + timedelta(days=1)) if until else None,
    )
    return wanted, errors


def _day(text: str, name: str, errors: list[dict[str, str]]) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
    if text and (day is None or not 1900 <= day.year <= 2999):
        label = "From" if name == "since" else "To"
        errors.append({"id": name, "message": f"{label}: write the day as 2026-11-02."})
        return None
    return day


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _shown(rows: list[Row]) -> list[dict[str, Any]]:
    """Lines with their patient's name, the action in words and a link to what it was done to."""
    ids = {row["patient_id"] for row in rows} - {None}
    names = {one.pk: one.name for one in Patient.objects.filter(pk__in=ids)} if ids else {}
    return [
        {
            **row,
            "words": action_words(row["action"]),
            "patient_name": names.get(row["patient_id"], ""),
            "object_url": _url_of(row),
        }
        for row in rows
    ]


def _url_of(row: Row) -> str:
    name = OBJECT_PAGES.get(row["object_type"])
    if not name or not row["object_id"]:
        return ""
    try:
        return reverse(name, args=[row["object_id"]])
    except NoReverseMatch:
        return ""
