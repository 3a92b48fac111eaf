"""Whether two papers are the same one, scanned again or issued again; from words already read.

Reports of one laboratory share most of their words, and the reports of one patient most of their
figures too (birth date, ranges, telephone numbers). So likeness of words only allows the question.
The answer comes from what differs between two reports: dates, accession number, values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .extraction.normalise.dates import find_dates
from .types import Locale, PageText, Word

Kind = Literal["rescan", "amended", "amended_by"]
SAME_WORDS = 0.75
SAME_FIGURES = 0.85
SAME_FORM = 0.5
LEAST_WORDS = 12
LEAST_FIGURES = 5
SURE_ENOUGH = 0.75
"""The confidence from which two values that differ are different, and not one of them misread."""

_STRIP = 0.05
_FIGURE = re.compile(r"\d+(?:[.,/:\-]\d+)*")
_RUN = re.compile(r"[^\W\d_]{3,}")
_ISSUED_AGAIN = re.compile(
    r"\b(?:amended|corrected|revised)\s+(?:\w+\s+)?(?:report|results?|copy|version|final)\b"
    r"|\b(?:report|result|status|version)\s*(?:status|type)?\s*[:\-]?\s*"
    r"(?:amended|corrected|revised)\b"
    r"|\*+\s*(?:amended|corrected|revised)\s*\*+",
    re.IGNORECASE,
)
_ORDINARY = frozenset({"patient.name", "patient.dob", "patient.mrn"})
_DAYS = ("doc.date_collected", "doc.date_service", "doc.date", "doc.date_admitted")
_TELLING = frozenset({*_DAYS, "doc.accession", "claim.number", "doc.date_discharged"})


@dataclass(frozen=True, slots=True)
class Paper:
    """What is compared of a document. ``values`` are results by test, ``facts`` by field name."""

    kind: str
    words: Counter[str]
    figures: Counter[str]
    dates: frozenset[str]
    issued_again: bool
    facts: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    values: Mapping[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How the first paper stands to the second; ``score`` in [0, 1]."""

    kind: Kind
    score: float


def paper_of(pages: Sequence[PageText], extracted: Mapping[str, Any], locale: Locale) -> Paper:
    """A document as it is compared, from its first pages and the contract's object."""
    words = [word for page in pages for word in page.words]
    inner = [word for word in words if _STRIP < _middle(word) < 1 - _STRIP]
    top = " ".join(word.text for page in pages[:1] for word in page.words if _middle(word) < 0.4)
    text = " ".join(word.text for word in inner)
    facts, values = _facts(extracted.get("fields", ()))
    return Paper(
        kind=extracted.get("document", {}).get("kind", {}).get("value", ""),
        words=Counter(run.casefold() for word in inner for run in _RUN.findall(word.text)),
        figures=Counter(
            figure.replace(",", ".") for word in inner for figure in _FIGURE.findall(word.text)
        ),
        dates=frozenset(found.iso for found in find_dates(text, locale)),
        issued_again=bool(_ISSUED_AGAIN.search(top)),
        facts=facts,
        values=values,
    )


def likeness(one: Paper, other: Paper) -> Likeness | None:
    """``rescan`` of the other, ``amended`` version of it, ``amended_by`` it; None when neither.

    Of two versions the one that says so is the later, else the one that was reported later;
    a paper that differs from another of the same number, and says no date, is taken for later.
    """
    if min(one.words.total(), other.words.total()) < LEAST_WORDS or _differ(_ORDINARY, one, other):
        return None
    words = _dice(one.words, other.words)
    figures = _dice(one.figures, other.figures)
    again = _again(one, other) if words >= SAME_FORM and one.kind == other.kind else None
    if again is not None:
        return Likeness(again, round(words, 4))
    enough = min(one.figures.total(), other.figures.total()) >= LEAST_FIGURES
    replaced = one.dates - other.dates and other.dates - one.dates
    if not enough or replaced or _differ(_TELLING, one, other) or _values_differ(one, other):
        return None
    if words >= SAME_WORDS and figures >= SAME_FIGURES:
        return Likeness("rescan", round(min(words, figures), 4))
    return None


