"""Whether a document may be filed without a person, and what a person must look at."""

from __future__ import annotations

from dataclasses import dataclass

from documents.pipeline.extraction.confidence import THRESHOLD
from documents.pipeline.types import Decision, Extraction, Field

DATES = (
    "doc.date_collected",
    "doc.date_service",
    "doc.date_reported",
    "doc.date",
    "doc.date_admitted",
    "doc.date_discharged",
    "doc.date_signed",
)


@dataclass(frozen=True, slots=True)
class Need:
    """One requirement: any of ``names`` present; ``every`` counts each one found."""

    names: tuple[str, ...]
    every: bool = False


_WHO = (Need(("patient.name",)), Need(("patient.dob", "patient.mrn")))
_FACTS = Need(
    ("diagnosis", "medication", "allergy", "procedure", "immunization", "vital", "lab"), every=True
)

# What each kind must show before it may be filed unseen. Every fact that would be written to
# the chart counts; a need that nothing on the page meets is a confidence of 0.
REQUIRED: dict[str, tuple[Need, ...]] = {
    "lab": (*_WHO, Need(DATES), Need(("lab",), every=True)),
    "imaging": (*_WHO, Need(DATES), Need(("imaging.exam",)), Need(("imaging.impression",))),
    "medical_history": (*_WHO, _FACTS),
    "summary": (*_WHO, Need(DATES), _FACTS),
    "consent_form": (
        Need(("patient.name",)),
        Need(("consent.signed",)),
        Need(("consent.signed_date", "doc.date_signed", "doc.date")),
    ),
    "insurance_card": (
        Need(("insurance.payer",)),
        Need(("insurance.member_id",)),
        Need(("insurance.subscriber", "patient.name")),
    ),
    "claim_form": (*_WHO, Need(("insurance.member_id", "claim.number")), Need(("claim.total",))),
    "payer_letter": (
        Need(("patient.name",)),
        Need(("claim.number", "insurance.member_id")),
        Need(("doc.date", "doc.date_service", "doc.due_date")),
    ),
    "other": (Need(("patient.name",)), Need(DATES)),
}
BLOCKING = {
    "patient_mismatch",
    "second_patient",
    "future_date",
    "flag_range_mismatch",
    "implausible_value",
    "ambiguous_date",
    "npi_check_digit",
    "rival_value",
}


def decide(extraction: Extraction, *, kind_hint: str | None, has_patient: bool) -> Decision:
    """Confidence is the least of the required fields; any reason at all sends it to a person."""
    review = tuple(f.id for f in extraction.fields if needs_person(f))
    if not extraction.fields:
        return Decision(False, 0.0, ("blank",), ())
    reasons: list[str] = []
    kind = extraction.kind
    worst = extraction.kind_confidence if extraction.kind_confidence < 0.5 else 1.0
    if kind_hint and kind_hint not in {kind, "other"}:
        reasons.append("kind_mismatch")
    for need in REQUIRED.get(kind, REQUIRED["other"]):
        confidence, name = _met(need, extraction.fields)
        if confidence == 0.0:
            reasons.append(f"missing:{name}")
        elif confidence < THRESHOLD:
            reasons.append(f"low_confidence:{name}")
        worst = min(worst, confidence)
    if extraction.quality.get("tick_boxes") and kind == "medical_history":
        reasons.append("tick_boxes")  # marks are drawn, not written: words alone miss them
    if extraction.kind_confidence < 0.5 or kind == "other":
        reasons.append("kind_uncertain")
        worst = min(worst, extraction.kind_confidence)
    reasons.extend(_patient_reasons(extraction, has_patient=has_patient))
    blocked = _blocked(extraction.fields)
    reasons.extend(code for code in blocked if code not in reasons)
    unique = tuple(dict.fromkeys(reasons))
    return Decision(not unique and worst >= THRESHOLD, worst, unique, review)


def needs_person(field: Field) -> bool:
    """Doubtful by its confidence or by a warning that no confidence outweighs."""
    return field.value is not None and (
        field.confidence < THRESHOLD or bool(BLOCKING & set(field.warnings))
    )


def _met(need: Need, fields: tuple[Field, ...]) -> tuple[float, str]:
    found = [
        f
        for f in fields
        if f.name in need.names and f.value is not None and f.context in {"patient", "family"}
    ]
    if not found:
        return 0.0, need.names[0]
    if need.every:
        least = min(found, key=lambda f: f.confidence)
        return least.confidence, least.name
    by_name = [f for name in need.names for f in found if f.name == name]
    best = max(by_name, key=lambda f: f.confidence)
    return best.confidence, best.name


def _patient_reasons(extraction: Extraction, *, has_patient: bool) -> list[str]:
    match = extraction.patient_match
    reasons = []
    if set(match.get("disagree", ())) & {"name", "dob"}:
        reasons.append("patient_conflict")
    if not has_patient and match.get("patient_id") is None:
        reasons.append("no_patient")
    if any(f.context == "other_patient" for f in extraction.fields):
        reasons.append("second_patient")
    return reasons


def _blocked(fields: tuple[Field, ...]) -> list[str]:
    """Warnings of any field that must be seen by a person."""
    found = {warning for f in fields for warning in f.warnings}
    return sorted(found & (BLOCKING - {"rival_value", "patient_mismatch", "ambiguous_date"}))
