"""``python -m bench.extraction --n 5 --variants text,scan,fax,photo``: read and score documents.

Documents are made fresh from a seed that nothing is fitted to. ``--words DIR`` keeps what was
read, so that a second run repeats extraction without reading: raise ``words.READER`` after a
change in how pages are read. ``--mistakes`` lists the worst.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench.extraction.legible import placed
from bench.extraction.report import mistakes, quality
from bench.extraction.run import EVERY, Run, documents, peak_megabytes, read_all
from bench.extraction.scoring import Scored, score


def speed(runs: list[Run]) -> list[str]:
    """Pages per second of one core, by text or pixels, and memory."""
    out = ["", "speed (one core) and memory"]
    for title, pick in (("text PDF", ("text", "turned")), ("read by OCR", None)):
        some = [
            r for r in runs if (r.truth.variant in ("text", "turned")) == (pick is not None)
        ]  # fmt: skip
        timed = [r for r in some if r.read_cpu is not None]
        if not some:
            continue
        pages = sum(r.truth.pages for r in some)
        extract = sum(r.extract_cpu for r in some)
        text = f"  {title}: extraction {pages / max(extract, 1e-9):.1f} pages/CPU s"
        if timed:
            both = sum((r.read_cpu or 0) + r.extract_cpu for r in timed)
            read = sum(r.truth.pages for r in timed)
            text += f", end to end {read / both:.2f} pages/CPU s ({both / read:.2f} s a page)"
        out.append(text)
    own, child = peak_megabytes()
    return [*out, f"  peak RSS {own:.0f} MB, largest child {child:.0f} MB"]


def legible(runs: list[Run]) -> list[str]:
    """The share of facts whose printed text was read at its place: what extraction can reach."""
    out = ["", "facts read at their place (no extraction involved)"]
    for variant in sorted({r.truth.variant for r in runs}):
        pairs = [pair for r in runs if r.truth.variant == variant for pair in placed(r)]
        read = sum(ok for _, ok in pairs)
        labs = [ok for fact, ok in pairs if fact.name == "lab"]
        out.append(
            f"  {variant}: {read}/{len(pairs)} = {read / max(1, len(pairs)):.3f},"
            f" laboratory values {sum(labs) / max(1, len(labs)):.3f}"
        )
    return out


def filed(runs: list[Run], scored: list[Scored]) -> list[str]:
    """How many documents would be filed without a person, by variant, and with what errors."""
    out = ["", "filed without a person (of these with a wrong value, with one missed)"]
    both = list(zip(runs, scored, strict=True))
    for variant in sorted({r.truth.variant for r in runs}):
        some = [pair for pair in both if pair[0].truth.variant == variant]
        some = [pair for pair in some if not pair[0].truth.blank]
        sure = [s for r, s in some if r.ingest]
        wrong = sum(any(j.outcome == "wrong" for j in s.judged) for s in sure)
        missed = sum(any(j.outcome == "missed" for j in s.judged) for s in sure)
        out.append(f"  {variant}: {len(sure)} of {len(some)} ({wrong}, {missed})")
    for run, one in both:
        errors = [f"{j.name} [{j.found}]" for j in one.judged if j.outcome == "wrong"]
        if run.ingest and errors and not (run.truth.blank or run.truth.held_out):
            out.append(f"    {run.name}: {'; '.join(errors[:4])}")
    wrongly = [r.name for r in runs if r.ingest and r.truth.blank]
    return [*out, *(f"  blank but filed: {name}" for name in wrongly)]


def main() -> None:
    """Read, score, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description=__doc__)
    parser.add_argument("--n", type=int, default=2, help="documents per layout and variant")
    parser.add_argument("--variants", default="text,scan,fax,photo")
    parser.add_argument("--layouts", default="", help="comma list of layout names or prefixes")
    parser.add_argument("--seed", type=int, default=70_000)
    parser.add_argument("--words", type=Path, help="folder that keeps what was read")
    parser.add_argument("--mistakes", type=int, default=0, help="how many to list")
    parser.add_argument("--no-packets", action="store_true")
    parser.add_argument("--json", type=Path, help="also write every extraction to this file")
    options = parser.parse_args()
    prefixes = tuple(options.layouts.split(","))
    layouts = [plan for plan in EVERY if plan.name.startswith(prefixes)]
    made = documents(
        options.variants.split(","),
        options.n,
        options.seed,
        layouts,
        packets=not options.no_packets and not options.layouts,
    )
    runs = list(read_all(made, options.words))
    scored: list[Scored] = [score(run.truth, run.extracted) for run in runs]
    lines = [*quality(scored), *legible(runs), *filed(runs, scored), *speed(runs)]
    if options.mistakes:
        lines += mistakes(scored, options.mistakes)
    print("\n".join(lines))
    if options.json:
        rows = {r.name: {"ingest": r.ingest, "reasons": r.reasons, **r.extracted} for r in runs}
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
