"""Fit the confidence model to judged fields: logistic weights, then a rising curve over them.

The weights are common to all fields with additions for each family, so that a family with few
examples stays near the others. Every feature is a doubt: no weight is ever above 0, whatever the
examples say. The weights in force are the prior; examples move them as far as they are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.pipeline.extraction.confidence import Model, model

STEPS = 400
SMALL = 1e-4
PRIOR = 2.0  # how hard the weights in force pull
FAMILY_PRIOR = 1.0  # how many times as hard the common weights pull on a family's
BINS = 12
TOWARDS = 8.0  # examples of its mean score that a bin of the curve gets
ENOUGH = 200
CLINIC_PRIOR = 6.0  # the shipped weights pull harder on a clinic's few labels
BOLDER = 0.5  # how far a clinic's labels may raise a logit
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One extracted field and whether it was right; ``group`` is what examples share (a layout)."""

    features: dict[str, float]
    right: bool
    family: str = ""
    group: str = ""


def fit(
    rows: Sequence[Judged],
    *,
    version: str,
    prior: Model | None = None,
    worth: float = PRIOR,
    curve: bool = True,
) -> dict[str, Any]:
    """The content of a calibration file; the curve comes from folds that hold groups out."""
    start = prior or model()
    made = _weights(rows, version, start, worth)
    points = out_of_fold(rows, prior=start, worth=worth) if curve else None
    if points is not None:
        right = np.array([row.right for row in rows], dtype=float)
        made["curve"] = isotonic(points, right)
    return made


def fit_clinic(rows: Sequence[Judged], *, version: str, base: Model) -> dict[str, Any]:
    """A clinic's own content from its reviewers' judgements, held near the shipped ``base``.

    Reviewers see some papers more than others and let mistakes pass, so their answers may make
    the machine as careful as they like but not much bolder: a doubt keeps at least half of its
    weight, and the start of any sum rises by no more than ``BOLDER``. The curve stays.
    """
    made = _weights(rows, version, base, CLINIC_PRIOR)
    made["bias"] = min(made["bias"], base.bias)
    for family in sorted({*made["families"], *base.families}):
        own, before = made["families"].get(family), base.families.get(family)
        start = base.bias + (before.bias if before else 0.0)
        if own is None and before is not None:
            own = {"bias": before.bias, "weights": dict(before.weights)}
        if own is not None:
            own["bias"] = round(min(own["bias"], start + BOLDER - made["bias"]), 4)
            made["families"][family] = own
    _keep_half(made, base)
    made["curve"] = [list(point) for point in base.curve]
    return made


def _keep_half(made: dict[str, Any], base: Model) -> None:
    """No doubt of a family weighs less than half of what it weighs in ``base``."""
    common = made["weights"]
    for name in {*common, *base.weights}:
        common[name] = min(common.get(name, 0.0), round(base.weights.get(name, 0.0) / 2, 4))
    for family, own in made["families"].items():
        before = base.families.get(family)
        weights = own["weights"]
        for name in {*base.weights, *(before.weights if before else ()), *weights}:
            was = base.weights.get(name, 0.0) + (before.weights.get(name, 0.0) if before else 0.0)
            most = was / 2 - made["weights"].get(name, 0.0)
            if weights.get(name, 0.0) > most:
                weights[name] = round(most, 4)


def _weights(
    rows: Sequence[Judged], version: str, start: Model, worth: float
) -> dict[str, Any]:  # fmt: skip
    """Common weights over all rows, then each family's over its own, drawn to the common ones."""
    names = tuple(sorted({*start.weights, *(name for row in rows for name in row.features)}))
    x, y = _matrix(rows, names), np.array([row.right for row in rows], dtype=float)
    first = np.array([start.weights.get(name, 0.0) for name in names] + [start.bias])
    common = _descend(x, y, first, worth)
    families: dict[str, Any] = {}
    for family in sorted({row.family for row in rows} - {""}):
        own = np.array([row.family == family for row in rows])
        found = _descend(x[own], y[own], common, worth * FAMILY_PRIOR) - common
        families[family] = {"bias": round(float(found[-1]), 4), "weights": _named(names, found)}
    return {
        "version": version,
        "bias": round(float(common[-1]), 4),
        "weights": _named(names, common),
        "families": families,
        "caps": dict(start.caps),
        "curve": [],
    }


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    pairs = zip(names, values[:-1], strict=True)
    return {name: round(float(value), 4) for name, value in pairs if abs(value) > 5e-4}


