"""Insurance cards: what stands there without a label, the plan and the member's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.extraction.pairs import Labels

_PLAN = re.compile(
    r"\b(ppo|hmo|epo|pos|hdhp|hsa|gold|silver|bronze|platinum|choice|plus|advantage|select|premier|"
    r"open access|network|medicare part|value|standard|essential|complete|preferred|basic)\b",
    re.IGNORECASE,
)
_NOT_PLAN = re.compile(
    r"copay|deductible|\$|visit|call|www|:|network (?:provider|coverage)", re.IGNORECASE
)


def unlabelled(layout: Layout, labels: Labels, known: Sequence[Candidate]) -> list[Candidate]:
    """A plan by its words and a person's name, where no label gave them."""
    names = {candidate.name for candidate in known}
    taken = {token for candidate in known for token in candidate.tokens}
    found: list[Candidate] = []
    for line in layout.lines:
        for chunk in line.chunks:
            text = chunk.text
            if any(token in taken for token in chunk.tokens):
                continue
            labelled = any(chunk.start <= la.start < chunk.end for la in labels.get(line.index, ()))
            if labelled or len(chunk.tokens) > 6:
                continue
            if (
                "insurance.plan" not in names
                and _PLAN.search(text)
                and not _NOT_PLAN.search(text)
                and line.y0 < 0.5 * layout.height
            ):
                found.append(
                    Candidate(
                        "insurance.plan",
                        text,
                        chunk.tokens,
                        layout,
                        line.index,
                        None,
                        {"guess": 0.4},
                        {},
                        (),
                        text,
                    )
                )
                names.add("insurance.plan")
            elif (
                "insurance.subscriber" not in names
                and "patient.name" not in names
                and line.index >= 1
                and len(chunk.tokens) >= 2
                and looks_like_name(text)
            ):
                found.append(
                    Candidate(
                        "insurance.subscriber",
                        text,
                        chunk.tokens,
                        layout,
                        line.index,
                        None,
                        {"guess": 0.6},
                        {},
                        (),
                        text,
                    )
                )
                names.add("insurance.subscriber")
    return found


def member(known: Sequence[Candidate]) -> list[Candidate]:
    """The one person a card names is its member and its subscriber."""
    by_name = {c.name: c for c in sorted(known, key=lambda c: c.strength)}
    person, holder = by_name.get("patient.name"), by_name.get("insurance.subscriber")
    if (person is None) == (holder is None):
        return []
    only = person or holder
    assert only is not None
    other = "insurance.subscriber" if person else "patient.name"
    doubted = {**only.features, "far_value": max(0.3, only.features.get("far_value", 0.0))}
    return [replace(only, name=other, features=doubted)]
