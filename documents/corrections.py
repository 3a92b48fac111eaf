"""What a person says about an extraction, applied to its JSON; pure.

A correction keeps the machine's original value beside the person's (``review.original``).
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

from clinic.refusals import Invalid

Json = dict[str, Any]

DATES = frozenset(
    {
        "patient.dob",
        "insurance.subscriber_dob",
        "insurance.effective",
        "consent.signed_date",
    }
)
VITALS = {
    "blood_pressure": "Blood pressure",
    "heart_rate": "Heart rate",
    "pulse": "Heart rate",
    "temperature": "Temperature",
    "respiratory_rate": "Respiratory rate",
    "spo2": "SpO2",
    "oxygen_saturation": "SpO2",
    "weight": "Weight",
    "height": "Height",
    "bmi": "BMI",
}
NUMBER = re.compile(r"^\s*(<=|>=|[<>≤≥])?\s*(-?\d[\d.,]*)\s*$")
THOUSANDS = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$")


class ReviewRefused(Invalid):
    """The answer cannot be applied; ``errors`` maps a field's id, or a name, to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0], errors=errors)


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to a review. What is not named is confirmed as it stands.

    ``corrections`` are {"id", "value", "unit"?}, ``additions`` {"name", "label"?, "value",
    "unit"?, "page"?, "bbox"?}, ``removals`` field ids.
    """

    status: str
    reason: str = ""
    kind: str = ""
    corrections: list[Json] = field(default_factory=list)
    additions: list[Json] = field(default_factory=list)
    removals: list[str] = field(default_factory=list)

    def as_dict(self) -> Json:
        """JSON form, for a checkpoint."""
        return {
            "status": self.status,
            "reason": self.reason,
            "kind": self.kind,
            "corrections": self.corrections,
            "additions": self.additions,
            "removals": self.removals,
        }


def additions_from_values(values: Json) -> list[Json]:
    """Values typed by a simple client ({"blood_pressure": "120/80"}) as additions."""
    return [
        {
            "name": "vital" if key in VITALS else "lab",
            "label": VITALS.get(key, key.replace("_", " ").capitalize()),
            "value": str(value),
        }
        for key, value in values.items()
    ]


def corrected(extracted: Json | None, answer: Answer, *, by: str, at: str) -> Json:
    """A copy of the extraction with the answer applied; ``at`` is ISO 8601.

    Raises:
        ReviewRefused: naming every unknown field and every value that cannot be.
    """
    result = copy.deepcopy(extracted) if extracted else empty_extraction()
    fields = {f["id"]: f for f in result["fields"]}
    errors: dict[str, list[str]] = {}
    for one in answer.corrections:
        target = fields.get(one["id"])
        if target is None:
            errors[one["id"]] = ["This document has no such field."]
            continue
        problem = _problem(target["name"], one["value"])
        if problem:
            errors[one["id"]] = [problem]
        else:
            _correct(target, one, by, at)
    for field_id in answer.removals:
        if field_id not in fields:
            errors[field_id] = ["This document has no such field."]
        else:
            _mark(fields[field_id], "removed", by, at)
    for number, one in enumerate(answer.additions, start=1):
        problem = _problem(one["name"], one["value"])
        if problem:
            errors[one.get("label") or one["name"]] = [problem]
        else:
            added = _added(one, _fresh_id(fields, number), by, at)
            fields[added["id"]] = added
            result["fields"].append(added)
    if errors:
        raise ReviewRefused(errors)
    for one in result["fields"]:
        if one["review"]["state"] == "none":
            _mark(one, "confirmed", by, at)
    result["needs_review"] = []
    return result


def empty_extraction() -> Json:
    """The extraction of a document that only a person has read."""
    return {
        "schema_version": "1.0",
        "pipeline_version": "",
        "calibration_version": "",
        "confidence": 0.0,
        "reasons": [],
        "document": {
            "pages": 0,
            "language": "",
            "kind": {"value": "other", "confidence": 0.0},
            "quality": {},
        },
        "segments": [],
        "fields": [],
        "needs_review": [],
        "patient_match": {},
        "duplicates": [],
    }


def number_in(text: str) -> tuple[str | None, float | None]:
    """(comparator, number) of a value as written, or (None, None) when it is no number."""
    match = NUMBER.match(text)
    if not match:
        return None, None
    comparator, digits = match.groups()
    if THOUSANDS.match(digits):
        digits = digits.replace(",", "")
    try:
        number = float(digits.replace(",", "."))
    except ValueError:
        return None, None
    return (comparator, number) if isfinite(number) else (None, None)


def _problem(name: str, value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "Enter a value, or remove the field."
    if len(value) > 2000:
        return "This value is too long."
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "This value holds characters that cannot be stored."
    if name in DATES or name.startswith("doc.date") or name == "doc.due_date":
        try:
            date.fromisoformat(value.strip())
        except ValueError:
            return "Enter the date as year-month-day, such as 2025-11-02."
    return None


def _correct(target: Json, one: Json, by: str, at: str) -> None:
    value = one["value"].strip()
    unit = one.get("unit", target["unit"])
    if value == target["value"] and unit == target["unit"]:
        _mark(target, "confirmed", by, at)
        return
    original = target["review"]["original"] or {"value": target["value"], "unit": target["unit"]}
    target["value"], target["unit"] = value, unit
    target["comparator"], target["value_num"] = number_in(value)
    _flag_again(target)
    _mark(target, "corrected", by, at)
    target["review"]["original"] = original


def _flag_again(target: Json) -> None:
    limits, number = target["ref_range"] or {}, target["value_num"]
    if number is None or (limits.get("low") is None and limits.get("high") is None):
        return
    low, high = limits.get("low"), limits.get("high")
    derived = "H" if high is not None and number > high else None
    if low is not None and number < low:
        derived = "L"
    raw = (target["flag"] or {}).get("raw")
    target["flag"] = {"raw": raw, "normalized": derived, "derived": derived}


def _added(one: Json, field_id: str, by: str, at: str) -> Json:
    value = one["value"].strip()
    comparator, number = number_in(value)
    result: Json = {
        "id": field_id,
        "name": one["name"],
        "group": None,
        "label": one.get("label") or None,
        "code": None,
        "value": value,
        "value_num": number,
        "comparator": comparator,
        "value_type": "quantity" if number is not None else "string",
        "unit": one.get("unit") or None,
        "unit_ucum": None,
        "ref_range": None,
        "flag": None,
        "effective_date": None,
        "negated": False,
        "context": "patient",
        "confidence": 0.0,
        "page": one.get("page"),
        "bbox": one.get("bbox"),
        "excerpt": None,
        "source": "person",
        "warnings": [],
        "review": {},
    }
    _mark(result, "added", by, at)
    return result


def _mark(target: Json, state: str, by: str, at: str) -> None:
    original = target["review"].get("original")
    target["review"] = {"state": state, "by": by, "at": at, "original": original}


def _fresh_id(fields: dict[str, Json], number: int) -> str:
    while f"p{number}" in fields:
        number += 1
    return f"p{number}"
