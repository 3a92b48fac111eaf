"""Words as a plain reader gets them: the text layer as it is, or Tesseract without clean-up.

The other half of the baseline, rules of one line each, is in ``plain_rules.py``.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageOps, ImageSequence

from bench.extraction.words import WordStore
from documents.pipeline.types import PageText, Word

DPI = 200
READER = "plain-1"
ENOUGH_LETTERS = 20


def tesseract() -> str | None:
    """Path of the binary; None when the machine has none."""
    return shutil.which("tesseract")


def read_plain(
    path: Path, store: Path | None, cpu: Callable[[], float]
) -> tuple[list[PageText], float]:
    """Pages as words and the CPU seconds that took; from ``store`` when it has them."""
    words = WordStore(store, READER) if store else None
    data = path.read_bytes()
    kept = words.get(data) if words else None
    if kept is not None:
        return kept
    before = cpu()
    pages = list(_pdf(data) if path.suffix == ".pdf" else _pictures(data))
    spent = cpu() - before
    if words:
        words.put(data, pages, spent)
    return pages, spent


def _pdf(data: bytes) -> Iterator[PageText]:
    document = pdfium.PdfDocument(data)
    document.init_forms()
    for index in range(len(document)):
        page = document[index]
        layer = page.get_textpage()
        if layer.count_chars() >= ENOUGH_LETTERS:
            words, kind = _layer(layer, *page.get_size()), "trusted"
        else:
            picture = page.render(scale=DPI / 72, may_draw_forms=True).to_pil()
            words, kind = _recognised(picture), "absent"
        yield PageText(index + 1, *page.get_size(), kind, tuple(words))  # type: ignore[arg-type]
    document.close()


def _layer(layer: pdfium.PdfTextPage, width: float, height: float) -> list[Word]:
    """Words of the text layer; a run's width is shared out by letters."""
    out = []
    for index in range(layer.count_rects()):
        left, bottom, right, top = layer.get_rect(index)
        text = layer.get_text_bounded(left, bottom, right, top).replace("\r\n", " ")
        step = (right - left) / max(1, len(text))
        at = 0
        for piece in text.split():
            at = text.index(piece, at)
            x0, x1 = left + at * step, left + (at + len(piece)) * step
            box = (x0 / width, 1 - top / height, x1 / width, 1 - bottom / height)
            out.append(Word(piece, box))
            at += len(piece)
    return out


def _pictures(data: bytes) -> Iterator[PageText]:
    with Image.open(io.BytesIO(data)) as file:
        for number, frame in enumerate(ImageSequence.Iterator(file), 1):
            across, down = (float(v) for v in frame.info.get("dpi", (DPI, DPI)))
            picture = ImageOps.exif_transpose(frame.convert("L"))
            if across and down and abs(across / down - 1) > 0.2:
                picture = picture.resize((picture.width, round(picture.height * across / down)))
            words = _recognised(picture)
            yield PageText(number, picture.width, picture.height, "absent", tuple(words))


def _recognised(picture: Image.Image) -> list[Word]:
    binary = tesseract()
    if binary is None:
        return []
    data = io.BytesIO()
    picture.convert("L").save(data, "PNG", compress_level=1, dpi=(DPI, DPI))
    done = subprocess.run(
        [binary, "stdin", "stdout", "tsv"],
        input=data.getvalue(),
        capture_output=True,
        check=True,
        timeout=120,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    rows = csv.DictReader(
        io.StringIO(done.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE
    )  # fmt: skip
    wide, tall = picture.size
    out = []
    for row in rows:
        text = (row["text"] or "").strip()
        if row["level"] != "5" or not text:
            continue
        x, y = int(row["left"]), int(row["top"])
        w, h = int(row["width"]), int(row["height"])
        box = (x / wide, y / tall, (x + w) / wide, (y + h) / tall)
        out.append(Word(text, box, max(0.0, float(row["conf"])) / 100, "ocr"))
    return out
