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
    """The latest result of a test, with the measurements in its unit, oldest first."""

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


def chart(patient_id: UUID) -> Chart:
    """The current chart, newest entries first; one query however much there is."""
    found, kinds = _everything(patient_id)
    labs = _entries(LabResult, found)
    vitals = _entries(VitalSign, found)
    conditions = _entries(Condition, found)
    medications = _entries(MedicationStatement, found)
    allergies = _entries(AllergyIntolerance, found)
    immunizations = _entries(Immunization, found)
    procedures = _entries(Procedure, found)
    coverages = _entries(Coverage, found)
    return Chart(
        labs=_labs(labs, kinds),
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


def _everything(
    patient_id: UUID,
) -> tuple[dict[type[ChartEntry], list[ChartEntry]], dict[UUID, str]]:
    """All current entries of every kind, and what kind of paper each document is.

    One statement, since a table each would be a query each. Charts know documents by id only; the
    layers keep the two apps apart.
    """
    parts = " UNION ALL ".join(
        f"SELECT {place}, to_jsonb(t), d.kind FROM {model._meta.db_table} t"  # noqa: S608 - our own names
        " LEFT JOIN documents d ON d.clinic_id = t.clinic_id AND d.id = t.source_document_id"
        " WHERE t.clinic_id = %(clinic)s AND t.patient_id = %(patient)s AND t.is_current"
        for place, model in enumerate(CHART_ENTRIES)
    )
    found: dict[type[ChartEntry], list[ChartEntry]] = {model: [] for model in CHART_ENTRIES}
    kinds: dict[UUID, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(parts, {"clinic": current_clinic_id(), "patient": patient_id})
        for place, row, kind in cursor.fetchall():
            model = CHART_ENTRIES[place]
            entry = _made(model, orjson.loads(row) if isinstance(row, str) else row)
            found[model].append(entry)
            if entry.source_document_id:
                kinds[entry.source_document_id] = kind or ""
    return found, kinds


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


def _labs(results: list[LabResult], kinds: Mapping[UUID, str]) -> list[Lab]:
    """One row a test. Results with a code and results with the same name only stay apart."""
    tests: dict[str, list[LabResult]] = {}
    for result in results:
        tests.setdefault(result.code or result.name.casefold(), []).append(result)
    found = []
    for same in tests.values():
        latest = same[0]
        points = [
            Point(one.effective_date, one.value_num, one.flag)
            for one in reversed(same)
            if one.value_num is not None and one.unit == latest.unit and not one.comparator
        ]
        found.append(
            Lab(
                label=latest.name,
                code=latest.code,
                value=latest.value,
                unit=latest.unit,
                flag=latest.flag,
                range=latest.range_text,
                date=latest.effective_date,
                low=latest.range_low,
                high=latest.range_high,
                points=points,
                source=source_of(latest, kinds),
            )
        )
    return found


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
