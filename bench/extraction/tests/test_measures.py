"""The numbers on cases worked out by hand."""

from __future__ import annotations

import pytest

from bench.extraction.measures import (
    at_threshold,
    expected_calibration_error,
    points,
    tally,
    wilson,
)
from bench.extraction.report import prf
from bench.extraction.scoring import Judged


def judged(outcome: str, confidence: float | None = None, family: str = "lab") -> Judged:
    return Judged(family, "lab", outcome, confidence)


def test_tally_gives_precision_recall_and_f1():
    counts = tally([judged("right"), judged("right"), judged("right"), judged("wrong"),
                    judged("missed"), judged("missed")])  # fmt: skip

    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert tally([]).f1 == 1.0


def test_wilson_interval_is_the_known_one():
    low, high = wilson(95, 100)

    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == 1.0


def test_calibration_error_of_equal_mass_bins():
    sure = [(1.0, True)] * 50 + [(0.0, False)] * 50
    boastful = [(0.9, n % 2 == 0) for n in range(100)]

    assert expected_calibration_error(sure) == 0.0
    assert expected_calibration_error(boastful) == pytest.approx(0.4)
    assert expected_calibration_error([]) == 0.0


def test_threshold_counts_only_the_sure_ones_and_no_ranges():
    rows = [
        judged("right", 0.95), judged("right", 0.9), judged("wrong", 0.97), judged("missed"),
        judged("right", 0.5), judged("right", None, "lab_range"),
        judged("missed", None, "lab_flag"),
    ]  # fmt: skip

    at = at_threshold(rows)

    assert (at.found, at.right, at.asked) == (3, 2, 4)
    assert (at.accuracy, at.coverage) == (pytest.approx(2 / 3), 0.5)
    assert points(rows) == [(0.95, True), (0.9, True), (0.97, False), (0.5, True)]


def test_counts_shown_are_asked_precision_recall_and_f1():
    shown = prf([judged("right", 0.9), judged("wrong", 0.3), judged("missed")])

    assert shown == ["2", "0.500", "0.500", "0.500"]
    assert prf([]) == ["0", "-", "-", "-"]
