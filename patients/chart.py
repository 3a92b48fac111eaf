"""A patient's chart as it is read: one query for each kind of entry, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from patients.models import (
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
KindsOf = Callable[[Iterable[UUID]], Mapping[UUID, str]]


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


def _no_kinds(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    del ids
    return {}


_kinds_of: KindsOf = _no_kinds


def register_document_kinds(kinds_of: KindsOf) -> None:
    """Lets the documents' app tell what kind of paper an entry comes from."""
    global _kinds_of
    _kinds_of = kinds_of


def chart(patient_id: UUID) -> Chart:
    """The current chart, newest entries first; nine queries at most."""
    labs = _entries(LabResult, patient_id)
    vitals = _entries(VitalSign, patient_id)
    conditions = _entries(Condition, patient_id)
    medications = _entries(MedicationStatement, patient_id)
    allergies = _entries(AllergyIntolerance, patient_id)
    immunizations = _entries(Immunization, patient_id)
    procedures = _entries(Procedure, patient_id)
    coverages = _entries(Coverage, patient_id)
    everything: list[ChartEntry] = [
        *labs,
        *vitals,
        *conditions,
        *medications,
        *allergies,
        *immunizations,
        *procedures,
        *coverages,
    ]
    papers = {e.source_document_id for e in everything if e.source_document_id is not None}
    kinds = _kinds_of(papers) if papers else {}
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


def _entries(model: type[E], patient_id: UUID) -> list[E]:
    """Newest first; an entry without a date goes by when it was charted, after the dated ones."""
    rows = list(model.objects.filter(patient_id=patient_id, is_current=True))
    rows.sort(key=_when, reverse=True)
    return rows


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
