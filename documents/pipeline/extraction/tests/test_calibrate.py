from __future__ import annotations

import numpy as np
import pytest

from documents.pipeline.extraction.calibrate import (
    Judged,
    fit,
    folds_of,
    isotonic,
    out_of_fold,
)
from documents.pipeline.extraction.confidence import (
    Model,
    model,
    probability,
    shipped,
    using,
)


def judged(features: dict[str, float], right: bool, *, family: str = "", n: int = 0) -> Judged:
    return Judged(features, right, family, f"layout-{n % 10}")


def fitted(rows: list[Judged]) -> Model:
    return Model.from_dict(fit(rows, version="test"))


def test_fit_lowers_what_was_wrong_and_keeps_the_caps() -> None:
    rows = [judged({"unlisted": 1.0}, i % 2 == 0, n=i) for i in range(200)]
    rows += [judged({}, True, n=i) for i in range(800)]

    made = fitted(rows)

    assert made.weights["unlisted"] < shipped().weights["unlisted"]
    assert made.caps == shipped().caps
    assert probability({"unlisted": 1.0}, made) < 0.8
    assert probability({}, made) > 0.95


def test_few_examples_stay_with_the_prior() -> None:
    made = fit([judged({"unlisted": 1.0}, False)], version="test")

    assert abs(made["weights"]["unlisted"] - shipped().weights["unlisted"]) < 0.5
    assert made["curve"] == []


def test_doubt_never_becomes_a_reason_for_trust() -> None:
    rows = [
        judged({"no_range": 1.0, "new_doubt": 1.0}, True, family="lab", n=i) for i in range(400)
    ]
    rows += [judged({}, i % 3 > 0, family="lab", n=i) for i in range(400)]

    made = fitted(rows)

    own = made.families["lab"].weights
    assert all(weight <= 0 for weight in [*made.weights.values(), *own.values()])
    assert probability({"new_doubt": 1.0}, made, "lab") <= probability({}, made, "lab")


def test_family_that_is_often_wrong_is_trusted_less_than_one_that_is_not() -> None:
    rows = [judged({}, True, family="lab", n=i) for i in range(500)]
    rows += [judged({}, i % 4 > 0, family="imaging", n=i) for i in range(500)]

    made = fitted(rows)

    assert probability({}, made, "lab") > 0.95
    assert probability({}, made, "imaging") == pytest.approx(0.75, abs=0.06)


def test_curve_never_falls_and_no_two_scores_become_one() -> None:
    scores = np.linspace(0.5, 1.0, 400)
    right = np.array([(i * 7919) % 10 < 8 for i in range(400)], dtype=float)

    points = isotonic(scores, right)

    assert points[0] == [0.0, 0.01]
    assert points[-1][0] == 1.0
    shares = [share for _, share in points]
    assert shares == sorted(set(shares))


def test_curve_wants_ten_examples_a_bin() -> None:
    assert isotonic(np.linspace(0, 1, 119), np.ones(119)) == []
    assert isotonic(np.linspace(0, 1, 120), np.ones(120)) != []


def test_folds_hold_whole_groups_out_and_are_even() -> None:
    rows = [judged({}, True, n=i) for i in range(100)]

    folds = folds_of(rows)

    of = {row.group: set() for row in rows}
    for row, fold in zip(rows, folds, strict=True):
        of[row.group].add(int(fold))
    assert all(len(seen) == 1 for seen in of.values())
    assert sorted(np.bincount(folds)) == [20, 20, 20, 20, 20]


def test_a_group_is_judged_by_weights_that_have_not_seen_it() -> None:
    rows = [judged({"only_here": 1.0}, False, n=0) for _ in range(100)]
    rows += [judged({}, True, n=i) for i in range(1, 10) for _ in range(30)]
    rows = [r for r in rows if r.group != "layout-0" or r.features]

    scores = out_of_fold(rows)

    assert scores is not None
    assert scores[:100].min() > 0.9


def test_own_model_holds_inside_and_the_shipped_one_after() -> None:
    own = Model("clinic", -2.0, {}, {}, ())

    with using(own):
        assert model().version == "clinic"
        assert probability({}) < 0.2
    assert model() is shipped()
