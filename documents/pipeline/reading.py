"""From an opened page to words: its own where they can be trusted, otherwise read by OCR.

The reader is RapidOCR with the PP-OCRv6 models that come inside its package, so nothing is ever
downloaded. It is loaded once per process, at the first page that needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from .child_widgets import looks_like_button, merge_widgets
from .types import Box, OpenedPage, PageText, Word

if TYPE_CHECKING:
    from .cleanup import CleanPage, Picture
    from .reader import Reader
    from .reader_words import ReadWord


def read_page(page: OpenedPage, reader: Reader | None = None) -> PageText:
    """Words of a page with boxes on the displayed page.

    A trusted text layer is taken as it is; a page without picture is blank. Otherwise the picture
    is straightened and read; ``quality`` then holds dpi, skew_deg, rotation (the clockwise turn
    that makes the page upright), perspective (0 or 1), sharpness, contrast, mean_score and, where
    the page is not upright, the transform that :func:`upright` undoes. With an untrusted layer,
    layer_agreement is the share of read words which that layer has too.
    """
    if page.text_layer == "trusted" or page.image is None:
        quality = {"dpi": round(page.dpi, 1)} if page.dpi else {}
        words = page.words if page.text_layer == "trusted" else ()
        return PageText(page.number, page.width, page.height, page.text_layer, words, quality)
    from . import cleanup  # noqa: PLC0415  (OpenCV is not needed for text pages)

    image = cleanup.load(page.image)
    clean = cleanup.clean(image)
    if clean.blank:
        return _result(page, clean, _with_widgets(page, ()))
    if reader is None:
        from .reader import shared_reader  # noqa: PLC0415  (loads the models)

        reader = shared_reader()
    clean, found = _read_upright(image, clean, reader)
    words = tuple(
        Word(word.text, clean.box_on_page(word.corners), round(word.score, 4), "ocr")
        for word in found
    )
    return _result(page, clean, _with_widgets(page, words))


def _with_widgets(page: OpenedPage, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Read words with the values of form fields that were not drawn on the page."""
    size = page.width, page.height
    fields = [(field, looks_like_button(field[2], size)) for field in page.widgets]
    return tuple(merge_widgets(words, fields, size))


def _read_upright(
    image: Picture, clean: CleanPage, reader: Reader
) -> tuple[CleanPage, list[ReadWord]]:
    """Read a page, after turning it when its lines run upwards or stand on their heads."""
    from . import cleanup  # noqa: PLC0415  (OpenCV is not needed for text pages)
    from .reader import lies_sideways  # noqa: PLC0415  (same)

    quads = reader.detect(clean.image)
    if lies_sideways(quads):
        # A tall piece is read downwards, so what reads well then needs three quarters.
        clean = cleanup.clean(image, quarter=90 if reader.upside_down(clean.image, quads) else 270)
        quads = reader.detect(clean.image)
    elif reader.upside_down(clean.image, quads):
        turned = cleanup.clean(image, quarter=180)
        step = turned.forward @ cleanup.inverse(clean.forward)
        quads = [cleanup.transform(quad, step)[[2, 3, 0, 1]] for quad in reversed(quads)]
        clean = turned
    return clean, reader.read(clean.image, quads)


def _result(page: OpenedPage, clean: CleanPage, words: tuple[Word, ...]) -> PageText:
    measures = clean.measures
    quality = {
        "dpi": round(page.dpi or max(clean.displayed) / 11.0, 1),
        "skew_deg": round(clean.skew, 2),
        "rotation": float(clean.quarter),
        "perspective": float(clean.perspective),
        "sharpness": round(measures.sharpness, 2),
        "contrast": round(measures.contrast, 1),
        "uneven_light": round(measures.uneven, 1),
        "mean_score": round(fmean(word.score for word in words), 4) if words else 0.0,
    }
    if clean.quarter or clean.skew or clean.perspective:
        quality["upright_aspect"] = clean.image.shape[1] / clean.image.shape[0]
        quality |= {f"upright_{i}": round(v, 9) for i, v in enumerate(clean.fractions())}
    if page.words:
        quality["layer_agreement"] = round(_agreement(page.words, words), 4)
    return PageText(page.number, page.width, page.height, page.text_layer, words, quality)


def _agreement(layer: Sequence[Word], read: Sequence[Word]) -> float:
    """Share of well-read words that the file's own layer has at the same place."""
    sure = [word for word in read if word.score >= 0.8 and len(word.text) > 1]
    agreed = 0
    for word in sure:
        x, y = (word.bbox[0] + word.bbox[2]) / 2, (word.bbox[1] + word.bbox[3]) / 2
        for other in layer:
            x0, y0, x1, y1 = other.bbox
            if x0 <= x <= x1 and y0 <= y <= y1:
                agreed += other.text.casefold() == word.text.casefold()
                break
    return agreed / len(sure) if sure else 0.0


def upright(page: PageText) -> tuple[float, float, tuple[Box, ...]]:
    """Width, height and word boxes of the page as a person would hold it to read it.

    Lines run horizontally there, whatever the displayed page looks like: a scan on its side, a
    photograph in perspective. Boxes are fractions of that upright page, in the order of
    ``page.words``; for a page that is upright already they are the words' own.
    """
    matrix = upright_matrix(page)
    if matrix is None:
        return page.width, page.height, tuple(word.bbox for word in page.words)
    aspect = page.quality["upright_aspect"]
    longest = max(page.width, page.height)
    width, height = (longest, longest / aspect) if aspect > 1 else (longest * aspect, longest)
    return width, height, tuple(upright_box(word.bbox, matrix) for word in page.words)


def upright_matrix(page: PageText) -> list[float] | None:
    """Displayed fractions to upright fractions, row by row, or None for an upright page."""
    if "upright_0" not in page.quality:
        return None
    return [page.quality[f"upright_{i}"] for i in range(9)]


def upright_box(box: Box, matrix: Sequence[float]) -> Box:
    """Invert the widening of a box that encloses a slanted word, exactly but for perspective."""
    m = matrix
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    w = m[6] * x + m[7] * y + m[8]
    u, v = (m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w
    ux, uy = (m[0] - u * m[6]) / w, (m[1] - u * m[7]) / w
    vx, vy = (m[3] - v * m[6]) / w, (m[4] - v * m[7]) / w
    scale = ux * vy - uy * vx
    a, b, c, d = abs(vy / scale), abs(uy / scale), abs(vx / scale), abs(ux / scale)
    wide, tall = box[2] - box[0], box[3] - box[1]
    mixed = a * d - b * c
    along, across = (d * wide - b * tall) / mixed, (a * tall - c * wide) / mixed
    along, across = max(along, 1e-4), max(across, 1e-4)
    return u - along / 2, v - across / 2, u + along / 2, v + across / 2
