"""What a page is, from weighted phrases; titles near the top count more."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from documents.pipeline.extraction.lines import Layout, norm

FLOOR = 1.6
_COVER = re.compile(
    r"\b(fax cover|cover sheet|fax transmittal|facsimile|fax transmission|number of pages"
    r"|pages including cover|total pages|facsimile cover|fax cover sheet)\b"
)


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
    scores = {}
    for kind, phrases in _weights().items():
        total = 0.0
        for phrase, weight in phrases:
            count = body.count(phrase)
            if count:
                total += weight * (1 + 0.3 * math.log(count))
                total += weight * 0.8 if phrase in head else 0.0
                total += weight * 0.9 if phrase in title else 0.0
        scores[kind] = total
    cover = bool(_COVER.search(body)) and len(layout.lines) < 45
    return verdict_of(scores, cover=cover)


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
