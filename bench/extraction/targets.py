"""The targets of the design beside what a run measured, and where a missed one is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.extraction.legible import read_at_place
from bench.extraction.measures import (
    at_threshold,
    expected_calibration_error,
    points,
    tally,
    wilson,
)
from bench.extraction.report import Table, judged_of, strict
from bench.extraction.run import Run
from bench.extraction.scoring import Judged, Scored

CAPTURES = {
    "text PDF": ("text", "turned"),
    "clean scan": ("scan", "rotated"),
    "fax, photo": ("fax", "faxfine", "faxpdf", "photo", "photopdf", "poorscan", "lowres"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the design's table: which judgements count, and the target of each capture."""

    name: str
    counts: Callable[[Judged], bool]
    targets: tuple[float, float, float]


F1 = (
    Measure("identity and dates F1", lambda j: j.family in ("identity", "dates"),
            (0.99, 0.98, 0.96)),
    Measure("lab test + value + unit F1", lambda j: j.family == "lab", (0.99, 0.97, 0.95)),
    Measure("range, flag F1", lambda j: j.family in ("lab_range", "lab_flag"), (0.98, 0.96, 0.93)),
    Measure("diagnoses, medications, allergies F1", lambda j: j.family == "clinical",
            (0.95, 0.92, 0.88)),
    Measure("member id F1", lambda j: j.family == "member_id", (1.0, 0.98, 0.95)),
)  # fmt: skip
BOXES = (0.99, 0.97, 0.95)
COVERAGE = (0.85, 0.70, 0.55)
Both = tuple[Run, Scored]
Speed = tuple[str, float, float, bool, str]
"""Name, target, measured, whether more is better, and what takes most of it."""


def targets(pairs: Sequence[Both], speeds: Sequence[Speed]) -> Table:
    """Every target; quality is of layouts unseen in fitting, known ones stand beside it."""
    heads = ("target", "capture", "asked", "measured", "known layouts", "", "where it is lost")
    table = Table("Targets, on layouts unseen in fitting", heads)
    for at, (capture, variants) in enumerate(CAPTURES.items()):
        some = [p for p in pairs if p[0].truth.variant in variants]
        unseen = [p for p in some if p[0].truth.held_out]
        known = [p for p in some if not p[0].truth.held_out]
        if not unseen:
            continue
        for measure in F1:
            table.rows.append(_f1_row(measure, capture, measure.targets[at], unseen, known))
        table.rows.append(_share_row("box hit", capture, BOXES[at], _boxes(unseen), _boxes(known)))
        table.rows.append(
            _share_row("coverage at 0.9", capture, COVERAGE[at], _covered(unseen), _covered(known))
        )
    unseen = [p for p in pairs if p[0].truth.held_out]
    known = [p for p in pairs if not p[0].truth.held_out]
    table.rows += _overall(unseen, known)
    for name, target, value, more, cause in speeds:
        met = value >= target if more else value <= target
        shown = f"{'>=' if more else '<='} {target:g}"
        table.rows.append([name, "", shown, f"{value:.2f}", "", _word(met), "" if met else cause])
    return table


def _word(met: bool) -> str:
    return "met" if met else "GAP"


def _f1_row(
    measure: Measure, capture: str, target: float, unseen: Sequence[Both], known: Sequence[Both]
) -> list[str]:
    here = [j for j in judged_of(s for _, s in unseen) if measure.counts(j)]
    there = [j for j in judged_of(s for _, s in known) if measure.counts(j)]
    if not here:
        return [measure.name, capture, f"{target:.2f}", "-", _f1(there), "not measured", ""]
    met = tally(here).f1 >= target
    cause = "" if met else cause_of(unseen, measure.counts)
    return [measure.name, capture, f"{target:.2f}", _f1(here), _f1(there), _word(met), cause]


def _f1(judged: Sequence[Judged]) -> str:
    return f"{tally(judged).f1:.3f}" if judged else "-"


def cause_of(pairs: Sequence[Both], counts: Callable[[Judged], bool]) -> str:
    """Of what was lost: not read at its place, read but not found, wrong; and the worst layouts."""
    unread = unfound = wrong = 0
    layouts: Counter[str] = Counter()
    for run, scored in pairs:
        for judged in scored.judged:
            if not counts(judged) or judged.outcome == "right":
                continue
            layouts[run.truth.layout] += 1
            if judged.outcome == "wrong":
                wrong += 1
            elif judged.fact and not read_at_place(run, judged.fact):
                unread += 1
            else:
                unfound += 1
    worst = ", ".join(f"{name} {count}" for name, count in layouts.most_common(3))
    return f"{unread} misread, {unfound} read but not found, {wrong} wrong; {worst}"


Share = tuple[int, int]


def _share_row(name: str, capture: str, target: float, here: Share, there: Share) -> list[str]:
    share = here[0] / here[1] if here[1] else 1.0
    known = f"{there[0] / there[1]:.3f}" if there[1] else "-"
    return [name, capture, f"{target:.2f}", f"{share:.3f}", known, _word(share >= target), ""]


def _boxes(pairs: Sequence[Both]) -> Share:
    hits = [j.box_hit for j in judged_of(s for _, s in pairs) if j.box_hit is not None]
    return sum(hits), len(hits)


def _covered(pairs: Sequence[Both]) -> Share:
    at = at_threshold(judged_of(s for _, s in pairs))
    return at.right, at.asked


def _overall(unseen: Sequence[Both], known: Sequence[Both]) -> list[list[str]]:
    """Kind, accuracy at 0.9 with its interval, calibration, blanks: over all captures."""
    rows = [_share_row("kind accuracy", "all", 0.97, _kinds(unseen), _kinds(known))]
    here, there = judged_of(s for _, s in unseen), judged_of(s for _, s in known)
    for name, target, pick in (
        ("accuracy at 0.9, strict", 0.99, strict),
        ("accuracy at 0.9", 0.98, list),
    ):
        at, beside = at_threshold(pick(here)), at_threshold(pick(there))
        low, high = wilson(at.right, at.found)
        rows.append([name, "all", f"{target:.2f}", f"{at.accuracy:.3f} [{low:.3f}, {high:.3f}]",
                     f"{beside.accuracy:.3f}", _word(at.accuracy >= target),
                     _confident(unseen) if at.accuracy < target else ""])  # fmt: skip
    ece, beside_ece = (expected_calibration_error(points(side)) for side in (here, there))
    rows.append(["ECE", "all", "<= 0.03", f"{ece:.3f}", f"{beside_ece:.3f}",
                 _word(ece <= 0.03), ""])  # fmt: skip
    blank = [s for _, s in [*unseen, *known] if s.truth.blank]
    invented = sum(any(j.outcome == "wrong" for j in s.judged) for s in blank)
    rows.append(["blank documents with a value", "all", "0", f"{invented} of {len(blank)}", "",
                 _word(invented == 0), ""])  # fmt: skip
    return rows


def _kinds(pairs: Sequence[Both]) -> Share:
    asked = [s for _, s in pairs if not s.truth.blank]
    return sum(s.kind == s.truth.kind for s in asked), len(asked)


def _confident(pairs: Sequence[Both]) -> str:
    """Which layouts and fields are wrong at 0.9 and above."""
    wrong: Counter[str] = Counter()
    for _, scored in pairs:
        for j in scored.judged:
            if j.outcome == "wrong" and (j.confidence or 0) >= 0.9:
                wrong[f"{j.name} in {scored.truth.layout}"] += 1
    return ", ".join(f"{count} {what}" for what, count in wrong.most_common(4))
