"""``python -m bench.extraction fit``: fit the confidence, and say by cross-validation if it helps.

Examples come from layouts drawn by lot (``web/varied*.py``), which no rule was written against,
and from the known ones. Folds hold whole layouts out. The unseen layouts that a run measures are
never fitted to; with ``--check`` both models are told on them too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.extraction.measures import AtThreshold, at_threshold, expected_calibration_error
from bench.extraction.report import Table, strict
from bench.extraction.run import EVERY, AnyLayout, Run, documents, read_all
from bench.extraction.scoring import Judged, score
from bench.extraction.web.catalogue import varied
from documents.pipeline.extraction import calibrate
from documents.pipeline.extraction.confidence import Model, probability, shipped
from documents.pipeline.extraction.features import family_of

FILE = Path("documents/pipeline/extraction/data/calibration.json")
SEED = 50_000


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


Confidence = Callable[[Example], float]


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


def main(argv: Sequence[str]) -> None:
    """Make documents, fit, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction fit", description=__doc__)
    parser.add_argument("--words", type=Path, default=Path("var/bench/words"))
    parser.add_argument("--layouts", type=int, default=240, help="drawn by lot")
    parser.add_argument("--pictures", type=int, default=0, help="documents of each picture capture")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worth", type=float, default=calibrate.PRIOR)
    parser.add_argument("--name", help="version to write; without it nothing is written")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(argv)
    lot = varied(options.layouts)
    runs = runs_for(options.words, lot, {"text": len(lot)}, options.seed)
    known = [one for one in EVERY if not one.held_out]
    runs += runs_for(options.words, known, {"text": len(known)}, options.seed)
    if options.pictures:
        counts = dict.fromkeys(("scan", "fax", "photo"), options.pictures)
        runs += runs_for(options.words, lot, counts, options.seed)
    some = examples(runs)
    total = asked(runs)
    prior = shipped()
    table = Table(f"{len(some)} values of {len(runs)} documents", HEADS)
    table.rows.append(told(prior.version, some, [e.judged.confidence or 0 for e in some], total))
    held = held_confidence(some, prior, options.worth)
    table.rows.append(told("fitted, layouts held out", some, held, total))
    print(table.text())
    if options.name:
        made = calibrate.fit(
            [e.row for e in some], version=options.name, prior=prior, worth=options.worth
        )
        options.out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        print(f"{options.out} is now {options.name}")
