"""A packet of pages into its documents: cover sheets, page numbering, patient and kind changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.pipeline.extraction.classify import Verdict, combined
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout
from documents.pipeline.extraction.normalise.names import similarity

_PAGE_OF = re.compile(
    r"\b(?:page|pg\.?|p\.|página|seite)\s*:?\s*(\d{1,3})\s*(?:of|/|de|von)\s*(\d{1,3})\b", re.I
)
SURE_KIND = 0.6


@dataclass(slots=True)
class PageFacts:
    """What segmentation needs to know of a page."""

    layout: Layout
    verdict: Verdict
    patient: dict[str, Candidate]
    number: tuple[int, int] | None = None
    blank: bool = False


@dataclass(slots=True)
class Part:
    """Pages of one document within the packet; ``other_patient`` when not the first one's.

    ``starts`` is why it begins where it does: cover_sheet, after_cover, other_patient, numbering
    (page 1 again) or kind; empty for the first one.
    """

    pages: list[PageFacts] = field(default_factory=list)
    verdict: Verdict | None = None
    other_patient: bool = False
    starts: str = ""


def page_number(layout: Layout) -> tuple[int, int] | None:
    """``page x of y`` as printed in the head or the foot."""
    for line in (*layout.lines[:6], *layout.lines[-6:]):
        match = _PAGE_OF.search(line.text)
        if match and 1 <= int(match.group(1)) <= int(match.group(2)):
            return int(match.group(1)), int(match.group(2))
    return None


def same_patient(one: dict[str, Candidate], other: dict[str, Candidate]) -> bool | None:
    """True or False when two pages name their patients; None when they cannot be compared."""
    a, b = one.get("patient.name"), other.get("patient.name")
    names = similarity(a.value, b.value) if a and b else None
    born_a, born_b = one.get("patient.dob"), other.get("patient.dob")
    births = born_a.value == born_b.value if born_a and born_b else None
    if names is None and births is None:
        return None
    if names is not None and names < 0.75:
        return bool(births) and names > 0.55
    if births is False:
        doubtful = max(c.features.get("engine_doubt", 0.0) for c in (born_a, born_b) if c)
        return names is not None and names >= 0.95 and doubtful > 0.3
    return True


def parts_of(pages: Sequence[PageFacts]) -> list[Part]:
    """Consecutive pages that belong together, each part with its kind."""
    parts: list[Part] = []
    for facts in pages:
        starts = _begins(parts[-1], facts) if parts else ""
        if not parts or starts:
            parts.append(Part(starts=starts))
        parts[-1].pages.append(facts)
    for part in parts:
        part.verdict = combined(
            [p.verdict for p in part.pages if not p.blank] or [part.pages[0].verdict]
        )
    first = next((known for part in parts if (known := part_patient(part))), {})
    for part in parts:
        if same_patient(first, part_patient(part)) is False:
            part.other_patient = True
    return parts


def part_patient(part: Part) -> dict[str, Candidate]:
    """The strongest identity over a part's pages."""
    best: dict[str, Candidate] = {}
    for facts in part.pages:
        for name, candidate in facts.patient.items():
            if name not in best or candidate.strength > best[name].strength + 0.05:
                best[name] = candidate
    return best


def _begins(part: Part, facts: PageFacts) -> str:
    """Why a page starts a new document; empty when it continues the last."""
    previous = part.pages[-1]
    if facts.blank or previous.blank:
        return ""
    if previous.verdict.cover != facts.verdict.cover:
        return "cover_sheet" if facts.verdict.cover else "after_cover"
    if same_patient(part_patient(part), facts.patient) is False:
        return "other_patient"
    if facts.number is not None and previous.number is not None:
        consecutive = (
            facts.number[1] == previous.number[1] and facts.number[0] == previous.number[0] + 1
        )
        if consecutive:
            return ""
        if facts.number[0] == 1:
            return "numbering"
    verdict = combined([p.verdict for p in part.pages])
    differs = facts.verdict.kind not in {verdict.kind, "other"} and verdict.kind != "other"
    sure = differs and facts.verdict.confidence >= SURE_KIND and bool(facts.patient)
    return "kind" if sure else ""
