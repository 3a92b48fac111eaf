"""Days as the portal writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOTHING = "\N{EM DASH}"


def as_date(value: Any) -> date | None:
    """The day of a date, a moment (in the active time zone) or an ISO text; None for the rest."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    return None


def human_date(value: Any) -> str:
    """14 Jul 1945, whatever the browser's language: 07/14/45 can be read two ways."""
    day = as_date(value)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else NOTHING
