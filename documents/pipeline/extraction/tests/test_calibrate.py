from __future__ import annotations

import numpy as np

from documents.pipeline.extraction.calibrate import fit, isotonic
from documents.pipeline.extraction.confidence import Model, model, probability


def test_fit_lowers_what_was_wrong_and_keeps_the_caps() -> None:
    rows = [({"unlisted": 1.0}, i % 2 == 0) for i in range(200)] + [({}, True)] * 800

    made = fit(rows, version="test")
    fitted = Model("test", made["bias"], made["weights"], made["caps"],
                   tuple((x, y) for x, y in made["curve"]))  # fmt: skip

    assert made["weights"]["unlisted"] < model().weights["unlisted"]
    assert made["caps"] == model().caps
    assert probability({"unlisted": 1.0}, fitted) < 0.8
    assert probability({}, fitted) > 0.95


def test_few_examples_stay_with_the_prior() -> None:
    made = fit([({"unlisted": 1.0}, False)], version="test")

    assert abs(made["weights"]["unlisted"] - model().weights["unlisted"]) < 0.5
    assert made["curve"] == []


def test_curve_never_falls() -> None:
    scores = np.linspace(0.5, 1.0, 400)
    right = np.array([(i * 7919) % 10 < 8 for i in range(400)], dtype=float)

    shares = [share for _, share in isotonic(scores, right)]

    assert shares == sorted(shares)
