"""The grid on which a drawn signature's points are given, origin top left."""

from __future__ import annotations

BOX_WIDTH, BOX_HEIGHT = 1000, 300

Strokes = tuple[tuple[tuple[int, int], ...], ...]
