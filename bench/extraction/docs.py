"""``--write-docs``: docs/extraction.md with its pictures, from what a run has measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.extraction.measures import points
from bench.extraction.pictures import displayed, piece, reliability
from bench.extraction.report import Table, judged_of
from bench.extraction.run import Run
from bench.extraction.scoring import Judged, Scored
from documents.pipeline.extraction.confidence import shipped

PAGE = Path("docs/extraction.md")
FOLDER = Path("docs/extraction")
WRONG, MISSED = 8, 4
RED, GREEN = "#c0261c", "#15803d"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong or missed value with the document it is in."""

    run: Run
    judged: Judged

    @property
    def sentence(self) -> str:
        """What it is, in a line."""
        where = f"{self.run.truth.layout}, {self.run.truth.variant}"
        if self.judged.outcome == "missed":
            return f"{where}: `{self.judged.name}` was not found: {self.judged.expected}"
        truth = self.judged.expected or "nothing of the kind"
        return (
            f"{where}: `{self.judged.name}` read as {self.judged.found} with confidence "
            f"{self.judged.confidence:.2f}; true is {truth}"
        )

    def picture(self) -> bytes | None:
        """The place on the page; None when it has none."""
        place = self._place()
        if place is None:
            return None
        page, box, ink = place
        return piece(displayed(*self.run.file, page), box, ink)

    def _place(self) -> tuple[int, tuple[float, float, float, float], str] | None:
        if self.judged.outcome == "missed" and self.judged.fact:
            return self.judged.fact.page, self.judged.fact.bbox, GREEN
        for field in self.run.extracted["fields"]:
            if field["id"] == self.judged.field and field["bbox"]:
                return field["page"], tuple(field["bbox"]), RED
        return None


def worst(runs: Sequence[Run], scored: Sequence[Scored]) -> list[Mistake]:
    """The most confident wrong values, then missed ones, one of each layout and field.

    Layouts kept unseen stay so: who sees their mistakes begins to write rules for them.
    """
    some = [
        Mistake(run, judged)
        for run, one in zip(runs, scored, strict=True)
        for judged in one.judged
        if not run.truth.held_out and not judged.family.startswith("lab_")
    ]
    wrong = [m for m in some if m.judged.outcome == "wrong"]
    wrong.sort(key=lambda m: -(m.judged.confidence or 0.0))
    missed = [m for m in some if m.judged.outcome == "missed"]
    missed.sort(key=lambda m: m.judged.name not in ("lab", "patient.name", "patient.dob"))
    return [*_apart(wrong, WRONG), *_apart(missed, MISSED)]


def _apart(some: Sequence[Mistake], most: int) -> list[Mistake]:
    seen: set[tuple[str, str]] = set()
    out = []
    for one in some:
        key = (one.run.truth.layout, one.judged.name)
        if key not in seen and len(out) < most:
            seen.add(key)
            out.append(one)
    return out


def series(scored: Sequence[Scored]) -> list[tuple[str, list[tuple[float, bool]]]]:
    """Confidence and truth of unseen and known layouts."""
    sides = ((True, "unseen layouts"), (False, "known layouts"))
    return [
        (name, points(judged_of(s for s in scored if s.truth.held_out == held_out)))
        for held_out, name in sides
    ]


def write_docs(
    command: str, runs: Sequence[Run], scored: Sequence[Scored], tables: Sequence[Table],
    told: Sequence[str],
) -> list[Path]:  # fmt: skip
    """The page and its pictures; what an earlier run left in the folder goes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("mistake-*.jpg"):
        old.unlink()
    plot = FOLDER / "reliability.svg"
    plot.write_text(reliability(series(scored)), encoding="utf-8")
    paths = [PAGE, plot]
    shown = []
    for mistake in worst(runs, scored):
        data = mistake.picture()
        if data is None:
            continue
        path = FOLDER / f"mistake-{len(shown) + 1}.jpg"
        path.write_bytes(data)
        paths.append(path)
        text = mistake.sentence.replace("|", "\\|")
        shown.append(f"{len(shown) + 1}. {text}\n\n   ![{path.stem}](extraction/{path.name})\n")
    parts = [
        INTRODUCTION.format(
            command=command, documents=len(runs), pages=sum(r.truth.pages for r in runs),
            unseen=sum(r.truth.held_out for r in runs),
            calibration=shipped().version,
        ),
        tables[0].markdown(),
        RELIABILITY,
        *(table.markdown() for table in tables[1:]),
        "```\n" + "\n".join(told).strip() + "\n```",
        CALIBRATION.read_text(encoding="utf-8").strip(),
        MISTAKES + "\n".join(shown),
    ]  # fmt: skip
    PAGE.write_text("\n\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return paths


CALIBRATION = Path(__file__).parent / "calibration.md"
INTRODUCTION = """# How well paper is read

Written by the run itself: `{command}` ({documents} documents, {pages} pages, calibration
{calibration}). Nobody in them is real. The documents are made fresh from a seed; {unseen} of them
are of layouts and patients that are *unseen*: no rule and no weight was fitted to them. *Known*
layouts are those that rules were written with. Where few documents were read (pictures), mind the
intervals; CPU seconds are of a machine that did other work too. *Plain* is the baseline over the
same files: the text layer or Tesseract, and one regular expression a field.

Scoring: dates as ISO, names without case and order, numbers by value at the printed precision,
units in UCUM, identifiers by letters and digits. A laboratory result is right only if test, value
and unit are. *Strict* are the fields of which 0.99 is asked: identity, laboratory value, allergy,
member id. ECE has ten bins of equal mass; intervals are Wilson's at 95 %.

To repeat: `python -m bench.extraction` (text PDFs need seconds; pictures are read by OCR once and
their words kept in `var/bench/words`). `--data DIR` makes documents from public records,
`--write-docs` writes this page, `python -m bench.extraction fit` fits the confidence anew."""
RELIABILITY = """## Reliability

![Accuracy of values by confidence, unseen and known layouts](extraction/reliability.svg)

## Scores"""
MISTAKES = """## The worst mistakes

Of known layouts, the most confident first; red is what was taken, green what was missed. Mistakes
on unseen layouts are not shown, so that they stay unseen.

"""
