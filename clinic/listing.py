"""Lists that cost the same at any depth: one statement with a keyset, and the number of rows.

A :class:`Listing` names the columns, tables and order of a list in SQL; :func:`fetch` adds the
clinic, the filters, the place to start at and the total. Written in SQL and not through model
instances because a list is what is asked for most (half the processor time, measured).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from clinic.refusals import invalid

EXACT_UP_TO = 10_000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One column of a list's order. ``column`` is its name in the row, ``read`` undoes JSON."""

    column: str
    sql: str
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: ``columns`` maps names to SQL, ``source`` is the FROM clause.

    ``owner`` is the alias of the table that is listed, ``order`` ends with its id, and all of it
    runs ``descending`` or ascending, so that one index and one row comparison serve it.
    """

    columns: dict[str, str]
    source: str
    owner: str
    order: tuple[Key, ...]
    descending: bool = True


@dataclass(slots=True)
class Where:
    """Filters of a list: SQL conditions joined by AND, and their parameters."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, condition: str, *parameters: Any) -> None:
        """Adds a condition with one ``%s`` for each parameter."""
        self.conditions.append(condition)
        self.parameters.extend(parameters)

    def equal(self, column: str, value: Any) -> None:
        """Adds ``column = value`` unless the value is None."""
        if value is not None:
            self.add(f"{column} = %s", value)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: ``skip`` rows from its start, or from a cursor of an earlier page."""

    limit: int
    skip: int = 0
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list. ``next`` and ``previous`` are cursors; ``estimated`` speaks of ``total``."""

    rows: list[Row]
    total: int
    estimated: bool = False
    next: str | None = None
    previous: str | None = None


def fetch(listing: Listing, where: Where, part: Slice, *, tallies: Sequence[str] = ()) -> Page:
    """The rows of one page, in one statement with their total.

    ``tallies`` name the counts (``clinic.tallies``) whose sum is the total of these filters;
    without them rows are counted, up to EXACT_UP_TO.

    Raises:
        NoClinic: outside of every door.
        Invalid: for a cursor that is not one of ours.
    """
    clinic_id = current_clinic_id()
    conditions = [f"{listing.owner}.clinic_id = %s", *where.conditions]
    base: list[Any] = [clinic_id, *where.parameters]
    backwards, place = _place(listing, part.cursor)
    total_sql, total_parameters = _total(listing, conditions, base, tallies)
    parameters = [*total_parameters, *base]
    if place:
        sign = "<" if listing.descending != backwards else ">"
        columns = ", ".join(key.sql for key in listing.order)
        conditions = [*conditions, f"({columns}) {sign} ({', '.join(['%s'] * len(place))})"]
        parameters += place
    direction = "DESC" if listing.descending != backwards else "ASC"
    order = ", ".join(f"{key.sql} {direction}" for key in listing.order)
    selected = ", ".join(listing.columns.values())
    statement = (
        f"SELECT {total_sql}, {selected} FROM {listing.source}"  # noqa: S608 - our own SQL
        f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, part.limit + 1, 0 if place else part.skip])
        found = cursor.fetchall()
        if found:
            total = int(found[0][0])
        elif not place and not part.skip and not tallies:
            total = 0
        else:
            cursor.execute(f"SELECT {total_sql}", total_parameters)
            total = int(cursor.fetchone()[0])
    estimated = not tallies and total > EXACT_UP_TO
    if estimated:
        total = max(total, _planned(listing, conditions[: len(where.conditions) + 1], base))
    return _page(listing, found, part, total, estimated, backwards=backwards, placed=bool(place))


def _page(
    listing: Listing,
    found: list[tuple[Any, ...]],
    part: Slice,
    total: int,
    estimated: bool,
    *,
    backwards: bool,
    placed: bool,
) -> Page:
    more = len(found) > part.limit
    found = found[: part.limit]
    if backwards:
        found.reverse()
    names = list(listing.columns)
    rows = [dict(zip(names, row[1:], strict=True)) for row in found]
    after = rows and (more or backwards)
    before = rows and ((more if backwards else placed) or part.skip > 0)
    return Page(
        rows,
        total,
        estimated,
        cursor_of(listing, rows[-1], backwards=False) if after else None,
        cursor_of(listing, rows[0], backwards=True) if before else None,
    )


def cursor_of(listing: Listing, row: Row, *, backwards: bool) -> str:
    """The cursor that starts after a row, or ends before it."""
    values = [row[key.column] for key in listing.order]
    raw = orjson.dumps(["b" if backwards else "a", *values])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _place(listing: Listing, cursor: str | None) -> tuple[bool, list[Any]]:
    if not cursor:
        return False, []
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        way, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if way not in ("a", "b") or len(values) != len(listing.order):
            raise ValueError
        return way == "b", [key.read(v) for key, v in zip(listing.order, values, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise invalid("cursor", "This cursor was not given by this list.") from error


def _total(
    listing: Listing, conditions: list[str], base: list[Any], tallies: Sequence[str]
) -> tuple[str, list[Any]]:
    if tallies:
        return (
            "(SELECT coalesce(sum(delta), 0) FROM clinic_tally"
            " WHERE clinic_id = %s AND name = ANY(%s))",
            [current_clinic_id(), list(tallies)],
        )
    return (
        f"(SELECT count(*) FROM (SELECT 1 FROM {listing.source}"  # noqa: S608
        f" WHERE {' AND '.join(conditions)} LIMIT {EXACT_UP_TO + 1}) counted)",
        list(base),
    )


def _planned(listing: Listing, conditions: list[str], base: list[Any]) -> int:
    """The planner's estimate of the rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {listing.source}"  # noqa: S608
            f" WHERE {' AND '.join(conditions)}",
            base,
        )
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return int(plan[0]["Plan"]["Plan Rows"])


def aware_moment(text: str) -> datetime:
    """A time of a cursor.

    Raises:
        ValueError: when it is none, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def newest_first(alias: str, name: str, column: str = "created_at") -> tuple[Key, ...]:
    """The usual order: latest ``column`` first, then id; ``name`` is the id's name in the row."""
    return (
        Key(column, f"{alias}.{column}", aware_moment),
        Key(name, f"{alias}.id", UUID),
    )