def _matrix(rows: Sequence[Judged], names: Sequence[str]) -> Floats:
    """A column for each feature and one of ones."""
    at = {name: i for i, name in enumerate(names)}
    out = np.zeros((len(rows), len(names) + 1))
    out[:, -1] = 1.0
    for i, row in enumerate(rows):
        for name, value in row.features.items():
            out[i, at[name]] = value
    return out


def _descend(x: Floats, y: Floats, prior: Floats, worth: float) -> Floats:
    """Accelerated gradient with a pull towards the prior; weights of doubts stay at or below 0."""
    step = 1.0 / (0.25 * _largest(x) + worth)
    at = ahead = prior.copy()
    speed = 1.0
    for _ in range(STEPS):
        wrong = 1.0 / (1.0 + np.exp(-np.clip(x @ ahead, -30, 30))) - y
        moved = ahead - step * (x.T @ wrong + worth * (ahead - prior))
        moved[:-1] = np.minimum(0.0, moved[:-1])
        if np.abs(moved - at).max() < SMALL:
            return moved
        faster = (1 + np.sqrt(1 + 4 * speed * speed)) / 2
        ahead = moved + (speed - 1) / faster * (moved - at)
        at, speed = moved, faster
    return at


def _largest(x: Floats) -> float:
    """The largest eigenvalue of x'x, from a few turns of the power method."""
    square = x.T @ x
    vector = np.ones(len(square))
    for _ in range(30):
        vector = square @ vector
        vector /= float(np.linalg.norm(vector)) or 1.0
    return float(vector @ square @ vector) * 1.05


def folds_of(rows: Sequence[Judged], folds: int = 5) -> NDArray[np.int64]:
    """A fold for each row: groups go whole, the largest first into the emptiest fold."""
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.group] = sizes.get(row.group, 0) + 1
    load = [0] * folds
    of: dict[str, int] = {}
    for group in sorted(sizes, key=lambda g: (-sizes[g], g)):
        of[group] = load.index(min(load))
        load[of[group]] += sizes[group]
    return np.array([of[row.group] for row in rows], dtype=np.int64)


def out_of_fold(
    rows: Sequence[Judged], *, prior: Model | None = None, worth: float = PRIOR
) -> Floats | None:
    """Each row's probability by weights fitted without its group; None with too few rows."""
    groups = {row.group for row in rows}
    if len(rows) < ENOUGH or len(groups) < 5:
        return None
    start = prior or model()
    folds = folds_of(rows)
    scores = np.zeros(len(rows))
    for fold in range(int(folds.max()) + 1):
        rest = [row for row, f in zip(rows, folds, strict=True) if f != fold]
        made = Model.from_dict(_weights(rest, "fold", start, worth))
        here = np.flatnonzero(folds == fold)
        scores[here] = [raw_probability(rows[int(i)], made) for i in here]
    return scores


def raw_probability(row: Judged, made: Model) -> float:
    """The logistic part alone, before curve and caps."""
    own = made.families.get(row.family)
    total = made.bias + (own.bias if own else 0.0)
    for name, value in row.features.items():
        total += made.weights.get(name, 0.0) * value
        if own:
            total += own.weights.get(name, 0.0) * value
    return float(1.0 / (1.0 + np.exp(-np.clip(total, -30, 30))))


def isotonic(scores: Floats, right: Floats, bins: int = BINS) -> list[list[float]]:
    """Points of a rising curve from score to observed share, by pooling adjacent violators.

    Bins hold equal numbers of examples. A bin's share is drawn towards its mean score by some
    examples, so that a handful of right answers does not prove certainty; between the points the
    curve is straight, so that no two scores become one.
    """
    if len(scores) < 10 * bins:
        return []
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []
    for part in np.array_split(order, bins):
        mean = float(scores[part].mean())
        share = (float(right[part].sum()) + TOWARDS * mean) / (len(part) + TOWARDS)
        pools.append([mean, share, float(len(part))])
        while len(pools) > 1 and pools[-2][1] >= pools[-1][1]:
            (m1, s1, n1), (m2, s2, n2) = pools[-2], pools[-1]
            total = n1 + n2
            pools[-2:] = [[(m1 * n1 + m2 * n2) / total, (s1 * n1 + s2 * n2) / total, total]]
    points = [[round(mean, 5), round(share, 5)] for mean, share, _ in pools]
    return [[0.0, min(0.01, points[0][1])], *points, [1.0, max(0.995, points[-1][1])]]
