"""Who the document is about, its dates, its people and its numbers, from labelled values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from documents.pipeline.extraction import typed
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.labels import Label, find_labels, misread_label, value_type
from documents.pipeline.extraction.lines import Layout, Token, norm
from documents.pipeline.extraction.pairs import Labels, Spot, above, spots
from documents.pipeline.extraction.typed import Reading
from documents.pipeline.types import Locale

GENERIC = {
    "name",
    "phone",
    "address",
    "patient.sex",
    "patient.dob",
    "patient.phone",
    "patient.address",
}
_PARTY_OF = {
    "patient": "patient",
    "doc": "",
    "provider": "provider",
    "facility": "facility",
    "insurance": "insurance",
    "claim": "",
    "emergency": "emergency",
    "imaging": "",
    "stop": "",
}
_HEADINGS = {
    "patient": "patient",
    "patient information": "patient",
    "patient details": "patient",
    "patient demographics": "patient",
    "demographics": "patient",
    "patient info": "patient",
    "patient data": "patient",
    "about the patient": "patient",
    "patient identification": "patient",
    "about you": "patient",
    "your information": "patient",
    "insured": "insurance",
    "insured information": "insurance",
    "subscriber": "insurance",
    "subscriber information": "insurance",
    "policyholder": "insurance",
    "insurance information": "insurance",
    "insurance": "insurance",
    "guarantor": "guarantor",
    "guarantor information": "guarantor",
    "responsible party": "guarantor",
    "emergency contact": "emergency",
    "emergency contact information": "emergency",
    "emergency": "emergency",
    "next of kin": "emergency",
    "pharmacy": "pharmacy",
    "preferred pharmacy": "pharmacy",
    "provider": "provider",
    "ordering provider": "provider",
    "physician": "provider",
    "ordering physician": "provider",
    "client": "provider",
    "client information": "provider",
    "physician information": "provider",
    "provider information": "provider",
    "physician details": "provider",
    "referring provider": "provider",
    "facility": "facility",
    "laboratory": "facility",
    "facility information": "facility",
    "employer": "employer",
    "spouse": "family",
    "parent": "family",
    "mother": "family",
    "father": "family",
    "parent guardian": "family",
    "guardian": "family",
    "billing provider": "provider",
    "rendering provider": "provider",
    "account information": "provider",
    "contact us": "facility",
    "member services": "facility",
    "customer service": "facility",
    "witness": "witness",
    "specimen information": "",
    "order information": "",
    "physicians": "provider",
    "submitted by": "provider",
    "client ordering site information": "provider",
}
_STOP_PARTIES = {
    "guarantor": "guarantor",
    "guarantor name": "guarantor",
    "responsible party": "guarantor",
    "responsible party name": "guarantor",
    "witness": "witness",
    "witness name": "witness",
    "witness signature": "witness",
    "interpreter": "witness",
    "parent guardian": "family",
    "legal guardian": "family",
    "guardian": "family",
    "mother": "family",
    "father": "family",
    "mothers name": "family",
    "fathers name": "family",
    "client": "provider",
    "lab director": "facility",
    "director": "facility",
    "medical director": "facility",
    "employer": "employer",
    "pharmacy": "pharmacy",
    "customer service": "facility",
    "member services": "facility",
    "provider services": "facility",
    "bill to": "guarantor",
    "report to": "provider",
    "attn": "facility",
    "other insured name": "insurance",
    "other insureds name": "insurance",
    "9 other insureds name": "insurance",
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place on a page that says whose details follow."""

    party: str
    line: int
    x0: float
    y: float
    heading: bool


def labelled(layout: Layout, locale: Locale, *, contested: bool) -> tuple[list[Candidate], Labels]:
    """Candidates of all labelled fields on a page, and the labels themselves."""
    labels = find_labels(layout)
    anchors = _anchors(layout, labels)
    anchors += _weak_anchors(layout, labels, anchors)
    found: list[Candidate] = []
    for line_labels in labels.values():
        for label in line_labels:
            field = _resolved(layout, label, anchors)
            if field is None:
                continue
            candidate = _read(layout, labels, label, field, locale, contested=contested)
            if candidate is not None:
                found.append(candidate)
    return _signature_dates(layout, labels, found), labels


