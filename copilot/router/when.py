"""Days, ranges and times of day in what people write, as the clinic's calendar has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from patients.asked import MONTHS

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tue", "tues"),
            ("wednesday", "wed"),
            ("thursday", "thu", "thur", "thurs"),
            ("friday", "fri"),
            ("saturday", "sat"),
            ("sunday", "sun"),
        )
    )
    for name in names
}
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"a": 1, "an": 1, "couple": 2, "few": 3, "fifteen": 15, "twenty": 20, "thirty": 30}
Prefer = Literal["past", "future"]

_DAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_COUNT = r"\d{1,3}|(?:a )?couple(?: of)?|(?:a )?few|" + "|".join(
    sorted((w for w in NUMBERS if w not in ("couple", "few", "zero")), key=len, reverse=True)
)
_UNIT = r"(?P<unit>day|week|month|year)s?"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``start`` to ``end`` (both meant; None is open), found at ``place``."""

    start: date | None
    end: date | None
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, found at ``place``."""

    at: time
    place: tuple[int, int]


def find_span(text: str, now: datetime, *, prefer: Prefer = "future") -> Span | None:
    """The first day or range of days in a text; ``now`` is the clinic's local time.

    A day without a year is the nearest one in the ``prefer`` direction.
    """
    lowered = text.lower()
    found: list[Span] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(lowered):
            days = read(match, now.date(), prefer)
            if days is not None:
                found.append(Span(*days, match.span()))
    if not found:
        return None
    return min(found, key=lambda one: (one.place[0], one.place[0] - one.place[1]))


def find_clock(text: str) -> Clock | None:
    """The first time of day in a text. An hour from 1 to 6 without a or p is in the afternoon."""
    lowered = text.lower()
    for pattern, read in _CLOCKS:
        for match in pattern.finditer(lowered):
            at = read(match)
            if at is not None:
                return Clock(at, match.span())
    return None


def find_minutes(text: str) -> tuple[int, tuple[int, int]] | None:
    """(minutes, place) of a length of time, such as 45 minutes or half an hour."""
    lowered = text.lower()
    for pattern, each in _LENGTHS:
        if match := pattern.search(lowered):
            count = number_of(match["n"]) if "n" in match.groupdict() and match["n"] else 1
            return (round(count * each), match.span()) if count else None
    return None


def number_of(text: str) -> int | None:
    """A number in digits or words; None when it is none."""
    word = re.sub(r"^(?:a|an) (?=\w)|\s+of$", "", text.strip().lower())
    return int(word) if word.isdigit() else NUMBERS.get(word)


Days = tuple[date | None, date | None]
Read = Callable[[re.Match[str], date, Prefer], Days | None]


def _one(day: date | None) -> Days | None:
    return None if day is None else (day, day)


def _relative(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    del prefer
    word = match["word"]
    offsets = {"yesterday": -1, "day before yesterday": -2, "day after tomorrow": 2}
    offset = offsets.get(word, 1 if word.startswith(("tom", "tmr")) else 0)
    return _one(today + timedelta(days=offset))


def _weekday(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    wanted, which = WEEKDAYS[match["day"]], (match["which"] or "").strip()
    monday = today - timedelta(days=today.weekday())
    this_week = monday + timedelta(days=wanted)
    if which in ("last", "past", "previous"):
        ahead = (today - this_week).days
        return _one(this_week if ahead > 0 else this_week - timedelta(days=7))
    if which == "next":
        return _one(this_week + timedelta(days=7))
    ahead = (wanted - today.weekday()) % 7
    if prefer == "past" and which not in ("this", "coming"):
        return _one(today - timedelta(days=(today.weekday() - wanted) % 7))
    if which == "coming" and ahead == 0:
        ahead = 7
    return _one(today + timedelta(days=ahead))


def _period(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    which, unit = match["which"].strip(), match["unit"]
    step = {"last": -1, "past": -1, "previous": -1, "next": 1, "coming": 1}.get(which, 0)
    monday = today - timedelta(days=today.weekday())
    if unit == "week":
        start = monday + timedelta(days=7 * step)
        return start, start + timedelta(days=6)
    if unit == "weekend":
        start = monday + timedelta(days=5 + 7 * step)
        return start, start + timedelta(days=1)
    if unit == "month":
        return _month(today.year * 12 + today.month - 1 + step)
    return date(today.year + step, 1, 1), date(today.year + step, 12, 31)


def _month(index: int) -> Days:
    start = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return start, following - timedelta(days=1)


def _shifted(day: date, count: int, unit: str) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    index = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    last = _month(index)[1]
    assert last is not None
    return last.replace(day=min(day.day, last.day))


def _ahead(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    count = number_of(match["n"])
    return None if count is None else _one(_shifted(today, count, match["unit"]))


def _back(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    count = number_of(match["n"])
    return None if count is None else _one(_shifted(today, -count, match["unit"]))


def _stretch(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    count = number_of(match["n"])
    if count is None:
        return None
    if match["which"] in ("next", "coming"):
        return today, _shifted(today, count, match["unit"])
    return _shifted(today, -count, match["unit"]), today


def _since(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    inner = find_span(match["rest"], datetime.combine(today, time.min), prefer="past")
    if inner is None or inner.place[0] != 0:
        return None
    return inner.start, today


def _between(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    now = datetime.combine(today, time.min)
    first = find_span(match["first"], now, prefer=prefer)
    second = find_span(match["second"], now, prefer=prefer)
    if first is None or second is None or first.start is None or second.end is None:
        return None
    return (first.start, second.end) if first.start <= second.end else None


def _calendar(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    parts = match.groupdict()
    month = MONTHS[parts["month"]] if parts.get("month") else int(parts["m"])
    if parts.get("y"):
        year = int(parts["y"])
        return _one(_date(year + 2000 if year < 100 else year, month, int(parts["d"])))
    day = _date(today.year, month, int(parts["d"]))
    if day is not None and prefer == "future" and day < today:
        day = _date(today.year + 1, month, int(parts["d"]))
    elif day is not None and prefer == "past" and day > today:
        day = _date(today.year - 1, month, int(parts["d"]))
    return _one(day)


def _of_month(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    for offset in (0, 1, -1) if prefer == "future" else (0, -1):
        index = today.year * 12 + today.month - 1 + offset
        day = _date(index // 12, index % 12 + 1, int(match["d"]))
        if day is not None and (day >= today if prefer == "future" else day <= today):
            return _one(day)
    return None


def _named_month(match: re.Match[str], today: date, prefer: Prefer) -> Days | None:
    month = MONTHS[match["month"]]
    year = int(match["y"]) if match["y"] else today.year
    if not match["y"] and prefer == "past" and month > today.month:
        year -= 1
    if not match["y"] and prefer == "future" and month < today.month:
        year += 1
    return _month(year * 12 + month - 1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _rule(pattern: str, read: Read) -> tuple[re.Pattern[str], Read]:
    return re.compile(pattern), read


_RULES: tuple[tuple[re.Pattern[str], Read], ...] = (
    _rule(r"\b(?:from|between) (?P<first>[\w ,]{3,20}?) (?:to|and|until|till) "
          r"(?P<second>[\w ,]{3,20})", _between),
    _rule(r"\bsince (?P<rest>[\w ,/]{3,24})", _since),
    _rule(r"\b(?P<word>day after tomorrow|day before yesterday)\b", _relative),
    _rule(r"\b(?P<word>today|tonight|this (?:morning|afternoon|evening)|my day|tomm?orr?ow|tomorow"
          r"|tmrw?|tmr|yesterday)\b", _relative),
    _rule(rf"\b(?:the )?(?P<which>last|past|next|coming) (?P<n>{_COUNT}) {_UNIT}\b", _stretch),
    _rule(rf"\bin (?P<n>{_COUNT}) {_UNIT}(?: time)?\b", _ahead),
    _rule(rf"\b(?P<n>{_COUNT}) {_UNIT} from (?:now|today)\b", _ahead),
    _rule(rf"\b(?P<n>{_COUNT}) {_UNIT} ago\b", _back),
    _rule(r"\b(?P<which>this|next|last|past|previous|coming|the) "
          r"(?P<unit>weekend|week|month|year)\b", _period),
    _rule(rf"\b(?:the )?(?P<which>this |next |last |past |previous |coming )?(?P<day>{_DAY})\b",
          _weekday),
    _rule(r"\b(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b", _calendar),
    _rule(rf"\b(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?"
          r"(?:,? (?P<y>20\d\d))?\b", _calendar),
    _rule(rf"\b(?P<month>{_MONTH})\.? (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?"
          r"(?:,? (?P<y>20\d\d))?\b", _calendar),
    _rule(r"\b(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>20\d\d|\d\d))?\b", _calendar),
    _rule(r"\bthe (?P<d>\d{1,2})(?:st|nd|rd|th)\b", _of_month),
    _rule(rf"\b(?:in|during|for) (?P<month>{_MONTH})(?: (?P<y>20\d\d))?\b"
          r"(?!\.? (?:the )?\d{1,2}(?:st|nd|rd|th)?\b)", _named_month),
)  # fmt: skip


def _hour(hour: int, minute: int, half: str | None) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _digits(match: re.Match[str]) -> time | None:
    half = re.sub(r"[^ap]", "", match["half"] or "")
    hour, minute = int(match["h"]), int(match["m"] or 0)
    if not half and 1 <= hour <= 6 and not match["h"].startswith("0"):
        hour += 12
    return _hour(hour, minute, half)


def _spoken(match: re.Match[str]) -> time | None:
    hour = number_of(match["h"])
    if hour is None or not 1 <= hour <= 12:
        return None
    hour += 12 if hour <= 6 else 0
    part = match["part"]
    if part.startswith("half"):
        return time(hour % 24, 30)
    if "past" in part:
        return time(hour % 24, 15)
    return time((hour - 1) % 24, 45)


_HOURS = r"\d{1,2}|" + "|".join(list(NUMBERS)[1:13])
ReadClock = Callable[[re.Match[str]], time | None]
_CLOCKS: tuple[tuple[re.Pattern[str], ReadClock], ...] = (
    (re.compile(r"\b(?:at )?(?:noon|midday)\b"), lambda match: time(12)),
    (re.compile(rf"\b(?:at )?(?P<part>half past|quarter past|quarter to) (?P<h>{_HOURS})\b"),
     _spoken),
    (re.compile(r"\b(?:at )?(?P<h>\d{1,2})(?::|\.)(?P<m>\d\d)\s?(?P<half>[ap]\.?m\.?)?(?![\d/])"),
     _digits),
    (re.compile(r"\b(?:at )?(?P<h>\d{1,2})(?P<m>)\s?(?P<half>[ap]\.?m\.?)(?!\w)"), lambda match:
     _hour(int(match["h"]), 0, match["half"])),
    (re.compile(r"\b(?:at )?(?P<h>\d{1,2})(?P<m>(?!))?\s?o'?clock(?P<half>(?!))?\b"), _digits),
    (re.compile(r"\b(?:at|to) (?P<h>\d{1,2})(?P<m>(?!))?(?P<half>(?!))?(?![\d:./-]|\s*(?:%|minute|"
                r"min\b|day|week|month|dollar))\b"), _digits),
    # Behind a day, which stands as dots here: "friday 11".
    (re.compile(r"·,? (?P<h>\d{1,2})(?P<m>(?!))?(?P<half>(?!))?(?=\s*$|\s+(?:with|for|please"
                r"|if)\b)"),
     _digits),
)  # fmt: skip
_LENGTHS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r"\b(?:for )?half an hour\b|\bhalf[- ]hour\b"), 30),
    (re.compile(rf"\b(?:for )?(?P<n>{_COUNT})[- ]?(?:minutes?|mins?)\b"), 1),
    (re.compile(rf"\b(?:for )?(?P<n>{_COUNT})[- ]?hours?\b"), 60),
)
