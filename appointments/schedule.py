"""The schedule as people look at it: a day by provider, a week by day, and when there is room.

Times are the clinic's. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from appointments.models import AppointmentStatus
from appointments.queries import LISTING, day_bounds
from clinic.listing import Row, Slice, Where, fetch

SLOT = timedelta(minutes=15)
OPENS, CLOSES = time(8), time(18)
MOST = 1000
STANDING = (
    AppointmentStatus.SCHEDULED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.COMPLETED,
)
OFFERED = 6
DAYS_AHEAD = 14


@dataclass(slots=True)
class Block:
    """Visits of one column that touch the same slots: one cell over ``slots`` rows."""

    first: int
    slots: int
    visits: list[Row]


@dataclass(slots=True)
class Lane:
    """A column of a day: one provider, or what nobody has been given."""

    provider_id: UUID | None
    name: str
    visits: list[Row] = field(default_factory=list)


def visits_between(first: date, days: int, zone: tzinfo, *, provider_id: UUID | None) -> list[Row]:
    """The visits of some days, earliest first.

    Each with ``local_start`` and ``local_end``, and the clinic's clock in ``time``.
    """
    where = Where()
    start, _ = day_bounds(first, zone)
    end, _ = day_bounds(first + timedelta(days=days), zone)
    where.add("a.starts_at >= %s AND a.starts_at < %s", start, end)
    where.equal("a.provider_id", provider_id)
    rows = fetch(LISTING, where, Slice(MOST)).rows
    for row in rows:
        row["local_start"] = row["starts_at"].astimezone(zone)
        row["local_end"] = row["ends_at"].astimezone(zone)
        row["time"] = f"{row['local_start']:%H:%M}"
        row["standing"] = row["status"] in STANDING
    return rows


def lanes(visits: Iterable[Row], providers: Iterable[tuple[UUID, str]]) -> list[Lane]:
    """Standing visits by provider: those who are always shown, then others who have some."""
    found = {provider_id: Lane(provider_id, name) for provider_id, name in providers}
    nobodys = Lane(None, "No provider")
    for visit in visits:
        if not visit["standing"]:
            continue
        provider_id = visit["provider_id"]
        if provider_id is None:
            nobodys.visits.append(visit)
        else:
            lane = found.setdefault(provider_id, Lane(provider_id, visit["provider_name"]))
            lane.visits.append(visit)
    return [*found.values(), *([nobodys] if nobodys.visits else [])]


def hours_of(day: date, visits: Sequence[Row], zone: tzinfo) -> tuple[datetime, datetime]:
    """From when until when a day is drawn: the usual hours, and whole hours around the rest."""
    first = datetime.combine(day, OPENS, tzinfo=zone)
    last = datetime.combine(day, CLOSES, tzinfo=zone)
    _, midnight = day_bounds(day, zone)
    for visit in visits:
        first = min(first, visit["local_start"].replace(minute=0, second=0, microsecond=0))
        last = max(last, min(visit["local_end"], midnight))
    if last.minute or last.second:
        last = last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return first, last


def blocks(visits: Iterable[Row], opens: datetime, slots: int) -> list[Block]:
    """The cells of one column; visits that touch the same slot share a cell."""
    found: list[Block] = []
    for visit in visits:
        first = max(0, (visit["local_start"] - opens) // SLOT)
        last = min(slots, -((opens - visit["local_end"]) // SLOT))
        length = max(1, last - first)
        if found and first < found[-1].first + found[-1].slots:
            before = found[-1]
            before.slots = max(before.slots, first + length - before.first)
            before.visits.append(visit)
        else:
            found.append(Block(first, length, [visit]))
    return found


def free_times(
    busy: Sequence[tuple[datetime, datetime]],
    *,
    opens: datetime,
    closes: datetime,
    length: timedelta,
    not_before: datetime,
) -> list[datetime]:
    """Quarter hours from which a provider has ``length`` to spare; ``busy`` in any order."""
    found = []
    start = opens
    while start + length <= closes:
        end = start + length
        if start >= not_before and not any(a < end and b > start for a, b in busy):
            found.append(start)
        start += SLOT
    return found


def proposals(
    wanted: datetime, length: timedelta, *, provider_id: UUID, now: datetime, zone: tzinfo
) -> list[datetime]:
    """Free times of a provider near a wanted one: that day's nearest, then the following days'."""
    day = wanted.astimezone(zone).date()
    visits = visits_between(day, DAYS_AHEAD, zone, provider_id=provider_id)
    busy = [(one["local_start"], one["local_end"]) for one in visits if one["standing"]]
    found: list[datetime] = []
    for ahead in range(DAYS_AHEAD):
        here = day + timedelta(days=ahead)
        if here.weekday() >= 5 and here != day:
            continue
        free = free_times(
            busy,
            opens=datetime.combine(here, OPENS, tzinfo=zone),
            closes=datetime.combine(here, CLOSES, tzinfo=zone),
            length=length,
            not_before=now,
        )
        if here == day:
            free = sorted(sorted(free, key=lambda one: abs(one - wanted))[:OFFERED])
        found += free
        if len(found) >= OFFERED:
            break
    return found[:OFFERED]
