"""The text of a Word document as a sequence of blocks, read from its XML parts.

The parts are read with defusedxml instead of a Word library: it refuses document type
declarations before anything is expanded, and a walk of our own also sees what forms are made of
and libraries leave out, content controls and text boxes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from .child_sentences import corrupt_word, too_much_work
from .types import Rejected

_UNPACKED_BYTES = 200_000_000
_XML_BYTES = 60_000_000
_PARTS = 5_000
_DEEPEST = 60
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED = frozenset((_FALLBACK, *(_WORD + tag for tag in ("del", "moveFrom", "instrText"))))
_PICTURES = re.compile(r"word/media/[^/]+\.(png|jpe?g|tiff?)$", re.IGNORECASE)
_TICKED = {"f0fe", "f052", "f0fd", "f078", "2612", "2611"}
_UNTICKED = {"f0a8", "f06f", "f071", "2610"}


@dataclass(slots=True)
class Paragraph:
    """Lines of text; a tab stays in the text; ``new_page`` starts a page before it."""

    lines: list[str]
    new_page: bool = False


@dataclass(slots=True)
class Row:
    """A table row: cells with their share of the table's width and their paragraphs."""

    cells: list[tuple[float, list[Paragraph]]] = field(default_factory=list)


Block = Paragraph | Row


class WordParts:
    """The archive of a DOCX, checked before anything is unpacked.

    Raises ``Rejected``: resource_limit for an archive that unpacks beyond reason or a part with a
    document type declaration (entities have no place in Word's own files), corrupt_file for what
    is no archive.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
            entries = self._archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise corrupt_word() from error
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > _PARTS or unpacked > _UNPACKED_BYTES:
            raise too_much_work()
        self.names = [entry.filename for entry in entries]
        for name in self.names:
            if name.endswith((".rels", ".xml")) and not name.startswith("word/"):
                self._parse(name)

    def _bytes(self, name: str, limit: int) -> bytes:
        """A part's bytes; its stated size is not believed."""
        try:
            with self._archive.open(name) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError) as error:
            raise corrupt_word() from error
        if len(data) > limit:
            raise too_much_work()
        return data

    def _parse(self, name: str) -> Element:
        try:
            root = defusedxml.ElementTree.fromstring(self._bytes(name, _XML_BYTES), forbid_dtd=True)
        except DefusedXmlException as error:
            raise too_much_work() from error
        except (ParseError, ValueError, LookupError) as error:
            raise corrupt_word() from error
        if not isinstance(root, Element):
            raise corrupt_word()
        return root

    def blocks(self) -> list[Block]:
        """Headers, body and footers in this order, each once."""
        if "word/document.xml" not in self.names:
            raise corrupt_word()
        headers = sorted(n for n in self.names if re.fullmatch(r"word/header\d*\.xml", n))
        footers = sorted(n for n in self.names if re.fullmatch(r"word/footer\d*\.xml", n))
        notes = [n for n in ("word/footnotes.xml", "word/endnotes.xml") if n in self.names]
        found: list[Block] = []
        for name in (*headers, "word/document.xml", *notes, *footers):
            found.extend(_blocks(self._parse(name), 0))
        return found

    def flags(self) -> list[str]:
        """Macros and embedded objects, which are never opened."""
        found = []
        if any(name.lower().endswith(("vbaproject.bin", ".js", ".exe")) for name in self.names):
            found.append("active_content")
        if any(name.startswith("word/embeddings/") for name in self.names):
            found.append("attachments")
        return found

    def pictures(self, folder: Path) -> list[Path]:
        """Pictures large enough to be a pasted scan, unpacked into ``folder`` by number."""
        found = []
        for index, name in enumerate(n for n in self.names if _PICTURES.match(n)):
            target = folder / f"media-{index:04d}{Path(name).suffix.lower()}"
            target.write_bytes(self._bytes(name, _UNPACKED_BYTES))
            found.append(target)
        return found


def refuse_deep(depth: int) -> None:
    """Nesting beyond any real document is an attack on the stack."""
    if depth > _DEEPEST:
        raise Rejected("resource_limit", too_much_work().message)


def _blocks(node: Element, depth: int) -> Iterator[Block]:
    refuse_deep(depth)
    for child in node:
        if child.tag in _SKIPPED:
            continue
        if child.tag == _WORD + "p":
            yield _paragraph(child)
            for box in _nearest(child, _WORD + "txbxContent", depth):
                yield from _blocks(box, depth + 1)
        elif child.tag == _WORD + "tbl":
            yield from _rows(child, depth + 1)
        else:
            yield from _blocks(child, depth + 1)


def _rows(table: Element, depth: int) -> Iterator[Row]:
    refuse_deep(depth)
    grid = [_number(column.get(_WORD + "w")) for column in table.iter(_WORD + "gridCol")]
    for row in _nearest(table, _WORD + "tr", depth):
        cells: list[tuple[float, list[Paragraph]]] = []
        column = 0
        for cell in _nearest(row, _WORD + "tc", depth):
            span_node = cell.find(f"{_WORD}tcPr/{_WORD}gridSpan")
            span = int(_number(span_node.get(_WORD + "val"))) if span_node is not None else 1
            width = sum(grid[column : column + span]) or float(span)
            column += span
            cells.append((width, [_paragraph(p) for p in _nearest(cell, _WORD + "p", depth)]))
        total = sum(width for width, _ in cells) or 1.0
        yield Row([(width / total, paragraphs) for width, paragraphs in cells])


def _nearest(node: Element, tag: str, depth: int) -> Iterator[Element]:
    """Elements of a kind below a node, not those inside one of them; wrappers are looked through.

    So the rows of a table inside a cell are not taken for rows of the outer table.
    """
    refuse_deep(depth)
    for child in node:
        if child.tag in _SKIPPED:
            continue
        if child.tag == tag:
            yield child
        else:
            yield from _nearest(child, tag, depth + 1)


def _number(text: str | None) -> float:
    try:
        return max(float(text or 1), 0.0)
    except ValueError:
        return 1.0


def _paragraph(node: Element) -> Paragraph:
    found = Paragraph([""])
    _collect(node, found, 0)
    return found


def _collect(node: Element, found: Paragraph, depth: int) -> None:
    """Text of the runs below a node; text boxes come as paragraphs of their own."""
    refuse_deep(depth)
    for child in node:
        if child.tag in _SKIPPED or child.tag == _WORD + "txbxContent":
            continue
        if child.tag == _WORD + "t":
            found.lines[-1] += child.text or ""
        elif child.tag == _WORD + "tab":
            # The same tag below a paragraph's properties defines a tab stop.
            found.lines[-1] += "\t"
        elif child.tag == _WORD + "br" and child.get(_WORD + "type") == "page":
            found.new_page = True
        elif child.tag in (_WORD + "br", _WORD + "cr"):
            found.lines.append("")
        elif child.tag == _WORD + "noBreakHyphen":
            found.lines[-1] += "-"
        elif child.tag == _WORD + "sym":
            found.lines[-1] += _symbol((child.get(_WORD + "char") or "").lower())
        elif child.tag != _WORD + "pPr":
            _collect(child, found, depth + 1)


def _symbol(code: str) -> str:
    """Ballot boxes of the symbol fonts; other symbols of theirs have no text meaning."""
    if code in _TICKED:
        return "\u2612"
    if code in _UNTICKED:
        return "\u2610"
    return ""
