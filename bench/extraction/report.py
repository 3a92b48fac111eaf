"""The tables of a run, as text for a terminal and as Markdown for the docs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.extraction.measures import (
    at_threshold,
    expected_calibration_error,
    points,
    tally,
    wilson,
)
from bench.extraction.scoring import Judged, Scored

GROUPS = (
    "identity", "dates", "lab", "lab_range", "lab_flag", "clinical", "vital", "history",
    "provider", "imaging", "insurance", "member_id", "claim", "consent", "emergency",
)  # fmt: skip
STRICT = ("identity", "lab", "member_id")


class Pair(NamedTuple):
    """One document as Backline and as the baseline read it."""

    ours: Scored
    plain: Scored


@dataclass(slots=True)
class Table:
    """A title, column heads and rows of ready text."""

    title: str
    heads: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        """Columns wide enough for their content, the first to the left."""
        widths = [max(len(r[i]) for r in [self.heads, *self.rows]) for i in range(len(self.heads))]

        def line(row: Sequence[str]) -> str:
            rest = zip(row[1:], widths[1:], strict=True)
            return "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in rest)]).rstrip()

        return "\n".join(["", self.title, line(self.heads), *map(line, self.rows)])

    def markdown(self) -> str:
        """A GitHub table under its title."""
        rule = ["---", *["---:"] * (len(self.heads) - 1)]
        lines = ["| " + " | ".join(r) + " |" for r in (self.heads, rule, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines])


def judged_of(documents: Iterable[Scored]) -> list[Judged]:
    """All judgements."""
    return [judged for document in documents for judged in document.judged]


def by(
    documents: Sequence[Scored], key: Callable[[Scored, Judged], str]
) -> dict[str, list[Judged]]:
    """Judgements in groups, sorted by name."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for document in documents:
        for judged in document.judged:
            groups[key(document, judged)].append(judged)
    return dict(sorted(groups.items()))


def prf(judged: Sequence[Judged]) -> list[str]:
    """What was asked, precision, recall and F1; dashes for nothing."""
    if not judged:
        return ["0", "-", "-", "-"]
    counts = tally(judged)
    asked = str(counts.right + counts.missed)
    return [asked, f"{counts.precision:.3f}", f"{counts.recall:.3f}", f"{counts.f1:.3f}"]


def compared(
    title: str, pairs: Sequence[Pair], key: Callable[[Scored, Judged], str],
    order: Sequence[str] = (),
) -> Table:  # fmt: skip
    """Unseen and known layouts, each beside the baseline's F1."""
    heads = ("", "unseen n", "P", "R", "F1", "plain F1", "known n", "P", "R", "F1", "plain F1")
    table = Table(title, heads)
    sides = []
    for held_out in (True, False):
        some = [p for p in pairs if p.ours.truth.held_out == held_out]
        sides.append(by([p.ours for p in some], key))
        sides.append(by([p.plain for p in some], key))
    names = list(order) or sorted({name for side in sides for name in side})
    for name in names:
        ours, plain, known, known_plain = (side.get(name, []) for side in sides)
        if ours or known:
            table.rows.append(
                [name, *prf(ours), prf(plain)[3], *prf(known), prf(known_plain)[3]]
            )  # fmt: skip
    return table


def promised(title: str, groups: Iterable[tuple[str, Sequence[Scored]]]) -> Table:
    """Calibration, and what a confidence of 0.9 promises and delivers."""
    heads = ("", "documents", "ECE", "accuracy >=0.9", "95 %", "of", "coverage",
             "strict accuracy", "95 %", "of")  # fmt: skip
    table = Table(title, heads)
    for name, some in groups:
        judged = judged_of(some)
        at, narrow = at_threshold(judged), at_threshold(strict(judged))
        table.rows.append(
            [
                name, str(len(some)), f"{expected_calibration_error(points(judged)):.3f}",
                f"{at.accuracy:.4f}", f"{at.low:.3f}-{at.high:.3f}", str(at.found),
                f"{at.coverage:.3f}", f"{narrow.accuracy:.4f}",
                f"{narrow.low:.3f}-{narrow.high:.3f}", str(narrow.found),
            ]
        )  # fmt: skip
    return table


def strict(judged: Iterable[Judged]) -> list[Judged]:
    """Those of which 0.99 is asked: identity, laboratory value, allergy, member id."""
    return [j for j in judged if j.family in STRICT or j.name == "allergy"]


