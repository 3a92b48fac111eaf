"""Whose detail a label asks for, and so which field it stands for; None for nobody's we keep."""

from __future__ import annotations

from collections.abc import Sequence

from documents.pipeline.extraction.labels import Label
from documents.pipeline.extraction.lines import Layout, norm
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.parties import GENERIC, Anchor, party_of, patients_own, theirs

_PRINTED = {
    "printed", "print date", "printed on", "date printed", "generated", "generated on",
    "last updated", "printed at", "print time",
}  # fmt: skip


def _among_pharmacy(layout: Layout, labels: Labels, label: Label) -> bool:
    """Whether a group is the pharmacy's: behind its BIN or PCN in the row, or right under them."""
    for row in (labels[label.line], labels.get(label.line - 1, [])):
        for other in row:
            if other.field not in {"insurance.rx_bin", "insurance.rx_pcn"}:
                continue
            beside = other.line == label.line and other.x0 < label.x0
            under = other.line < label.line and abs(other.x0 - label.x0) < 2 * layout.char
            if beside or under:
                return True
    return False


def _named_in_row(
    layout: Layout, labels: Labels, label: Label, anchors: Sequence[Anchor]
) -> str | None:
    """Whose name the row of a telephone or an address begins with, when that is another's."""
    if label.field not in {"phone", "patient.phone", "address"}:
        return None
    left = [o for o in labels[label.line] if o.end <= label.start and o.field == "name"]
    party = party_of(layout, anchors, left[0]) if left else None
    return party if party != "patient" else None


def field_of(layout: Layout, labels: Labels, label: Label, anchors: Sequence[Anchor]) -> str | None:
    """The field a label stands for after asking whose it is; None when nobody's we keep."""
    field = label.field
    if field == "doc.date_received" and norm(label.text) in _PRINTED:
        return "doc.printed"
    if field == "stop" and patients_own(layout, labels, label):
        return "patient.name"
    if field in {"stop", "doc.date_received"}:
        return None
    if field == "insurance.group" and norm(label.text) in {"grp", "group", "grp no", "group no"}:
        return "insurance.rx_group" if _among_pharmacy(layout, labels, label) else field
    if field == "provider.billing_npi":
        return "provider.npi"
    if field in _NUMBERED:
        return _numbered(layout, labels, label)
    if field not in GENERIC:
        return field
    party = _named_in_row(layout, labels, label, anchors) or party_of(layout, anchors, label)
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
            "payer": "patient.name",
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


_NUMBERED = {"patient.account", "patient.mrn", "id"}


def _numbered(layout: Layout, labels: Labels, label: Label) -> str | None:
    """A client's account is nobody's we keep, and an ID behind a payer's name is a member's."""
    words = norm(label.text).split()
    if "patient" in words or "pt" in words:
        return label.field
    if theirs(layout, labels, label.line, label.x0):
        return None
    if label.field == "id":
        left = [o for o in labels[label.line] if o.end <= label.start and o.field != "stop"]
        if left and left[-1].field in {"insurance.payer", "insurance.plan", "insurance.group"}:
            return "insurance.member_id"
        if left and left[-1].field.startswith(("provider.", "facility")):
            return None
    return label.field
