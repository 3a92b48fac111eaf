"""Words of a page to tokens, lines and chunks, in points after removing a slight skew.

Geometry works in points because fractions of a page have different lengths across and down.
A chunk is a run of words without a column-sized gap: the cell of a table, one side of a form.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from statistics import median

import numpy as np

from documents.pipeline.reading import upright
from documents.pipeline.types import Box, PageText, Source, Word

NARROW_GAP = 1.15  # in the same measure: wider than any space
CHUNK_GAP = 1.6  # in average character widths; a space is 0.5 (proportional) to 1.0 (monospaced)
_FAX_SIGNS = re.compile(
    r"\bfrom\b|\bto:|\bfax\b|\d{1,2}:\d\d|\bp\.?\s?\d+\s?/\s?\d+|\bpage\b|\(\d{3}\)", re.IGNORECASE
)
GLUED_NAMES = re.compile(r"(?<=[a-zß-ÿ]{3})(?=[A-Z][a-zß-ÿ]{2})")  # an engine lost the space
ROUTING = re.compile(r"^(\d{6})(/)([A-Z][A-Z0-9]+)$")  # BIN/PCN of a pharmacy
GLUED_LABEL = re.compile(r"^([A-Za-z#'./()]*[A-Za-z#)]:)(\S.*)$")


@dataclass(frozen=True, slots=True)
class Token:
    """One word; ``box`` is on the displayed page, x and y in points after deskewing."""

    text: str
    box: Box
    x0: float
    y0: float
    x1: float
    y1: float
    score: float
    source: Source

    @property
    def yc(self) -> float:
        """Vertical centre."""
        return (self.y0 + self.y1) / 2


@dataclass(slots=True)
class Chunk:
    """Neighbouring words of one line; ``start`` is the first token's index in the line."""

    tokens: tuple[Token, ...]
    start: int
    line: int
    x0: float = 0.0
    x1: float = 0.0
    text: str = ""

    def __post_init__(self) -> None:
        self.x0 = self.tokens[0].x0
        self.x1 = max(token.x1 for token in self.tokens)
        self.text = " ".join(token.text for token in self.tokens)

    @property
    def end(self) -> int:
        """Index after the last token in the line."""
        return self.start + len(self.tokens)


@dataclass(slots=True)
class Line:
    """Tokens from left to right, and the chunks they form."""

    index: int
    tokens: tuple[Token, ...]
    chunks: tuple[Chunk, ...]
    y0: float
    y1: float
    text: str
    norms: tuple[str, ...] = field(default=())

    @property
    def height(self) -> float:
        """Height of the text in points."""
        return self.y1 - self.y0

    def chunk_of(self, index: int) -> Chunk:
        """The chunk that holds the token at ``index``."""
        for chunk in self.chunks:
            if index < chunk.end:
                return chunk
        return self.chunks[-1]


@dataclass(slots=True)
class Layout:
    """A page as lines; ``char`` is the usual width of a character and ``pitch`` of a line."""

    page: int
    width: float
    height: float
    lines: tuple[Line, ...]
    char: float
    pitch: float
    trusted: bool
    skew: float

    @property
    def text(self) -> str:
        """The page's text, one line per row of words."""
        return "\n".join(line.text for line in self.lines)


@lru_cache(maxsize=20000)
def norm(text: str) -> str:
    """Case-folded letters and digits with single spaces; ``#`` reads as ``no``."""
    if not text.isascii():
        text = text.replace("\u00ba", "\u00b0").replace("\u00df", "ss")
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"\b([A-Za-z])\.(?=[A-Za-z]\b)", r"\1", text)  # I.D., D.O.B.
    text = re.sub(r"\b[Nn]\.?\s?\u00b0", " no ", text)
    text = text.lower().replace("#", " no ").replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[^a-z0-9%]+", " ", text).split())


def layout_of(page: PageText) -> Layout:
    """Build lines and chunks; robust to a few degrees of skew left in OCR boxes."""
    width, height, boxes = upright(page)
    width, height = width or 612.0, height or 792.0
    turned = boxes != tuple(word.bbox for word in page.words)
    words: list[Word] = []
    shown: list[Box] = []
    for word, box in zip(page.words, boxes, strict=True):
        parts = _split(Word(word.text, box, word.score, word.source))
        words.extend(parts)
        shown.extend([word.bbox] * len(parts) if turned else [part.bbox for part in parts])
    read = any(w.source == "ocr" for w in words)
    slope = _skew(words, width, height) if read else Slope()
    tokens = [
        _token(word, box, width, height, slope)
        for word, box in zip(words, shown, strict=True)
        if word.text.strip()
    ]
    rows = [row for row in _rows(tokens) if not (read and _fax_line(row, height))]
    chars = [(t.x1 - t.x0) / len(t.text) for t in tokens if len(t.text) > 2]
    char = median(chars) if chars else 6.0
    lines = tuple(_line(number, row, char) for number, row in enumerate(rows))
    lines = _split_by_neighbours(lines, char)
    steps = [b.y0 - a.y0 for a, b in itertools.pairwise(lines) if b.y0 > a.y0]
    pitch = median(steps) if steps else 12.0
    trusted = page.text_layer == "trusted" or not read
    return Layout(page.number, width, height, lines, char, pitch, trusted, slope.middle)


