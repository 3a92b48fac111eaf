"""Whether a fact's printed text was read where it stands, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.extraction.normal import alnum
from bench.extraction.run import Run
from documents.pipeline.types import Word
from documents.samples.truth import Box, TruthField

NOT_TEXT = {"consent.signed"}


def text_at(words: Sequence[Word], box: Box) -> str:
    """Letters and digits of the words that overlap the box by a third of its height, in lines."""
    x0, y0, x1, y1 = box
    near = [
        w
        for w in words
        if min(w.bbox[2], x1) > max(w.bbox[0], x0)
        and min(w.bbox[3], y1) - max(w.bbox[1], y0) > (y1 - y0) * 0.33 / max(1, _lines(words, box))
    ]
    tall = max((w.bbox[3] - w.bbox[1] for w in near), default=1.0)
    near.sort(key=lambda w: (round((w.bbox[1] + w.bbox[3]) / 2 / tall), w.bbox[0]))
    return alnum(" ".join(w.text for w in near))


def _lines(words: Sequence[Word], box: Box) -> int:
    """How many lines of the page's usual height the box holds."""
    heights = sorted(w.bbox[3] - w.bbox[1] for w in words)
    usual = heights[len(heights) // 2] if heights else 1.0
    return round((box[3] - box[1]) / usual) if usual else 1


def read_at_place(run: Run, fact: TruthField) -> bool:
    """Whether every printed word of the fact is in what was read where it stands.

    Word by word, because on a slanted page the order of the words around a box is not known.
    """
    page = next((page for page in run.pages if page.number == fact.page), None)
    if page is None:
        return False
    there = text_at(page.words, fact.bbox)
    return all(alnum(word) in there for word in fact.raw.split())


def placed(run: Run) -> Iterator[tuple[TruthField, bool]]:
    """Every fact with whether its text was read at its place."""
    for fact in run.truth.fields:
        if fact.name not in NOT_TEXT and not fact.optional:
            yield fact, read_at_place(run, fact)
