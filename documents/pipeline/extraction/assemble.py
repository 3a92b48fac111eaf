"""The order of extraction, from pages to the contract's object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from documents.pipeline.extraction import (
    cards,
    claims,
    clinical,
    clinical_prose,
    consent,
    emergency,
    imaging,
    labs,
    letterhead,
    letters,
    meaning,
    signers,
    ticks,
    told_numbers,
    vitals,
)
from documents.pipeline.extraction.choose import winners
from documents.pipeline.extraction.classify import page_verdict
from documents.pipeline.extraction.confidence import doubted, model, scored
from documents.pipeline.extraction.evidence import Candidate, to_field
from documents.pipeline.extraction.features import in_context
from documents.pipeline.extraction.identity import labelled, patient_on
from documents.pipeline.extraction.language import locale_of
from documents.pipeline.extraction.lines import Layout, Token, layout_of
from documents.pipeline.extraction.normalise.dates import document_order
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.sections import Section, find_sections
from documents.pipeline.extraction.segments import PageFacts, Part, page_number, parts_of
from documents.pipeline.types import Extraction, Field, Locale, PageText, Segment

WITH_LABS = {"lab", "summary", "medical_history", "other", "imaging"}
CLINICAL = {"summary", "medical_history", "other"}
WITH_SECTIONS = {"summary", "medical_history", "other", "imaging"}
SIGNED = {"summary", "medical_history", "imaging", "other"}
_TICK_BOXES = re.compile(
    r"\b(?:check|tick|mark|circle) (?:all|any|each|if|the box|those|yes or no)\b", re.IGNORECASE
)
_BILL = re.compile(
    r"\b(?:superbill|encounter form|itemi[sz]ed|walk ?out statement|charge slip|fee slip)\b", re.I
)
"""Claims that a practice prints on its own paper."""
_SALUTATION = re.compile(r"^(?:dear|to whom)\b", re.IGNORECASE | re.MULTILINE)
_CONTEXT = {
    "facility",
    "insurance.payer",
    "insurance.plan",
    "imaging.exam",
    "doc.date",
    "insurance.payer_id",
    "provider.npi",
    "provider.author",
    "provider.ordering",
    "provider.rendering",
    "provider.billing",
    "provider.pcp",
    "consent.signed",
    "claim.denial_code",
    "doc.date_service",
    "doc.date_reported",
}


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page with the labelled values found on it."""

    layout: Layout
    candidates: list[Candidate]
    labels: Labels


def extract(pages: Sequence[PageText], *, locale: Locale) -> Extraction:
    """Everything the pages say, with evidence and confidence; decides nothing."""
    layouts = [layout_of(page) for page in pages]
    locale = locale_of((layout.text for layout in layouts), locale)
    day_first, contested = document_order((layout.text for layout in layouts), locale)
    locale = replace(locale, day_first=day_first)
    readings: dict[int, PageReading] = {}
    facts: list[PageFacts] = []
    for layout in layouts:
        candidates, labels = labelled(layout, locale, contested=contested)
        readings[layout.page] = PageReading(layout, candidates, labels)
        facts.append(
            PageFacts(
                layout,
                page_verdict(layout),
                patient_on(candidates),
                page_number(layout),
                blank=len(layout.lines) == 0,
            )
        )
    parts = parts_of(facts)
    fields: list[Field] = []
    segments: list[Segment] = []
    for number, part in enumerate(parts, start=1):
        segments.append(_segment(number, part))
        found = _part_fields(part, readings, locale, contested=contested)
        fields.extend(_from_other(found) if part.other_patient else found)
    main = _main(parts)
    kind, confidence = (
        (main.verdict.kind, main.verdict.confidence) if main and main.verdict else ("other", 0.5)
    )
    fields = in_context(
        _unfilled(fields),
        pages,
        kind=kind,
        kind_confidence=confidence,
        language=locale.language,
    )
    fields = [scored(field) for field in fields]
    return Extraction(
        pages=len(pages),
        kind=kind,
        kind_confidence=confidence,
        fields=tuple(_numbered(fields)),
        segments=tuple(segments),
        language=locale.language,
        quality=_quality(pages, layouts),
        patient_match={"patient_id": None, "score": 0.0, "agree": [], "disagree": []},
        calibration_version=model().version,
    )


