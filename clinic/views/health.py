"""Pages without data."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.views.access import PageRequest, page


@page("GET")
def styleguide(request: PageRequest) -> HttpResponse:
    """Every part the pages are made of."""
    return render(request, "clinic/styleguide.html")


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
