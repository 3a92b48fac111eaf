"""The value that belongs to a label, by geometry: to its right, below it, or above it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from documents.pipeline.extraction.labels import Label
from documents.pipeline.extraction.lines import Layout, Line, Token

Labels = dict[int, list[Label]]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a value may stand: tokens of one cell, and how far-fetched it is (0 to 1)."""

    tokens: tuple[Token, ...]
    line: int
    where: str
    strain: float


def spots(layout: Layout, labels: Labels, label: Label) -> Iterator[Spot]:
    """Places to look for a label's value, the most natural first."""
    wrapped = not label.colon and label.y0 < layout.lines[label.line].y0 - 1.0
    right = [] if wrapped else list(_right(layout, labels, label))
    below = list(_below(layout, labels, label))
    header = not label.colon and (
        _heads_column(layout, labels, label) or stacked(layout, labels, label)
    )
    yield from below + right if header else right + below
    if label.colon:
        yield from _wrapped(layout, labels, label)


def _wrapped(layout: Layout, labels: Labels, label: Label) -> Iterator[Spot]:
    """The beginning of the next line, for a label at the end of a full one."""
    line = layout.lines[label.line]
    if label.end < len(line.tokens) or line.index + 1 >= len(layout.lines):
        return
    lower = layout.lines[line.index + 1]
    full = label.x1 > 0.55 * layout.width and label.start > 0
    close = lower.y0 - line.y1 < line.height and lower.tokens[0].x0 < label.x0
    if full and close and not any(o.start == 0 for o in labels.get(lower.index, ())):
        first = lower.chunks[0]
        stop = min((o.start for o in labels.get(lower.index, ())), default=first.end)
        yield Spot(lower.tokens[: min(stop, first.end)], lower.index, "wrapped", 0.3)


def stacked(layout: Layout, labels: Labels, label: Label) -> bool:
    """Whether a side column goes title, value, title, value: what is beside it is another text."""

    def titled(index: int) -> bool:
        """Whether the column's cell of a line, if any, is nothing but a label."""
        return any(
            abs(o.x0 - label.x0) < layout.char
            and not o.colon
            and layout.lines[index].chunk_of(o.start).end == o.end
            for o in labels.get(index, ())
        )

    def filled(index: int) -> bool:
        """Whether the column has a cell in a line that no label begins."""
        if index >= len(layout.lines):
            return False
        cell = next(
            (c for c in layout.lines[index].chunks if abs(c.x0 - label.x0) < layout.char), None
        )
        return cell is not None and not any(cell.start == o.start for o in labels.get(index, ()))

    line = layout.lines[label.line]
    if line.chunk_of(label.start).end != label.end or not titled(label.line):
        return False
    others = [
        at
        for at in range(max(0, label.line - 6), min(len(layout.lines), label.line + 7))
        if at != label.line and titled(at) and filled(at + 1)
    ]
    return len(others) >= 2 and filled(label.line + 1)


def _heads_column(layout: Layout, labels: Labels, label: Label) -> bool:
    """Whether the label is one of a row of titles with their values underneath.

    It is when the next cell is a label itself, or when neighbouring cells both have a cell of
    their own right below and nothing below is a label.
    """
    line = layout.lines[label.line]
    here = line.chunk_of(label.start)
    position = line.chunks.index(here)
    if position + 1 >= len(line.chunks) or here.end > label.end:
        return position + 1 >= len(line.chunks) and here.end <= label.end
    after = line.chunks[position + 1]
    if any(after.start <= o.start < after.start + 2 for o in labels[label.line]):
        return True
    if label.line + 1 >= len(layout.lines):
        return False
    lower = layout.lines[label.line + 1]
    if lower.y0 - line.y1 > 1.6 * layout.pitch or lower.index in labels:
        return False
    reach = 3 * layout.char
    return all(
        any(abs(cell.x0 - above_cell.x0) <= reach for cell in lower.chunks)
        for above_cell in (here, after)
    )


def _limit(labels: Labels, label: Label, line: Line) -> int:
    """Index of the first token after the label's value could end."""
    following = [o.start for o in labels.get(line.index, ()) if o.start >= label.end]
    return min(following, default=len(line.tokens))


