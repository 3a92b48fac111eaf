"""``python -m bench.extraction fit``: fit the confidence, and say by cross-validation if it helps.

Examples come from layouts drawn by lot (``web/varied*.py``) and from the known ones. Folds hold
whole layouts out. The unseen layouts that a run measures are never fitted to; both models are told
on them too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.extraction.measures import AtThreshold, at_threshold, expected_calibration_error
from bench.extraction.report import Table, strict
from bench.extraction.run import EVERY, AnyLayout, Run, documents, read_all
from bench.extraction.scoring import Judged, score
from bench.extraction.web.catalogue import varied
from documents.pipeline.extraction import calibrate
from documents.pipeline.extraction.confidence import Model, probability
from documents.pipeline.extraction.features import family_of

FILE = Path("documents/pipeline/extraction/data/calibration.json")
HAND = Path(__file__).parent / "hand.json"
SAID = Path(__file__).parent / "calibration.md"
SEED, CHECKED = 50_000, 70_000


@dataclass(frozen=True, slots=True)
class Example:
    """A judged field with what the fit sees of it; ``known`` layouts have rules made for them."""

    row: calibrate.Judged
    judged: Judged
    known: bool


def examples(runs: Iterable[Run]) -> list[Example]:
    """Every found value of the runs, right or wrong."""
    out = []
    for run in runs:
        layout = run.truth.layout
        for judged in score(run.truth, run.extracted).judged:
            if judged.confidence is None or not judged.field:
                continue
            features = dict(run.features[judged.field])
            row = calibrate.Judged(
                features, judged.outcome == "right", family_of(judged.name), layout
            )
            out.append(Example(row, judged, not layout.startswith("varied")))
    return out


def asked(runs: Iterable[Run]) -> int:
    """How many facts there were to find, for coverage."""
    return sum(
        j.outcome in ("right", "missed") and not j.family.startswith("lab_")
        for run in runs
        for j in score(run.truth, run.extracted).judged
    )


def runs_for(
    words: Path, layouts: Sequence[AnyLayout], counts: dict[str, int], seed: int
) -> list[Run]:
    """Documents of these layouts, read or taken from the words kept."""
    return list(read_all(documents(counts, seed, layouts), words, plain=False))


def told(name: str, some: Sequence[Example], confidence: Sequence[float], total: int) -> list[str]:
    """One row: ECE, accuracy and coverage at 0.9."""
    points = [(c, e.row.right) for c, e in zip(confidence, some, strict=True)]
    ece = expected_calibration_error(points)
    whole = _at(some, confidence, range(len(some)), total)
    narrow = {id(j) for j in strict(e.judged for e in some)}
    part = [i for i, e in enumerate(some) if id(e.judged) in narrow]
    tight = _at(some, confidence, part, total)
    return [
        name, str(len(some)), f"{ece:.4f}",
        f"{whole.accuracy:.4f}", f"{whole.low:.3f}-{whole.high:.3f}", f"{whole.coverage:.3f}",
        f"{tight.accuracy:.4f}", f"{tight.low:.3f}-{tight.high:.3f}", str(tight.found),
    ]  # fmt: skip


def _at(
    some: Sequence[Example], confidence: Sequence[float], which: Iterable[int], total: int
) -> AtThreshold:
    rows = [
        Judged(some[i].judged.family, "", some[i].judged.outcome, float(confidence[i]))
        for i in which
    ]
    at = at_threshold(rows)
    return AtThreshold(at.found, at.right, total, at.low, at.high)


HEADS = ("", "values", "ECE", "accuracy >=0.9", "95 %", "coverage", "strict", "95 %", "of")


def held_confidence(some: Sequence[Example], prior: Model, worth: float) -> list[float]:
    """Out of fold and through a curve that was fitted without the fold either."""
    rows = [e.row for e in some]
    folds = calibrate.folds_of(rows)
    out = np.zeros(len(rows))
    for fold in range(int(folds.max()) + 1):
        rest = [r for r, f in zip(rows, folds, strict=True) if f != fold]
        made = Model.from_dict(calibrate.fit(rest, version="fold", prior=prior, worth=worth))
        for i in np.flatnonzero(folds == fold):
            out[i] = probability(rows[i].features, made, rows[i].family)
    return [float(v) for v in out]


def by_hand() -> Model:
    """The weights set by hand: the prior of every fit, and what a fit must be better than."""
    return Model.from_dict(json.loads(HAND.read_text(encoding="utf-8")))


def confidences(some: Sequence[Example], made: Model) -> list[float]:
    """What the model says of each."""
    return [probability(e.row.features, made, e.row.family) for e in some]


def options_of(argv: Sequence[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction fit", description=__doc__)
    parser.add_argument("--words", type=Path, default=Path("var/bench/words"))
    parser.add_argument("--layouts", type=int, default=300, help="drawn by lot")
    parser.add_argument("--pictures", type=int, default=0, help="documents of each picture capture")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worth", type=float, default=calibrate.PRIOR)
    parser.add_argument("--name", help="version to write; without it nothing is written")
    parser.add_argument("--out", type=Path, default=FILE)
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> None:
    """Make documents, fit, compare, write."""
    options = options_of(argv)
    lot = varied(options.layouts)
    known = [one for one in EVERY if not one.held_out]
    runs = runs_for(options.words, lot, {"text": len(lot)}, options.seed)
    if options.pictures:
        counts = dict.fromkeys(("scan", "fax"), options.pictures)
        runs += runs_for(options.words, lot, counts, options.seed)
    split = len(examples(runs))
    first = len(runs)
    runs += runs_for(options.words, known, {"text": len(known)}, options.seed)
    some, prior = examples(runs), by_hand()
    rows = [e.row for e in some]
    made = calibrate.fit(
        rows, version=options.name or "trial", prior=prior, worth=options.worth
    )  # fmt: skip
    held = held_confidence(some, prior, options.worth)
    hand = confidences(some, prior)
    table = Table(f"{len(some)} values of {len(runs)} documents, layouts held out in folds", HEADS)
    for name, part, total in (
        ("by lot", slice(0, split), asked(runs[:first])),
        ("known", slice(split, None), asked(runs[first:])),
    ):
        table.rows.append(told(f"{name}, by hand", some[part], hand[part], total))
        table.rows.append(told(f"{name}, fitted", some[part], held[part], total))
    unseen = [one for one in EVERY if one.held_out]
    checked = runs_for(options.words, unseen, {"text": len(unseen)}, CHECKED)
    there = examples(checked)
    for name, model in (("by hand", prior), ("fitted", Model.from_dict(made))):
        table.rows.append(
            told(f"unseen, {name}", there, confidences(there, model), asked(checked))
        )  # fmt: skip
    print(table.text())
    if options.name:
        options.out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        SAID.write_text(EXPLAINED + "\n" + table.markdown() + "\n", encoding="utf-8")
        print(f"{options.out} is now {options.name}")


EXPLAINED = """## How the confidence is fitted

