"""Bits of answers: names that cannot be mistaken for formatting, days, money, links. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from clinic.templatetags.backline_tags import waiting
from patients.summary import said_day

DOCUMENT = {
    "uploaded": "received",
    "ingesting": "being read",
    "ingested": "filed automatically",
    "not_ingested": "needs review",
    "approved": "approved",
    "rejected": "rejected",
}
"""How far a document is, in words."""
SPECIAL = re.compile(r"([\\`*_\[\]()<>#|~!])")


def clean(value: Any) -> str:
    """Text from the clinic's data, on one line, so that it stands in Markdown as it is."""
    return SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def link(text: str, path: str) -> str:
    """A link to one of our own pages; the text is already clean."""
    return f"[{text}]({path})"


def day_of(value: Any) -> str:
    """A date as 4 Mar 2025, from a date or its ISO form."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    return said_day(value)


def moment_of(value: str, now: datetime) -> str:
    """A moment on the clinic's clock: 4 Mar 2025, 15:00."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is not None and now.tzinfo is not None:
        at = at.astimezone(now.tzinfo)
    return f"{said_day(at.date())}, {at:%H:%M}"


def money_of(amount: Any) -> str:
    """$2,500.00 from dollars."""
    return f"${float(amount):,.2f}"


def waits(minutes: Any) -> str:
    """How long: 3 h 20 min."""
    return waiting(minutes)


def words_of(code: str) -> str:
    """A code in words: under_review is under review."""
    return code.replace("_", " ")


def many(count: int, one: str, more: str = "") -> str:
    """1 task, 3 tasks."""
    return f"{count} {one if count == 1 else more or f'{one}s'}"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def numbered(lines: Iterable[str]) -> str:
    """A numbered list, for "the second one"."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def quoted(text: str) -> str:
    """Lines that stand as a letter: a quotation, cleaned line by line."""
    return "\n".join(f"> {clean(line)}".rstrip() for line in text.split("\n"))


def fact_line(fact: Mapping[str, Any], patient_id: str = "") -> str:
    """A sentence with links to where it was read."""
    text = clean(fact["text"]).rstrip(".")
    places: Sequence[Mapping[str, Any]] = fact["citations"]
    if places:
        return f"{text} {' '.join(link(clean(one['label']), one['href']) for one in places)}"
    chart = f", see the {link('chart', f'/patients/{patient_id}')}" if patient_id else ""
    return f"{text} (entered by hand{chart})"


def rest_of(shown: int, total: int, what: str) -> str:
    """A line that says how many are not shown; "" when all are."""
    return f"\n\nAnd {total - shown} more {what}." if total > shown else ""
