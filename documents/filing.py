"""From an extraction's fields to entries of a chart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from documents.models import Document, DocumentKind
from patients.models import (
    AllergyIntolerance,
    ChartEntry,
    Coding,
    Condition,
    Coverage,
    Immunization,
    LabResult,
    MedicationStatement,
    Procedure,
    VitalSign,
)

Json = dict[str, Any]

NOT_CHARTED = frozenset(
    {DocumentKind.CONSENT_FORM, DocumentKind.CLAIM_FORM, DocumentKind.PAYER_LETTER}
)
LONGEST = {
    "payer": 200,
    "payer_id": 40,
    "plan": 200,
    "member_id": 60,
    "group_number": 60,
    "subscriber": 200,
    "rx_bin": 20,
    "rx_pcn": 20,
    "rx_group": 40,
}
INSURANCE = {
    "insurance.payer": "payer",
    "insurance.payer_id": "payer_id",
    "insurance.plan": "plan",
    "insurance.member_id": "member_id",
    "insurance.group": "group_number",
    "insurance.subscriber": "subscriber",
    "insurance.rx_bin": "rx_bin",
    "insurance.rx_pcn": "rx_pcn",
    "insurance.rx_group": "rx_group",
}


def chart_entries(
    document: Document, extracted: Json, *, least: float, accepted: str, user_id: Any = None
) -> list[ChartEntry]:
    """Unsaved entries for the fields whose confidence is at least ``least`` or that a person saw.

    ``accepted`` is who answers for them: a person's name, or the agent's. Family history, other
    patients' and removed fields are left out, what a person still has to look at, and everything
    on papers that state no clinical facts.
    """
    if document.kind in NOT_CHARTED:
        return []
    doubtful = set(extracted.get("needs_review", ()))
    fields = [
        f
        for f in extracted.get("fields", [])
        if f["value"] not in (None, "")
        and f["context"] == "patient"
        and f["id"] not in doubtful
        and f["review"]["state"] != "removed"
        and (f["confidence"] >= least or f["review"]["state"] in ("corrected", "added"))
    ]
    fallback = _document_date(fields)
    entries = [entry for field in fields for entry in _entries_of(field)]
    coverage = _coverage(fields)
    pairs = [*entries, *([coverage] if coverage else [])]
    for entry, field in pairs:
        _prove(entry, document, field, fallback)
        entry.accepted_label = accepted
        entry.accepted_by_id = user_id
    return [entry for entry, _ in pairs]


def _entries_of(field: Json) -> Iterator[tuple[ChartEntry, Json]]:
    name, label, value = field["name"], field["label"] or field["value"], field["value"]
    if name == "lab":
        yield _lab(field), field
    elif name == "vital":
        yield (
            VitalSign(
                name=label[:100],
                value=value[:100],
                value_num=field["value_num"],
                unit=(field["unit"] or "")[:60],
            ),
            field,
        )
    elif name == "diagnosis":
        yield Condition(name=value[:300], negated=field["negated"]), field
    elif name == "medication":
        yield MedicationStatement(name=value[:300], dosage=_dosage(field)[:200]), field
    elif name == "allergy":
        yield AllergyIntolerance(name=value[:300], negated=field["negated"]), field
    elif name == "immunization":
        yield Immunization(name=value[:300]), field
    elif name == "procedure":
        yield Procedure(name=value[:300]), field


def _dosage(field: Json) -> str:
    """How a medicine is taken: what follows its name in its own part of the line."""
    _, found, after = (field["excerpt"] or "").partition(field["value"])
    return after.split(";")[0].strip(" ,.-\u2013:") if found else ""


def _lab(field: Json) -> LabResult:
    limits = field["ref_range"] or {}
    flag = field["flag"] or {}
    seen = flag.get("normalized") or flag.get("derived") or ""
    return LabResult(
        name=(field["label"] or "")[:200],
        value=field["value"][:200],
        value_num=field["value_num"],
        comparator=field["comparator"] or "",
        unit=(field["unit"] or "")[:60],
        range_text=(limits.get("raw") or "")[:120],
        range_low=limits.get("low"),
        range_high=limits.get("high"),
        flag="" if seen == "N" else seen[:10],
    )


def _coverage(fields: list[Json]) -> tuple[Coverage, Json] | None:
    found = {f["name"]: f for f in fields if f["name"] in INSURANCE}
    anchor = found.get("insurance.member_id") or found.get("insurance.payer")
    if anchor is None or "insurance.member_id" not in found:
        return None
    coverage = Coverage(payer="")
    for name, attribute in INSURANCE.items():
        if name in found:
            setattr(coverage, attribute, found[name]["value"][: LONGEST[attribute]])
    born = next((f for f in fields if f["name"] == "insurance.subscriber_dob"), None)
    if born:
        coverage.subscriber_dob = _date(born["value"])
    return coverage, anchor


def _prove(entry: ChartEntry, document: Document, field: Json, fallback: date | None) -> None:
    entry.source_document_id = document.pk
    entry.source_field = field["id"]
    entry.page = field["page"]
    entry.box = field["bbox"]
    entry.excerpt = (field["excerpt"] or "")[:500]
    entry.confidence = field["confidence"]
    entry.effective_date = _date(field["effective_date"])
    if entry.effective_date is None and isinstance(entry, LabResult | VitalSign | Coverage):
        entry.effective_date = fallback  # what was measured that day; a history has other dates
    code = field["code"]
    if code and isinstance(entry, Coding):
        entry.code_system, entry.code = code["system"][:100], code["code"][:40]


def _document_date(fields: list[Json]) -> date | None:
    by_name = {f["name"]: f for f in fields}
    for name in (
        "doc.date_collected",
        "doc.date_service",
        "doc.date",
        "doc.date_reported",
        "doc.date_discharged",
    ):
        if name in by_name:
            return _date(by_name[name]["value"])
    return None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
