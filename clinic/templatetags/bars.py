"""Stacked columns drawn as inline SVG; the same numbers stand in a table under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import escape

WIDTH, HEIGHT = 420.0, 210.0
TOP, BOTTOM = 24.0, 24.0
FULL = 58.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column. ``tone`` is a class suffix of the stylesheet."""

    label: str
    tone: str
    value: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column with what stands under it."""

    label: str
    total: int
    bars: Sequence[Bar]


def draw_columns(columns: Sequence[Column], title: str, words: Callable[[int], str]) -> str:
    """SVG of the columns; ``words`` writes a value. Without any value: "".

    Everything is attributes, because a strict policy refuses style attributes.
    """
    highest = max((column.total for column in columns), default=0)
    if highest <= 0:
        return ""
    scale = (HEIGHT - TOP - BOTTOM) / highest
    step = WIDTH / len(columns)
    parts = [
        f'<svg class="bars" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<line class="bars-base" x1="0" x2="{WIDTH:g}" y1="{HEIGHT - BOTTOM:g}"'
        f' y2="{HEIGHT - BOTTOM:g}"></line>'
    ]
    for index, column in enumerate(columns):
        middle = step * (index + 0.5)
        y = HEIGHT - BOTTOM
        for bar in column.bars:
            height = bar.value * scale
            about = escape(f"{bar.label}, {column.label}: {words(bar.value)}")
            y -= height
            parts.append(
                f'<rect class="bar bar-{bar.tone}" x="{middle - FULL / 2:.1f}" y="{y:.1f}"'
                f' width="{FULL:g}" height="{max(height, 1):.1f}">'
                f"<title>{about}</title></rect>"
            )
        parts.append(
            f'<text class="bars-value" x="{middle:.1f}" y="{y - 6:.1f}">'
            f"{escape(words(column.total))}</text>"
            f'<text class="bars-label" x="{middle:.1f}" y="{HEIGHT - 7:g}">'
            f"{escape(column.label)}</text>"
        )
    return "".join([*parts, "</svg>"])
