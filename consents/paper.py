"""The signed form as a PDF: its wording, the signature, and a page of evidence."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    Indenter,
    KeepTogether,
    ListFlowable,
    ListItem,
    PageBreak,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.doctemplate import LayoutError

from consents.drawing import BOX_WIDTH, Strokes
from consents.wording import as_tree

FONTS = Path(__file__).parent / "fonts"
FACES = {
    "Form": "DejaVuSans.ttf",
    "Form-Bold": "DejaVuSans-Bold.ttf",
    "Form-Oblique": "DejaVuSans-Oblique.ttf",
}
INK, GREY, LINE = HexColor("#1b1b26"), HexColor("#55556a"), HexColor("#c9c9d6")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed. ``strokes`` are the drawn lines, none when only the name was typed."""

    name: str
    at: datetime
    strokes: Strokes = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished PDF."""

    data: bytes
    pages: int


class Unprintable(Exception):
    """The wording does not fit on paper: a table too wide, or a row taller than a page."""


def print_form(
    *, title: str, body: str, signature: Signature, evidence: Sequence[tuple[str, str]]
) -> Printed:
    """Prints a form; ``evidence`` are the lines of its last page, label and text.

    Raises:
        Unprintable: see there.
    """
    _register_fonts()
    styles = _styles()
    story: list[Flowable] = [Paragraph(escape(title), styles["title"]), Spacer(1, 4 * mm)]
    story += _blocks(as_tree(body).children, styles)
    story.append(_signed(signature, styles))
    story += [PageBreak(), *_evidence(evidence, styles)]
    buffer = io.BytesIO()
    template = SimpleDocTemplate(
        buffer,
        pagesize=LETTER,
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=title,
        creator="Backline",
    )
    try:
        template.build(story, onFirstPage=_number, onLaterPages=_number)
    except (LayoutError, ValueError) as error:
        raise Unprintable from error
    return Printed(buffer.getvalue(), template.page)


def _register_fonts() -> None:
    known = pdfmetrics.getRegisteredFontNames()
    for name, file in FACES.items():
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    pdfmetrics.registerFontFamily(
        "Form", normal="Form", bold="Form-Bold", italic="Form-Oblique", boldItalic="Form-Bold"
    )


def _styles() -> dict[str, ParagraphStyle]:
    text = ParagraphStyle(
        "text", fontName="Form", fontSize=10, leading=14.5, textColor=INK, spaceAfter=6,
        alignment=TA_LEFT,
    )  # fmt: skip
    return {
        "text": text,
        "title": ParagraphStyle("title", text, fontName="Form-Bold", fontSize=16, leading=20),
        "h1": ParagraphStyle("h1", text, fontName="Form-Bold", fontSize=13.5, leading=18),
        "h2": ParagraphStyle("h2", text, fontName="Form-Bold", fontSize=12, leading=16),
        "h3": ParagraphStyle("h3", text, fontName="Form-Bold", fontSize=10.5, leading=15),
        "code": ParagraphStyle("code", text, fontSize=9, leading=12),
        "small": ParagraphStyle("small", text, fontSize=8, leading=11.5, textColor=GREY),
    }


def _blocks(nodes: Sequence[SyntaxTreeNode], styles: dict[str, ParagraphStyle]) -> list[Flowable]:
    return [flowable for node in nodes for flowable in _block(node, styles)]


def _block(node: SyntaxTreeNode, styles: dict[str, ParagraphStyle]) -> Iterator[Flowable]:
    if node.type == "heading":
        yield Paragraph(_inline(node), styles[f"h{min(int(node.tag[1]), 3)}"])
    elif node.type == "paragraph":
        yield Paragraph(_inline(node), styles["text"])
    elif node.type in ("bullet_list", "ordered_list"):
        items = [ListItem(_blocks(item.children, styles)) for item in node.children]
        numbered = node.type == "ordered_list"
        start: Any = int(node.attrs.get("start", 1)) if numbered else "•"
        yield ListFlowable(
            items, bulletType="1" if numbered else "bullet", start=start, bulletFontName="Form",
            bulletFontSize=10, leftIndent=18, bulletFormat="%s." if numbered else None,
        )  # fmt: skip
    elif node.type == "blockquote":
        yield Indenter(left=14)
        yield from _blocks(node.children, styles)
        yield Indenter(left=-14)
    elif node.type == "hr":
        yield HRFlowable(width="100%", color=LINE, spaceBefore=4, spaceAfter=8)
    elif node.type in ("fence", "code_block"):
        yield Preformatted(node.content.rstrip("\n"), styles["code"], maxLineLength=90)
    elif node.type == "table":
        yield _table(node, styles)


def _table(node: SyntaxTreeNode, styles: dict[str, ParagraphStyle]) -> Flowable:
    rows = [
        [Paragraph(_inline(cell), styles["text"]) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    look = [
        ("GRID", (0, 0), (-1, -1), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, style=TableStyle(look), repeatRows=1, spaceAfter=8)


def _inline(node: SyntaxTreeNode) -> str:
    """A block's text in reportlab's own mark-up, every other character escaped."""
    return "".join(_span(child) for child in node.children)


def _span(node: SyntaxTreeNode) -> str:
    inner = "".join(_span(child) for child in node.children)
    if node.type == "strong":
        return f"<b>{inner}</b>"
    if node.type == "em":
        return f"<i>{inner}</i>"
    if node.type == "softbreak":
        return " "
    if node.type == "hardbreak":
        return "<br/>"
    return inner if node.children else escape(node.content)


class _Drawing(Flowable):  # type: ignore[misc]
    """A drawn signature, 60 mm wide."""

    def __init__(self, strokes: Strokes) -> None:
        super().__init__()
        self.strokes = strokes
        self.width, self.height = 60 * mm, 18 * mm

    def draw(self) -> None:
        """Draws each stroke as a line through its points."""
        scale = self.width / BOX_WIDTH
        pen = self.canv
        pen.setStrokeColor(INK)
        pen.setLineWidth(1.4)
        pen.setLineCap(1)
        pen.setLineJoin(1)
        for stroke in self.strokes:
            points = [(x * scale, self.height - y * scale) for x, y in stroke]
            path = pen.beginPath()
            path.moveTo(*points[0])
            for point in points[1:] or points:
                path.lineTo(*point)
            pen.drawPath(path)


def _signed(signature: Signature, styles: dict[str, ParagraphStyle]) -> Flowable:
    parts: list[Flowable] = [Spacer(1, 8 * mm)]
    if signature.strokes:
        parts.append(_Drawing(signature.strokes))
    parts += [
        HRFlowable(width=70 * mm, color=INK, hAlign="LEFT", spaceBefore=2, spaceAfter=4),
        Paragraph(f"<b>{escape(signature.name)}</b>", styles["text"]),
        Paragraph(f"Signed electronically on {escape(said_time(signature.at))}.", styles["small"]),
    ]
    return KeepTogether(parts)


def _evidence(
    lines: Sequence[tuple[str, str]], styles: dict[str, ParagraphStyle]
) -> list[Flowable]:
    rows = [
        [Paragraph(escape(label), styles["small"]), Paragraph(escape(text), styles["small"])]
        for label, text in lines
    ]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ]
    closing = (
        "This file carries a digital signature of the installation that made it. Whoever changes "
        "a byte of it breaks that signature, and a PDF reader that checks signatures says so."
    )
    return [
        Paragraph("Evidence of signing", styles["h1"]),
        Spacer(1, 2 * mm),
        *([Table(rows, colWidths=[48 * mm, 120 * mm], style=TableStyle(look))] if rows else []),
        Spacer(1, 4 * mm),
        Paragraph(closing, styles["small"]),
    ]


def said_time(moment: datetime) -> str:
    """A time to the second with its zone's name and offset."""
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} {moment:%Z} (UTC{moment:%z})"


def _number(canvas: Any, template: Any) -> None:
    canvas.saveState()
    canvas.setFont("Form", 7.5)
    canvas.setFillColor(GREY)
    canvas.drawRightString(LETTER[0] - 22 * mm, 11 * mm, f"Page {template.page}")
    canvas.restoreState()