def _segment(number: int, part: Part) -> Segment:
    verdict = part.verdict
    pages = [facts.layout.page for facts in part.pages]
    cover = all(facts.verdict.cover for facts in part.pages)
    kind = verdict.kind if verdict and not cover else "other"
    return Segment(
        number,
        kind,
        (pages[0], pages[-1]),
        verdict.confidence if verdict else 0.5,
        part.starts,
        cover,
        part.other_patient,
    )


def _main(parts: Sequence[Part]) -> Part | None:
    """The document the packet is about: the first that is no cover sheet and not blank."""
    real = [p for p in parts if not all(f.verdict.cover or f.blank for f in p.pages)]
    chosen = real or list(parts)
    return next(
        (p for p in chosen if p.verdict and p.verdict.kind != "other"),
        chosen[0] if chosen else None,
    )


def _part_fields(
    part: Part, readings: dict[int, PageReading], locale: Locale, *, contested: bool
) -> list[Field]:
    """Fields of one document."""
    kind = part.verdict.kind if part.verdict else "other"
    if all(facts.verdict.cover for facts in part.pages):
        return []
    pages = [readings[facts.layout.page] for facts in part.pages if not facts.blank]
    candidates = [c for page in pages for c in page.candidates if meaning.fits(kind, c)]
    meaning.printed(candidates)
    meaning.to_come(candidates)
    meaning.by_kind(kind, candidates)
    for number, page in enumerate(pages):
        candidates.extend(
            _page_facts(kind, page, locale, candidates, first=number == 0, contested=contested)
        )
    if kind in WITH_LABS:
        candidates.extend(_labs([page.layout for page in pages], candidates, locale))
    others = {t for c in candidates if c.name == "emergency.phone" for t in c.tokens}
    candidates = [c for c in candidates if c.name != "patient.phone" or not others & set(c.tokens)]
    chosen = winners(candidates)
    chosen.sort(key=lambda c: (c.layout.page, c.line, c.tokens[0].x0))
    return [scored(to_field(candidate)) for candidate in chosen]


def _page_facts(
    kind: str,
    page: PageReading,
    locale: Locale,
    known: Sequence[Candidate],
    *,
    first: bool,
    contested: bool,
) -> list[Candidate]:
    """What a page says besides its labelled values, by the kind of document it is in."""
    layout = page.layout
    found: list[Candidate] = []
    sections = find_sections(layout, page.labels) if kind in WITH_SECTIONS else []
    if kind in CLINICAL:
        taken = _asked_for(known)
        entries = [c for section in sections for c in clinical.clinical(section, locale)]
        found.extend(c for c in entries if not taken & set(c.tokens))
        told = frozenset(c.name for c in found)
        found.extend(clinical_prose.told(layout, told))
        found.extend(ticks.ticked(layout, sections))
        found.extend(vitals.vitals(layout, _date_of(known), headed=_vital_lines(sections)))
    if kind == "imaging":
        found.extend(imaging.impression(sections))
        found.extend(imaging.concluded(layout, found))
        found.extend(imaging.exam(layout, sections))
    if kind in {"consent_form", "medical_history", "other"}:
        found.extend(emergency.contact(layout, {c.name for c in known}))
    if kind == "consent_form":
        patient = next((c.value for c in known if c.name == "patient.name"), None)
        found.extend(consent.consent(layout, locale, patient))
    if kind == "claim_form":
        found.extend(claims.claim_lines(layout, locale))
    if kind == "payer_letter":
        found.extend(told_numbers.told(layout, {c.name for c in known}))
        found.extend(letters.denial_codes(layout))
        found.extend(letters.addressee(layout, page.labels) if first else [])
        found.extend(letters.deadlines(layout, locale, contested=contested))
    if kind == "insurance_card":
        found.extend(letterhead.payer(layout, page.labels) if first else [])
        found.extend(cards.unlabelled(layout, page.labels, [*known, *found]))
        found.extend(cards.member([*known, *found]))
    letter = _SALUTATION.search(layout.text) is not None
    if first:
        found.extend(_by_its_head(kind, page, locale, known, letter=letter, contested=contested))
    if kind in SIGNED or (letter and kind == "lab"):
        found.extend(signers.signer(layout))
    return found


