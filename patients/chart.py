"""A patient's chart as it is read: one query whatever there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from patients.models import (
    CHART_ENTRIES,
    AllergyIntolerance,
    ChartEntry,
    Condition,
    Coverage,
    Immunization,
    LabResult,
    MedicationStatement,
    Procedure,
    VitalSign,
)

E = TypeVar("E", bound=ChartEntry)

SHOWN_POINTS = 40

# Results with a code and results with the same name only stay apart. A point is a number in the
# latest result's unit that is exact.
TEST = "coalesce(nullif(r.code, ''), lower(r.name)) COLLATE \"C\""
CURRENT = "r.clinic_id = %(clinic)s AND r.patient_id = %(patient)s AND r.is_current"
LATEST_RESULTS = f"""
SELECT r.*, coalesce(p.points, '[]') AS points
FROM (
    SELECT DISTINCT ON (o.test) o.id, o.test, o.unit FROM (
        SELECT r.id, r.unit, r.effective_date, r.recorded_at, {TEST} AS test
        FROM patients_labresult r WHERE {CURRENT}
    ) o ORDER BY o.test, o.effective_date DESC NULLS LAST, o.recorded_at DESC
) latest
JOIN patients_labresult r ON r.clinic_id = %(clinic)s AND r.id = latest.id
LEFT JOIN (
    SELECT {TEST} AS test, r.unit,
        jsonb_agg(jsonb_build_array(r.effective_date, r.value_num, r.flag)
            ORDER BY r.effective_date NULLS FIRST, r.recorded_at) AS points
    FROM patients_labresult r
    WHERE {CURRENT} AND r.value_num IS NOT NULL AND r.comparator = ''
    GROUP BY 1, 2
) p ON p.test = latest.test AND p.unit = latest.unit
"""  # noqa: S608 - our own SQL


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry was read and who accepted it; ``accepted_by`` "" means filed by itself."""

    document_id: UUID
    field_id: str
    page: int | None
    bbox: list[float] | None
    excerpt: str
    kind: str
    accepted_by: str
    accepted_at: datetime
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """A problem, allergy, medication, vaccination or procedure. ``source`` None: typed by hand."""

    label: str
    code: str
    date: date | None
    source: Source | None
    status: str = ""
    dose: str = ""
    reaction: str = ""
    value: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement of a trend."""

    date: date | None
    value: float
    flag: str


@dataclass(frozen=True, slots=True)
class Lab:
    """The latest result of a test, with the latest SHOWN_POINTS measurements in its unit, oldest
    first; ``older`` tells how many there are before those."""

    label: str
    code: str
    value: str
    unit: str
    flag: str
    range: str
    date: date | None
    low: float | None
    high: float | None
    points: list[Point]
    older: int
    source: Source | None


@dataclass(frozen=True, slots=True)
class Insurance:
    """A card's content."""

    payer: str
    plan: str
    member_id: str
    group: str
    subscriber: str
    effective: date | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class Chart:
    """All current entries. ``allergies_known`` tells "none known" from "never asked"."""

    labs: list[Lab] = field(default_factory=list)
    vitals: list[Item] = field(default_factory=list)
    problems: list[Item] = field(default_factory=list)
    medications: list[Item] = field(default_factory=list)
    allergies: list[Item] = field(default_factory=list)
    allergies_known: bool = False
    immunizations: list[Item] = field(default_factory=list)
    procedures: list[Item] = field(default_factory=list)
    insurance: list[Insurance] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What a chart is made of: entries by kind, papers' kinds, and points by result."""

    entries: dict[type[ChartEntry], list[ChartEntry]] = field(
        default_factory=lambda: {model: [] for model in CHART_ENTRIES}
    )
    kinds: dict[UUID, str] = field(default_factory=dict)
    trends: dict[UUID, list[Point]] = field(default_factory=dict)
    older: dict[UUID, int] = field(default_factory=dict)


def chart(patient_id: UUID) -> Chart:
    """The current chart, newest entries first; one query however much there is."""
    everything = _everything(patient_id)
    found, kinds = everything.entries, everything.kinds
    labs = _entries(LabResult, found)
    vitals = _entries(VitalSign, found)
    conditions = _entries(Condition, found)
    medications = _entries(MedicationStatement, found)
    allergies = _entries(AllergyIntolerance, found)
    immunizations = _entries(Immunization, found)
    procedures = _entries(Procedure, found)
    coverages = _entries(Coverage, found)
    return Chart(
        labs=[_lab(one, everything) for one in labs],
        vitals=[
            _item(v, v.name, v.code, kinds, value=v.value, unit=v.unit)
            for v in _latest_of_each(vitals)
        ],
        problems=[
            _item(c, c.name, c.code, kinds, status="active") for c in conditions if not c.negated
        ],
        medications=[_item(m, m.name, m.code, kinds, dose=m.dosage) for m in medications],
        allergies=[
            _item(a, a.name, a.code, kinds, reaction=a.reaction) for a in allergies if not a.negated
        ],
        allergies_known=bool(allergies),
        immunizations=[_item(i, i.name, i.code, kinds) for i in immunizations],
        procedures=[_item(p, p.name, p.code, kinds) for p in procedures],
        insurance=[_insurance(c, kinds) for c in coverages],
    )


