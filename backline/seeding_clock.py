"""The clock of the made-up clinics: what is seeded happened at a believable hour of an earlier day.

Only the rows' own times are earlier. Audit lines and events are dated by the database, which
says truthfully when the seeding was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest.mock import patch

from django.utils import timezone

OPENS = time(8, 10)
STEP = timedelta(minutes=47)
A_DAY = 10
"""So many steps from the opening are still within the clinic's hours."""


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """What is made inside is dated to the moment, or to the last minute when that is to come."""
    then = min(moment, timezone.now() - timedelta(minutes=1))
    with patch.object(timezone, "now", lambda: then):
        yield


def working_hour(day: date, number: int) -> datetime:
    """A moment of the day within the clinic's hours; another ``number``, another moment."""
    opens = datetime.combine(day, OPENS, tzinfo=timezone.get_current_timezone())
    return opens + STEP * (number % A_DAY)


def spread(first: date, last: date, count: int) -> Sequence[date]:
    """So many days from the first to the last, evenly; the only one is the first."""
    between = (last - first) / max(count - 1, 1)
    return [first + between * number for number in range(count)]
