"""Files made for the tests of opening and reading."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from documents.pipeline.sniff import PDF
from documents.pipeline.types import Box, Limits, Word

SENTENCES = (
    "The patient was seen in the clinic today for a follow up visit.",
    "Results of the laboratory tests were reviewed with the patient.",
    "Blood pressure was normal and no new medication was ordered.",
)


def pdf(path: Path, drawing: Callable[[Canvas], None] | None = None, pages: int = 1) -> Path:
    """A letter-size PDF; without ``drawing`` each page has three sentences and a number."""
    canvas = Canvas(str(path), pagesize=letter)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 11)
        if drawing is None:
            for row, sentence in enumerate(SENTENCES):
                canvas.drawString(72, 700 - 20 * row, sentence)
            canvas.drawString(300, 60, f"Page {number} of {pages}")
        else:
            drawing(canvas)
        canvas.showPage()
    canvas.save()
    return path


def word(words: tuple[Word, ...], text: str) -> Word:
    """The only word with this text."""
    found = [item for item in words if item.text == text]
    assert len(found) == 1, (text, [item.text for item in words][:80])
    return found[0]


def near(box: Box, expected: Box, tolerance: float = 0.012) -> bool:
    """Whether every edge is within ``tolerance`` of a page."""
    return all(abs(a - b) <= tolerance for a, b in zip(box, expected, strict=True))


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A print-like font that exists everywhere."""
    return ImageFont.load_default(size)


PAPER_LINES = (
    (120, 130, "Acme Clinical Laboratory"),
    (120, 230, "Patient: DOE, JANE"),
    (820, 230, "DOB: 03/14/1962"),
    (120, 330, "Glucose"),
    (620, 330, "105"),
    (820, 330, "mg/dL"),
    (1020, 330, "70 - 99"),
    (120, 400, "Potassium"),
    (620, 400, "4.2"),
    (820, 400, "mmol/L"),
    (1020, 400, "3.5 - 5.1"),
    (120, 520, "Results were reviewed with the patient and copied to the clinic."),
    (120, 1500, "Signed by Rosa Alvarez, MD"),
)


def paper(mode: str = "L") -> Image.Image:
    """A page of print, 1275 x 1650 pixels (150 dpi)."""
    picture = Image.new(mode, (1275, 1650), "white")
    canvas = ImageDraw.Draw(picture)
    for x, y, text in PAPER_LINES:
        canvas.text((x, y), text, fill="black", font=font(32))
    return picture


def paper_box(text: str) -> Box:
    """Where :func:`paper` has one of its pieces, in fractions."""
    x, y = next((x, y) for x, y, line in PAPER_LINES if line == text)
    left, top, right, bottom = font(32).getbbox(text)
    return (x + left) / 1275, (y + top) / 1650, (x + right) / 1275, (y + bottom) / 1650


def docx(path: Path, document: str, **parts: bytes) -> Path:
    """A minimal Word document; ``document`` is the XML inside ``w:body``."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{namespace}"><w:body>{document}</w:body></w:document>',
        )
        for name, data in parts.items():
            archive.writestr("word/" + name.replace("__", "/").replace("_", "."), data)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def scan_pdf(path: Path, hidden_text: str | None = None) -> Path:
    """A full-page picture, as scanners make it, with invisible text where given."""
    stream = io.BytesIO()
    paper().save(stream, "PNG")

    def draw(canvas: Canvas) -> None:
        from reportlab.lib.utils import ImageReader

        stream.seek(0)
        canvas.drawImage(ImageReader(stream), 0, 0, *letter)
        if hidden_text:
            text = canvas.beginText(60, 700)
            text.setTextRenderMode(3)
            text.textLine(hidden_text)
            canvas.drawText(text)

    return pdf(path, draw)


def raw_pdf(path: Path, content: bytes, **resources: pikepdf.Object) -> Path:
    """One page with a content stream of one's own."""
    document = pikepdf.new()
    document.add_blank_page(page_size=letter)
    page = document.pages[0]
    page.Contents = document.make_stream(content)
    page.Resources = pikepdf.Dictionary(**resources)
    document.save(path)
    return path


def endless_pdf(path: Path) -> Path:
    """A page that takes longer to draw than anyone waits: forms that draw forms, nine deep."""
    document = pikepdf.new()
    document.add_blank_page()
    form = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Form, "BBox": [0, 0, 612, 792]}
    inner = document.make_stream(b"0 0 m 100 100 l 50 20 l b " * 50, **form)
    for _ in range(9):
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
        inner = document.make_stream(b"/F Do " * 12, Resources=resources, **form)
    document.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
    document.pages[0].Contents = document.make_stream(b"/F Do")
    document.save(path)
    return path


def never_ready(folder: Path) -> bytes:
    """A request for a file that no byte ever comes from: its child waits until it is killed."""
    path = folder / "pipe.pdf"
    os.mkfifo(path)
    request = {
        "action": "open",
        "path": str(path),
        "mime": PDF,
        "out_dir": str(folder),
        "password": None,
        "limits": asdict(Limits()),
        "numbers": None,
        "pictures": None,
        "seconds": 0.0,
    }
    return json.dumps(request).encode()
