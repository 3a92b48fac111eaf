"""``python -m bench.extraction``: read documents made for the purpose, score them, print tables.

Quality is told of layouts and patients that nothing was fitted to, beside known ones and beside a
baseline (Tesseract and regular expressions) over the same files. Words once read are kept in
``--words``, so that scoring again needs no recogniser: raise ``words.READER`` after a change in
how pages are read. ``python -m bench.extraction fit --help`` fits the confidence.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.extraction import fit
from bench.extraction.docs import write_docs
from bench.extraction.legible import placed
from bench.extraction.plain import tesseract
from bench.extraction.public import public_documents
from bench.extraction.report import Pair, Table, blanks, kinds, layouts, mistakes, quality
from bench.extraction.run import EVERY, Run, documents, peak_megabytes, read_all
from bench.extraction.scoring import Scored, score
from bench.extraction.targets import Speed, targets

KEPT = Path("var/bench/words")
TEXT = ("text", "turned")


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything a run found; ``command`` is how to repeat it."""

    command: str
    runs: list[Run]
    scored: list[Scored]
    plain: list[Scored]

    @property
    def pairs(self) -> list[Pair]:
        """Every document as both read it."""
        return [Pair(*both) for both in zip(self.scored, self.plain, strict=True)]


def speeds(runs: Sequence[Run]) -> list[Speed]:
    """Pages per CPU second of reading and extraction, and memory."""
    out: list[Speed] = []
    for title, target, is_text in (
        ("text PDF, pages/s/core", 20.0, True),
        ("OCR, pages/s/core", 0.25, False),
    ):
        some = [r for r in runs if (r.truth.variant in TEXT) == is_text]
        if some:
            pages = sum(r.truth.pages for r in some)
            read, extract = sum(r.read_cpu for r in some), sum(r.extract_cpu for r in some)
            cause = f"{read / pages:.3f} s a page opening and reading, {extract / pages:.3f} facts"
            out.append((title, target, pages / max(read + extract, 1e-9), True, cause))
    return [*out, ("peak RSS of the process, MB", 900, peak_megabytes()[0], False, "")]


def cost(runs: Sequence[Run]) -> list[str]:
    """CPU of each stage, ours and the baseline's, and memory."""
    out = ["", "CPU seconds a page: opening and reading, extraction, the plain reader"]
    for title, text in (("text PDF", True), ("pictures", False)):
        some = [r for r in runs if (r.truth.variant in TEXT) == text]
        pages = sum(r.truth.pages for r in some)
        if pages:
            parts = (sum(getattr(r, k) for r in some) / pages
                     for k in ("read_cpu", "extract_cpu", "plain_cpu"))  # fmt: skip
            out.append(f"  {title}: " + ", ".join(f"{part:.3f}" for part in parts))
    own, child = peak_megabytes()
    return [*out, f"  peak RSS {own:.0f} MB, largest child {child:.0f} MB"]


def legible(runs: Sequence[Run]) -> list[str]:
    """The share of facts whose printed text was read at its place: what extraction can reach."""
    out = ["", "facts read at their place (no extraction involved)"]
    for variant in dict.fromkeys(r.truth.variant for r in runs):
        pairs = [pair for r in runs if r.truth.variant == variant for pair in placed(r)]
        read = sum(ok for _, ok in pairs)
        labs = [ok for fact, ok in pairs if fact.name == "lab"]
        out.append(
            f"  {variant}: {read}/{len(pairs)} = {read / max(1, len(pairs)):.3f},"
            f" laboratory values {sum(labs) / max(1, len(labs)):.3f}"
        )
    return out


