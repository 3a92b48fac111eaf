"""What pikepdf knows better than PDFium: repair, active content, attachments, form values.

Opening a document a second time takes as long as reading a page, so :func:`worth_inspecting` first
asks whether the bytes can contain anything of interest at all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from .child_pdf_text import Frame
from .child_widgets import Widget

_MAX_OBJECTS = 50_000
_MAX_WIDGETS = 2_000
_DEEPEST_FIELD = 16
_ACTIVE_KEYS = ("/JS", "/RichMediaContent", "/XFA")
_ACTIVE_ACTIONS = ("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute")


def mend(path: Path, target: Path, password: str | None) -> bool:
    """The one repair attempt: qpdf rebuilds the cross-reference table; False when it cannot."""
    try:
        with pikepdf.open(path, password=password or "") as pdf:
            if len(pdf.pages) == 0:
                return False
            pdf.save(target)
    except pikepdf.PasswordError:
        return False
    except (pikepdf.PdfError, ValueError, RuntimeError, OSError):
        return False
    return True


def decrypt(data: bytes, target: Path, password: str | None) -> bool:
    """A copy of the document that needs no password; False when qpdf cannot make one."""
    try:
        with pikepdf.open(io.BytesIO(data), password=password or "") as pdf:
            pdf.save(target, encryption=False)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError, OSError):
        return False
    return True


class FormReader:
    """One pikepdf document opened for looking, never for writing."""

    def __init__(self, data: bytes, password: str | None) -> None:
        try:
            self._pdf: pikepdf.Pdf | None = pikepdf.open(io.BytesIO(data), password=password or "")
        except (pikepdf.PdfError, pikepdf.PasswordError, RuntimeError):
            # PDFium could open it; the page text stands without flags and form values.
            self._pdf = None

    def flags(self) -> list[str]:
        """``active_content`` and ``attachments``, found by looking at every object once."""
        if self._pdf is None:
            return ["not_inspected"]
        found: set[str] = set()
        for item in self._objects():
            if any(key in item for key in _ACTIVE_KEYS):
                found.add("active_content")
            if str(item.get("/S", "")) in _ACTIVE_ACTIONS:
                found.add("active_content")
            if "/EmbeddedFiles" in item or item.get("/Type") == "/EmbeddedFile":
                found.add("attachments")
            if item.get("/Subtype") == "/FileAttachment" or "/EF" in item:
                found.add("attachments")
        return sorted(found)

    def _objects(self) -> Iterator[Any]:
        """Every dictionary, those nested directly in another one included (two levels)."""
        assert self._pdf is not None
        for index, item in enumerate(self._pdf.objects):
            if index >= _MAX_OBJECTS:
                return
            yield from _dictionaries(item, 3)

    def info(self) -> dict[str, str]:
        """Title, producer and the like, as text of at most 200 characters each."""
        if self._pdf is None:
            return {}
        try:
            entries = self._pdf.docinfo.items()
            return {str(key).lstrip("/"): str(value)[:200] for key, value in entries}
        except (pikepdf.PdfError, ValueError, TypeError):
            return {}

    def widgets(self, page_index: int, frame: Frame) -> list[tuple[Widget, bool]]:
        """Filled form fields of a page with boxes in fractions; True marks a ticked button."""
        if self._pdf is None:
            return []
        try:
            annotations: Any = self._pdf.pages[page_index].obj.get("/Annots", [])
            found = [_widget(item, frame) for item in list(annotations)[:_MAX_WIDGETS]]
        except (pikepdf.PdfError, ValueError, TypeError, AttributeError):
            return []
        return [widget for widget in found if widget is not None]


def worth_inspecting(data: bytes) -> bool:
    """False only when scripts, attachments, forms and annotations are certainly absent.

    Object streams and encryption hide names, and ``#xx`` may spell any of them.
    """
    return _INTERESTING.search(data) is not None


_INTERESTING = re.compile(
    rb"/ObjStm|/Encrypt|/JS|/JavaScript|/Launch|/AcroForm|/EmbeddedFile|/FileAttachment|/EF\b"
    rb"|/RichMedia|/XFA|/Widget|/FreeText|/SubmitForm|/ImportData|/[A-Za-z]*#[0-9A-Fa-f]{2}"
)


def _dictionaries(item: Any, depth: int) -> Iterator[Any]:
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        yield item
        if depth:
            for key in list(item.keys()):
                value = item.get(key)
                if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
                    yield from _dictionaries(value, depth - 1)
    elif isinstance(item, pikepdf.Array) and depth:
        for value in list(item)[:200]:
            if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
                yield from _dictionaries(value, depth - 1)


def _widget(item: Any, frame: Frame) -> tuple[Widget, bool] | None:
    subtype = str(item.get("/Subtype", ""))
    if subtype not in ("/Widget", "/FreeText") or int(item.get("/F", 0)) & 2:
        return None
    left, bottom, right, top = (float(v) for v in item["/Rect"])
    edges = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
    box = frame.fraction(frame.box(*edges))
    if subtype == "/FreeText":
        text = _text(item.get("/Contents"))
        return (("", text, box), False) if text else None
    kind, value = str(_inherited(item, "/FT") or ""), _inherited(item, "/V")
    if kind == "/Btn":
        state = str(item.get("/AS", value or "/Off"))
        return ((_name(item), state.lstrip("/"), box), True) if state != "/Off" else None
    text = _text(value)
    return ((_name(item), text, box), False) if text else None


def _inherited(item: Any, key: str) -> Any:
    for _ in range(_DEEPEST_FIELD):
        if key in item:
            return item[key]
        item = item.get("/Parent")
        if item is None:
            return None
    return None


def _name(item: Any) -> str:
    parts: list[str] = []
    for _ in range(_DEEPEST_FIELD):
        if "/T" in item:
            parts.append(_text(item["/T"]))
        item = item.get("/Parent")
        if item is None:
            break
    return ".".join(reversed(parts))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, pikepdf.Array):
        return ", ".join(_text(part) for part in list(value))
    if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        return ""
    return str(value).replace("\x00", "").strip()
