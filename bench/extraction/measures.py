"""Numbers from judgements: precision, recall, F1, calibration, Wilson interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from bench.extraction.scoring import Judged


@dataclass(slots=True)
class Tally:
    """Counts of a group of facts."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, judged: Judged) -> None:
        """Count one judgement."""
        setattr(self, judged.outcome, getattr(self, judged.outcome) + 1)

    @property
    def precision(self) -> float:
        """Right among found; 1 when nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Right among asked; 1 when nothing was asked."""
        asked = self.right + self.missed
        return self.right / asked if asked else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0


def tally(judged: Iterable[Judged]) -> Tally:
    """Counts of all of them."""
    counts = Tally()
    for one in judged:
        counts.add(one)
    return counts


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share; (0, 1) for nothing."""
    if total == 0:
        return 0.0, 1.0
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return max(0.0, middle - half), min(1.0, middle + half)


def expected_calibration_error(points: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean distance of confidence and accuracy over bins of equal mass.

    ``points`` are (confidence, right). Fewer points than bins make one bin each.
    """
    if not points:
        return 0.0
    ordered = sorted(points, key=lambda point: point[0])
    total, error = len(ordered), 0.0
    for number in range(bins):
        part = ordered[number * total // bins : (number + 1) * total // bins]
        if part:
            confidence = sum(p[0] for p in part) / len(part)
            accuracy = sum(p[1] for p in part) / len(part)
            error += abs(confidence - accuracy) * len(part) / total
    return error


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What could be filed without a person: how right it is, and how much of all it is."""

    found: int
    right: int
    asked: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """Right among those at or above the threshold."""
        return self.right / self.found if self.found else 1.0

    @property
    def coverage(self) -> float:
        """Right ones at or above the threshold among all asked."""
        return self.right / self.asked if self.asked else 1.0


def at_threshold(judged: Iterable[Judged], threshold: float = 0.9) -> AtThreshold:
    """Accuracy and coverage at a confidence; facts without a confidence of their own are left out.

    Ranges and flags carry none.
    """
    counted = [j for j in judged if j.family not in ("lab_range", "lab_flag")]
    sure = [j for j in counted if j.confidence is not None and j.confidence >= threshold]
    right = sum(j.outcome == "right" for j in sure)
    asked = sum(j.outcome in ("right", "missed") for j in counted)
    low, high = wilson(right, len(sure))
    return AtThreshold(len(sure), right, asked, low, high)


def points(judged: Iterable[Judged]) -> list[tuple[float, bool]]:
    """(confidence, right) of everything found."""
    return [
        (j.confidence, j.outcome == "right")
        for j in judged
        if j.confidence is not None and j.outcome != "missed"
    ]
