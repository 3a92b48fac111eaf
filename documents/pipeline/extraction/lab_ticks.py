"""Results that were ticked: "RSV  [X] Positive  [ ] Negative", or marks in columns of outcomes.

A line of boxes is never read in any other way: where none is ticked, or more than one, the
form says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from documents.pipeline.extraction.atoms import Atom
from documents.pipeline.extraction.items import is_checked, is_unchecked
from documents.pipeline.extraction.lab_names import clean_name, known, prosaic, rejected
from documents.pipeline.extraction.lab_rows import LabRow
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token, norm
from documents.pipeline.extraction.result_words import NO_RESULT, QUALITATIVE

_SURE = 0.95
_OUTCOMES = {
    "positive", "negative", "pos", "neg", "detected", "not detected", "reactive", "non reactive",
    "nonreactive", "indeterminate", "equivocal", "present", "absent", "invalid", "positiv",
    "negativ", "positivo", "negativo", "positif", "negatif", "trace", "small", "moderate", "large",
    "1+", "2+", "3+", "4+", "normal", "abnormal", "detectado", "no detectado",
}  # fmt: skip
_NOTHING = {"not done", "not tested", "not performed", "n a", "na", "invalid", "pending"}
_MARK = re.compile(r"^(?:[xX✓✔✗✘√●■☒☑•*]|\[[xX✓]\]|\([xX✓]\))$")
_CLOSERS = {"]", ")"}


@dataclass(frozen=True, slots=True)
class _Box:
    """A printed box: whether it is ticked, and the tokens ``start:end`` of the line it takes."""

    ticked: bool
    start: int
    end: int


def ticked_rows(layout: Layout) -> tuple[list[LabRow], frozenset[int]]:
    """Ticked results of a page, and the lines whose boxes offer outcomes."""
    rows: list[LabRow] = []
    used: set[int] = set()
    for line in layout.lines:
        if line.index in used:
            continue
        offered, row = _offers(line)
        if offered:
            used.add(line.index)
            rows.extend([row] if row is not None else [])
        else:
            heads = _heads(line)
            if heads:
                made, lines = _grid(layout, line, heads)
                rows.extend(made)
                used |= lines
    return rows, frozenset(used)


def _boxes(tokens: Sequence[Token]) -> list[_Box]:
    found: list[_Box] = []
    index = 0
    while index < len(tokens):
        text = tokens[index].text
        end = index + 1
        if text in {"[", "("}:
            inner = tokens[index + 1].text if end < len(tokens) else ""
            if inner in _CLOSERS:
                found.append(_Box(False, index, index + 2))
                end = index + 2
            elif _MARK.match(inner) and end + 1 < len(tokens) and tokens[end + 1].text in _CLOSERS:
                found.append(_Box(True, index, index + 3))
                end = index + 3
        elif is_checked(text):
            found.append(_Box(True, index, end))
        elif is_unchecked(text) and not text.startswith("_"):
            found.append(_Box(False, index, end))
        index = end
    return found


def _offers(line: Line) -> tuple[bool, LabRow | None]:
    """Whether the line's boxes stand by outcomes, and the row of the one that is ticked."""
    boxes = _boxes(line.tokens)
    if not boxes:
        return False, None
    spans = _words(line, boxes, before=False)
    name_end = boxes[0].start
    if not all(spans) or not all(_outcome(span) for span in spans):
        spans = _words(line, boxes, before=True)
        if not all(_outcome(span) for span in spans):
            return any(_outcome(s) for s in _words(line, boxes, before=False)), None
        name_end = line.tokens.index(spans[0][0])
    ticked = [span for box, span in zip(boxes, spans, strict=True) if box.ticked]
    if len(ticked) != 1 or len(boxes) < 2:
        return True, None
    return True, _row(line.tokens[:name_end], ticked[0], line.index)