def quality(pairs: Sequence[Pair]) -> list[Table]:
    """All score tables of a run."""
    variants = list(dict.fromkeys(p.ours.truth.variant for p in pairs))
    out: list[Table] = []
    for variant in variants:
        some = [p for p in pairs if p.ours.truth.variant == variant]
        out.append(
            compared(f"{variant}: by family", some, lambda _, judged: judged.family, GROUPS)
        )  # fmt: skip
    out.append(compared("By kind", pairs, lambda d, _: d.truth.kind))
    out.append(compared("By capture", pairs, lambda d, _: d.truth.variant, variants))
    groups: list[tuple[str, list[Scored]]] = []
    for held_out, side in ((True, "unseen"), (False, "known")):
        for variant in [*variants, ""]:
            some = [
                p.ours
                for p in pairs
                if p.ours.truth.held_out == held_out and p.ours.truth.variant.startswith(variant)
            ]
            if some:
                groups.append((f"{side}, {variant or 'all'}", some))
    groups.append(("all", [p.ours for p in pairs]))
    groups.append(("all, plain reader", [p.plain for p in pairs]))
    out.append(promised("Confidence (strict: identity, lab value, allergy, member id)", groups))
    return out


def layouts(documents: Sequence[Scored]) -> Table:
    """Every layout, those unseen in fitting with a star."""
    table = Table("By layout (* unseen)", ("", "n", "P", "R", "F1", "wrong"))
    groups = by(documents, lambda d, _: d.truth.layout + "*" * d.truth.held_out)
    table.rows = [[name, *prf(some), str(tally(some).wrong)] for name, some in groups.items()]
    return table


def kinds(documents: Sequence[Scored]) -> list[str]:
    """Share of documents whose kind was told, and which were mistaken for which."""
    out = [""]
    for title, some in (
        ("all", documents),
        ("unseen layouts", [d for d in documents if d.truth.held_out]),
    ):
        asked = [d for d in some if not d.truth.blank]
        right = sum(d.kind == d.truth.kind for d in asked)
        low, high = wilson(right, len(asked))
        out.append(
            f"kind accuracy, {title}: {right}/{len(asked)} = {right / max(1, len(asked)):.3f}"
            f" [{low:.3f}, {high:.3f}]"
        )
    wrong = Counter(
        f"{d.truth.kind} as {d.kind} ({d.truth.layout})"
        for d in documents
        if d.kind != d.truth.kind and not d.truth.blank
    )
    return out + [f"  {count} x {what}" for what, count in wrong.most_common(12)]


def blanks(documents: Sequence[Scored]) -> list[str]:
    """Values invented from paper with nothing on it."""
    out = []
    for document in documents:
        if document.truth.blank:
            invented = [f"{j.name}={j.found}" for j in document.judged if j.outcome == "wrong"]
            if invented:
                shown = "; ".join(invented[:6])
                out.append(f"  {document.truth.layout} {document.truth.variant}: {shown}")
    count = sum(d.truth.blank for d in documents)
    return [f"blank documents with a value: {len(out)} of {count}", *out]


def mistakes(documents: Sequence[Scored], most: int = 60) -> list[str]:
    """The confident wrong values first, then what is missed most, by layout and field.

    Held-out layouts are left out: whoever sees their mistakes begins to fit rules to them.
    """
    documents = [d for d in documents if not d.truth.held_out]
    wrong = [
        (j.confidence or 0.0, d, j)
        for d in documents
        for j in d.judged
        if j.outcome == "wrong" and not d.truth.blank
    ]
    wrong.sort(key=lambda row: -row[0])
    out = ["", "wrong values of known layouts, most confident first"]
    for confidence, d, j in wrong[:most]:
        where = f"{d.truth.layout}/{d.truth.variant}"
        out.append(
            f"  {confidence:.2f} {where} {j.name}: found [{j.found}] expected [{j.expected}]"
        )
    missed: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for d in documents:
        for j in d.judged:
            if j.outcome == "missed":
                missed[d.truth.layout, d.truth.variant, j.name].append(j.expected)
    out += ["", "missed most on known layouts"]
    for key, expected in sorted(missed.items(), key=lambda row: -len(row[1]))[:most]:
        shown = f"{key[0]}/{key[1]} {key[2]}: such as [{expected[0]}]"
        out.append(f"  {len(expected):4d} x {shown}")
    return out
