"""A page to write on that remembers where each fact was written.

Coordinates are points from the top left of the page, as one measures on paper; the truth boxes
that come out are fractions of the page.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from documents.samples.truth import Box, TruthField, union

ASCENT, DESCENT = 0.76, 0.22
LETTER = (612.0, 792.0)
A4 = (595.28, 841.89)

FAMILIES: dict[str, tuple[str, str, str]] = {
    "sans": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
    "serif": ("Times-Roman", "Times-Bold", "Times-Italic"),
    "mono": ("Courier", "Courier-Bold", "Courier-Oblique"),
    "vera": ("Vera", "VeraBd", "VeraIt"),
}


def register_fonts() -> None:
    """Bitstream Vera ships with reportlab and prints the names that Latin-1 cannot."""
    known = pdfmetrics.getRegisteredFontNames()
    for name, file in (("Vera", "Vera.ttf"), ("VeraBd", "VeraBd.ttf"), ("VeraIt", "VeraIt.ttf")):
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, file))


@dataclass(frozen=True, slots=True)
class Fact:
    """Text to print that is also an answer; ``value`` is its normal form when they differ."""

    name: str
    text: str
    value: str | None = None
    attrs: dict[str, Any] = field(default_factory=dict)


def on(name: str, day: date, pattern: str, **attrs: Any) -> Fact:
    """A date printed with ``pattern`` (strftime) and expected as ISO."""
    return Fact(name, day.strftime(pattern), day.isoformat(), attrs)


@dataclass(frozen=True, slots=True)
class Span:
    """Where something was printed, in points."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class Sheet:
    """One document being drawn; ``fields`` grows as facts are printed."""

    def __init__(self, *, size: tuple[float, float] = LETTER, family: str = "sans") -> None:
        register_fonts()
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=size, invariant=1, pageCompression=1)
        self.width, self.height = size
        self.family = family
        self.page = 1
        self.origin = (0.0, 0.0)
        self.fields: list[TruthField] = []
        self.canvas.setTitle("Made-up sample document")
        self.canvas.setAuthor("Backline samples")

    def font(self, style: str = "") -> str:
        """The font name for ``""``, ``"b"`` or ``"i"`` in this sheet's family."""
        return FAMILIES[self.family][{"": 0, "b": 1, "i": 2}[style]]

    def measure(self, text: str, size: float = 9, style: str = "") -> float:
        """Width of the text in points."""
        return float(pdfmetrics.stringWidth(text, self.font(style), size))

    def text(
        self,
        x: float,
        y: float,
        what: str | Fact,
        *,
        size: float = 9,
        style: str = "",
        align: str = "left",
        color: str = "#111111",
        **attrs: Any,
    ) -> Span:
        """Print at baseline ``y``; a :class:`Fact` is recorded with its box."""
        text = what if isinstance(what, str) else what.text
        width = self.measure(text, size, style)
        left = x - {"left": 0.0, "right": width, "center": width / 2}[align]
        px, py = self.origin[0] + left, self.origin[1] + y
        self.canvas.setFont(self.font(style), size)
        self.canvas.setFillColor(HexColor(color))
        self.canvas.drawString(px, self.height - py, text)
        span = Span(self.page, px, py - ASCENT * size, px + width, py + DESCENT * size)
        if isinstance(what, Fact):
            self.record(what, [span], **attrs)
        return span

    def record(self, fact: Fact, spans: Sequence[Span], **attrs: Any) -> None:
        """Note a fact printed in ``spans`` (all on one page)."""
        self.fields.append(
            TruthField(
                name=fact.name,
                value=fact.value if fact.value is not None else fact.text,
                raw=fact.text,
                page=spans[0].page,
                bbox=union([self.fraction(span) for span in spans]),
                **{**fact.attrs, **attrs},
            )
        )

    def fraction(self, span: Span) -> Box:
        """A span in fractions of the page."""
        return (
            span.x0 / self.width,
            span.y0 / self.height,
            span.x1 / self.width,
            span.y1 / self.height,
        )

    def pair(
        self,
        x: float,
        y: float,
        label: str,
        what: str | Fact,
        *,
        gap: float | None = None,
        size: float = 9,
        style: str = "",
        label_style: str = "b",
    ) -> Span:
        """A label and its value on one line; ``gap`` fixes the value's distance from ``x``."""
        span = self.text(x, y, label, size=size, style=label_style)
        at = x + gap if gap is not None else span.x1 - self.origin[0] + 0.5 * size
        return self.text(at, y, what, size=size, style=style)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        parts: str | Sequence[str | Fact],
        *,
        size: float = 9,
        leading: float = 1.32,
        style: str = "",
        color: str = "#111111",
    ) -> float:
        """Flow text and facts within ``width``; returns the baseline after the last line."""
        pieces: Sequence[str | Fact] = [parts] if isinstance(parts, str) else parts
        space = self.measure(" ", size, style)
        cursor, line = x, y
        spans: dict[int, list[Span]] = {}
        for index, piece in enumerate(pieces):
            text = piece if isinstance(piece, str) else piece.text
            glued = index > 0 and text[:1] in ".,;:)"
            for number, word in enumerate(text.split()):
                wide = self.measure(word, size, style)
                if glued and number == 0:
                    cursor -= space
                if cursor + wide > x + width and cursor > x:
                    cursor, line = x, line + size * leading
                span = self.text(cursor, line, word, size=size, style=style, color=color)
                spans.setdefault(index, []).append(span)
                cursor += wide + space
        for index, piece in enumerate(pieces):
            if isinstance(piece, Fact):
                self.record(piece, spans[index])
        return line + size * leading

    def line(
        self, x0: float, y0: float, x1: float, y1: float, *, width: float = 0.6, color: str = "#333"
    ) -> None:
        """A straight rule."""
        self.canvas.setStrokeColor(_color(color))
        self.canvas.setLineWidth(width)
        ox, oy = self.origin
        self.canvas.line(ox + x0, self.height - oy - y0, ox + x1, self.height - oy - y1)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        stroke: str | None = "#333333",
        line: float = 0.6,
        radius: float = 0,
    ) -> None:
        """A rectangle whose top left corner is (x, y)."""
        if fill:
            self.canvas.setFillColor(_color(fill))
        if stroke:
            self.canvas.setStrokeColor(_color(stroke))
        self.canvas.setLineWidth(line)
        ox, oy = self.origin
        self.canvas.roundRect(
            ox + x,
            self.height - oy - y - height,
            width,
            height,
            radius,
            stroke=int(stroke is not None),
            fill=int(fill is not None),
        )

    def widget(
        self, name: str, x: float, y: float, width: float, height: float, what: str | Fact | None
    ) -> None:
        """An interactive text field whose top left is (x, y); a fact's box is the field's.

        Form fields are set in a standard font, so letters beyond Latin-1 lose their marks, as
        they do in the practice software that fills such forms.
        """
        text = _latin(what.text if isinstance(what, Fact) else what or "")
        self.canvas.acroForm.textfield(
            name=f"{name}_{self.page}",
            value=text,
            x=x,
            y=self.height - y - height,
            width=width,
            height=height,
            fontName="Helvetica",
            fontSize=9,
            borderWidth=0,
            fillColor=HexColor("#f4f7ff"),
            forceBorder=False,
        )
        if isinstance(what, Fact):
            plain = replace(what, text=text, value=_latin(what.value or what.text))
            self.record(plain, [Span(self.page, x, y, x + width, y + height)])

    def new_page(self) -> None:
        """Start the next page."""
        self.canvas.showPage()
        self.page += 1

    def finish(self) -> bytes:
        """The PDF; the same bytes for the same drawing."""
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def shifted(self, pages: int) -> list[TruthField]:
        """The recorded facts as they stand after ``pages`` pages put before this document."""
        return [replace(f, page=f.page + pages) for f in self.fields]


def _latin(text: str) -> str:
    """The text with every letter beyond Latin-1 as its base letter."""
    plain = text.replace("Ł", "L").replace("ł", "l")
    return "".join(c if ord(c) < 256 else unicodedata.normalize("NFKD", c)[0] for c in plain)


def _color(value: str) -> Color:
    short = value.lstrip("#")
    return HexColor("#" + (short if len(short) == 6 else "".join(c * 2 for c in short)))