def _signature_dates(layout: Layout, labels: Labels, found: list[Candidate]) -> list[Candidate]:
    """A bare "Date" on a row with a signature is the day of signing."""
    signed = {
        line
        for line, row in labels.items()
        if any("signature" in norm(label.text) for label in row)
    }
    for candidate in found:
        if (
            candidate.name == "doc.date"
            and candidate.label_line in signed
            and candidate.label
            and (norm(candidate.label) in {"date", "dated", "date time"})
        ):
            candidate.name = "doc.date_signed"
    return found


def _anchors(layout: Layout, labels: Labels) -> list[Anchor]:
    found = []
    for line in layout.lines:
        for label in labels.get(line.index, ()):
            party = (
                _STOP_PARTIES.get(norm(label.text))
                if label.field == "stop"
                else (_PARTY_OF.get(label.field.partition(".")[0], ""))
            )
            if label.field in GENERIC and label.field not in {"patient.dob", "patient.sex"}:
                party = ""
            if label.field in {"provider.npi", "patient.dob", "patient.sex"}:
                party = ""
            if party:
                found.append(Anchor(party, line.index, label.x0, line.y0, False))
        for chunk in line.chunks:
            party = _HEADINGS.get(norm(chunk.text))
            if party:
                found.append(Anchor(party, line.index, chunk.x0, line.y0, True))
    return found


def _weak_anchors(layout: Layout, labels: Labels, anchors: Sequence[Anchor]) -> list[Anchor]:
    """A birth date or sex that nobody else claims stands among the patient's details."""
    return [
        Anchor("patient", label.line, label.x0, label.y0, False)
        for row in labels.values()
        for label in row
        if label.field in {"patient.dob", "patient.sex"}
        and party_of(layout, anchors, label) in {"patient", None, "facility", "provider"}
    ]


def party_of(layout: Layout, anchors: Sequence[Anchor], label: Label) -> str | None:
    """Whose detail a label announces: the nearest anchor above it in its column, or left of it."""
    best, best_distance = None, 1e9
    for anchor in anchors:
        if anchor.line > label.line or (anchor.line == label.line and anchor.x0 > label.x0):
            continue
        dy = (label.y0 - anchor.y) / max(1.0, layout.pitch)
        dx = abs(anchor.x0 - label.x0) / layout.width
        if dy > 14:
            continue
        sideways = dx * (1.0 if dy < 0.5 else 14)
        distance = dy + sideways - (0.8 if anchor.heading and dx < 0.08 else 0.0)
        if distance < best_distance or (distance == best_distance and anchor.heading):
            best, best_distance = anchor.party, distance
    return best


def _resolved(layout: Layout, label: Label, anchors: Sequence[Anchor]) -> str | None:
    """The field a label stands for after asking whose it is; None when nobody's we keep."""
    field = label.field
    if field in {"stop", "doc.date_received"}:
        return None
    if field == "provider.billing_npi":
        return "provider.npi"
    if field not in GENERIC:
        return field
    party = party_of(layout, anchors, label)
    explicit = "patient" in norm(label.text) or "pt" in norm(label.text).split()
    if explicit:
        return field if "." in field else f"patient.{field}"
    if field in {"patient.dob", "patient.sex"}:
        if party in {"family", "guarantor", "witness", "emergency", "employer"}:
            return None
        if party == "insurance" and field == "patient.dob":
            return "insurance.subscriber_dob"
        return field
    if field == "name":
        return {
            "patient": "patient.name",
            None: "patient.name",
            "insurance": "insurance.subscriber",
            "emergency": "emergency.name",
        }.get(party)
    if field == "phone":
        return {"patient": "patient.phone", "emergency": "emergency.phone"}.get(party or "")
    if field == "address":
        return {"patient": "patient.address"}.get(party or "")
    if field == "patient.phone":
        return {
            "emergency": "emergency.phone",
            "provider": None,
            "facility": None,
            "guarantor": None,
            "pharmacy": None,
            "family": None,
        }.get(party or "", field)
    return field if party in {"patient", None} else None


def _readers(
    field: str, locale: Locale, *, contested: bool
) -> Callable[[tuple[Token, ...]], Reading | None]:
    kind = value_type(field)
    if kind == "date":
        return lambda tokens: typed.read_date(tokens, locale, contested=contested)
    if kind == "id":
        spaced = field in {"insurance.member_id", "patient.mrn", "claim.number", "id"}
        letters = field in {
            "insurance.rx_pcn",
            "insurance.rx_group",
            "insurance.group",
            "insurance.payer_id",
        }
        return lambda tokens: typed.read_id(tokens, spaced=spaced, letters=letters)
    return {
        "sex": typed.read_sex,
        "phone": typed.read_phone,
        "npi": typed.read_npi,
        "name": typed.read_name,
        "money": typed.read_money,
        "org": typed.read_org,
        "text": typed.read_org,
        "codes": read_codes,
        "address": typed.read_org,
    }[kind]