A value's confidence is a logistic sum of doubts, then a rising curve, then caps that hold whatever
was fitted (no box, an ambiguous date, a rival). Besides what a value's own reader saw, the doubts
look at the rest of the document (`documents/pipeline/extraction/features.py`): results out of
their column, units on the page for which no result was read, a patient who was not found, doubtful
kin. Every weight is at or below zero, so that no doubt ever becomes a reason for trust. Weights
are common, with additions for each family of fields that are drawn towards the common ones; the
weights set by hand are the prior.

The examples are layouts drawn by lot (`bench/extraction/web/varied*.py`): habits of writing
combined at random, which no rule had been written for when 2026.11.5 was fitted. Fitted to known
layouts alone, a confidence learns that the rules are nearly always right, which is true only where
they were written. Rules have since been written with layouts of the same lot (number 2000 and up),
so a fit to them would be as trustful; before the next one the lot needs habits of its own. The
curve is fitted to scores from folds that hold whole layouts out, in bins of equal mass drawn
towards their own score, and runs straight between its points, so that there are no plateaus.

The fit has seen text PDFs only: the weight of the recogniser's score is still the one set by hand.
`manage.py fit_calibration --clinic ID` adds what a clinic's own reviewers kept and changed, from
300 judged values on, and is held near this one: a doubt keeps at least half of its weight.

Rows *by lot* and *known* are told by folds that hold the layout out; *unseen* layouts were in no
fold.
"""
