"""Checks of an extraction against the chart, the calendar and itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from documents.pipeline.extraction.confidence import doubted
from documents.pipeline.extraction.normalise.loinc import plausible_bounds
from documents.pipeline.extraction.normalise.names import similarity
from documents.pipeline.extraction.normalise.units import same_unit
from documents.pipeline.types import ChartFacts, Extraction, Field

NAME_AGREES = 0.9
NAME_DISAGREES = 0.78
_ORDERED = (
    ("patient.dob", "doc.date_collected"),
    ("patient.dob", "doc.date_service"),
    ("patient.dob", "doc.date_admitted"),
    ("doc.date_collected", "doc.date_reported"),
    ("doc.date_admitted", "doc.date_discharged"),
    ("doc.date_service", "doc.date_signed"),
)


def verify(extraction: Extraction, chart: ChartFacts | None, *, today: date) -> Extraction:
    """The same extraction with warnings, lowered confidences and the patient match."""
    fields = list(extraction.fields)
    fields = [_plausible(field) for field in fields]
    fields = _calendar(fields, today)
    fields = _claim_totals(fields)
    if chart is not None:
        fields = [_delta(field, chart) for field in fields]
        match = patient_match(fields, chart)
        if match["disagree"]:
            fields = [_conflicting(field, match["disagree"]) for field in fields]
        extraction = replace(extraction, patient_match=match)
    return replace(extraction, fields=tuple(fields))


def patient_match(fields: Sequence[Field], chart: ChartFacts) -> dict[str, Any]:
    """Name, birth date, record number and sex against the chart; ``score`` 0 to 1.

    Another institution's record number may differ without meaning another patient, so it only
    ever adds certainty.
    """
    own = {f.name: f for f in fields if f.context == "patient" and f.value}
    agree: list[str] = []
    disagree: list[str] = []
    score = 0.0
    name = own.get("patient.name")
    likeness = 0.0
    if name is not None and name.value:
        likeness = similarity(name.value, f"{chart.first_name} {chart.last_name}")
        if likeness >= NAME_AGREES:
            agree.append("name")
        elif likeness < NAME_DISAGREES:
            disagree.append("name")
        score += 0.45 * likeness
    born = own.get("patient.dob")
    if born is not None and chart.dob is not None:
        same = born.value == chart.dob.isoformat()
        (agree if same else disagree).append("dob")
        score += 0.45 if same else 0.0
    number = own.get("patient.mrn")
    if number is not None and _folded(number.value or "") == _folded(chart.mrn or "-"):
        agree.append("mrn")
        score += 0.2
    sex = own.get("patient.sex")
    if sex is not None and sex.code and chart.sex:
        if str(sex.code["code"])[0] == chart.sex.lower()[0]:
            agree.append("sex")
            score += 0.05
        elif str(sex.code["code"]) in {"male", "female"}:
            disagree.append("sex")
    matched = (
        chart.patient_id
        if agree
        and not set(disagree) & {"name", "dob"}
        and ("name" in agree and ("dob" in agree or "mrn" in agree))
        else None
    )
    if set(disagree) & {"name", "dob"}:
        score *= 0.5
    return {
        "patient_id": matched,
        "score": round(min(1.0, score), 4),
        "agree": agree,
        "disagree": disagree,
    }


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower()).lstrip("0")


def _conflicting(field: Field, disagree: object) -> Field:
    parts = disagree if isinstance(disagree, list) else []
    if field.name.removeprefix("patient.") in parts and field.name.startswith("patient."):
        return field.warned("patient_mismatch")
    return field


def _plausible(field: Field) -> Field:
    """A value no living patient has, or a quantity impossible in its unit."""
    if field.name != "lab" or field.value_num is None or field.code is None:
        return field
    known = plausible_bounds(str(field.code["code"]))
    if known is None:
        return field
    unit, low, high = known
    if field.unit_ucum is not None and not same_unit(field.unit_ucum, unit):
        return field
    if low <= field.value_num <= high:
        return field
    return doubted(field, "implausible", "implausible_value")


def _calendar(fields: list[Field], today: date) -> list[Field]:
    """Dates in the future, birth dates out of a human life, and dates out of order."""
    limit = (today + timedelta(days=1)).isoformat()
    checked = []
    for field in fields:
        past = field.name.startswith("doc.date") or field.name in {
            "patient.dob",
            "insurance.subscriber_dob",
            "consent.signed_date",
        }
        if past and field.value and field.value > limit:
            field = doubted(field, "future", "future_date")
        if field.name == "patient.dob" and field.value and field.value < str(today.year - 120):
            field = doubted(field, "implausible", "implausible_value")
        checked.append(field)
    values = {f.name: f.value for f in checked if f.value and f.context == "patient"}
    wrong = set()
    for earlier, later in _ORDERED:
        if earlier in values and later in values and str(values[earlier]) > str(values[later]):
            wrong |= {earlier, later}
    return [doubted(f, "order", "dates_out_of_order") if f.name in wrong else f for f in checked]


def _claim_totals(fields: list[Field]) -> list[Field]:
    """The printed total against the sum of the service lines, where both are there."""
    lines = [f for f in fields if f.name == "procedure" and f.value_num is not None]
    total = next((f for f in fields if f.name == "claim.total" and f.value_num is not None), None)
    if not lines or total is None or total.value_num is None:
        return fields
    if abs(sum(f.value_num or 0.0 for f in lines) - total.value_num) < 0.005:
        return fields
    return [doubted(f, "inconsistent", "total_mismatch") if f is total else f for f in fields]


def _delta(field: Field, chart: ChartFacts) -> Field:
    """A jump by more than a factor of five against the last result of the same test."""
    if field.name != "lab" or field.value_num is None or field.code is None:
        return field
    earlier = [
        row
        for row in chart.earlier_labs
        if row[0] == field.code["code"]
        and (field.unit_ucum is None or same_unit(row[1], field.unit_ucum))
    ]
    if not earlier:
        return field
    last = max(earlier, key=lambda row: row[3])[2]
    if last > 0 and field.value_num > 0 and not 0.2 <= field.value_num / last <= 5.0:
        return doubted(field, "delta", "delta_check")
    return field
