"""What the list pages share: their part of a list, filter chips, and links that keep the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.listing import Page, Slice
from clinic.logins import Login
from clinic.notes import tallies_and_unread
from clinic.refusals import Invalid
from clinic.tallies import every_tally

ROWS = 50
NOT_KEPT = ("cursor", "fragment")


def part_of(request: HttpRequest, fetch: Callable[[Slice], Page]) -> Page:
    """The part of a list that the address asks for; its start when the cursor is not ours."""
    try:
        return fetch(Slice(ROWS, cursor=request.GET.get("cursor")))
    except Invalid:
        return fetch(Slice(ROWS))


def counts(request: HttpRequest, prefix: str = "") -> dict[str, int]:
    """How many rows there are of each kind (``clinic.tallies``), read once a request.

    With a prefix only its counts, by what follows it: ``counts(request, "task")["open"]``.
    """
    known: dict[str, int] | None = getattr(request, "tallies", None)
    if known is None:
        login: Login | None = getattr(request, "login", None)
        known = tallies_and_unread(login.user.pk) if login else every_tally()
        request.tallies = known  # type: ignore[attr-defined]
    if not prefix:
        return known
    head = f"{prefix}."
    return {name.removeprefix(head): n for name, n in known.items() if name.startswith(head)}


def link(request: HttpRequest, **changes: str | None) -> str:
    """This list's address with some parameters changed (None takes one out), from its start."""
    query = request.GET.copy()
    for name in NOT_KEPT:
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def pager(request: HttpRequest, found: Page) -> dict[str, Any]:
    """``total``, ``total_estimated``, ``next_url`` and ``prev_url`` of a list page."""
    return {
        "total": found.total,
        "total_estimated": found.estimated,
        "next_url": link(request, cursor=found.next) if found.next else "",
        "prev_url": link(request, cursor=found.previous) if found.previous else "",
    }


def chips(
    request: HttpRequest,
    name: str,
    choices: Iterable[tuple[str, str]],
    *,
    counts: Mapping[str, int] | None = None,
    current: str | None = None,
) -> list[dict[str, Any]]:
    """Filter chips of one parameter; ``current`` is its value, read from the address if None."""
    chosen = request.GET.get(name, "") if current is None else current
    return [
        {
            "value": value,
            "label": label,
            "url": link(request, **{name: value}),
            "count": counts.get(value, 0) if counts is not None and value else None,
            "current": value == chosen,
        }
        for value, label in choices
    ]


def choice(request: HttpRequest, name: str, allowed: Iterable[str]) -> str:
    """A parameter's value if it is one of the allowed ones, else nothing."""
    value = request.GET.get(name, "")
    return value if value in allowed else ""


def uuid_of(text: str | None) -> UUID | None:
    """The id in a text, or None."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def answer(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    fragments: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page, or the fragment of it that ``?fragment=`` names."""
    wanted = request.GET.get("fragment", "")
    chosen = (fragments or {}).get(wanted, template)
    return render(request, chosen, dict(context), status=status)