def source_of(entry: ChartEntry, kinds: Mapping[UUID, str]) -> Source | None:
    """Where an entry comes from, or None when it was typed by hand."""
    if entry.source_document_id is None:
        return None
    return Source(
        document_id=entry.source_document_id,
        field_id=entry.source_field,
        page=entry.page,
        bbox=entry.box,
        excerpt=entry.excerpt,
        kind=kinds.get(entry.source_document_id, ""),
        accepted_by=entry.accepted_label if entry.accepted_by_id else "",
        accepted_at=entry.recorded_at,
        confidence=entry.confidence,
    )


def _everything(patient_id: UUID) -> Found:
    """All current entries but older results, what kind of paper each document is, and trends.

    One statement, since a table each would be a query each. Charts know documents by id only; the
    layers keep the two apps apart. Of a test only the latest result is an entry; the others are
    points, as a chart may hold thousands of them.
    """
    parts = " UNION ALL ".join(
        f"SELECT {place}, to_jsonb(t), d.kind, {points} FROM {rows} t"  # noqa: S608 - our own names
        " LEFT JOIN documents d ON d.clinic_id = t.clinic_id AND d.id = t.source_document_id"
        " WHERE t.clinic_id = %(clinic)s AND t.patient_id = %(patient)s AND t.is_current"
        for place, (rows, points) in enumerate(map(_rows_of, CHART_ENTRIES))
    )
    found = Found()
    with connection.cursor() as cursor:
        cursor.execute(parts, {"clinic": current_clinic_id(), "patient": patient_id})
        for place, row, kind, points in cursor.fetchall():
            model = CHART_ENTRIES[place]
            entry = _made(model, _loaded(row))
            found.entries[model].append(entry)
            if entry.source_document_id:
                found.kinds[entry.source_document_id] = kind or ""
            if points is not None:
                measured = _loaded(points)
                found.trends[entry.pk] = [_point(*one) for one in measured[-SHOWN_POINTS:]]
                found.older[entry.pk] = max(0, len(measured) - SHOWN_POINTS)
    return found


def _rows_of(model: type[ChartEntry]) -> tuple[str, str]:
    """(what to select from, the points) of one kind of entry."""
    if model is LabResult:
        return f"({LATEST_RESULTS})", "t.points"
    return str(model._meta.db_table), "NULL::jsonb"


def _loaded(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _point(day: str | None, value: float, flag: str) -> Point:
    return Point(date.fromisoformat(day) if day else None, float(value), flag)


def _made(model: type[ChartEntry], row: Mapping[str, Any]) -> ChartEntry:
    fields = model._meta.concrete_fields
    return model(**{field.attname: field.to_python(row[str(field.column)]) for field in fields})


def _entries(model: type[E], found: Mapping[type[ChartEntry], list[ChartEntry]]) -> list[E]:
    """Newest first; an entry without a date goes by when it was charted, after the dated ones."""
    rows = [entry for entry in found[model] if isinstance(entry, model)]
    return sorted(rows, key=_when, reverse=True)


def _when(entry: ChartEntry) -> tuple[date, datetime]:
    return (entry.effective_date or date.min, entry.recorded_at)


def _item(entry: ChartEntry, label: str, code: str, kinds: Mapping[UUID, str], **more: Any) -> Item:
    return Item(label, code, entry.effective_date, source_of(entry, kinds), **more)


def _latest_of_each(vitals: list[VitalSign]) -> list[VitalSign]:
    latest: dict[str, VitalSign] = {}
    for vital in vitals:
        latest.setdefault(vital.code or vital.name.casefold(), vital)
    return list(latest.values())


def _lab(latest: LabResult, everything: Found) -> Lab:
    return Lab(
        label=latest.name,
        code=latest.code,
        value=latest.value,
        unit=latest.unit,
        flag=latest.flag,
        range=latest.range_text,
        date=latest.effective_date,
        low=latest.range_low,
        high=latest.range_high,
        points=everything.trends.get(latest.pk, []),
        older=everything.older.get(latest.pk, 0),
        source=source_of(latest, everything.kinds),
    )


def _insurance(coverage: Coverage, kinds: Mapping[UUID, str]) -> Insurance:
    return Insurance(
        payer=coverage.payer,
        plan=coverage.plan,
        member_id=coverage.member_id,
        group=coverage.group_number,
        subscriber=coverage.subscriber,
        effective=coverage.effective_date,
        source=source_of(coverage, kinds),
    )
