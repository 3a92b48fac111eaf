"""Marks that are not text: logos, signatures, bar codes, tick boxes."""

from __future__ import annotations

from math import pi, sin
from random import Random

from reportlab.lib.colors import HexColor

from documents.samples.sheet import Sheet


def logo(sheet: Sheet, x: float, y: float, size: float, color: str, shape: int) -> None:
    """A plain geometric sign as letterheads carry them, top left at (x, y)."""
    if shape % 3 == 0:
        sheet.box(x, y, size, size, fill=color, stroke=None, radius=size / 5)
        third = size / 3
        sheet.box(x + third, y + size * 0.15, third, size * 0.7, fill="#ffffff", stroke=None)
        sheet.box(x + size * 0.15, y + third, size * 0.7, third, fill="#ffffff", stroke=None)
    elif shape % 3 == 1:
        for step in range(3):
            inset = step * size * 0.17
            sheet.box(
                x + inset,
                y + inset,
                size - 2 * inset,
                size - 2 * inset,
                fill=color if step % 2 == 0 else "#ffffff",
                stroke=None,
                radius=(size - 2 * inset) / 2,
            )
    else:
        for step in range(4):
            sheet.box(
                x + step * size * 0.26,
                y + size * (0.6 - 0.2 * step),
                size * 0.18,
                size * (0.4 + 0.2 * step),
                fill=color,
                stroke=None,
            )


def signature(sheet: Sheet, x: float, y: float, width: float, rng: Random) -> None:
    """A pen scribble on the line at ``y``: loops that lean right and tail off."""
    canvas = sheet.canvas
    canvas.setStrokeColor(HexColor("#1b2a6b"))
    canvas.setLineWidth(1.1)
    ox, oy = sheet.origin
    path = canvas.beginPath()
    steps = 9
    stride = width / steps
    left, base = ox + x, sheet.height - oy - y + 3
    path.moveTo(left, base)
    for step in range(steps):
        tall = 15 * (1 - step / steps) * rng.uniform(0.4, 1.1) + 3
        back = stride * rng.uniform(0.2, 0.9)
        path.curveTo(
            left + stride * 0.6,
            base + tall,
            left + stride * 1.3 - back,
            base + tall * rng.uniform(0.3, 1.0),
            left + stride,
            base + 2.5 * sin(step * pi / 2),
        )
        left += stride
    canvas.drawPath(path, stroke=1, fill=0)


def barcode(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Random) -> None:
    """Bars of random widths; it encodes nothing."""
    cursor = x
    while cursor < x + width:
        bar = rng.choice((0.7, 0.7, 1.4, 2.1))
        sheet.box(cursor, y, bar, height, fill="#000000", stroke=None)
        cursor += bar + rng.choice((0.8, 0.8, 1.6))


def tick_box(sheet: Sheet, x: float, y: float, checked: bool, size: float = 8) -> None:
    """A square whose bottom is the baseline ``y``, crossed when checked."""
    sheet.box(x, y - size + 1, size, size, line=0.8)
    if checked:
        sheet.line(x + 1.2, y - size + 2.2, x + size - 1.2, y - 0.2, width=1.2, color="#1b2a6b")
        sheet.line(x + 1.2, y - 0.2, x + size - 1.2, y - size + 2.2, width=1.2, color="#1b2a6b")