def keys_of(extracted: Mapping[str, Any]) -> frozenset[str]:
    """What finds the papers worth comparing: its number, and its patient with each of its days."""
    facts, _ = _facts(extracted.get("fields", ()))
    keys = set()
    if "doc.accession" in facts:
        keys.add(f"number:{_plain(facts['doc.accession'][0])[:60]}")
    for who in ("patient.dob", "patient.mrn"):
        for day in _DAYS:
            if who in facts and day in facts:
                keys.add(f"{who}:{_plain(facts[who][0])[:40]}:{facts[day][0][:10]}")
    return frozenset(keys)


def _again(one: Paper, other: Paper) -> Kind | None:
    """Which of two versions of a report is the later one; None when they are not versions."""
    if _differ({"doc.date_collected", "doc.date_service"}, one, other):
        return None
    numbered = _agree("doc.accession", one, other)
    dated = _agree("patient.dob", one, other) and any(_agree(day, one, other) for day in _DAYS)
    if not numbered and (not dated or _differ({"doc.accession"}, one, other)):
        return None
    if one.issued_again != other.issued_again:
        return "amended" if one.issued_again else "amended_by"
    if not numbered:
        return None
    reported = _sure("doc.date_reported", one), _sure("doc.date_reported", other)
    if all(reported) and reported[0] != reported[1]:
        return "amended" if str(reported[0]) > str(reported[1]) else "amended_by"
    shared = one.values.keys() & other.values.keys()
    return "amended" if shared and _values_differ(one, other) else None


def _facts(
    fields: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, tuple[str, float]], dict[str, tuple[str, float]]]:
    """The surest value of each name, and of each test."""
    facts: dict[str, tuple[str, float]] = {}
    values: dict[str, tuple[str, float]] = {}
    for one in fields:
        skipped = one["context"] != "patient" or one["review"]["state"] == "removed"
        if skipped or not one["value"]:
            continue
        sure = 1.0 if one["review"]["state"] in ("corrected", "added") else one["confidence"]
        if one["name"] == "lab":
            kept, name = values, _test(one)
        else:
            kept, name = facts, one["name"]
        if name not in kept or sure > kept[name][1]:
            kept[name] = (one["value"], sure)
    return facts, values


def _test(one: Mapping[str, Any]) -> str:
    code = one["code"]["code"] if one["code"] else _plain(one["label"] or "")
    return f"{code}@{one['effective_date'] or ''}"


def _values_differ(one: Paper, other: Paper) -> bool:
    return any(
        _plain(one.values[test][0]) != _plain(other.values[test][0])
        and min(one.values[test][1], other.values[test][1]) >= SURE_ENOUGH
        for test in one.values.keys() & other.values.keys()
    )


def _differ(names: Iterable[str], one: Paper, other: Paper) -> bool:
    for name in names:
        a, b = _sure(name, one), _sure(name, other)
        if a and b and _words(a) != _words(b):
            return True
    return False


def _agree(name: str, one: Paper, other: Paper) -> bool:
    a, b = _sure(name, one), _sure(name, other)
    return bool(a and b) and _words(a or "") == _words(b or "")


def _sure(name: str, paper: Paper) -> str | None:
    value, confidence = paper.facts.get(name, ("", 0.0))
    return value if confidence >= SURE_ENOUGH else None


def _words(text: str) -> list[str]:
    """Order-free: a name may be printed either way round."""
    return sorted(re.findall(r"\w+", text.casefold()))


def _plain(text: str) -> str:
    return re.sub(r"[^\w.<>=+-]", "", text.casefold())


def _middle(word: Word) -> float:
    return (word.bbox[1] + word.bbox[3]) / 2


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
