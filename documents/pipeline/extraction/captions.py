"""Labels that stand under what was filled in, as on the lines of a form.

A row of labels between two rows of values may belong to either. Which one is a habit of the whole
page, so all its rows vote: the side on which more cells are of the type that their label announces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from documents.pipeline.extraction.label_types import value_type
from documents.pipeline.extraction.labels import Label
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token
from documents.pipeline.extraction.pairs import Labels, Spot

Fits = Callable[[str, tuple[Token, ...]], bool]
TELLING = frozenset({"date", "sex", "phone", "npi", "name", "id"})
"""Types whose values are seldom taken for those of another."""


def caption_rows(layout: Layout, labels: Labels, fits: Fits) -> frozenset[int]:
    """Indexes of the rows of labels that stand under their values.

    Args:
        layout: the page.
        labels: its labels, by line.
        fits: whether tokens are a value that a field may have.
    """
    rows = [line for line in layout.lines if _of_labels(line, labels.get(line.index, ()))]
    over, under = 0, 0
    captions = set()
    for line in rows:
        upper = _filled(layout, line, line.index - 1, labels)
        lower = _filled(layout, line, line.index + 1, labels)
        if upper:
            captions.add(line.index)
        for label in labels[line.index]:
            if value_type(label.field) not in TELLING:
                continue
            over += _fits(fits, label, line, upper)
            under += _fits(fits, label, line, lower)
    return frozenset(captions) if over >= 2 and over > under else frozenset()


def over_caption(layout: Layout, label: Label) -> Iterator[Spot]:
    """The cell right over a caption."""
    upper = layout.lines[label.line - 1]
    cell = _same_start(layout, upper, label.x0)
    if cell is not None:
        yield Spot(cell.tokens, upper.index, "above", 0.1)


def _of_labels(line: Line, labels: Sequence[Label]) -> bool:
    """Whether every cell of the row is a label and nothing else."""
    whole = {(label.start, label.end) for label in labels if not label.colon}
    return bool(whole) and all((chunk.start, chunk.end) in whole for chunk in line.chunks)


def _filled(layout: Layout, line: Line, index: int, labels: Labels) -> Line | None:
    """The neighbouring row, if it holds values in the row's own columns and no label."""
    if not 0 <= index < len(layout.lines) or index in labels:
        return None
    other = layout.lines[index]
    room = max(other.y0 - line.y1, line.y0 - other.y1)
    aligned = all(_same_start(layout, line, cell.x0) for cell in other.chunks)
    return other if aligned and room < 1.5 * line.height else None


def _same_start(layout: Layout, line: Line, x0: float) -> Chunk | None:
    return next((cell for cell in line.chunks if abs(cell.x0 - x0) < 2 * layout.char), None)


def _fits(fits: Fits, label: Label, line: Line, other: Line | None) -> bool:
    if other is None:
        return False
    cell = next((c for c in other.chunks if abs(c.x0 - label.x0) <= 0.5 * line.height), None)
    return cell is not None and fits(label.field, cell.tokens)
