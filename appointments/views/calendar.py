"""The schedule of a day and of a week, the day's sheet on paper, and a patient's visits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from appointments.models import MOVES
from appointments.permissions import (
    may_book_appointments,
    may_change_appointments,
    may_read_appointments,
)
from appointments.queries import latest_appointments
from appointments.schedule import SLOT, Lane, blocks, hours_of, lanes, visits_between
from clinic.listing import Row, Slice
from clinic.models import Role
from clinic.queries import members
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, choice, link, uuid_of

WEEK = 7
FIRST_YEAR, LAST_YEAR = 1900, 2200
OF_PATIENT = 12
Json = dict[str, Any]


@page("GET")
def appointments(request: PageRequest) -> HttpResponse:
    """A day by provider, or a week by day; or the part of it that follows events."""
    if not may_read_appointments(request.login):
        raise PermissionDenied
    day = day_of(request)
    weekly = choice(request, "view", ("week",)) == "week"
    provider_id = uuid_of(request.GET.get("provider"))
    people = [(one.id, one.name, one.role) for one in members()]
    context = {
        "day": day,
        "weekly": weekly,
        "today": timezone.localdate(),
        "can_book": may_book_appointments(request.login),
        "can_change": may_change_appointments(request.login),
        **_ways(request, day, weekly=weekly),
        "providers": _providers(request, people, provider_id),
        **(_week(day, provider_id) if weekly else _day(day, provider_id, people)),
    }
    return answer(
        request,
        "appointments/appointments.html",
        context,
        {"schedule": "appointments/_schedule.html"},
    )


@page("GET")
def day_sheet(request: PageRequest) -> HttpResponse:
    """The visits of a day on paper, by provider."""
    if not may_read_appointments(request.login):
        raise PermissionDenied
    day = day_of(request)
    zone = timezone.get_current_timezone()
    provider_id = uuid_of(request.GET.get("provider"))
    visits = visits_between(day, 1, zone, provider_id=provider_id)
    context = {"day": day, "lanes": lanes(visits, []), "off": _off(visits), "total": len(visits)}
    return answer(request, "appointments/day_sheet.html", context)


def visits_of(request: PageRequest, patient_id: UUID) -> Json:
    """What ``appointments/_patient.html`` shows of a patient's visits; none for who may not."""
    if not may_read_appointments(request.login):
        return {"patient_visits": None}
    found = latest_appointments(Slice(OF_PATIENT), patient_id=patient_id)
    return {
        "patient_visits": found.rows,
        "patient_visits_more": max(0, found.total - len(found.rows)),
        "can_book": may_book_appointments(request.login),
    }


def day_of(request: HttpRequest, *, ahead: int = 0) -> date:
    """The day that the address names; today (or some days ahead) when it names none."""
    usual = timezone.localdate() + timedelta(days=ahead)
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return usual
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else usual


def _ways(request: HttpRequest, day: date, *, weekly: bool) -> Json:
    step = timedelta(days=WEEK if weekly else 1)
    return {
        "before_url": link(request, date=(day - step).isoformat()),
        "after_url": link(request, date=(day + step).isoformat()),
        "today_url": link(request, date=None),
        "day_url": link(request, view=None),
        "week_url": link(request, view="week"),
    }


def _providers(
    request: HttpRequest, people: list[tuple[UUID, str, str]], chosen: UUID | None
) -> list[Json]:
    return [
        {"url": link(request, provider=None), "label": "Everybody", "current": chosen is None},
        *(
            {"url": link(request, provider=str(pk)), "label": name, "current": pk == chosen}
            for pk, name, role in people
            if role == Role.DOCTOR or pk == chosen
        ),
    ]


def _day(day: date, provider_id: UUID | None, people: list[tuple[UUID, str, str]]) -> Json:
    """The columns of a day, its rows of a quarter of an hour each, and what does not stand."""
    zone = timezone.get_current_timezone()
    visits = visits_between(day, 1, zone, provider_id=provider_id)
    shown = [
        (pk, name)
        for pk, name, role in people
        if (role == Role.DOCTOR and provider_id is None) or pk == provider_id
    ]
    columns = lanes(visits, shown)
    opens, closes = hours_of(day, [one for one in visits if one["standing"]], zone)
    count = (closes - opens) // SLOT
    return {
        "lanes": columns,
        "rows": _rows(columns, opens, count),
        "agenda": [_with_moves(one) for one in visits],
        "off": _off(visits),
        "total": len(visits),
    }


def _rows(columns: list[Lane], opens: datetime, count: int) -> list[Json]:
    """The table's rows; a cell is a block of visits, a free half hour, or covered by one above."""
    now = timezone.localtime()
    cells: list[list[Json | None]] = [[] for _ in range(count)]
    for lane in columns:
        covered = 0
        starts = {block.first: block for block in blocks(lane.visits, opens, count)}
        for number in range(count):
            block = starts.get(number)
            if block is not None:
                visits = [_with_moves(one) for one in block.visits]
                cells[number].append({"visits": visits, "slots": block.slots})
                covered = number + block.slots
            elif number >= covered:
                at = opens + SLOT * number
                cells[number].append({"free": at, "provider_id": lane.provider_id})
    found = []
    for number in range(count):
        at = opens + SLOT * number
        is_now = at <= now < at + SLOT
        found.append({"at": at, "hour": at.minute == 0, "now": is_now, "cells": cells[number]})
    return found


def _week(day: date, provider_id: UUID | None) -> Json:
    zone = timezone.get_current_timezone()
    monday = day - timedelta(days=day.weekday())
    days: list[Json] = [
        {"day": monday + timedelta(days=number), "visits": []} for number in range(WEEK)
    ]
    visits = visits_between(monday, WEEK, zone, provider_id=provider_id)
    for visit in visits:
        days[(visit["local_start"].date() - monday).days]["visits"].append(visit)
    return {
        "days": [one for one in days if one["day"].weekday() < 5 or one["visits"]],
        "total": len(visits),
    }


def _off(visits: list[Row]) -> list[Row]:
    return [one for one in visits if not one["standing"]]


def _with_moves(visit: Row) -> Row:
    return visit | {"can_check_in": "checked_in" in MOVES[visit["status"]]}
