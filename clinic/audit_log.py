"""Reading the audit: its lines by who, what, whose and when, newest first.

The audit is the largest table of a clinic. A person and a patient have an index each; a time is
turned into a range of line numbers, as lines are numbered in the order of their time; an action
alone looks at the newest ``LATEST`` lines of that range and no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from clinic.current import current_clinic_id
from clinic.listing import Key, Listing, Page, Row, Slice, Where, fetch
from clinic.models import ClinicCounter
from clinic.templatetags.audit_words import ACCESS, LOOKS

LATEST = 200_000

LINES = Listing(
    columns={
        "seq": "a.seq",
        "at": "a.at",
        "actor_id": "a.actor_id",
        "actor": "a.actor",
        "action": "a.action",
        "object_type": "a.object_type",
        "object_id": "a.object_id",
        "patient_id": "a.patient_id",
        "ip": "host(a.ip)",
        "hash": "a.hash",
    },
    source="clinic_auditentry a",
    owner="a",
    order=(Key("seq", "a.seq", int),),
)

# The first line at or after a moment, by halving the range of numbers.
FIRST_AT = """
WITH RECURSIVE search(low, high) AS (
    SELECT 1::bigint, audit_seq + 1 FROM clinic_cliniccounter WHERE clinic_id = %(clinic)s
    UNION ALL
    SELECT CASE WHEN a.at < %(moment)s THEN a.seq + 1 ELSE s.low END,
           CASE WHEN a.at < %(moment)s THEN s.high ELSE a.seq END
    FROM search s JOIN clinic_auditentry a
      ON a.clinic_id = %(clinic)s AND a.seq = (s.low + s.high) / 2
    WHERE s.low < s.high
)
SELECT max(low) FROM search
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines. ``since`` is included, ``until`` is not; ``action`` is a code or a group."""

    actor_id: UUID | None = None
    action: str = ""
    patient_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return self != Wanted()


def list_lines(part: Slice, wanted: Wanted) -> Page:
    """A page of lines, newest first.

    Raises:
        Invalid: for a cursor that is not one of ours.
    """
    return fetch(LINES, _where(wanted), part)


def newest_lines(wanted: Wanted, most: int) -> list[Row]:
    """The newest lines, for a file or a print."""
    return fetch(LINES, _where(wanted), Slice(most)).rows


def first_line_at(moment: datetime) -> int:
    """The number of the first line at or after a moment; one past the end when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_AT, {"clinic": current_clinic_id(), "moment": moment})
        row = cursor.fetchone()
    return int(row[0]) if row and row[0] is not None else 1


def _where(wanted: Wanted) -> Where:
    where = Where()
    where.equal("a.actor_id", wanted.actor_id)
    where.equal("a.patient_id", wanted.patient_id)
    _when(where, wanted)
    _what(where, wanted.action)
    return where


def _when(where: Where, wanted: Wanted) -> None:
    end = first_line_at(wanted.until) if wanted.until else None
    if wanted.since:
        where.add("a.seq >= %s", first_line_at(wanted.since))
    if end is not None:
        where.add("a.seq < %s", end)
    if wanted.action and not wanted.actor_id and not wanted.patient_id:
        if end is None:
            newest = ClinicCounter.objects.values_list("audit_seq", flat=True).first() or 0
            end = newest + 1
        where.add("a.seq >= %s", end - LATEST)


def _what(where: Where, action: str) -> None:
    of_access: tuple[str, Any] = ("split_part(a.action, '.', 1) = ANY(%s)", list(ACCESS))
    if action == "looks":
        where.add("a.action = ANY(%s)", list(LOOKS))
    elif action == "access":
        where.add(*of_access)
    elif action == "changes":
        where.add("NOT a.action = ANY(%s)", list(LOOKS))
        where.add(f"NOT {of_access[0]}", of_access[1])
    elif action:
        where.add("a.action = %s", action)