def _words(line: Line, boxes: Sequence[_Box], *, before: bool) -> list[tuple[Token, ...]]:
    """The words each box stands by: those behind it, or the outcome that ends before it."""
    spans = []
    for number, box in enumerate(boxes):
        if before:
            start = boxes[number - 1].end if number else 0
            words = line.tokens[start : box.start]
            longest = next((words[-n:] for n in (3, 2, 1) if _listed(words[-n:])), ())
            spans.append(longest)
        else:
            end = boxes[number + 1].start if number + 1 < len(boxes) else len(line.tokens)
            words = line.tokens[box.end : end]
            if number + 1 == len(boxes):  # comments may stand behind the last one
                words = next((words[:n] for n in (3, 2, 1) if _outcome(words[:n])), words)
            spans.append(words)
    return spans


def _outcome(tokens: Sequence[Token]) -> bool:
    key = norm(" ".join(t.text for t in tokens))
    return key in _OUTCOMES or key in QUALITATIVE or key in NO_RESULT


def _listed(tokens: Sequence[Token]) -> bool:
    """An outcome of the short list: "A Positive" behind "Strep" is no blood group."""
    return norm(" ".join(t.text for t in tokens)) in _OUTCOMES | _NOTHING


def _row(name: Sequence[Token], value: Sequence[Token], line: int) -> LabRow | None:
    text = clean_name(" ".join(t.text for t in name))
    outcome = " ".join(t.text for t in value).rstrip(",;.")
    fit = known(text)
    if norm(outcome) in _NOTHING or norm(outcome) in NO_RESULT or not text or rejected(text):
        return None
    if fit < _SURE and (prosaic(text.split()) or len(text.split()) > 6 or text.endswith("?")):
        return None
    atom = Atom("qual", outcome, tuple(value), value[0].x0, value[-1].x1, 0)
    row = LabRow(tuple(name), atom, line, header=False)
    row.doubts["no_header"] = 0.5
    return row


def _heads(line: Line) -> list[Chunk]:
    """Cells of a header that names at least two outcomes and nothing but a column of tests."""
    heads = [chunk for chunk in line.chunks if norm(chunk.text) in _OUTCOMES | _NOTHING]
    others = [chunk for chunk in line.chunks if chunk not in heads]
    if len(heads) < 2 or any(chunk.x0 > heads[0].x0 for chunk in others) or len(others) > 1:
        return []
    if others and known(clean_name(others[0].text)) >= _SURE:
        return []  # "ANA  Negative  Negative": a result and its range
    return heads if len({norm(h.text) for h in heads}) == len(heads) else []


def _grid(layout: Layout, header: Line, heads: Sequence[Chunk]) -> tuple[list[LabRow], set[int]]:
    """Rows under the header, each with one mark in one of its columns."""
    rows: list[LabRow] = []
    used: set[int] = set()
    edge = heads[0].x0 - 2 * layout.char
    for line in layout.lines[header.index + 1 : header.index + 40]:
        name = tuple(t for t in line.tokens if t.x1 < edge)
        cells = [t for t in line.tokens if t.x1 >= edge]
        marks = _marks(cells)
        if marks is None or not name:
            break
        used.add(line.index)
        if len(marks) == 1:
            centre = marks[0]
            head = min(heads, key=lambda h: abs((h.x0 + h.x1) / 2 - centre))
            if not head.x0 - 3 * layout.char <= centre <= head.x1 + 3 * layout.char:
                continue
            row = _row(name, head.tokens, header.index)
            rows.extend([row] if row is not None else [])
    return rows, used | {header.index} if used else set()


def _marks(cells: Sequence[Token]) -> list[float] | None:
    """Centres of the marks among a row's boxes; None where something else stands there."""
    boxes = _boxes(cells)
    covered = {index for box in boxes for index in range(box.start, box.end)}
    loose = [t for i, t in enumerate(cells) if i not in covered]
    if any(not _MARK.match(t.text) and not re.fullmatch(r"[_\-–.]+", t.text) for t in loose):
        return None
    centres = [(cells[box.start].x0 + cells[box.end - 1].x1) / 2 for box in boxes if box.ticked]
    return centres + [(t.x0 + t.x1) / 2 for t in loose if _MARK.match(t.text)]
