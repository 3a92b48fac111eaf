"""Dates as printed to ISO 8601, with the order of day and month made explicit.

``03/04/2025`` is read in the clinic's order. It counts as ambiguous only when the document
itself shows the other order elsewhere (``25/04/2025`` in a month-first clinic), or when a
two-digit year could be of either century.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from documents.pipeline.types import Locale

_MONTHS = {
    "jan": 1,
    "january": 1,
    "enero": 1,
    "ene": 1,
    "januar": 1,
    "janvier": 1,
    "feb": 2,
    "february": 2,
    "febrero": 2,
    "februar": 2,
    "fevrier": 2,
    "février": 2,
    "mar": 3,
    "march": 3,
    "marzo": 3,
    "märz": 3,
    "mars": 3,
    "apr": 4,
    "april": 4,
    "abril": 4,
    "abr": 4,
    "avril": 4,
    "may": 5,
    "mayo": 5,
    "mai": 5,
    "jun": 6,
    "june": 6,
    "junio": 6,
    "juni": 6,
    "juin": 6,
    "jul": 7,
    "july": 7,
    "julio": 7,
    "juli": 7,
    "juillet": 7,
    "aug": 8,
    "august": 8,
    "agosto": 8,
    "ago": 8,
    "août": 8,
    "sep": 9,
    "sept": 9,
    "september": 9,
    "septiembre": 9,
    "septembre": 9,
    "oct": 10,
    "october": 10,
    "octubre": 10,
    "okt": 10,
    "oktober": 10,
    "octobre": 10,
    "nov": 11,
    "november": 11,
    "noviembre": 11,
    "novembre": 11,
    "dec": 12,
    "december": 12,
    "diciembre": 12,
    "dic": 12,
    "dez": 12,
    "dezember": 12,
    "décembre": 12,
}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_PATTERN = re.compile(
    rf"""(?<![\w./-])(?:
      (?P<iso>(?P<iy>(?:19|20)\d\d)[-/.](?P<im>\d{{1,2}})[-/.](?P<id>\d{{1,2}}))
    | (?P<num>(?P<a>\d{{1,2}})\s?(?P<sep>[/.-])\s?(?P<b>\d{{1,2}})\s?(?P=sep)\s?
        (?P<y>\d{{4}}|\d\d))
    | (?P<mdy>(?P<m1>{_NAME})\.?[\s-]*(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?
        (?:\s*,\s*|[\s-]+)(?P<y1>\d{{4}}))
    | (?P<dmy>(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[\s/-]*(?:de\s+|of\s+)?
        (?P<m2>{_NAME})\.?,?(?:\s+del?)?[\s/-]*(?P<y2>\d{{4}}|\d\d))
    | (?P<sp>(?P<sm>\d\d)\s(?P<sd>\d\d)\s(?P<sy>(?:19|20)\d\d))
    | (?P<solid>(?P<oy>(?:19|20)\d\d)(?P<om>0\d|1[0-2])(?P<od>[0-2]\d|3[01]))
    )(?=T\d|\D|$)(?![./-]\d)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text: ``raw`` at ``start:end``; ``style`` spaced and solid need a label."""

    value: date
    raw: str
    start: int
    end: int
    ambiguous: bool
    style: str

    @property
    def iso(self) -> str:
        """ISO 8601 calendar date."""
        return self.value.isoformat()


def find_dates(text: str, locale: Locale) -> list[FoundDate]:
    """All dates in ``text`` from left to right; impossible ones are not dates."""
    found = []
    for match in _PATTERN.finditer(text):
        parsed = _read(match, locale)
        if parsed is not None:
            value, ambiguous = parsed
            raw = match.group(0)
            found.append(
                FoundDate(
                    value,
                    raw,
                    match.start(),
                    match.end(),
                    ambiguous,
                    match.lastgroup or _style(match),
                )
            )
    return found


def document_order(texts: Iterable[str], locale: Locale) -> tuple[bool, bool]:
    """(day_first, contested) from unambiguous numeric dates; the clinic's order otherwise.

    ``contested`` when the document gives evidence against the order it is read in, so that
    its ambiguous dates go to a person.
    """
    day = month = 0
    for text in texts:
        for match in _PATTERN.finditer(text):
            if match.group("num") and match.group("sep") != ".":
                a, b = int(match.group("a")), int(match.group("b"))
                day += 12 < a <= 31 and b <= 12
                month += a <= 12 < b <= 31
    if day and not month:
        return True, not locale.day_first and day < 3
    if month and not day:
        return False, locale.day_first and month < 3
    return locale.day_first, bool(day and month)


def _style(match: re.Match[str]) -> str:
    for name in ("iso", "num", "mdy", "dmy", "sp", "solid"):
        if match.group(name):
            return name
    return "num"


def _read(match: re.Match[str], locale: Locale) -> tuple[date, bool] | None:
    group = match.group
    style = _style(match)
    if style == "num":
        dotted = group("sep") == "."
        return _numeric(
            int(group("a")),
            int(group("b")),
            group("y"),
            locale,
            day_first=locale.day_first or dotted,
        )
    parts = {
        "iso": ("iy", "im", "id"),
        "mdy": ("y1", "m1", "d1"),
        "dmy": ("y2", "m2", "d2"),
        "sp": ("sy", "sm", "sd"),
        "solid": ("oy", "om", "od"),
    }[style]
    year, month, day = (group(name) for name in parts)
    number = _MONTHS.get(month.lower()) or int(month)
    full, doubtful = _year(year, locale)
    made = _date(full, number, int(day))
    return (made, doubtful) if made else None


def _numeric(
    a: int, b: int, year: str, locale: Locale, *, day_first: bool
) -> tuple[date, bool] | None:
    """Dots are a European habit, so dotted dates begin with the day whatever the clinic does."""
    full, doubtful = _year(year, locale)
    for month, day in [(b, a), (a, b)] if day_first else [(a, b), (b, a)]:
        made = _date(full, month, day)
        if made:
            return made, doubtful
    return None


def _year(text: str, locale: Locale) -> tuple[int, bool]:
    """Two digits become the latest year not in the future by more than one."""
    if len(text) == 4:
        return int(text), False
    this = (locale.today or date.today()).year
    year = this // 100 * 100 + int(text)
    return (year, False) if year <= this + 1 else (year - 100, False)


def _date(year: int, month: int, day: int) -> date | None:
    if not 1890 <= year <= 2110:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def swappable(found: FoundDate) -> bool:
    """Whether the other order of day and month would also be a date, and a different one."""
    numbers = re.findall(r"\d+", found.raw)
    return (
        found.style == "num"
        and len(numbers) == 3
        and numbers[0] != numbers[1]
        and int(numbers[0]) <= 12
        and int(numbers[1]) <= 12
    )
