"""A field's confidence: a logistic model over what speaks for and against its evidence.

The coefficients stand in ``data/calibration.json`` and are replaced by fitting; caps are rules
that hold whatever the coefficients say (a value without a box is never certain). A clinic whose
reviewers have corrected enough has coefficients of its own: ``using`` makes them hold for as long
as one extraction takes.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from documents.pipeline.extraction.features import family_of
from documents.pipeline.types import Field

THRESHOLD = 0.9
BELOW = 0.89
GUESSED = 0.85  # nothing but its place speaks for the value: a person looks, whatever was fitted
LEAST, MOST = 0.01, 0.995


@dataclass(frozen=True, slots=True)
class Family:
    """What is added to the common coefficients for one family of fields."""

    bias: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """Logit = bias + sum of weight * feature; then the isotonic map, then caps."""

    version: str
    bias: float
    weights: Mapping[str, float]
    caps: Mapping[str, float]
    curve: tuple[tuple[float, float], ...]
    families: Mapping[str, Family] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Model:
        """The model of a calibration file or of a clinic's row."""
        return cls(
            data["version"],
            data["bias"],
            data["weights"],
            data["caps"],
            tuple((x, y) for x, y in data["curve"]),
            {
                name: Family(own["bias"], own["weights"])
                for name, own in data.get("families", {}).items()
            },
        )


_NONE = Family()


@cache
def shipped() -> Model:
    """The coefficients shipped with the package."""
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/calibration.json")
        .read_text(encoding="utf-8")
    )
    return Model.from_dict(json.loads(text))


_own: ContextVar[Model | None] = ContextVar("calibration", default=None)


def model() -> Model:
    """The coefficients in force: a clinic's own inside ``using``, else those shipped."""
    return _own.get() or shipped()


@contextmanager
def using(own: Model | None) -> Iterator[None]:
    """Score with these coefficients, or with those shipped for None."""
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)


def logit(features: Mapping[str, float], chosen: Model, family: str = "") -> float:
    """The model's sum before it is made a probability."""
    own = chosen.families.get(family, _NONE)
    return (
        chosen.bias
        + own.bias
        + sum(
            (chosen.weights.get(name, 0.0) + own.weights.get(name, 0.0)) * value
            for name, value in features.items()
        )
    )


def probability(
    features: Mapping[str, float], chosen: Model | None = None, family: str = ""
) -> float:
    """Chance that a value with these features is right; caps included."""
    chosen = chosen or model()
    raw = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit(features, chosen, family)))))
    result = _interpolate(chosen.curve, raw)
    for name, ceiling in chosen.caps.items():
        if features.get(name, 0.0) >= 0.5:
            result = min(result, ceiling)
    if features.get("guess", 0.0) >= 1.0:
        result = min(result, GUESSED)
    return max(LEAST, min(MOST, result))


def _interpolate(curve: tuple[tuple[float, float], ...], x: float) -> float:
    if not curve:
        return x
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(curve):
        if x <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]


def scored(field: Field) -> Field:
    """The field with its confidence; without a value there is none to have."""
    if field.value is None:
        return replace(field, confidence=0.0)
    features = dict(field.features)
    if field.bbox is None or field.page is None or not field.excerpt:
        features["no_box"] = 1.0
    return replace(field, confidence=probability(features, family=family_of(field.name)))


def doubted(field: Field, feature: str, warning: str) -> Field:
    """The field with one more doubt and its warning, scored again."""
    return scored(replace(field.warned(warning), features={**field.features, feature: 1.0}))
