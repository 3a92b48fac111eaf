"""The tables that a run prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

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
HEAD = f"{'':26}{'n':>6}{'P':>8}{'R':>8}{'F1':>8}"


def line(title: str, judged: Sequence[Judged]) -> str:
    """Precision, recall and F1 of some judgements; n is what was asked."""
    counts = tally(judged)
    asked = counts.right + counts.missed
    return f"{title:26}{asked:6d}{counts.precision:8.3f}{counts.recall:8.3f}{counts.f1:8.3f}" + (
        f"   wrong {counts.wrong}" if counts.wrong else ""
    )


def table(title: str, groups: Iterable[tuple[str, Sequence[Judged]]]) -> list[str]:
    """A titled table of groups."""
    return ["", title, HEAD, *(line(name, judged) for name, judged in groups if judged)]


def by(
    documents: Sequence[Scored], key: Callable[[Scored, Judged], str]
) -> list[tuple[str, list[Judged]]]:
    """Judgements in groups, sorted by name."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for document in documents:
        for judged in document.judged:
            groups[key(document, judged)].append(judged)
    return sorted(groups.items())


def quality(documents: Sequence[Scored]) -> list[str]:
    """All tables of a run."""
    variants = sorted({d.truth.variant for d in documents})
    out: list[str] = []
    for variant in variants:
        some = [d for d in documents if d.truth.variant == variant]
        groups = dict(by(some, lambda _, judged: judged.family))
        rows = [(name, groups[name]) for name in GROUPS if name in groups]
        joint = groups.get("identity", []) + groups.get("dates", [])
        rows.insert(2, ("identity and dates", joint))
        out += table(f"{variant}: by family ({len(some)} documents)", rows)
        out += sure(some)
    out += table("by kind", by(documents, lambda d, _: d.truth.kind))
    out += table("by layout (* held out)", by(documents, _layout))
    for held, title in ((False, "layouts known"), (True, "layouts held out")):
        some = [d for d in documents if d.truth.held_out == held]
        out += table(title, by(some, lambda _, judged: judged.family))
    return [*out, "", *kinds(documents), *blanks(documents)]


def _layout(document: Scored, _judged: Judged) -> str:
    return document.truth.layout + ("*" if document.truth.held_out else "")


def sure(documents: Sequence[Scored]) -> list[str]:
    """Boxes, calibration, and what confidence 0.9 promises and delivers."""
    judged = [one for document in documents for one in document.judged]
    hits = [j.box_hit for j in judged if j.box_hit is not None]
    at = at_threshold(judged)
    strict = [
        j for j in judged if j.family in ("identity", "lab", "member_id") or j.name == "allergy"
    ]
    narrow = at_threshold(strict)
    return [
        f"  box hits {sum(hits)}/{len(hits)} = {sum(hits) / max(1, len(hits)):.3f}"
        f"   ECE {expected_calibration_error(points(judged)):.3f}",
        f"  at 0.9, all: accuracy {at.accuracy:.4f} [{at.low:.4f}, {at.high:.4f}] of {at.found},"
        f" coverage {at.coverage:.3f}",
        f"  at 0.9, identity, lab, allergy, member id: accuracy {narrow.accuracy:.4f}"
        f" [{narrow.low:.4f}, {narrow.high:.4f}] of {narrow.found}, coverage {narrow.coverage:.3f}",
    ]


def kinds(documents: Sequence[Scored]) -> list[str]:
    """Share of documents whose kind was told, and which were mistaken for which."""
    asked = [d for d in documents if not d.truth.blank]
    right = sum(d.kind == d.truth.kind for d in asked)
    low, high = wilson(right, len(asked))
    wrong = Counter(
        f"{d.truth.kind} as {d.kind} ({d.truth.layout})" for d in asked if d.kind != d.truth.kind
    )
    out = [f"kind accuracy {right}/{len(asked)} = {right / max(1, len(asked)):.3f}"
           f" [{low:.3f}, {high:.3f}]"]  # fmt: skip
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
    return ["", f"blank documents with a value: {len(out)} of {count}", *out]


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
    out = ["", "wrong values, most confident first"]
    for confidence, d, j in wrong[:most]:
        where = f"{d.truth.layout}/{d.truth.variant}"
        out.append(
            f"  {confidence:.2f} {where} {j.name}: found [{j.found}] expected [{j.expected}]"
        )
    missed = Counter(
        (d.truth.layout, d.truth.variant, j.name)
        for d in documents
        for j in d.judged
        if j.outcome == "missed"
    )
    example = {
        (d.truth.layout, d.truth.variant, j.name): j.expected
        for d in documents
        for j in d.judged
        if j.outcome == "missed"
    }
    out += ["", "missed most"]
    for key, count in missed.most_common(most):
        out.append(f"  {count:4d} x {key[0]}/{key[1]} {key[2]}: such as [{example[key]}]")
    return out