def read_codes(tokens: Sequence[Token]) -> Reading | None:
    """A claim adjustment code such as CO-97, PR 1, N290 at the start of the cell."""
    text = typed.text_of(tokens)
    match = re.match(
        r"[:\s]*((?:CO|PR|OA|PI|CR)[\s-]?[AB]?\d{1,3}|[MN]A?\d{1,3}|[AB]\d{1,2}|\d{1,3})"
        r"(?=$|[\s,;.:–—-])",
        text,
    )
    if match is None:
        return None
    raw = match.group(1)
    return Reading(
        raw, raw, typed.covering(tokens, match.start(1), match.end(1)), {}, {"value_type": "code"}
    )


def _read(
    layout: Layout, labels: Labels, label: Label, field: str, locale: Locale, *, contested: bool
) -> Candidate | None:
    reader = _readers(field, locale, contested=contested)
    kind = value_type(field)
    for spot in spots(layout, labels, label):
        if kind in {"org", "text", "address", "name"} and spot.strain > 0.45:
            continue
        reading = reader(spot.tokens)
        if reading is not None and kind in {"name", "org"} and misread_label(reading.value):
            reading = None
        if reading is None and field == "insurance.member_id" and norm(label.text) == "member":
            reading = typed.read_name(spot.tokens)
            field = "insurance.subscriber" if reading else field
        if reading is None:
            if label.colon and spot.where == "right" and kind in {"org", "name"}:
                return None
            continue
        return _candidate(layout, label, field, spot, reading)
    if field in {"doc.date_signed", "doc.date"} and not label.colon:
        for spot in above(layout, labels, label):
            reading = reader(spot.tokens)
            if reading is not None:
                return _candidate(layout, label, field, spot, reading)
    return None


def _candidate(layout: Layout, label: Label, field: str, spot: Spot, reading: Reading) -> Candidate:
    features = {"label_doubt": 1.0 - label.certainty, **reading.doubts}
    if norm(label.text) in {"re", "regarding"}:
        features["label_doubt"] = max(features["label_doubt"], 0.12)
    if field == "provider.npi" and "billing" in norm(label.text):
        features["far_value"] = 0.1
    if spot.strain:
        features["far_value"] = min(1.0, spot.strain)
    tokens, raw, line = reading.tokens, reading.raw, spot.line
    candidate = Candidate(
        field,
        reading.value,
        tokens,
        layout,
        line,
        label.text,
        features,
        dict(reading.extra),
        reading.warnings,
        raw,
        label.line,
    )
    if field == "patient.address":
        return _whole_address(candidate)
    if field in {"imaging.exam"}:
        return candidate
    return candidate


_ADDRESS_END = re.compile(r"\b\d{5}(?:-\d{4})?$|\b[A-Z]\d[A-Z]\s?\d[A-Z]\d$")


def _whole_address(candidate: Candidate) -> Candidate:
    """Add the lines under a street until the postal code, in the same column."""
    layout, tokens = candidate.layout, list(candidate.tokens)
    if _ADDRESS_END.search(candidate.value):
        return candidate
    for lower in layout.lines[candidate.line + 1 : candidate.line + 3]:
        cell = next(
            (c for c in lower.chunks if abs(c.x0 - candidate.tokens[0].x0) < 2.5 * layout.char),
            None,
        )
        if cell is None or ":" in cell.text or not re.search(r"[A-Za-z]", cell.text):
            break
        tokens.extend(cell.tokens)
        if _ADDRESS_END.search(cell.text):
            break
    text = typed.text_of(tokens)
    if len(tokens) > len(candidate.tokens) and _ADDRESS_END.search(text):
        candidate.tokens, candidate.value, candidate.raw = tuple(tokens), text, text
    return candidate


def patient_on(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """The strongest name, birth date and record number of a page."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.name in {"patient.name", "patient.dob", "patient.mrn"}:
            known = best.get(candidate.name)
            if known is None or candidate.strength > known.strength:
                best[candidate.name] = candidate
    return best
