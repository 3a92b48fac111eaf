"""How many rows there are, known without counting them (``clinic.tally_rules`` keeps it)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from clinic.current import current_clinic_id


@dataclass(frozen=True, slots=True)
class Drift:
    """A tally that does not equal its recount."""

    name: str
    kept: int
    counted: int


def tally(*names: str) -> int:
    """The sum of the named counts in the current clinic, such as ``tally("task.open")``.

    Raises:
        NoClinic: outside of every door.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(delta), 0) FROM clinic_tally"
            " WHERE clinic_id = %s AND name = ANY(%s)",
            [current_clinic_id(), list(names)],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def every_tally() -> dict[str, int]:
    """Every count of the current clinic by its full name, such as ``task.open``; no zeros."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sum(delta) FROM clinic_tally WHERE clinic_id = %s"
            " GROUP BY name HAVING sum(delta) <> 0",
            [current_clinic_id()],
        )
        return {name: int(count) for name, count in cursor.fetchall()}


def tallies(prefix: str) -> dict[str, int]:
    """Every count of one table in the current clinic by its value, zeros left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sum(delta) FROM clinic_tally WHERE clinic_id = %s"
            " AND starts_with(name, %s) GROUP BY name HAVING sum(delta) <> 0",
            [current_clinic_id(), f"{prefix}."],
        )
        return {name.removeprefix(f"{prefix}."): int(count) for name, count in cursor.fetchall()}


def drifts(tables: Iterable[tuple[str, str, str]]) -> list[Drift]:
    """Where a recount of (table, column, prefix) differs; for checks, because it counts."""
    found = []
    for table, column, prefix in tables:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {column}, count(*) FROM {table}"  # noqa: S608 - names from our code
                f" WHERE clinic_id = %s GROUP BY {column}",
                [current_clinic_id()],
            )
            counted = {value: int(count) for value, count in cursor.fetchall()}
        kept = tallies(prefix)
        found += [
            Drift(f"{prefix}.{value}", kept.get(value, 0), counted.get(value, 0))
            for value in sorted(kept.keys() | counted.keys())
            if kept.get(value, 0) != counted.get(value, 0)
        ]
    return found
