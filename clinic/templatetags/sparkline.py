"""A lab trend drawn small enough to stand in a table row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import escape

WIDTH, HEIGHT, PAD = 120.0, 28.0, 4.0


def _get(point: Any, name: str) -> Any:
    return point.get(name) if isinstance(point, Mapping) else getattr(point, name, None)


def draw_sparkline(
    points: list[Any], low: float | None, high: float | None, label: str = ""
) -> str:
    """SVG of ``points`` ({date, value, flag}, oldest first) with the normal range as a band.

    Points are spread by their order, not their dates: with two visits in one week and one ten
    years ago a time axis would draw two dots on top of each other. Fewer than two points: "".
    Everything is attributes, because a strict policy refuses style attributes.
    """
    values = [float(_get(p, "value")) for p in points if _get(p, "value") is not None]
    if len(values) < 2:
        return ""
    bounds = values + [edge for edge in (low, high) if edge is not None]
    bottom, top = min(bounds), max(bounds)
    span = (top - bottom) or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - PAD - (value - bottom) / span * (HEIGHT - 2 * PAD), 1)

    step = (WIDTH - 2 * PAD) / (len(values) - 1)
    spots = [(round(PAD + i * step, 1), y(v)) for i, v in enumerate(values)]
    parts = [
        f'<svg class="spark" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" role="img" aria-label="{escape(_title(values, label))}">'
    ]
    if low is not None or high is not None:
        upper = y(high) if high is not None else 0.0
        lower = y(low) if low is not None else HEIGHT
        parts.append(
            f'<rect class="spark-range" x="0" y="{upper:g}" width="{WIDTH:g}" '
            f'height="{max(lower - upper, 1):g}"></rect>'
        )
    line = " ".join(f"{a:g},{b:g}" for a, b in spots)
    parts.append(f'<polyline class="spark-line" points="{line}"></polyline>')
    last_x, last_y = spots[-1]
    outside = (high is not None and values[-1] > high) or (low is not None and values[-1] < low)
    kind = "spark-dot spark-out" if outside else "spark-dot"
    parts.append(f'<circle class="{kind}" cx="{last_x:g}" cy="{last_y:g}" r="3"></circle></svg>')
    return "".join(parts)


def _title(values: list[float], label: str) -> str:
    change = values[-1] - values[-2]
    way = "unchanged" if change == 0 else "up" if change > 0 else "down"
    return f"{label} trend of {len(values)} results, last {values[-1]:g}, {way}".strip()
