"""Whose details a label announces: patient, subscriber, guarantor, provider, emergency contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.pipeline.extraction.labels import Label
from documents.pipeline.extraction.lines import Layout, norm
from documents.pipeline.extraction.pairs import Labels

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


_OF_PAYERS = {"insurance.payer", "insurance.payer_id", "insurance.plan"}
"""A payer has a telephone and an address, but no name of its own and no birth date."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place on a page that says whose details follow."""

    party: str
    line: int
    x0: float
    y: float
    heading: bool


def _named_anchors(layout: Layout, labels: Labels) -> list[Anchor]:
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
            if label.field in _OF_PAYERS:
                party = "payer"
            if patients_own(layout, labels, label):
                party = "patient"
            if label.field in {"provider.npi", "patient.dob", "patient.sex", "patient.account"}:
                party = ""
            if party:
                found.append(Anchor(party, line.index, label.x0, line.y0, False))
        for chunk in line.chunks:
            party = _HEADINGS.get(norm(chunk.text))
            if party and not (norm(chunk.text) == "client" and _born_beside(labels, line.index)):
                found.append(Anchor(party, line.index, chunk.x0, line.y0, True))
    return found


def _weak_anchors(layout: Layout, labels: Labels, anchors: Sequence[Anchor]) -> list[Anchor]:
    """A birth date or sex that nobody else claims stands among the patient's details."""
    return [
        Anchor("patient", label.line, label.x0, label.y0, False)
        for row in labels.values()
        for label in row
        if label.field in {"patient.dob", "patient.sex"}
        and party_of(layout, anchors, label) in {"patient", None, "facility", "provider", "payer"}
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


def anchors_of(layout: Layout, labels: Labels) -> list[Anchor]:
    """All places of a page that say whose details follow."""
    named = _named_anchors(layout, labels)
    return [*named, *_weak_anchors(layout, labels, named)]


_THEIRS = {
    "client", "client information", "client info", "client details", "client address",
    "client name", "client ordering site information", "account information", "ordering client",
    "submitter", "submitted by", "submitting facility", "submitting agency", "submitting client",
    "submitting practice", "submitting clinic", "ordering facility", "ordering location",
    "ordering site", "ordering practice", "ordering office", "bill to", "report to", "reports to",
    "send to", "sent to", "deliver to", "copy to", "copies to", "cc", "to", "attn", "attention",
    "send report to", "mail to", "results to", "refer to", "referred to", "recipient",
    "client physician", "einsender", "auftraggeber", "release to", "disclose to",
    "prescripteur", "requesting facility", "requesting practice",
}  # fmt: skip
"""Headings of a block that is about whom a report goes to, not about who wrote it."""


def theirs(layout: Layout, labels: Labels, line: int, x0: float) -> str | None:
    """The heading that makes a cell a recipient's, client's or submitter's; None without one.

    It stands left of the cell in its row, or on top of an unbroken column of cells above it. A
    client with a birth date is the patient.
    """
    row = layout.lines[line]
    left = [c for c in row.chunks if c.x1 <= x0 + layout.char]
    if left and norm(left[-1].text) in _THEIRS:
        return left[-1].text
    lower = row
    for upper in reversed(layout.lines[max(0, line - 6) : line]):
        if lower.y0 - upper.y1 > 1.1 * max(lower.height, upper.height):
            return None
        cell = next((c for c in upper.chunks if abs(c.x0 - x0) < 3 * layout.char), None)
        if cell is None:
            continue
        title, colon, _ = cell.text.partition(":")
        if norm(title) in _THEIRS and (colon or norm(cell.text) in _THEIRS):
            own = _born_beside(labels, upper.index) or _born(layout, labels, upper.index, x0)
            return None if own else title
        lower = upper
    return None


def patients_own(layout: Layout, labels: Labels, label: Label) -> bool:
    """Whether "Client" is whom the paper is about: a birth date stands beside or under it."""
    return norm(label.text) == "client" and (
        _born_beside(labels, label.line) or _born(layout, labels, label.line, label.x0)
    )


def _born_beside(labels: Labels, line: int) -> bool:
    return any(label.field == "patient.dob" for label in labels.get(line, ()))


def _born(layout: Layout, labels: Labels, line: int, x0: float) -> bool:
    """Whether a birth date is asked for in the unbroken lines under a heading."""
    upper = layout.lines[line]
    for lower in layout.lines[line + 1 : line + 9]:
        if lower.y0 - upper.y1 > 1.1 * max(lower.height, upper.height):
            return False
        if any(
            label.field == "patient.dob" and label.x0 > x0 - layout.char
            for label in labels.get(lower.index, ())
        ):
            return True
        upper = lower
    return False
