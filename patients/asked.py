"""What somebody typed into the patient search: a name, a number, a date of birth, or several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_MONTH = r"(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
ISO = re.compile(r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\b")
COMMON = re.compile(r"\b(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})\b")
DAY_MONTH = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH},?[ -](?P<y>\d{{4}})\b", re.I
)
MONTH_DAY = re.compile(rf"\b{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b", re.I)
COMPACT = re.compile(r"^(?P<y>(?:18|19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)$")
PHONE = re.compile(r"\+?\(?\d[\d ().\-/]*\d")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a search. ``code`` may begin an MRN or an e-mail address."""

    name: str = ""
    code: str = ""
    digits: str = ""
    dobs: tuple[date, ...] = field(default_factory=tuple)


def understand(text: str) -> Asked:
    """Splits what was typed. A date with two readings (03/04/1980) is taken in both."""
    text = " ".join(text.split())
    dobs: list[date] = []
    rest = text
    for pattern in (ISO, DAY_MONTH, MONTH_DAY, COMMON, COMPACT):
        if found := pattern.search(rest):
            dobs = list(dict.fromkeys(_dates(found)))
            if dobs:
                rest = f"{rest[: found.start()]} {rest[found.end() :]}".strip(" ,;")
                break
    digits = ""
    if not dobs or rest:
        if found := PHONE.search(rest):
            digits = re.sub(r"\D", "", found.group())
        elif rest.isdigit():
            digits = rest
    if len(digits) < 3:
        digits = ""
    one_word = rest if " " not in rest else ""
    code = one_word if "@" in rest or any(c.isdigit() for c in one_word) else ""
    if not code and len(one_word) >= 3:
        code = one_word
    is_name = "@" not in rest and not any(c.isdigit() for c in code)
    name = re.sub(r"[\d+().]+", " ", rest) if is_name else ""
    return Asked(" ".join(name.split()).strip(" -/"), code, digits, tuple(dobs))


def _dates(found: re.Match[str]) -> Iterator[date]:
    parts = found.groupdict()
    if "a" in parts:
        year = int(parts["y"])
        if len(parts["y"]) == 2:
            year += 2000 if 2000 + year <= date.today().year else 1900
        for month, day in ((parts["a"], parts["b"]), (parts["b"], parts["a"])):
            yield from _date(year, int(month), int(day))
        return
    month = MONTHS[parts["month"].lower()] if parts.get("month") else int(parts["m"])
    yield from _date(int(parts["y"]), month, int(parts["d"]))


def _date(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return
