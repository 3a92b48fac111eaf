"""Boxes with a mark: what a checklist says is so, and what it leaves open.

Only a condition by one of its usual names counts where no heading says that diagnoses are asked
for: lists of what to send, of specialties and of relatives have boxes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from documents.pipeline.extraction.conditions import known_condition
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.items import is_checked, is_unchecked
from documents.pipeline.extraction.lines import Layout, Line, Token, norm
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.typed import text_of

_OTHERS = re.compile(
    r"\b(?:family|relatives?|mother|father|parents?|siblings?|children|refer to|include|request)\b",
    re.IGNORECASE,
)
REACH = 12


def ticked(layout: Layout, sections: Sequence[Section]) -> Iterator[Candidate]:
    """Ticked conditions of a page whose boxes are not all ticked."""
    family = {
        cell.line.index
        for section in sections
        if section.kind == "family"
        for row in section.rows
        for cell in row
    }
    boxes: list[tuple[bool, Sequence[Token], int]] = [
        *(box for line in layout.lines for box in _boxes(line)),
        *_answered(layout),
    ]
    if not any(not checked for checked, _, _ in boxes):
        return
    for checked, tokens, line in boxes:
        if (
            not checked
            or line in family
            or _others(layout, line)
            or _OTHERS.search(text_of(tokens))
        ):
            continue
        value = text_of(tokens).strip(" .,;:")
        code = known_condition(value)
        if code is None:
            continue
        yield Candidate(
            "diagnosis",
            value,
            tuple(tokens),
            layout,
            line,
            None,
            {"far_value": 0.2},
            {
                "negated": False,
                "context": "patient",
                "code": {
                    "system": "http://hl7.org/fhir/sid/icd-10-cm",
                    "code": code,
                    "confidence": 0.8,
                },
            },
            (),
            value,
        )


def _answered(layout: Layout) -> Iterator[tuple[bool, Sequence[Token], int]]:
    """(yes, question, line) of questions with a mark in one of the columns "Yes" and "No".

    A row of questions may have several pairs of columns; titles of other people end it.
    """
    pairs: list[tuple[float, float]] = []
    previous = None
    for line in layout.lines:
        titles = [norm(c.text) for c in line.chunks]
        if "yes" in titles and "no" in titles:
            pairs = [
                (left.x0, right.x0)
                for left, right in pairwise(line.chunks)
                if (norm(left.text), norm(right.text)) == ("yes", "no")
            ]
            pairs = [] if _OTHERS.search(line.text) else pairs
        elif previous is not None and line.y0 - previous.y1 > 3 * line.height:
            pairs = []
        previous = line
        for place, (yes, no) in enumerate(pairs):
            start = pairs[place - 1][1] + 3 * layout.char if place else 0.0
            own = [c for c in line.chunks if start <= c.x0 < no + 3 * layout.char]
            marks = [c for c in own if len(c.tokens) == 1 and is_checked(c.text)]
            words = [c for c in own if c not in marks]
            if len(marks) != 1 or len(words) != 1 or words[0].x1 > yes:
                continue
            off = [abs(marks[0].x0 - x) for x in (yes, no)]
            if min(off) < 2 * layout.char:
                yield off[0] < off[1], words[0].tokens, line.index


def _boxes(line: Line) -> Iterator[tuple[bool, list[Token], int]]:
    """(ticked, words up to the next box or the end of the cell, line) of each box of a line."""
    for chunk in line.chunks:
        state: bool | None = None
        words: list[Token] = []
        for token in chunk.tokens:
            if is_checked(token.text) or is_unchecked(token.text) or token.text in "])":
                if state is not None and words:
                    yield state, words, line.index
                    words = []
                state = is_checked(token.text)
            elif state is not None:
                words.append(token)
        if state is not None and words:
            yield state, words, line.index


def _others(layout: Layout, line: int) -> bool:
    """Whether the question over a list of boxes is about relatives, or about what is wanted."""
    for index in range(line, max(-1, line - REACH), -1):
        own = layout.lines[index]
        words = own.text.partition(":")[0] if index == line and ":" in own.text else own.text
        marked = any(True for _ in _boxes(own))
        if index == line and ":" in own.text and not is_checked(own.tokens[0].text):
            return _OTHERS.search(words) is not None
        if not marked:
            return _OTHERS.search(own.text) is not None
    return False