def filed(runs: Sequence[Run], scored: Sequence[Scored]) -> list[str]:
    """How many documents would be filed without a person, by variant, and with what errors."""
    out = ["", "filed without a person (of these with a wrong value, with one missed)"]
    both = list(zip(runs, scored, strict=True))
    for held_out, side in ((False, "known"), (True, "unseen")):
        for variant in dict.fromkeys(r.truth.variant for r in runs):
            some = [
                p
                for p in both
                if p[0].truth.variant == variant
                and not p[0].truth.blank
                and p[0].truth.held_out == held_out
            ]
            sure = [s for r, s in some if r.ingest]
            wrong = sum(any(j.outcome == "wrong" for j in s.judged) for s in sure)
            missed = sum(any(j.outcome == "missed" for j in s.judged) for s in sure)
            out.append(f"  {variant}, {side}: {len(sure)} of {len(some)} ({wrong}, {missed})")
    for run, one in both:
        errors = [f"{j.name} [{j.found}]" for j in one.judged if j.outcome == "wrong"]
        if run.ingest and errors and not (run.truth.blank or run.truth.held_out):
            out.append(f"    {run.name}: {'; '.join(errors[:4])}")
    return [*out, *(f"  BLANK BUT FILED: {r.name}" for r in runs if r.ingest and r.truth.blank)]


def counts_of(options: argparse.Namespace) -> dict[str, int]:
    """Documents of each capture; text PDFs cost little, so there are more of them."""
    return {
        variant: options.documents * (8 if variant in TEXT else 1)
        for variant in options.variants.split(",")
    }


def measure(options: argparse.Namespace) -> Measured:
    """Make, read and score."""
    prefixes = tuple(options.layouts.split(","))
    some = [plan for plan in EVERY if plan.name.startswith(prefixes)]
    packets = 0 if options.layouts else options.packets
    made = (
        public_documents(options.data, counts_of(options), options.seed)
        if options.data
        else documents(counts_of(options), options.seed, some, packets=packets)
    )
    runs = list(read_all(made, options.words))
    scored = [score(run.truth, run.extracted) for run in runs]
    plain = [score(run.truth, run.plain) for run in runs]
    command = shlex.join(["python", "-m", "bench.extraction", *sys.argv[1:]])
    return Measured(command, runs, scored, plain)


def tables(found: Measured) -> list[Table]:
    """The score tables, the targets first."""
    both = list(zip(found.runs, found.scored, strict=True))
    return [targets(both, speeds(found.runs)), *quality(found.pairs), layouts(found.scored)]


def told(found: Measured) -> list[str]:
    """What is said beside the tables."""
    lines = [*kinds(found.scored), *blanks(found.scored), *legible(found.runs)]
    lines += [*filed(found.runs, found.scored), *cost(found.runs)]
    if tesseract() is None:
        lines.append("There is no tesseract on this machine: the baseline read text layers only.")
    return lines


def options_of(argv: Sequence[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description=__doc__)
    parser.add_argument(
        "--documents", type=int, default=12, metavar="N",
        help="documents of each capture, half of unseen layouts; text PDFs eight times as many",
    )  # fmt: skip
    parser.add_argument("--variants", default="text,scan,fax,photo")
    parser.add_argument("--layouts", default="", help="comma list of layout names or prefixes")
    parser.add_argument("--packets", type=int, default=1, help="of two patients, each capture")
    parser.add_argument("--data", type=Path, help="folder of public records to make them from")
    parser.add_argument("--seed", type=int, default=70_000)
    parser.add_argument("--words", type=Path, default=KEPT, help="folder that keeps what was read")
    parser.add_argument("--mistakes", type=int, default=0, help="how many to list")
    parser.add_argument("--write-docs", action="store_true", help="write docs/extraction.md")
    parser.add_argument("--json", type=Path, help="also write every extraction to this file")
    return parser.parse_args(argv)


def main() -> None:
    """Read, score, print."""
    if sys.argv[1:2] == ["fit"]:
        fit.main(sys.argv[2:])
        return
    options = options_of(sys.argv[1:])
    found = measure(options)
    shown, said = tables(found), told(found)
    print("\n".join([found.command, *(table.text() for table in shown), *said]))
    if options.mistakes:
        print("\n".join(mistakes(found.scored, options.mistakes)))
    if options.write_docs:
        write_docs(found.command, found.runs, found.scored, shown, said)
    if options.json:
        rows = {
            r.name: {"ingest": r.ingest, "reasons": r.reasons, **r.extracted} for r in found.runs
        }
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
