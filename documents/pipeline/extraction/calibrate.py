"""Fit the confidence model to judged fields and write ``calibration.json`` anew.

``python -m documents.pipeline.extraction.calibrate judged.jsonl --out FILE --name VERSION`` reads
one JSON object per line, ``{"features": {...}, "right": true}``, taken from documents that no
rule was written for. The hand-set weights are the prior: with few examples the fit stays near
them, and a doubt never becomes a reason for trust.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.pipeline.extraction.confidence import Model, model

STEPS = 400
PRIOR = 8.0  # examples that the hand-set weights are worth
BINS = 10

Judged = tuple[dict[str, float], bool]


def fit(rows: Sequence[Judged], *, version: str, prior: Model | None = None) -> dict[str, Any]:
    """The content of a calibration file: logistic weights, then an isotonic curve over them."""
    start = prior or model()
    names = sorted(start.weights)
    x = np.array([[f.get(name, 0.0) for name in names] for f, _ in rows], dtype=float)
    y = np.array([right for _, right in rows], dtype=float)
    initial = np.array([start.weights[name] for name in names])
    weights, bias = _descend(x, y, initial, start.bias)
    scores = 1.0 / (1.0 + np.exp(-(x @ weights + bias)))
    return {
        "version": version,
        "bias": round(bias, 4),
        "weights": {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)},
        "caps": start.caps,
        "curve": isotonic(scores, y),
    }


def _descend(
    x: NDArray[np.float64], y: NDArray[np.float64], initial: NDArray[np.float64], bias: float
) -> tuple[NDArray[np.float64], float]:
    """Gradient descent with a pull towards the prior; weights of doubts stay at or below 0."""
    weights, first = initial.copy(), bias
    total = len(y) + PRIOR
    for _ in range(STEPS):
        wrong = 1.0 / (1.0 + np.exp(-(x @ weights + bias))) - y
        slope = (x.T @ wrong + PRIOR * (weights - initial)) / total
        weights = np.minimum(0.0, weights - 0.5 * slope)
        bias -= 0.5 * (float(wrong.sum()) + PRIOR * (bias - first)) / total
    return weights, bias


def isotonic(scores: NDArray[np.float64], right: NDArray[np.float64]) -> list[list[float]]:
    """Points of a rising curve from score to observed share, by pooling adjacent violators.

    Bins hold equal numbers of examples; a bin's share is drawn towards its mean score by two
    examples, so that a handful of right answers does not prove certainty.
    """
    if len(scores) < 10 * BINS:
        return []
    order = np.argsort(scores)
    pools: list[list[float]] = []
    for part in np.array_split(order, BINS):
        mean = float(scores[part].mean())
        share = (float(right[part].sum()) + 2 * mean) / (len(part) + 2)
        pools.append([mean, share, float(len(part))])
        while len(pools) > 1 and pools[-2][1] > pools[-1][1]:
            (m1, s1, n1), (m2, s2, n2) = pools[-2], pools[-1]
            total = n1 + n2
            pools[-2:] = [[(m1 * n1 + m2 * n2) / total, (s1 * n1 + s2 * n2) / total, total]]
    return [[round(mean, 5), round(share, 5)] for mean, share, _ in pools]


def main() -> None:
    """Read judged fields, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("judged", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", required=True, help="version written into the file")
    options = parser.parse_args()
    rows: list[Judged] = []
    for line in options.judged.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        rows.append((data["features"], bool(data["right"])))
    content = fit(rows, version=options.name)
    options.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