def _fax_line(row: Sequence[Token], height: float) -> bool:
    """The line a fax machine prints over the page: its clock and numbers are not the document's."""
    if row[0].y0 > 0.05 * height:
        return False
    text = " ".join(token.text for token in row)
    return len(_FAX_SIGNS.findall(text)) >= 2


def _split(word: Word) -> list[Word]:
    """Break an engine's multi-word box, and a label glued to its value, by share of length."""
    text = word.text.replace("\u00a0", " ").replace("\u2009", " ")
    if "__" in text and any(c.isalnum() for c in text):
        return _off_the_line(word)
    parts = text.split()
    if len(parts) == 1:
        routing = ROUTING.match(parts[0])
        match = routing or GLUED_LABEL.match(parts[0])
        glued = GLUED_NAMES.split(parts[0]) if word.source == "ocr" else []
        if match is None and len(glued) == 2 and not glued[0].startswith("Mac"):
            return _split(Word(" ".join(glued), word.bbox, word.score, word.source))
        if match is None or match.group(2).startswith("//"):
            return (
                [word]
                if text == word.text
                else [Word(parts[0], word.bbox, word.score, word.source)]
            )
        parts = list(match.groups())
        gaps = 0
    else:
        gaps = 1
    x0, y0, x1, y1 = word.bbox
    total = max(1, sum(len(part) for part in parts) + gaps * (len(parts) - 1))
    step, at, found = (x1 - x0) / total, x0, []
    for part in parts:
        box = (at, y0, at + len(part) * step, y1)
        found.extend(
            _split(Word(part, box, word.score, word.source))
            if gaps
            else [Word(part, box, word.score, word.source)]
        )
        at += (len(part) + gaps) * step
    return found


def _off_the_line(word: Word) -> list[Word]:
    """What was typed on a form's line of underscores, "__Lan", without the line."""
    x0, y0, x1, y1 = word.bbox
    step = (x1 - x0) / len(word.text)
    return [
        part
        for run in re.finditer(r"(?:[^_]|(?<!_)_(?!_))+", word.text)
        for part in _split(
            Word(
                run.group(),
                (x0 + run.start() * step, y0, x0 + run.end() * step, y1),
                word.score,
                word.source,
            )
        )
    ]


@dataclass(frozen=True, slots=True)
class Slope:
    """How rows of words run: dy/dx in the page's middle, and its change from top to bottom.

    A photo taken at an angle has rows that converge.
    """

    middle: float = 0.0
    change: float = 0.0

    def at(self, y: float, height: float) -> float:
        """dy/dx of the row at ``y``."""
        return self.middle + self.change * (y / height - 0.5)


def _skew(words: Sequence[Word], width: float, height: float) -> Slope:
    """The slope at which the centres of words gather into the sharpest rows."""
    if len(words) < 12:
        return Slope()
    x = np.array([(w.bbox[0] + w.bbox[2]) / 2 * width for w in words])
    y = np.array([(w.bbox[1] + w.bbox[3]) / 2 * height for w in words])
    mass = np.array([len(w.text) for w in words], dtype=float)
    step = max(1.0, float(np.median([(w.bbox[3] - w.bbox[1]) * height for w in words])) / 3)
    down = y / height - 0.5

    def sharpness(middle: float, change: float) -> float:
        rows = ((y - (middle + change * down) * x) / step).round().astype(int)
        counts = np.bincount(rows - rows.min(), weights=mass)
        return float((counts**2).sum())

    best, sharpest = 0.0, -1.0
    for middle in sorted(np.arange(-0.08, 0.0801, 0.002), key=abs):
        found = sharpness(middle, 0.0)
        if found > sharpest * 1.01:
            best, sharpest = float(middle), found
    straight, sharpest = Slope(best), sharpest * CONVERGING
    slope = straight
    for reach, steps in ((0.18, 9), (0.02, 4)):  # coarse, then fine
        centre = slope
        for change in np.linspace(-reach, reach, 2 * steps + 1) + centre.change:
            for middle in np.linspace(-reach / 3, reach / 3, 2 * steps + 1) + centre.middle:
                found = sharpness(middle, change)
                if found > sharpest:
                    slope, sharpest = Slope(float(middle), float(change)), found
        if slope is straight:
            break
    return slope


