"""What a summary is written from, read from the chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from uuid import UUID

from patients.chart import Item, chart, source_of
from patients.models import AllergyIntolerance, ChartEntry, LabResult
from patients.summary import Facts, Measured

KindsOf = Callable[[Iterable[UUID]], Mapping[UUID, str]]


def summary_facts(patient_id: UUID, *, kinds_of: KindsOf) -> Facts:
    """Everything current in a patient's chart; ``kinds_of`` tells what kind papers are."""
    results = list(LabResult.objects.filter(patient_id=patient_id, is_current=True))
    denied = list(
        AllergyIntolerance.objects.filter(patient_id=patient_id, is_current=True, negated=True)
    )
    entries: list[ChartEntry] = [*results, *denied]
    kinds = kinds_of({e.source_document_id for e in entries if e.source_document_id})
    for rows in (results, denied):
        rows.sort(key=_when, reverse=True)
    return Facts(
        chart=chart(patient_id),
        labs=[_measured(result, kinds) for result in results],
        no_allergies=[
            Item(one.name, one.code, one.effective_date, source_of(one, kinds)) for one in denied
        ],
    )


def _when(entry: ChartEntry) -> tuple[date, object]:
    return (entry.effective_date or date.min, entry.recorded_at)


def _measured(result: LabResult, kinds: Mapping[UUID, str]) -> Measured:
    return Measured(
        test=result.code or result.name.casefold(),
        label=result.name,
        value=result.value,
        number=None if result.comparator else result.value_num,
        unit=result.unit,
        flag=result.flag,
        range=result.range_text,
        low=result.range_low,
        high=result.range_high,
        date=result.effective_date,
        source=source_of(result, kinds),
    )
