"""Word documents inside the child process: laid out on letter pages, so that boxes exist.

A DOCX has no pages of its own. A plain, deterministic layout gives every word a place, and the
page picture is drawn from the same layout: a box on the picture always frames its word. Pictures
pasted into the document (often a scan) follow as pages to be read.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from .child_docx_parts import Block, Paragraph, Row, WordParts
from .child_picture import PictureFile, save
from .child_sentences import too_many_pages
from .sniff import JPEG, PNG, TIFF
from .types import Limits, OpenedPage, Rejected, Word

_WIDTH, _HEIGHT, _MARGIN = 612.0, 792.0, 54.0
_SIZE, _LEADING = 10.0, 14.0
_TAB = 36.0
_CELL_GAP = 6.0
_PICTURE_SIDE = 500
_SUFFIXES = {".png": PNG, ".jpg": JPEG, ".jpeg": JPEG, ".tif": TIFF, ".tiff": TIFF}
_FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
_NARROW, _WIDE = frozenset("iljItf.,:;'|!()[] /-"), frozenset("mwMW@%&")


@dataclass(frozen=True, slots=True)
class Placed:
    """A word on a laid-out page, in points from the top left."""

    text: str
    x: float
    y: float
    width: float


class DocxFile:
    """A laid-out Word document; ``pages`` hold words, ``media`` the pasted pictures after them."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits = limits
        self.parts = WordParts(path)
        self.pages = _Layout(self.parts.blocks()).pages
        if len(self.pages) > limits.max_pages:
            raise too_many_pages(len(self.pages), limits)

    def media(self, folder: Path) -> list[tuple[Image.Image, float | None]]:
        """Pasted pictures of at least 500 pixels; unreadable ones are left out."""
        found = []
        for path in self.parts.pictures(folder):
            try:
                file = PictureFile(path, _SUFFIXES[path.suffix], self.limits)
                picture, dpi = file.displayed(1)
            except Rejected as refusal:
                if refusal.code == "image_too_large":
                    raise
                continue
            if min(picture.size) >= _PICTURE_SIDE:
                found.append((picture, dpi))
            if len(self.pages) + len(found) > self.limits.max_pages:
                raise too_many_pages(len(self.pages) + len(found), self.limits)
        return found

    def picture(self, number: int, dpi: float) -> Image.Image:
        """Page ``number`` drawn from the layout; IndexError when there is no such page."""
        if 1 <= number <= len(self.pages):
            return draw(self.pages[number - 1], dpi / 72.0)
        with tempfile.TemporaryDirectory() as folder:
            picture, _ = self.media(Path(folder))[number - 1 - len(self.pages)]
        picture.thumbnail((round(dpi * 11), round(dpi * 11)))
        return picture


def open_docx(file: DocxFile, out_dir: Path) -> dict[str, Any]:
    """All pages; the text of a Word document is what was typed and needs no trust test."""
    pages = [
        OpenedPage(number, _WIDTH, _HEIGHT, "trusted", tuple(_word(item) for item in placed))
        for number, placed in enumerate(file.pages, 1)
    ]
    for picture, dpi in file.media(out_dir):
        number = len(pages) + 1
        image = save(picture, out_dir, number)
        width, height = picture.size
        pages.append(OpenedPage(number, width, height, "absent", image=image, dpi=dpi))
    return {"pages": pages, "pending": [], "flags": file.parts.flags(), "info": {}}


def _word(item: Placed) -> Word:
    box = (
        item.x / _WIDTH,
        item.y / _HEIGHT,
        min((item.x + item.width) / _WIDTH, 1.0),
        min((item.y + _SIZE * 1.2) / _HEIGHT, 1.0),
    )
    return Word(item.text, box, source="docx")


def advance(text: str) -> float:
    """Width of a word in points: a table of our own, the same on every machine."""
    total = 0.0
    for ch in text:
        if ord(ch) > 0x2E80:
            total += 1.0
        elif ch in _NARROW:
            total += 0.33
        elif ch in _WIDE:
            total += 0.9
        else:
            total += 0.68 if ch.isupper() else 0.57
    return total * _SIZE


