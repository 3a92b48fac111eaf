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

STEPS = 500
PRIOR = 8.0  # examples that a common weight of the prior is worth
FAMILY_PRIOR = 16.0  # and the additions of a family, whose prior is 0
BINS = 12
TOWARDS = 8.0  # examples of its mean score that a bin of the curve gets
ENOUGH = 200
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One extracted field and whether it was right; ``group`` is what examples share (a layout)."""

    features: dict[str, float]
    right: bool
    family: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Design:
    """Names of the columns of the common features, and the families in order."""

    names: tuple[str, ...]
    families: tuple[str, ...]

    def matrix(self, rows: Sequence[Judged]) -> Floats:
        """Common features, then each family's indicator and its features."""
        n, wide = len(self.names), len(self.names) + 1
        at = {name: i for i, name in enumerate(self.names)}
        out = np.zeros((len(rows), wide * (1 + len(self.families))))
        index = {name: i for i, name in enumerate(self.families)}
        for i, row in enumerate(rows):
            starts = [0, *([wide * (1 + index[row.family])] if row.family in index else [])]
            for start in starts:
                out[i, start + n] = 1.0
                for name, value in row.features.items():
                    if name in at:
                        out[i, start + at[name]] = value
        return out


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


def _weights(
    rows: Sequence[Judged], version: str, start: Model, worth: float
) -> dict[str, Any]:  # fmt: skip
    names = tuple(sorted({*start.weights, *(name for row in rows for name in row.features)}))
    families = tuple(sorted({row.family for row in rows} - {""}))
    design = Design(names, families)
    first = np.array([start.weights.get(name, 0.0) for name in names] + [start.bias])
    initial = np.concatenate([first, np.zeros((len(names) + 1) * len(families))])
    for i, family in enumerate(families):
        own = start.families.get(family)
        if own:
            at = (len(names) + 1) * (1 + i)
            initial[at : at + len(names)] = [own.weights.get(name, 0.0) for name in names]
            initial[at + len(names)] = own.bias
    pull = np.full(len(initial), FAMILY_PRIOR * worth / PRIOR)
    pull[: len(first)] = worth
    y = np.array([row.right for row in rows], dtype=float)
    found = _descend(design.matrix(rows), y, initial, pull, len(names) + 1)
    return _content(found, names, families, version, start)


def _content(
    found: Floats, names: tuple[str, ...], families: tuple[str, ...], version: str, start: Model
) -> dict[str, Any]:
    wide = len(names) + 1

    def part(at: int) -> dict[str, float]:
        values = found[at : at + len(names)]
        return {n: round(float(w), 4) for n, w in zip(names, values, strict=True) if abs(w) > 5e-4}

    return {
        "version": version,
        "bias": round(float(found[len(names)]), 4),
        "weights": part(0),
        "families": {
            family: {"bias": round(float(found[wide * (1 + i) + len(names)]), 4),
                     "weights": part(wide * (1 + i))}
            for i, family in enumerate(families)
        },
        "caps": dict(start.caps),
        "curve": [],
    }  # fmt: skip


def _descend(x: Floats, y: Floats, initial: Floats, pull: Floats, wide: int) -> Floats:
    """Accelerated gradient with a pull towards the prior; weights of doubts stay at or below 0."""
    free = np.arange(len(initial)) % wide == wide - 1
    step = 1.0 / (0.25 * _largest(x) + float(pull.max()))
    at = ahead = initial.copy()
    speed = 1.0
    for _ in range(STEPS):
        wrong = 1.0 / (1.0 + np.exp(-np.clip(x @ ahead, -30, 30))) - y
        moved = ahead - step * (x.T @ wrong + pull * (ahead - initial))
        moved = np.where(free, moved, np.minimum(0.0, moved))
        faster = (1 + np.sqrt(1 + 4 * speed * speed)) / 2
        ahead = moved + (speed - 1) / faster * (moved - at)
        at, speed = moved, faster
    return at


def _largest(x: Floats) -> float:
    """The largest eigenvalue of x'x, from a few turns of the power method."""
    vector = np.ones(x.shape[1])
    for _ in range(20):
        vector = x.T @ (x @ vector)
        vector /= float(np.linalg.norm(vector)) or 1.0
    return float(vector @ (x.T @ (x @ vector))) * 1.05


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
        scores[here] = [raw_probability(rows[i], made) for i in here]
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
