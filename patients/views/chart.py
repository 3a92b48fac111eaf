"""A patient's chart as the page shows it: what is true now, each fact with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from patients.models import (
    AllergyIntolerance,
    ChartEntry,
    Condition,
    Coverage,
    LabResult,
    MedicationStatement,
    Patient,
    VitalSign,
)

Json = dict[str, Any]
MOST_RESULTS = 3000
POINTS = 24


def chart_of(patient: Patient, *, kinds: Mapping[UUID, str]) -> Json:
    """The context of ``patients/_chart.html``; ``kinds`` says what the source documents are."""
    allergies = list(_current(AllergyIntolerance, patient))
    return {
        "labs": _labs(_current(LabResult, patient)[:MOST_RESULTS], kinds),
        "problems": [
            *(_problem(row, kinds) for row in _current(Condition, patient) if not row.negated),
            *({"label": text, "code": "", "date": None, "source": None}
              for text in patient.preconditions),
        ],
        "allergies": [
            {"label": row.name, "reaction": row.reaction, "source": _source(row, kinds)}
            for row in allergies
            if not row.negated
        ],
        "allergies_known": bool(allergies),
        "medications": [
            {
                "label": row.name,
                "dose": row.dosage,
                "date": row.effective_date,
                "source": _source(row, kinds),
            }
            for row in _current(MedicationStatement, patient)
        ],
        "vitals": _vitals(_current(VitalSign, patient)[:MOST_RESULTS], kinds),
        "insurance": [_insurance(row, kinds) for row in _current(Coverage, patient)],
    }


def _current(model: type[Any], patient: Patient) -> Any:
    """Latest first; an undated fact is as old as its recording."""
    rows = model.objects.filter(patient=patient, is_current=True)
    return rows.order_by("-effective_date__isnull", "-effective_date", "-recorded_at", "id")


def _source(row: ChartEntry, kinds: Mapping[UUID, str]) -> Json | None:
    if row.source_document_id is None:
        return None
    return {
        "document_id": row.source_document_id,
        "field_id": row.source_field,
        "page": row.page or 1,
        "kind": kinds.get(row.source_document_id, ""),
        "accepted_by": row.accepted_label,
        "accepted_at": row.recorded_at,
    }


def _problem(row: Condition, kinds: Mapping[UUID, str]) -> Json:
    return {
        "label": row.name,
        "code": row.code,
        "date": row.effective_date,
        "source": _source(row, kinds),
    }


def _insurance(row: Coverage, kinds: Mapping[UUID, str]) -> Json:
    return {
        "payer": row.payer or "Payer not read",
        "plan": row.plan,
        "member_id": row.member_id,
        "group": row.group_number,
        "subscriber": row.subscriber,
        "effective": row.effective_date,
        "source": _source(row, kinds),
    }


def _vitals(rows: Iterable[VitalSign], kinds: Mapping[UUID, str]) -> list[Json]:
    """The latest of each."""
    latest: dict[str, VitalSign] = {}
    for row in rows:
        latest.setdefault(row.name.casefold(), row)
    return [
        {
            "label": row.name,
            "value": row.value,
            "unit": row.unit,
            "date": row.effective_date,
            "source": _source(row, kinds),
        }
        for row in latest.values()
    ]


def _labs(rows: Iterable[LabResult], kinds: Mapping[UUID, str]) -> list[Json]:
    """The latest of each test with its earlier results, abnormal ones first."""
    by_test: dict[str, list[LabResult]] = {}
    for row in rows:
        by_test.setdefault((row.code or row.name).casefold(), []).append(row)
    labs = [_lab(results, kinds) for results in by_test.values()]
    return sorted(labs, key=lambda lab: (not lab["flag"], lab["label"].casefold()))


def _lab(results: list[LabResult], kinds: Mapping[UUID, str]) -> Json:
    latest = results[0]
    return {
        "label": latest.name,
        "code": latest.code,
        "value": shown(latest.comparator, latest.value),
        "unit": latest.unit,
        "flag": latest.flag,
        "range": latest.range_text or _limits(latest),
        "date": latest.effective_date,
        "points": _points(results),
        "low": latest.range_low,
        "high": latest.range_high,
        "source": _source(latest, kinds),
    }


def _points(results: list[LabResult]) -> list[Json]:
    """Dated numbers in the latest result's unit, oldest first."""
    unit = results[0].unit
    points = [
        {"date": row.effective_date, "value": row.value_num, "flag": row.flag}
        for row in results
        if row.value_num is not None and row.effective_date and row.unit == unit
    ]
    return points[:POINTS][::-1]


def shown(comparator: str, value: str) -> str:
    """A result as printed: with its comparator, once."""
    return value if value.startswith(comparator) else f"{comparator}{value}"


def _limits(row: LabResult) -> str:
    low, high = row.range_low, row.range_high
    if low is not None and high is not None:
        return f"{low:g}–{high:g}"
    if low is not None:
        return f"≥ {low:g}"
    return f"≤ {high:g}" if high is not None else ""