def _right(layout: Layout, labels: Labels, label: Label) -> Iterator[Spot]:
    line = layout.lines[label.line]
    limit = _limit(labels, label, line)
    position, cells = label.end, 0
    while position < limit and cells < 2:
        chunk = line.chunk_of(position)
        tokens = line.tokens[position : min(limit, chunk.end)]
        gap = tokens[0].x0 - (label.x1 if cells == 0 else line.tokens[position - 1].x1)
        far = gap / layout.width
        totals = label.field == "claim.total" and label.start == 0
        wide = far > 0.55 or (far > 0.35 and not label.colon)
        if wide and not totals and not (cells == 0 and _in_rows(layout, line)):
            return
        strain = (0.0 if far < 0.25 else 0.3) + 0.5 * cells
        yield Spot(tokens, line.index, "right", strain)
        position += len(tokens)
        cells += 1


def _in_rows(layout: Layout, line: Line) -> bool:
    """Whether the row is one of a table of two columns, titles on the left, values on the right."""
    if len(line.chunks) != 2:
        return False
    near = layout.lines[max(0, line.index - 1) : line.index + 2]
    return any(
        other is not line
        and len(other.chunks) == 2
        and all(
            abs(mine.x0 - theirs.x0) < layout.char
            for mine, theirs in zip(line.chunks, other.chunks, strict=True)
        )
        for other in near
    )


def _below(layout: Layout, labels: Labels, label: Label) -> Iterator[Spot]:
    """The cell under a label, at most three lines down, that is no label itself."""
    line = layout.lines[label.line]
    chunk = line.chunk_of(label.start)
    next_labels = [o.x0 for o in labels[label.line] if o.start >= label.end]
    next_cells = [c.x0 for c in line.chunks if c.x0 > chunk.x1]
    edge = min([*next_labels, *next_cells], default=max(label.x1, label.x0 + 0.4 * layout.width))
    reach = max(2.6 * line.height, 2.4 * layout.pitch)
    tolerance = 3.5 * layout.char
    for lower in layout.lines[label.line + 1 : label.line + 6]:
        if lower.y0 - line.y1 > reach:
            return
        if lower.y0 < line.y0 + 0.6 * line.height:
            continue
        taken = labels.get(lower.index, ())
        cells = [
            c
            for c in lower.chunks
            if c.x1 >= label.x0 - tolerance and c.x0 <= edge - 0.5 * layout.char
        ]
        cells.sort(key=lambda c: abs(c.x0 - label.x0) + (6 * layout.char if c.x1 < label.x0 else 0))
        for cell in cells[:2]:
            covered = [o for o in taken if cell.start <= o.start < cell.end]
            if (
                covered
                and covered[0].start == cell.start
                and (covered[0].colon or covered[0].field != "stop" or covered[0].end == cell.end)
            ):
                return
            aligned = abs(cell.x0 - label.x0) <= tolerance
            inside = cell.x0 >= label.x0 - tolerance
            centred = abs((cell.x0 + cell.x1) - (label.x0 + label.x1)) / 2 <= 2 * tolerance
            if not (aligned or centred or inside):
                continue
            stop = covered[0].start if covered else cell.end
            strain = 0.1 if aligned else 0.2 if centred else 0.4
            yield Spot(lower.tokens[cell.start : stop], lower.index, "below", strain)
        if cells:
            return


def above(layout: Layout, labels: Labels, label: Label) -> Iterator[Spot]:
    """The cell over a label, as on a signature line; only the two lines above are tried."""
    line = layout.lines[label.line]
    for upper in reversed(layout.lines[max(0, label.line - 2) : label.line]):
        if line.y0 - upper.y1 > 2.2 * layout.pitch:
            return
        for cell in upper.chunks:
            overlap = min(cell.x1, label.x1 + 8 * layout.char) - max(cell.x0, label.x0)
            labelled = any(cell.start <= o.start < cell.end for o in labels.get(upper.index, ()))
            if overlap > 0 and not labelled:
                yield Spot(cell.tokens, upper.index, "above", 0.3)