class _Layout:
    """Flows blocks over pages of 612 x 792 points; a page break in a document is kept."""

    def __init__(self, blocks: list[Block]) -> None:
        self.pages: list[list[Placed]] = [[]]
        self._y = _MARGIN
        for block in blocks:
            if isinstance(block, Row):
                self._row(block)
            else:
                self._paragraph(block)

    def _room(self, height: float) -> None:
        if self._y + height > _HEIGHT - _MARGIN and self.pages[-1]:
            self.pages.append([])
            self._y = _MARGIN

    def _paragraph(self, block: Paragraph) -> None:
        if block.new_page and self.pages[-1]:
            self.pages.append([])
            self._y = _MARGIN
        for line in _wrapped(block.lines, _MARGIN, _WIDTH - _MARGIN):
            self._room(_LEADING)
            self._place(line, self._y)
            self._y += _LEADING

    def _row(self, row: Row) -> None:
        """Cells side by side; a row taller than a page continues on the next one."""
        columns: list[list[list[tuple[str, float]]]] = []
        left = _MARGIN
        for share, paragraphs in row.cells:
            right = left + share * (_WIDTH - 2 * _MARGIN)
            lines = [line for p in paragraphs for line in p.lines]
            columns.append(_wrapped(lines, left, max(right - _CELL_GAP, left + _SIZE)))
            left = right
        tallest = max((len(column) for column in columns), default=0)
        if tallest * _LEADING < _HEIGHT / 2:
            self._room(tallest * _LEADING)
        for index in range(tallest):
            self._room(_LEADING)
            for column in columns:
                if index < len(column):
                    self._place(column[index], self._y)
            self._y += _LEADING

    def _place(self, line: list[tuple[str, float]], y: float) -> None:
        self.pages[-1].extend(Placed(text, x, y, advance(text)) for text, x in line)


def _wrapped(lines: list[str], left: float, right: float) -> list[list[tuple[str, float]]]:
    """Lines of (word, x) between two edges; words too long for a line are broken."""
    found: list[list[tuple[str, float]]] = []
    for line in lines:
        current: list[tuple[str, float]] = []
        x = left
        for index, piece in enumerate(line.split("\t")):
            if index:
                x = left + (int((x - left) / _TAB) + 1) * _TAB
            for word in (part for text in piece.split() for part in _broken(text, right - left)):
                if current and x + advance(word) > right:
                    found.append(current)
                    current, x = [], left
                current.append((word, x))
                x += advance(word) + advance(" ")
        found.append(current)
    return found


def _broken(word: str, width: float) -> list[str]:
    if advance(word) <= width:
        return [word]
    fitting = max(1, int(width / (0.9 * _SIZE)))
    return [word[at : at + fitting] for at in range(0, len(word), fitting)]


def draw(placed: list[Placed], scale: float) -> Image.Image:
    """The page as a picture; a word wider than its place is squeezed into it."""
    picture = Image.new("RGB", (round(_WIDTH * scale), round(_HEIGHT * scale)), "white")
    canvas = ImageDraw.Draw(picture)
    fonts: dict[float, Any] = {}
    for item in placed:
        size = _SIZE * scale
        room = item.width * scale
        wide = _font(size, fonts).getlength(item.text)
        if wide > room:
            size = max(size * room / wide, 4.0)
        canvas.text(
            (item.x * scale, (item.y + _SIZE * 1.05) * scale),
            item.text,
            fill="black",
            font=_font(round(size * 4) / 4, fonts),
            anchor="ls",
        )
    return picture


def _font(size: float, fonts: dict[float, Any]) -> Any:
    """The first font of this machine that has most scripts, else the one inside Pillow."""
    if size not in fonts:
        for name in _FONTS:
            try:
                fonts[size] = ImageFont.truetype(name, size)
                break
            except OSError:
                continue
        else:
            fonts[size] = ImageFont.load_default(size)
    return fonts[size]
