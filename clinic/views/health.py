"""Pages without data."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.templatetags.bars import Bar, Column
from clinic.views.access import PageRequest, page

TREND = tuple(
    {"date": date(2026, month, 3), "value": value}
    for month, value in ((1, 171), (3, 160), (5, 148), (8, 139), (11, 126))
)
TONES = (("Pending", "neutral"), ("Denied", "bad"))
COLUMNS = tuple(
    Column(
        label, sum(values), [Bar(*tone, value) for tone, value in zip(TONES, values, strict=True)]
    )
    for label, values in (("0-30", (430_000, 41_000)), ("31-60", (280_000, 104_000)))
)
TOKENS = (
    *("bg", "surface", "surface-2", "surface-3", "line", "line-strong", "control"),
    *("text", "text-2", "text-3", "brand", "accent", "accent-hover", "accent-text"),
    *("accent-soft", "ok", "ok-soft", "warn", "warn-soft", "bad", "bad-soft"),
    *("info", "info-soft", "neutral-soft", "mark"),
)


@page("GET")
def styleguide(request: PageRequest) -> HttpResponse:
    """Every part the pages are made of."""
    shown = {"trend": TREND, "columns": COLUMNS, "tokens": TOKENS}
    return render(request, "clinic/styleguide.html", shown)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks nothing else, and closes no door."""
    del request
    return HttpResponse("ok\n", content_type="text/plain")


def database_answers() -> bool:
    """Whether the database runs a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))
