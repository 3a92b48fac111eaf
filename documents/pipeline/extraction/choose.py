"""From many candidates to fields: one winner per single-valued name, rivals held against it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.normalise.names import similarity

MANY = {
    "lab",
    "vital",
    "diagnosis",
    "medication",
    "allergy",
    "procedure",
    "immunization",
    "claim.denial_code",
}
NAMES = {"patient.name", "insurance.subscriber", "emergency.name"}
RIVAL_MARGIN = 0.12
_QUIET = {
    "provider.ordering",
    "provider.author",
    "facility",
    "doc.date",
    "doc.date_service",
    "insurance.plan",
    "doc.accession",
    "imaging.exam",
    "provider.rendering",
    "provider.npi",
}


def winners(candidates: Sequence[Candidate]) -> list[Candidate]:
    """All many-valued candidates without repeats, and the best of each single-valued name."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.name].append(candidate)
    chosen: list[Candidate] = []
    for name, group in groups.items():
        chosen.extend(_distinct(group) if name in MANY else [_best(name, group)])
    return chosen


def _key(candidate: Candidate) -> tuple[str, ...]:
    """What makes two many-valued candidates the same fact printed twice."""
    label = re.sub(r"\W", "", (candidate.label or "").lower())
    value = re.sub(r"\W", "", candidate.value.lower())
    date = str(candidate.extra.get("effective_date") or "")
    if candidate.name == "lab":
        return (label, candidate.value, str(candidate.extra.get("unit_ucum")), date)
    if candidate.name == "vital":
        return (label, value, date)
    return (value,)


def _distinct(group: Iterable[Candidate]) -> list[Candidate]:
    kept: dict[tuple[str, ...], Candidate] = {}
    for candidate in group:
        key = _key(candidate)
        if key not in kept or candidate.strength > kept[key].strength:
            kept[key] = candidate
    return list(kept.values())


def _same(name: str, one: Candidate, other: Candidate) -> bool:
    if name in NAMES or name.startswith("provider."):
        return similarity(one.value, other.value) >= 0.9
    fold = [re.sub(r"\W", "", c.value.lower()) for c in (one, other)]
    return fold[0] == fold[1] or (
        name in {"facility", "insurance.payer", "patient.address", "imaging.exam"}
        and (fold[0] in fold[1] or fold[1] in fold[0])
    )


def _best(name: str, group: list[Candidate]) -> Candidate:
    """The strongest; earlier pages and repeated values break ties; close others are rivals."""

    def rank(candidate: Candidate) -> tuple[float, int, int]:
        support = sum(_same(name, candidate, other) for other in group) - 1
        return (
            candidate.strength + 0.04 * min(support, 3),
            -candidate.layout.page,
            -candidate.line,
        )

    best = max(group, key=rank)
    if name not in _QUIET:
        rivals = [
            other
            for other in group
            if not _same(name, best, other) and other.strength > best.strength - RIVAL_MARGIN
        ]
        supported = sum(_same(name, best, other) for other in group)
        if rivals and supported <= len(rivals):
            best.features["rival"] = 1.0
            best.warnings = (*best.warnings, "rival_value")
    return best
