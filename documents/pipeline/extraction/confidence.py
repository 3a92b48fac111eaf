"""A field's confidence: a logistic model over what speaks for and against its evidence.

The coefficients stand in ``data/calibration.json`` and are replaced by fitting; caps are rules
that hold whatever the coefficients say (a value without a box is never certain).
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from documents.pipeline.types import Field

THRESHOLD = 0.9
BELOW = 0.89


@dataclass(frozen=True, slots=True)
class Model:
    """Logit = bias + sum of weight * feature; then the isotonic map, then caps."""

    version: str
    bias: float
    weights: dict[str, float]
    caps: dict[str, float]
    curve: tuple[tuple[float, float], ...]


@cache
def model() -> Model:
    """The coefficients shipped with the package."""
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/calibration.json")
        .read_text(encoding="utf-8")
    )
    data = json.loads(text)
    return Model(
        data["version"],
        data["bias"],
        data["weights"],
        data["caps"],
        tuple((x, y) for x, y in data["curve"]),
    )


def probability(features: dict[str, float], using: Model | None = None) -> float:
    """Chance that a value with these features is right, before the caps of a missing box."""
    chosen = using or model()
    logit = chosen.bias + sum(
        chosen.weights.get(name, 0.0) * value for name, value in features.items()
    )
    raw = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))
    result = _interpolate(chosen.curve, raw)
    for name, ceiling in chosen.caps.items():
        if features.get(name, 0.0) >= 0.5:
            result = min(result, ceiling)
    return max(0.01, min(0.995, result))


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
    return replace(field, confidence=probability(features))


def doubted(field: Field, feature: str, warning: str) -> Field:
    """The field with one more doubt and its warning, scored again."""
    return scored(replace(field.warned(warning), features={**field.features, feature: 1.0}))