def _by_its_head(
    kind: str,
    page: PageReading,
    locale: Locale,
    known: Sequence[Candidate],
    *,
    letter: bool,
    contested: bool,
) -> Iterator[Candidate]:
    """Whose paper it is, its day, whom it is about and to: what the head of a first page says."""
    layout, names = page.layout, {c.name for c in known}
    if kind == "payer_letter":
        yield from letterhead.payer(layout, page.labels)
    elif kind != "insurance_card" and (kind != "claim_form" or _BILL.search(layout.text)):
        yield from letterhead.facility(layout, page.labels, known)
    undated = not any(name.startswith("doc.date") for name in names)
    if letter or undated or kind in {"payer_letter", "medical_history", "other"}:
        for day in letterhead.letter_date(layout, page.labels, locale, known, contested=contested):
            if kind in {"insurance_card", "claim_form"}:
                day.features["guess"] = 1.0  # of coverage or of service, as likely
            yield day
    if letter and kind in {"imaging", "lab"} and "provider.ordering" not in names:
        yield from letterhead.referrer(layout)
    if "patient.name" not in names and kind != "insurance_card":
        yield from letterhead.person(layout, page.labels, known)


def _asked_for(known: Sequence[Candidate]) -> set[Token]:
    """Words of days and of the patient's details, which are no entries of a list."""
    asked = [c for c in known if c.label and c.name.startswith(("doc.", "patient."))]
    names = sorted((c for c in asked if c.name == "patient.name"), key=lambda c: c.strength)
    return {token for c in asked if c not in names[:-1] for token in c.tokens}


def _vital_lines(sections: Sequence[Section]) -> frozenset[int]:
    """Lines under a heading of vital signs, the heading's own included."""
    return frozenset(
        index
        for section in sections
        if section.kind == "vital"
        for index in (section.line, *(cell.line.index for row in section.rows for cell in row))
    )


def _labs(
    layouts: Sequence[Layout], candidates: Sequence[Candidate], locale: Locale
) -> list[Candidate]:
    commas = labs.decimal_comma(layouts, locale)
    state = labs.State()
    date = _date_of(candidates)
    found: list[Candidate] = []
    for layout in layouts:
        rows = labs.lab_rows(layout, locale, state, commas=commas)
        found.extend(labs.to_candidate(layout, row, specimen, date) for row, specimen in rows)
        if not any(c.name == "doc.date_collected" for c in (*candidates, *found)):
            found.extend(labs.collected(layout, [row for row, _ in rows]))
    return found


def _date_of(candidates: Sequence[Candidate]) -> str | None:
    """The day results are as of: collected, else the visit, reported, or the document's date."""
    for name in ("doc.date_collected", "doc.date_service", "doc.date_reported", "doc.date"):
        dated = [c for c in candidates if c.name == name]
        if dated:
            return max(dated, key=lambda c: c.strength).value
    return None


def _from_other(fields: Sequence[Field]) -> list[Field]:
    """Facts of a second patient are kept for the reviewer and never certain."""
    return [
        doubted(replace(field, context="other_patient"), "inconsistent", "second_patient")
        for field in fields
    ]


def _unfilled(fields: list[Field]) -> list[Field]:
    """A form with only its own print (letterhead, payer, title) has no values at all."""
    filled = [f for f in fields if f.name not in _CONTEXT]
    return fields if filled else []


def _numbered(fields: Sequence[Field]) -> list[Field]:
    groups: dict[tuple[int | None, str], str] = {}
    numbered = []
    for index, field in enumerate(fields, start=1):
        family = field.name.partition(".")[0]
        key = (field.page, family)
        group = field.group or groups.setdefault(key, f"g{len(groups) + 1}")
        numbered.append(replace(field, id=f"f{index}", group=group))
    return numbered


def _quality(pages: Sequence[PageText], layouts: Sequence[Layout]) -> dict[str, Any]:
    if not pages:
        return {}
    states = {page.text_layer for page in pages}
    quality: dict[str, Any] = {
        "text_layer": next(iter(states)) if len(states) == 1 else "mixed",
    }
    for key in ("dpi", "skew_deg"):
        values = [page.quality[key] for page in pages if key in page.quality]
        if values:
            quality[key] = round(median(values), 2)
    if any(_TICK_BOXES.search(layout.text) for layout in layouts):
        quality["tick_boxes"] = True
    if "skew_deg" not in quality:
        quality["skew_deg"] = round(max((abs(la.skew) for la in layouts), default=0.0) * 57.3, 2)
    return quality
