"""Words of a PDF page with their boxes, read from PDFium character by character.

PDFium's own word list has no boxes that survive rotation and cropping, so characters are mapped
to the displayed page first and joined there. About 2 microseconds a character.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import pypdfium2_raw as raw

from .layer_trust import LayerFacts
from .types import Box, Word

_GAP = 0.22
"""Of the line height; a space is about 0.28 em, tracking in headings stays below 0.2."""

_SEAM = 0.08
"""Of the line height; closer than this, letters are of one word even where PDFium puts a break
that is not in the file, as it does between the letters of texts that stand side by side."""

_MAX_OBJECTS = 20_000
_MAX_CHARACTERS = 200_000
_SPACES = frozenset((0, 9, 10, 11, 12, 13, 32, 0xA0, 0xAD, 0x200B, 0x2028, 0x3000, 0xFEFF))
_SPACES |= frozenset(range(0x2000, 0x200B))
_HYPHENS = frozenset((0x02, 0xFFFE))
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl"}
_INVISIBLE_MODES = (3, 7)


@dataclass(frozen=True, slots=True)
class Frame:
    """From PDF user space to the displayed page: x' = xx*x + xy*y + x0 in points, y' down."""

    width: float
    height: float
    xx: float
    xy: float
    x0: float
    yx: float
    yy: float
    y0: float
    rotation: int

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A user-space rectangle as points of the displayed page (x0, y0, x1, y1)."""
        ax = self.xx * left + self.xy * bottom + self.x0
        bx = self.xx * right + self.xy * top + self.x0
        ay = self.yx * left + self.yy * bottom + self.y0
        by = self.yx * right + self.yy * top + self.y0
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def fraction(self, box: Box) -> Box:
        """Points of the displayed page as fractions, kept inside the page."""
        w, h = self.width, self.height
        x0, y0, x1, y1 = box[0] / w, box[1] / h, box[2] / w, box[3] / h
        return (
            min(max(x0, 0.0), 1.0),
            min(max(y0, 0.0), 1.0),
            min(max(x1, 0.0), 1.0),
            min(max(y1, 0.0), 1.0),
        )


def frame_of(page: Any) -> Frame:
    """The displayed area (crop box within media box) and rotation of an open page."""
    rect = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, rect)
    left, right = sorted((rect.left, rect.right))
    bottom, top = sorted((rect.bottom, rect.top))
    w, h = max(right - left, 1.0), max(top - bottom, 1.0)
    turn = raw.FPDFPage_GetRotation(page) % 4
    if turn == 0:
        return Frame(w, h, 1, 0, -left, 0, -1, top, 0)
    if turn == 1:
        return Frame(h, w, 0, 1, -bottom, 1, 0, -left, 90)
    if turn == 2:
        return Frame(w, h, -1, 0, right, 0, 1, -bottom, 180)
    return Frame(h, w, 0, -1, top, -1, 0, right, 270)


@dataclass(slots=True)
class Inventory:
    """What lies on the page besides characters; pixel counts are of the largest picture."""

    image_cover: float = 0.0
    image_pixels: int = 0
    image_dpi: float = 0.0
    outline_glyphs: int = 0
    outline_heights: set[int] = field(default_factory=set)
    invisible_text: bool = False
    objects: int = 0


@dataclass(slots=True)
class PageWords:
    """Words of one page and the facts for the trust test."""

    words: list[Word]
    facts: LayerFacts


