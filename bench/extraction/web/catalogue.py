"""Every browser layout there is, and as many more by lot as fitting wants."""

from __future__ import annotations

from bench.extraction.web import (
    clinical,
    coverage,
    encounters,
    labs,
    labs_print,
    labs_special,
    office,
    reports,
    varied_more,
    vendors,
)
from bench.extraction.web.page import WebLayout
from bench.extraction.web.varied import Body, layout
from bench.extraction.web.varied_labs import cumulative, lab

WEB_LAYOUTS: tuple[WebLayout, ...] = (
    *labs.LAYOUTS,
    *clinical.LAYOUTS,
    *office.LAYOUTS,
    *vendors.LAYOUTS,
    *labs_print.LAYOUTS,
    *labs_special.LAYOUTS,
    *reports.LAYOUTS,
    *encounters.LAYOUTS,
    *coverage.LAYOUTS,
)
BODIES: tuple[tuple[str, Body], ...] = (
    ("lab", lab),
    ("imaging", varied_more.imaging),
    ("medical_history", varied_more.history),
    ("lab", lab),
    ("summary", varied_more.visit),
    ("insurance_card", varied_more.card),
    ("payer_letter", varied_more.letter),
    ("lab", cumulative),
    ("consent_form", varied_more.consent),
    ("claim_form", varied_more.claim),
)
"""Kinds in the proportion in which fitting sees them."""


def varied(count: int) -> list[WebLayout]:
    """So many layouts by lot; the first ones are the same however many are asked."""
    return [layout(*_numbered(number)) for number in range(count)]


def _numbered(number: int) -> tuple[str, int, Body]:
    kind, body = BODIES[number % len(BODIES)]
    return kind, number, body