CONVERGING = 1.08
"""So much sharper must rows be that converge, before they are believed to."""


def _token(word: Word, shown: Box, width: float, height: float, slope: Slope) -> Token:
    x0, y0, x1, y1 = word.bbox
    shift = slope.at((y0 + y1) / 2 * height, height) * (x0 + x1) / 2 * width
    return Token(
        word.text.strip(),
        shown,
        x0 * width,
        y0 * height - shift,
        x1 * width,
        y1 * height - shift,
        word.score,
        word.source,
    )


def _rows(tokens: Iterable[Token]) -> list[list[Token]]:
    """Cluster by vertical centre; each row then runs from left to right."""
    rows: list[list[Token]] = []
    centres: list[float] = []
    heights: list[float] = []
    ordered = sorted(tokens, key=lambda t: t.yc)
    typical = median([t.y1 - t.y0 for t in ordered]) if ordered else 10.0
    for token in ordered:
        best, best_gap = -1, 1e9
        for index in range(len(rows) - 1, max(-1, len(rows) - 5), -1):
            gap = abs(centres[index] - token.yc)
            reach = 0.5 * max(min(heights[index], token.y1 - token.y0), 0.75 * typical)
            if gap <= reach and gap < best_gap:
                best, best_gap = index, gap
        if best < 0:
            rows.append([token])
            centres.append(token.yc)
            heights.append(token.y1 - token.y0)
        else:
            row = rows[best]
            centres[best] += (token.yc - centres[best]) / (len(row) + 1)
            heights[best] = max(heights[best], token.y1 - token.y0)
            row.append(token)
    order = sorted(range(len(rows)), key=lambda i: centres[i])
    return [sorted(rows[i], key=lambda t: t.x0) for i in order]


def _split_by_neighbours(lines: tuple[Line, ...], char: float) -> tuple[Line, ...]:
    """Cut cells that stand so close that only the rows beside them show the columns.

    A gap wider than a space is a column's when a cell of a line nearby begins at the same place.
    """
    starts = [[chunk.x0 for chunk in line.chunks[1:]] for line in lines]
    out = []
    for line in lines:
        near = [
            x
            for other in lines[max(0, line.index - 2) : line.index + 3]
            if other is not line and abs(other.y0 - line.y0) < 4 * max(line.height, 1.0)
            for x in starts[other.index]
        ]
        cuts = {chunk.start for chunk in line.chunks}
        wide = NARROW_GAP * _own_char(line.tokens, char)
        for index in range(1, len(line.tokens)):
            left, right = line.tokens[index - 1], line.tokens[index]
            if right.x0 - left.x1 > wide and any(abs(x - right.x0) < 0.35 * char for x in near):
                cuts.add(index)
        if len(cuts) == len(line.chunks):
            out.append(line)
            continue
        edges = [*sorted(cuts), len(line.tokens)]
        chunks = tuple(Chunk(line.tokens[a:b], a, line.index) for a, b in itertools.pairwise(edges))
        out.append(replace(line, chunks=chunks))
    return tuple(out)


def _own_char(row: Sequence[Token], char: float) -> float:
    own = [(t.x1 - t.x0) / len(t.text) for t in row if len(t.text) > 1]
    return max(char * 0.8, median(own) if own else char)


def _line(number: int, row: list[Token], char: float) -> Line:
    limit = CHUNK_GAP * _own_char(row, char)
    chunks: list[Chunk] = []
    start = 0
    for index in range(1, len(row) + 1):
        if index == len(row) or row[index].x0 - row[index - 1].x1 > limit:
            chunks.append(Chunk(tuple(row[start:index]), start, number))
            start = index
    return Line(
        number,
        tuple(row),
        tuple(chunks),
        min(t.y0 for t in row),
        max(t.y1 for t in row),
        " ".join(t.text for t in row),
        tuple(norm(t.text) for t in row),
    )


def flows(layout: Layout, taken: frozenset[int] = frozenset()) -> list[list[Chunk]]:
    """Cells that go on from line to line at the same left edge, so that columns stay apart.

    Lines in ``taken`` are left out.
    """
    columns: list[list[Chunk]] = []
    for line in layout.lines:
        if line.index in taken:
            continue
        for chunk in line.chunks:
            for column in reversed(columns[-12:]):
                above = layout.lines[column[-1].line]
                if (
                    above.index < line.index
                    and abs(column[-1].x0 - chunk.x0) < 2 * layout.char
                    and line.y0 - above.y1 < 0.8 * line.height
                ):
                    column.append(chunk)
                    break
            else:
                columns.append([chunk])
    return columns
