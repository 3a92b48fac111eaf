"""How right the reading is, and whether that is enough to file without a person; pure.

A share seen in a sample says little without its interval. Wilson's holds near 1, where ours lie,
and for small samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal
from uuid import UUID

Mode = Literal["on", "shadow"]
Z95 = 1.959964
TARGET = 0.98
AUDITED = 0.03
LEAST_THRESHOLD = 0.9
MOST_THRESHOLD = 0.999
_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Share:
    """``right`` of ``total``, with the ends of its 95 % interval."""

    right: int
    total: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.right / self.total if self.total else None

    @property
    def low(self) -> float:
        """Lower end; 0 of nothing."""
        return self._centre() - self._reach() if self.total else 0.0

    @property
    def high(self) -> float:
        """Upper end; 1 of nothing."""
        return self._centre() + self._reach() if self.total else 1.0

    def _centre(self) -> float:
        scaled = 1 + Z95**2 / self.total
        return (self.right / self.total + Z95**2 / (2 * self.total)) / scaled

    def _reach(self) -> float:
        share, n = self.right / self.total, self.total
        spread = sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
        return Z95 * spread / (1 + Z95**2 / n)


def next_mode(mode: Mode, seen: Share, target: float = TARGET) -> Mode:
    """Whether to file without a person from here on.

    On only when even the lower end of the interval meets the target; off again when not even the
    upper end does. Between the two nothing changes, so that chance alone does not switch.
    """
    if mode == "shadow" and seen.total and seen.low >= target:
        return "on"
    if mode == "on" and seen.high < target:
        return "shadow"
    return mode


def picked_for_audit(document_id: UUID, share: float = AUDITED) -> bool:
    """Whether an automatically filed document is checked by a person: at random, and the same
    each time it is asked, because its number is random."""
    digest = hashlib.sha256(document_id.bytes).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < share * _PARTS


def sure_fields(extracted: Mapping[str, Any], threshold: float = LEAST_THRESHOLD) -> Share:
    """Of the values that the machine was sure of, how many a person left as they were.

    Corrected and removed ones were wrong; what a person added says nothing of those.
    """
    sure = [
        field["review"]["state"]
        for field in extracted.get("fields", [])
        if field["confidence"] >= threshold
        and field["review"]["state"] in ("confirmed", "corrected", "removed")
    ]
    return Share(sure.count("confirmed"), len(sure))
