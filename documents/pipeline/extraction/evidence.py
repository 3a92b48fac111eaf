"""From tokens on a page to a field that proves itself: page, box, excerpt, features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from documents.pipeline.extraction.lines import Layout, Token
from documents.pipeline.types import Box, Field

EXCERPT_LENGTH = 240


@dataclass(slots=True)
class Candidate:
    """A possible field before the rivals are weighed; ``line`` is where the value stands."""

    name: str
    value: str
    tokens: tuple[Token, ...]
    layout: Layout
    line: int
    label: str | None = None
    features: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    raw: str | None = None
    label_line: int | None = None

    @property
    def strength(self) -> float:
        """Rough order among rivals; the calibrated confidence comes later."""
        return (
            1.0
            - sum(v for k, v in self.features.items() if k != "engine_doubt")
            - 0.3 * (self.features.get("engine_doubt", 0.0))
        )


def union(tokens: Iterable[Token]) -> Box:
    """The box around all tokens, on the displayed page."""
    boxes = [token.box for token in tokens]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def engine_features(tokens: Sequence[Token]) -> dict[str, float]:
    """``engine_doubt`` is 0 at a perfect score and 1 at 0.8; ``recognised`` marks OCR."""
    score = min((token.score for token in tokens), default=0.0)
    features = {"engine_doubt": min(2.0, max(0.0, (1.0 - score) / 0.2))}
    if any(token.source == "ocr" for token in tokens):
        features["recognised"] = 1.0
    return features


def excerpt_of(
    layout: Layout, line: int, raw: str, label: str | None, label_line: int | None = None
) -> str:
    """The row the value stands in; label and value when the row does not hold the value."""
    text = layout.lines[line].text
    if label_line is not None and label_line != line and label:
        text = f"{label} {text}"
    if raw not in text:
        text = f"{label} {raw}" if label else raw
    if len(text) > EXCERPT_LENGTH:
        at = text.find(raw)
        start = max(0, min(at - 60, len(text) - EXCERPT_LENGTH))
        text = text[start : max(start + EXCERPT_LENGTH, at + len(raw))]
    return text


def to_field(candidate: Candidate) -> Field:
    """The candidate as a field without id and confidence; both are given at the end."""
    raw = candidate.raw or candidate.value
    extra = dict(candidate.extra)
    return Field(
        id="",
        name=candidate.name,
        value=candidate.value,
        page=candidate.layout.page,
        bbox=union(candidate.tokens),
        excerpt=excerpt_of(
            candidate.layout, candidate.line, raw, candidate.label, candidate.label_line
        ),
        label=candidate.label,
        source=candidate.tokens[0].source,
        warnings=candidate.warnings,
        features={**engine_features(candidate.tokens), **candidate.features},
        **extra,
    )
