"""A chart in a few sentences, written by rule: each of them cites where its facts were read.

Pure. Only facts with evidence (document, page, box) are told; what was charted without is
counted, so that nobody takes its absence for its being false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from patients.chart import Chart, Item, Source

RECENT = 3
"""How many of a test's latest values make a trend."""
CHANGE_OUTSIDE, CHANGE_INSIDE = 0.10, 0.25
"""Least change that is told, as a part of the first value: of a test whose latest value is out
of its range, and of one whose value is within. Smaller ones are usual from one day to another."""
FLAGS = {"H": "high", "HH": "very high", "L": "low", "LL": "very low", "A": "abnormal"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One laboratory result. ``test`` is the same for results of the same test."""

    test: str
    label: str
    value: str
    number: float | None
    unit: str
    flag: str
    range: str
    low: float | None
    high: float | None
    date: date | None
    source: Source | None

    @property
    def said(self) -> str:
        """The value with its unit."""
        return f"{self.value} {self.unit}".strip()

    @property
    def how(self) -> str:
        """ "high", "low" and the like; "" within its range, or when nobody can tell."""
        if self.flag in FLAGS:
            return FLAGS[self.flag]
        if self.number is not None and self.high is not None and self.number > self.high:
            return "high"
        if self.number is not None and self.low is not None and self.number < self.low:
            return "low"
        return ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a summary is written from: ``labs`` are all current results, latest first, and
    ``no_allergies`` the statements that there are none."""

    chart: Chart
    labs: Sequence[Measured] = ()
    no_allergies: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """Sentences with marks such as [1], which number the citations from 1."""

    sentences: list[str]
    citations: list[dict[str, Any]]


@dataclass(slots=True)
class _Citations:
    """The places cited so far; the same place has one number."""

    found: list[dict[str, Any]] = field(default_factory=list)

    def mark(self, source: Source) -> str:
        place = {
            "document_id": str(source.document_id),
            "field_id": source.field_id,
            "kind": source.kind or None,
            "page": source.page,
            "excerpt": source.excerpt,
            "bbox": source.bbox,
        }
        if place not in self.found:
            self.found.append(place)
        return f"[{self.found.index(place) + 1}]"


def write_summary(facts: Facts) -> Written:
    """The clinical part of a summary."""
    cited = _Citations()
    chart, labs = facts.chart, facts.labs
    latest = _latest(_proven(labs))
    sentences = [
        _listed("Problems", _proven(_once(chart.problems)), cited),
        _allergies(facts, cited),
        _listed("Medications", _proven(_once(chart.medications)), cited),
        _abnormal(latest, cited),
        _trends(labs, latest, cited),
        _listed("Latest vital signs", _proven(chart.vitals), cited),
        _listed("Procedures", _proven(_once(chart.procedures)), cited),
        _listed("Vaccinations", _proven(_once(chart.immunizations)), cited),
        _not_charted(facts),
        _unproven(facts),
    ]
    return Written([sentence for sentence in sentences if sentence], cited.found)


def said_day(day: date | None) -> str:
    """A day as no reader mistakes it: 4 Mar 2025."""
    return f"{day.day} {day:%b %Y}" if day else ""


def _is_proven(source: Source | None) -> bool:
    return source is not None and source.page is not None and bool(source.bbox)


def _proven(entries: Iterable[Any]) -> list[Any]:
    return [entry for entry in entries if _is_proven(entry.source)]


def _once(items: Sequence[Item]) -> list[Item]:
    """Each thing once: its latest entry, one with evidence before one without."""
    chosen: dict[tuple[str, str], Item] = {}
    for item in items:
        key = (item.label.casefold(), item.dose.casefold())
        known = chosen.get(key)
        if known is None or (_is_proven(item.source) and not _is_proven(known.source)):
            chosen[key] = item
    return list(chosen.values())


def _listed(heading: str, items: Sequence[Item], cited: _Citations) -> str:
    if not items:
        return ""
    return f"{heading}: {'; '.join(_told(item, cited) for item in items)}."


def _told(item: Item, cited: _Citations) -> str:
    parts = [item.label]
    if item.value:
        parts.append(f"{item.value} {item.unit}".strip())
    if item.dose and item.dose.casefold() not in item.label.casefold():
        parts.append(item.dose)
    text = " ".join(parts)
    if item.reaction:
        text += f": {item.reaction}"
    day = said_day(item.date)
    return f"{text}{f' ({day})' if day else ''} {_mark(item, cited)}"


def _mark(entry: Any, cited: _Citations) -> str:
    return cited.mark(entry.source)


def _allergies(facts: Facts, cited: _Citations) -> str:
    if facts.chart.allergies:
        return _listed("Allergies", _proven(_once(facts.chart.allergies)), cited)
    return _listed("No allergies, as stated", _proven(facts.no_allergies)[:1], cited)


def _latest(labs: Sequence[Measured]) -> list[Measured]:
    found: dict[str, Measured] = {}
    for lab in labs:
        found.setdefault(lab.test, lab)
    return list(found.values())


def _abnormal(latest: Sequence[Measured], cited: _Citations) -> str:
    told = []
    for lab in latest:
        if lab.how:
            limits = f", range {lab.range}" if lab.range else ""
            day = f", {said_day(lab.date)}" if lab.date else ""
            told.append(f"{lab.label} {lab.said} ({lab.how}{limits}{day}) {_mark(lab, cited)}")
    if told:
        return f"Out of range: {'; '.join(told)}."
    if not latest:
        return ""
    papers = {lab.source.document_id: lab for lab in reversed(latest) if lab.source}
    marks = "".join(_mark(lab, cited) for lab in reversed(papers.values()))
    count = "The one test" if len(latest) == 1 else f"None of {len(latest)} tests"
    verb = "on file is not" if len(latest) == 1 else "on file is"
    return f"Labs: {count} {verb} out of its range at its latest result {marks}."


def _trends(labs: Sequence[Measured], latest: Sequence[Measured], cited: _Citations) -> str:
    told = []
    for lab in latest:
        points = trend(lab, [one for one in _proven(labs) if one.test == lab.test])
        if points:
            first, last = points[0].number or 0.0, points[-1].number or 0.0
            way = "rising" if last > first else "falling"
            values = ", ".join(
                f"{one.said} on {said_day(one.date)} {_mark(one, cited)}" for one in points
            )
            told.append(f"{lab.label} {way}: {values}")
    return f"Trends: {'; '.join(told)}." if told else ""


def trend(latest: Measured, same: Sequence[Measured]) -> list[Measured]:
    """A test's latest values, oldest first, if they go one way and far enough; else none.

    ``same`` are its results, latest first. Values in another unit, with a comparator (no number)
    or without a date do not count, and neither do two of one day.
    """
    points: list[Measured] = []
    for one in same:
        counts = one.number is not None and one.unit == latest.unit and one.date is not None
        if counts and all(one.date != point.date for point in points):
            points.append(one)
    points = sorted(points, key=lambda one: one.date or date.min)[-RECENT:]
    numbers = [one.number for one in points if one.number is not None]
    steps = [after - before for before, after in pairwise(numbers)]
    one_way = bool(steps) and (all(s > 0 for s in steps) or all(s < 0 for s in steps))
    least = CHANGE_OUTSIDE if latest.how else CHANGE_INSIDE
    if not one_way or abs(numbers[-1] - numbers[0]) < least * abs(numbers[0]):
        return []
    return points


def _parts(facts: Facts) -> list[tuple[str, str, Sequence[Any]]]:
    chart = facts.chart
    return [
        ("problem", "problems", _once(chart.problems)),
        ("allergy", "allergies", _once(chart.allergies) or facts.no_allergies),
        ("medication", "medications", _once(chart.medications)),
        ("lab result", "lab results", facts.labs),
        ("vital sign", "vital signs", chart.vitals),
        ("procedure", "procedures", _once(chart.procedures)),
        ("vaccination", "vaccinations", _once(chart.immunizations)),
    ]


def _not_charted(facts: Facts) -> str:
    """What a doctor would look for and not find, of a chart that has something at all."""
    parts = _parts(facts)
    if not any(entries for _, _, entries in parts):
        return "Nothing is charted from a document yet."
    missing = [many for _, many, entries in parts[:4] if not entries]
    return f"Not charted: {', '.join(missing)}." if missing else ""


def _unproven(facts: Facts) -> str:
    counted = []
    for one, many, entries in _parts(facts):
        count = len(entries) - len(_proven(entries))
        if count:
            counted.append(f"{count} {one if count == 1 else many}")
    if not counted:
        return ""
    return f"Charted without a place in a document, and not told here: {', '.join(counted)}."
