"""What the dashboard shows, contributed by the apps above in their ``AppConfig.ready``.

No figure counts a table: those that grow with the clinic are tallies (``clinic.tallies``), which
one statement reads together; the rest read a bounded part through an index, such as one day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from clinic.listing import Row

if TYPE_CHECKING:
    from clinic.models import Clinic

Stat = Callable[["Clinic"], int]
Describe = Callable[[str, dict[str, Any]], str]

_tallied: dict[str, tuple[str, ...]] = {}
_stats: dict[str, Stat] = {}
_activities: dict[str, Describe] = {}
# One thing changes several times in a row; only its latest change is told.
LOOK_BACK = 8


def register_tally(name: str, *tallies: str) -> None:
    """A figure that is the sum of tallies."""
    _tallied[name] = tallies


def register_stat(name: str, function: Stat) -> None:
    """A figure that a function finds; it must not read more than a bounded number of rows."""
    _stats[name] = function


def register_activity(event_type: str, describe: Describe) -> None:
    """Shows events of a type as recent activity; ``describe`` is given op and doc."""
    _activities[event_type] = describe


def stats(clinic: Clinic) -> dict[str, int]:
    """Every registered figure of the current clinic."""
    wanted = sorted({name for names in _tallied.values() for name in names})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sum(delta) FROM clinic_tally WHERE clinic_id = %s AND name = ANY(%s)"
            " GROUP BY name",
            [current_clinic_id(), wanted],
        )
        kept = {name: int(count) for name, count in cursor.fetchall()}
    found = {name: sum(kept.get(tally, 0) for tally in names) for name, names in _tallied.items()}
    return found | {name: function(clinic) for name, function in _stats.items()}


def recent_activity(limit: int) -> list[Row]:
    """The latest change of each of the things that changed last, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, op, doc, at FROM (SELECT * FROM clinic_event WHERE clinic_id = %s"
            " ORDER BY seq DESC LIMIT %s) latest WHERE type = ANY(%s) ORDER BY seq DESC",
            [current_clinic_id(), limit * LOOK_BACK, list(_activities)],
        )
        events = cursor.fetchall()
    seen: set[tuple[str, str]] = set()
    found: list[Row] = []
    for event_type, op, raw, at in events:
        doc = orjson.loads(raw) if isinstance(raw, str) else raw
        object_id = str(doc.get(f"{event_type}_id"))
        if (event_type, object_id) in seen:
            continue
        seen.add((event_type, object_id))
        found.append(
            {
                "activity_type": event_type,
                "description": _activities[event_type](op, doc),
                "patient_name": doc.get("patient_name"),
                "timestamp": at,
                "object_id": UUID(object_id) if object_id != "None" else None,
            }
        )
        if len(found) == limit:
            break
    return found