def take_inventory(page: Any, frame: Frame) -> Inventory:
    """Walk the page's objects, into form XObjects up to three levels deep."""
    found = Inventory()
    area = frame.width * frame.height
    for index in range(min(raw.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        _look_at(raw.FPDFPage_GetObject(page, index), found, area, (1.0, 1.0), 0)
    found.image_cover = min(found.image_cover, 1.0)
    return found


def _look_at(
    item: Any, found: Inventory, area: float, scale: tuple[float, float], depth: int
) -> None:
    found.objects += 1
    if found.objects > _MAX_OBJECTS:
        return
    kind = raw.FPDFPageObj_GetType(item)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        if raw.FPDFTextObj_GetTextRenderMode(item) in _INVISIBLE_MODES:
            found.invisible_text = True
    elif kind == raw.FPDF_PAGEOBJ_PATH:
        _count_outline(item, found, scale)
    elif kind == raw.FPDF_PAGEOBJ_IMAGE:
        _count_image(item, found, area, scale)
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < 3:
        matrix = raw.FS_MATRIX()
        raw.FPDFPageObj_GetMatrix(item, matrix)
        grown = (
            scale[0] * max(abs(matrix.a), abs(matrix.b)),
            scale[1] * max(abs(matrix.c), abs(matrix.d)),
        )
        for index in range(min(raw.FPDFFormObj_CountObjects(item), _MAX_OBJECTS)):
            _look_at(raw.FPDFFormObj_GetObject(item, index), found, area, grown, depth + 1)


def _bounds(item: Any) -> tuple[float, float, float, float]:
    edges = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *edges)
    left, bottom, right, top = (edge.value for edge in edges)
    return left, bottom, right, top


def _count_outline(item: Any, found: Inventory, scale: tuple[float, float]) -> None:
    """Paths about as tall as a line of print with many segments are probably letters."""
    segments = raw.FPDFPath_CountSegments(item)
    if segments < 8:
        return
    _, bottom, _, top = _bounds(item)
    height = abs(top - bottom) * scale[1]
    if 3.0 <= height <= 26.0:
        found.outline_glyphs += max(1, segments // 18)
        found.outline_heights.add(round(bottom * scale[1] / 6))


def _count_image(item: Any, found: Inventory, area: float, scale: tuple[float, float]) -> None:
    left, bottom, right, top = _bounds(item)
    width, height = abs(right - left) * scale[0], abs(top - bottom) * scale[1]
    found.image_cover += width * height / area
    across, down = ctypes.c_uint(), ctypes.c_uint()
    if raw.FPDFImageObj_GetImagePixelSize(item, across, down):
        pixels = across.value * down.value
        if pixels > found.image_pixels:
            found.image_pixels = pixels
            found.image_dpi = 72.0 * max(across.value, down.value) / max(width, height, 1.0)


def read_words(page: Any, frame: Frame, inventory: Inventory) -> PageWords:
    """All visible words in content order; invisible ones too where nothing else is on the page.

    Invisible text beside visible text is dropped: no reader of the paper would see it.
    """
    textpage = raw.FPDFText_LoadPage(page)
    try:
        reader = _Joiner(textpage, frame, inventory.invisible_text)
        reader.run()
    finally:
        raw.FPDFText_ClosePage(textpage)
    hidden_layer = reader.invisible > sum(len(w.text) for w in reader.words)
    facts = LayerFacts(
        texts=[word.text for word in reader.words],
        characters=reader.characters,
        bad=reader.bad,
        invisible=reader.invisible,
        sideways=reader.sideways,
        image_cover=inventory.image_cover,
        outline_glyphs=inventory.outline_glyphs,
        outline_lines=len(inventory.outline_heights),
    )
    words = reader.words + reader.hidden if hidden_layer else reader.words
    return PageWords(words, facts)


class _Joiner:
    """Joins characters to words in displayed coordinates."""

    def __init__(self, textpage: Any, frame: Frame, check_visible: bool) -> None:
        self.textpage = textpage
        self.frame = frame
        self.check_visible = check_visible
        self.words: list[Word] = []
        self.hidden: list[Word] = []
        self.characters = self.bad = self.invisible = 0
        self.sideways = 0.0
        self._text: list[str] = []
        self._box: Box = (0.0, 0.0, 0.0, 0.0)
        self._last: Box = (0.0, 0.0, 0.0, 0.0)
        self._hidden_now = False
        self._doubtful = False

    def run(self) -> None:
        """Read every character once."""
        textpage, frame = self.textpage, self.frame
        get_unicode, get_loose = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
        is_generated = raw.FPDFText_IsGenerated
        rect = raw.FS_RECTF()
        count = min(raw.FPDFText_CountChars(textpage), _MAX_CHARACTERS)
        for index in range(count):
            code = get_unicode(textpage, index)
            if code in _SPACES:
                if is_generated(textpage, index) == 1:
                    self._doubtful = True
                else:
                    self._flush()
                continue
            get_loose(textpage, index, rect)
            if rect.right - rect.left <= 0 or not 0.5 < rect.top - rect.bottom < 400:
                self._tight(index, rect)
            self._add(index, code, frame.box(rect.left, rect.bottom, rect.right, rect.top))
        self._flush()
        self.sideways = self._turned(count)

    def _tight(self, index: int, rect: Any) -> None:
        """Glyph bounds, for fonts whose metrics are missing or absurd."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(self.textpage, index, left, right, bottom, top)
        rect.left, rect.right = left.value, right.value
        rect.bottom, rect.top = bottom.value, top.value

    def _add(self, index: int, code: int, box: Box) -> None:
        self.characters += 1
        if code == 0xFFFD or 0xE000 <= code <= 0xF8FF or (code < 32 and code not in _HYPHENS):
            self.bad += 1
        hidden = self.check_visible and self._is_hidden(index)
        self.invisible += hidden
        if self._text and (hidden != self._hidden_now or not self._continues(box)):
            self._flush()
        if self._text:
            x0, y0, x1, y1 = self._box
            self._box = (min(x0, box[0]), min(y0, box[1]), max(x1, box[2]), max(y1, box[3]))
        else:
            self._box = box
            self._hidden_now = hidden
        self._last, self._doubtful = box, False
        self._text.append("-" if code in _HYPHENS else _LIGATURES.get(code) or chr(code))

    def _is_hidden(self, index: int) -> bool:
        item = raw.FPDFText_GetTextObject(self.textpage, index)
        return bool(item) and raw.FPDFTextObj_GetTextRenderMode(item) in _INVISIBLE_MODES

    def _continues(self, box: Box) -> bool:
        last = self._last
        height = max(last[3] - last[1], box[3] - box[1], 1.0)
        reach = _SEAM if self._doubtful else _GAP
        if box[0] - last[2] > reach * height or last[0] - box[0] > 0.5 * height:
            return False
        overlap = min(last[3], box[3]) - max(last[1], box[1])
        return overlap > 0.3 * min(last[3] - last[1], box[3] - box[1])

    def _flush(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        self._text = []
        if any("\ud800" <= ch <= "\udfff" for ch in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        x0, y0, x1, y1 = self._box
        middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
        if 0 <= middle_x <= self.frame.width and 0 <= middle_y <= self.frame.height:
            word = Word(text, self.frame.fraction(self._box))
            (self.hidden if self._hidden_now else self.words).append(word)

    def _turned(self, count: int) -> float:
        """Share of sampled characters that do not stand upright on the displayed page."""
        turned = seen = 0
        for index in range(0, count, max(1, count // 60)):
            angle = raw.FPDFText_GetCharAngle(self.textpage, index)
            if angle < 0:
                continue
            seen += 1
            upright = (angle * 57.29578 + self.frame.rotation) % 360
            turned += 20 < upright < 340
        return turned / seen if seen else 0.0
