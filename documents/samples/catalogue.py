"""Every layout there is, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from documents.samples import (
    cards,
    forms,
    histories,
    imaging,
    labs_blocks,
    labs_columns,
    labs_more,
    letters,
    packets,
    visits,
)
from documents.samples.people import Person
from documents.samples.sheet import A4, LETTER, Sheet

Draw = Callable[[Sheet, Random, Person], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to print a kind of document.

    ``held_out`` layouts are for measuring only: rules and calibration must not be fitted to them.
    ``families`` are the typefaces it is set in. ``blank`` layouts hold nothing to extract.
    """

    name: str
    kind: str
    draw: Draw
    families: tuple[str, ...] = ("sans",)
    size: tuple[float, float] = LETTER
    language: str = "en"
    held_out: bool = False
    blank: bool = False


LAYOUTS: tuple[Layout, ...] = (
    Layout("lab-classic", "lab", labs_columns.classic, ("sans", "serif")),
    Layout("lab-grid", "lab", labs_columns.grid, ("serif", "sans")),
    Layout("lab-inout", "lab", labs_columns.in_out, ("sans",)),
    Layout("lab-typewriter", "lab", labs_columns.typewriter, ("mono",)),
    Layout("lab-wrapped", "lab", labs_blocks.wrapped, ("serif", "sans")),
    Layout("lab-cumulative", "lab", labs_blocks.cumulative, ("sans", "serif")),
    Layout("lab-portal", "lab", labs_blocks.portal, ("sans", "vera"), held_out=True),
    Layout("lab-german", "lab", labs_blocks.german, ("sans",), A4, "de"),
    Layout("lab-twoup", "lab", labs_blocks.two_up, ("sans",), held_out=True),
    Layout("lab-urinalysis", "lab", labs_blocks.urinalysis, ("sans", "serif")),
    Layout("lab-previous", "lab", labs_more.previous, ("sans", "serif")),
    Layout("lab-splitrange", "lab", labs_more.split_range, ("sans",), held_out=True),
    Layout("lab-brackets", "lab", labs_more.brackets, ("serif", "sans")),
    Layout("lab-letter", "lab", labs_more.results_letter, ("serif", "sans"), held_out=True),
    Layout("lab-spanish", "lab", labs_more.spanish, ("sans",), A4, "es", held_out=True),
    Layout("imaging-centre", "imaging", imaging.centre, ("sans", "serif")),
    Layout("imaging-hospital", "imaging", imaging.hospital, ("serif",), held_out=True),
    Layout("history-referral", "medical_history", histories.referral, ("serif", "sans")),
    Layout("history-intake", "medical_history", histories.intake),
    Layout("history-problems", "medical_history", histories.problem_list, held_out=True),
    Layout("visit-note", "summary", visits.note, ("sans", "serif")),
    Layout("visit-after", "summary", visits.after_visit, ("sans", "vera")),
    Layout("visit-discharge", "summary", visits.discharge, ("serif", "sans")),
    Layout("consent-procedure", "consent_form", forms.consent, ("serif", "sans")),
    Layout("consent-telehealth", "consent_form", forms.telehealth),
    Layout("card-band", "insurance_card", cards.band, size=cards.CARD),
    Layout("card-plain", "insurance_card", cards.plain, size=cards.CARD, held_out=True),
    Layout("card-photocopy", "insurance_card", cards.photocopy),
    Layout("claim-form", "claim_form", forms.claim, ("mono", "sans")),
    Layout("claim-fillable", "claim_form", forms.fillable_claim),
    Layout("letter-denial", "payer_letter", letters.denial, ("serif", "sans")),
    Layout("letter-request", "payer_letter", letters.request, ("sans",)),
    Layout("letter-authorisation", "payer_letter", letters.authorisation, ("serif",)),
    Layout("blank-consent", "consent_form", forms.blank_consent, ("serif",), blank=True),
    Layout("blank-intake", "medical_history", histories.blank_intake, blank=True),
    Layout("blank-claim", "claim_form", forms.blank_claim, blank=True),
    Layout("blank-page", "other", packets.nothing, blank=True),
    Layout("fax-cover", "other", packets.cover, blank=True),
)


def layout(name: str) -> Layout:
    """The layout of this name; ``KeyError`` when there is none."""
    for candidate in LAYOUTS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
