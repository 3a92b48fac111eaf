"""What a page is, from weighted phrases; titles near the top count more."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from documents.pipeline.extraction.lines import Layout, Line, norm
from documents.pipeline.extraction.normalise.loinc import candidates, first_words
from documents.pipeline.extraction.normalise.units import same_unit, to_ucum

FLOOR = 1.6
FOR_A_RESULT, MOST_FOR_RESULTS = 0.9, 5.0
_COVER = re.compile(
    r"\b(fax cover|cover sheet|fax transmittal|facsimile|fax transmission|number of pages"
    r"|pages including cover|total pages|facsimile cover|fax cover sheet)\b"
)


_ABOUT_A_CLAIM = re.compile(
    r" (dear|dos|dates? of service|service dates?|claim (?:no|number|id)|billed|appeal|denied"
    r"|denial|approv(?:ed|al)|authorization (?:no|number|request)|request(?:ed)?|date of notice"
    r"|notice date|response due|respond by|amount paid|decision|letter date)(?= )"
)
_OF_CARDS = re.compile(
    r" (rx ?bin|rx ?pcn|rx ?grp|copays?|pharmacists?|this card|id card|submit claims) "
)
_OF_ANY_PAYER = (
    "member id", "member name", "subscriber", "group number", "group no", "group", "plan",
    "health plan", "payer id", "customer service", "member services", "effective date", "ppo",
    "hmo",
)  # fmt: skip
"""What a payer prints on all its paper: cards alone have copays, networks and pharmacy numbers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of a page and how sure; ``scores`` by kind for combining pages."""

    kind: str
    confidence: float
    scores: dict[str, float]
    cover: bool = False


@cache
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/kinds.json")
        .read_text(encoding="utf-8")
    )
    return {
        kind: tuple((f" {phrase} ", weight) for phrase, weight in phrases.items())
        for kind, phrases in json.loads(text).items()
    }


def page_verdict(layout: Layout) -> Verdict:
    """Classify one page."""
    lines = [norm(line.text) for line in layout.lines]
    body = f" {' '.join(lines)} "
    top = max((line.height for line in layout.lines[:8]), default=0.0)
    head = " | ".join(
        f" {norm(line.text)} "
        for line in layout.lines[:14]
        if line.y0 < 0.3 * layout.height and len(line.tokens) <= 9
    )
    title = " | ".join(
        f" {norm(line.text)} "
        for line in layout.lines[:14]
        if line.height >= 0.92 * top and line.y0 < 0.35 * layout.height
    )
    scores: dict[str, float] = {}
    for kind, phrases in _weights().items():
        total = 0.0
        for phrase, weight in phrases:
            count = body.count(phrase)
            if count:
                total += weight * (1 + 0.3 * math.log(count))
                total += weight * 0.8 if phrase in head else 0.0
                total += weight * 0.9 if phrase in title else 0.0
        scores[kind] = total
    scores["lab"] += min(MOST_FOR_RESULTS, FOR_A_RESULT * results_on(layout))
    words = sum(len(line.tokens) for line in layout.lines)
    signs = len(set(_ABOUT_A_CLAIM.findall(body)))
    if signs >= 2 or (signs and not _OF_CARDS.search(body) and _sentences(layout) >= 2):
        _give_to_letters(scores, body)
    scores["insurance_card"] *= 1.0 if words <= 150 else 0.6 if words <= 250 else 0.4
    cover = bool(_COVER.search(body)) and len(layout.lines) < 45
    return verdict_of(scores, cover=cover)


def _sentences(layout: Layout) -> int:
    """How many lines are of running text: ten words or more, most of them in small letters."""
    return sum(
        len(chunk.tokens) >= 10 and sum(t.text[0].islower() for t in chunk.tokens) >= 6
        for line in layout.lines
        for chunk in line.chunks
    )


def _give_to_letters(scores: dict[str, float], body: str) -> None:
    """Who is insured, on a page about a claim or a request, speaks for a letter and no card."""
    weights = dict(_weights()["insurance_card"])
    shared = sum(weights.get(f" {p} ", 0.0) for p in _OF_ANY_PAYER if f" {p} " in body)
    scores["insurance_card"] = max(0.0, scores["insurance_card"] - 2 * shared)
    if scores["claim_form"] < scores["payer_letter"]:
        scores["payer_letter"] += 0.4 * shared


def results_on(layout: Layout) -> int:
    """How many names of laboratory tests stand with a number and one of their units near by.

    Numbers and units say in every language what a page of results is.
    """
    count = 0
    first = first_words()
    lines = layout.lines
    for line in lines:
        near = {t.text.strip("(),;.") for t in line.tokens}
        if line.index + 1 < len(lines):
            near |= {t.text.strip("(),;.") for t in lines[line.index + 1].tokens}
        if not any(text[:1].isdigit() for text in near):
            continue
        units = {to_ucum(text) for text in near if not text.isdigit()} - {None}
        if units:
            count += sum(_names(line, start, first, units) for start in range(len(line.tokens)))
    return count


def _names(line: Line, start: int, first: frozenset[str], units: set[str | None]) -> bool:
    key = line.norms[start].split()[:1]
    if not key or key[0] not in first or not line.tokens[start].text[:1].isupper():
        return False
    for end in range(start + 1, min(len(line.tokens), start + 4) + 1):
        text = " ".join(t.text for t in line.tokens[start:end]).strip(" :,.")
        tests, fit = candidates(text, fuzzy=False)
        if fit >= 0.99 and any(
            unit and same_unit(unit, known)
            for test in tests
            for known in test.units
            for unit in units
        ):
            return True
    return False


def verdict_of(scores: dict[str, float], *, cover: bool = False) -> Verdict:
    """Kind and confidence from the scores: the best one's lead decides."""
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    (kind, best), (_, second) = ranked[0], ranked[1]
    if best < FLOOR:
        return Verdict("other", 0.6 if best < 0.5 else 0.4, scores, cover)
    lead = (best - second) / best
    evidence = 1 - math.exp(-best / 3.0)
    confidence = min(0.99, 0.45 + 0.55 * min(1.0, lead * 2.2)) * (0.55 + 0.45 * evidence)
    return Verdict(kind, confidence, scores, cover)


def combined(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of several pages; the first page, which bears the title, counts double."""
    scores: dict[str, float] = {}
    for index, verdict in enumerate(verdicts):
        for kind, score in verdict.scores.items():
            share = 1.0 if index == 0 else 0.6
            scores[kind] = scores.get(kind, 0.0) + share * score
    return verdict_of(scores)
