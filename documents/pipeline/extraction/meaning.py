"""What a labelled value means on each kind of paper, and which do not belong on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import norm

_FILLED = {"medical_history", "consent_form"}


_PROSE_DAYS = {  # the papers on which a sentence's date is the document's own
    "doc.date_collected": {"lab"},
    "doc.date_reported": {"lab", "imaging"},
    "doc.date_service": {"summary", "imaging", "payer_letter", "claim_form"},
    "doc.date_admitted": {"summary"},
    "doc.date_discharged": {"summary"},
}


def printed(candidates: list[Candidate]) -> None:
    """The day of printing is the document's when it bears no other."""
    dated = any(c.name.startswith("doc.date") for c in candidates)
    for candidate in [c for c in candidates if c.name == "doc.printed"]:
        if dated:
            candidates.remove(candidate)
        else:
            candidate.name = "doc.date"
            candidate.features["label_doubt"] = max(0.2, candidate.features["label_doubt"])


def to_come(candidates: list[Candidate]) -> None:
    """An appointment after the day a paper was written is no visit it tells of."""
    written = max((c.value for c in candidates if c.name == "doc.date"), default=None)
    for candidate in [c for c in candidates if c.name == "doc.date_service"]:
        asked = norm(candidate.label or "")
        if written and "appointment" in asked and candidate.value > written:
            candidates.remove(candidate)


_OTHERS_IN_LABS = {
    "acct", "acct no", "account", "account no", "account number", "attending",
    "attending physician", "attending provider", "attending md",
}  # fmt: skip
"""A laboratory's account is its client's as often as a patient's; a ward's doctor signs nothing."""


_PLAN_OF_A_CLAIM = {"plan", "health plan", "insurance plan", "medical plan"}
"""A claim is sent to a plan: without a payer beside it that is who pays."""


def by_kind(kind: str, candidates: Sequence[Candidate]) -> None:
    """Give labels that mean different things on different papers their name there."""
    names = {c.name for c in candidates}
    for candidate in candidates:
        if candidate.name == "id":
            card = kind in {"insurance_card", "payer_letter", "claim_form"}
            candidate.name = "insurance.member_id" if card else "patient.mrn"
        elif candidate.name == "provider":
            candidate.name = {"lab": "provider.ordering", "imaging": "provider.ordering"}.get(
                kind, "provider.rendering"
            )
        elif kind == "payer_letter" and candidate.name.startswith("insurance.subscriber"):
            own = "patient.dob" if candidate.name.endswith("dob") else "patient.name"
            sure = any(c.name == own and norm(c.label or "") != "re" for c in candidates)
            candidate.name = candidate.name if own in names and sure else own
        elif (
            kind == "claim_form"
            and candidate.name == "insurance.plan"
            and norm(candidate.label or "") in _PLAN_OF_A_CLAIM
            and "insurance.payer" not in names
        ):
            candidate.name = "insurance.payer"
        elif kind in _FILLED and candidate.name == "doc.date_reported":
            candidate.name = "doc.date"  # the day on which a form was completed
        elif kind == "claim_form" and candidate.name == "provider.author":
            candidate.name = "provider.rendering"
        elif kind == "lab" and norm(candidate.label or "") in _OTHERS_IN_LABS:
            doubt = candidate.features.get("label_doubt", 0.0)
            candidate.features["label_doubt"] = max(0.35, doubt)
            if candidate.name == "provider.author":
                candidate.name = "provider.ordering"


def fits(kind: str, candidate: Candidate) -> bool:
    """Labels that mean something only on some kinds of paper."""
    family = candidate.name.partition(".")[0]
    if "prose" in candidate.features and candidate.name in _PROSE_DAYS:
        return kind in _PROSE_DAYS[candidate.name]
    if kind == "consent_form" and candidate.name == "doc.date_service":
        return not _ranged(candidate)
    if family == "claim":
        return kind in {"claim_form", "payer_letter", "other"}
    if family == "imaging":
        return kind in {"imaging"}
    if family == "provider" and kind == "insurance_card":
        return candidate.name == "provider.pcp"
    if candidate.name == "provider.author":
        return kind not in {"consent_form", "insurance_card"}
    if candidate.name == "insurance.plan" and kind not in {"insurance_card", "claim_form"}:
        return norm(candidate.label or "") != "plan"  # of care, as likely
    if kind == "insurance_card" and candidate.name == "doc.date_reported":
        return False  # the day on which a card was issued
    if candidate.name == "insurance.effective":
        return kind != "consent_form"  # a notice's own day
    if candidate.name in {"insurance.plan", "doc.due_date"}:
        return kind in {"insurance_card", "claim_form", "payer_letter", "medical_history", "other"}
    return True


_UNTIL = re.compile(r"^[\s,]*(?:(?:to|through|thru|until|till|and|bis|al?)\b|[-–—]\s*\d)", re.I)


def _ranged(candidate: Candidate) -> bool:
    """Whether a date is the first of two: the days whose records may be released are no visit."""
    text = candidate.layout.lines[candidate.line].text
    raw = candidate.raw or candidate.value
    return _UNTIL.match(text[text.find(raw) + len(raw) :]) is not None
