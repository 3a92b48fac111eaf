"""Values of form fields as words where the text of the page does not have them.

Programs that fill forms often leave the drawing of a value to the viewer, so that neither the
text layer nor the rendered page shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .types import Box, Word

Widget = tuple[str, str, Box]
"""Name, value and rectangle (fractions of the displayed page) of a filled field."""

_TALLEST_LINE = 14.0
_LARGEST_BUTTON = 26.0


def merge_widgets(
    words: Sequence[Word],
    found: Iterable[tuple[Widget, bool]],
    size: tuple[float, float],
) -> list[Word]:
    """Words of the page with those of filled fields it lacks; ``size`` is the page in points.

    True marks a ticked button: it becomes one ballot-box character, so that a consent or a sex
    that was ticked is seen by whoever reads the words.
    """
    kept, added = list(words), list[Word]()
    for (_, value, box), ticked in found:
        inside = [word for word in kept if _inside(word.bbox, box)]
        if ticked:
            added.append(Word("\u2612", box))
        elif _squeezed(value) in _squeezed("".join(word.text for word in inside)):
            continue
        else:
            added.extend(_lay(value, box, size))
        kept = [word for word in kept if word not in inside]
    return kept + added


def looks_like_button(box: Box, size: tuple[float, float]) -> bool:
    """Small and square; enough where only the rectangle is known any more."""
    width, height = (box[2] - box[0]) * size[0], (box[3] - box[1]) * size[1]
    return max(width, height) <= _LARGEST_BUTTON and abs(width - height) <= 4


def _squeezed(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())


def _inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _lay(value: str, box: Box, size: tuple[float, float]) -> list[Word]:
    """Lines of the value spread over the rectangle, half an em a character, as viewers draw it."""
    lines = [line.split() for line in value.splitlines() if line.strip()]
    if not lines:
        return []
    width, height = (box[2] - box[0]) * size[0], (box[3] - box[1]) * size[1]
    step = min(height / len(lines), _TALLEST_LINE) if len(lines) > 1 else height
    words: list[Word] = []
    for row, parts in enumerate(lines):
        length = max(sum(len(part) + 1 for part in parts) - 1, 1)
        advance = min(width / length, 0.5 * step)
        x = 0.0
        for part in parts:
            right = x + advance * len(part)
            x0, x1 = box[0] + x / size[0], box[0] + right / size[0]
            y0, y1 = box[1] + row * step / size[1], box[1] + (row + 1) * step / size[1]
            words.append(Word(part, (x0, y0, x1, y1)))
            x = right + advance
    return words
