"""From an opened page to words: its own where they can be trusted, otherwise read by OCR.

The reader is RapidOCR with the PP-OCRv6 models that come inside its package, so nothing is ever
downloaded. It is loaded once per process, at the first page that needs it.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

from .types import Box, OpenedPage, PageText, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .cleanup import CleanPage, Picture

_DETECT_SIDE = 1600
_RETAIN_BYTES = 4_000_000
_M_MMAP_THRESHOLD = -3
_WEAK_LINE = 0.35
_TURN_SAMPLE = 8
_LEAST_TURNED = 0.65


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word in clean pixels; ``score`` is that of its least certain character."""

    text: str
    corners: NDArray[np.float64]
    score: float


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
        return _result(page, clean, ())
    clean, found = _read_upright(image, clean, reader or shared_reader())
    words = tuple(
        Word(word.text, clean.box_on_page(word.corners), round(word.score, 4), "ocr")
        for word in found
    )
    return _result(page, clean, words)


def _read_upright(
    image: Picture, clean: CleanPage, reader: Reader
) -> tuple[CleanPage, list[ReadWord]]:
    """Read a page, after turning it when its lines run upwards or stand on their heads."""
    from . import cleanup  # noqa: PLC0415  (OpenCV is not needed for text pages)

    quads = reader.detect(clean.image)
    if lies_sideways(quads):
        clean = cleanup.clean(image, quarter=90)
        quads = reader.detect(clean.image)
    if reader.upside_down(clean.image, quads):
        clean = cleanup.clean(image, quarter=clean.quarter + 180)
        quads = reader.detect(clean.image)
    return clean, reader.read(clean.image, quads)


def lies_sideways(quads: Sequence[NDArray[np.float64]]) -> bool:
    """Whether most of the text found, by length, runs up or down the page."""
    tall = sum(_height(quad) for quad in quads if _aspect(quad) < 0.6)
    wide = sum(_width(quad) for quad in quads if _aspect(quad) > 1.6)
    return tall > 1.5 * wide


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
    if "upright_0" not in page.quality:
        return page.width, page.height, tuple(word.bbox for word in page.words)
    matrix = [page.quality[f"upright_{i}"] for i in range(9)]
    aspect = page.quality["upright_aspect"]
    longest = max(page.width, page.height)
    width, height = (longest, longest / aspect) if aspect > 1 else (longest * aspect, longest)
    return width, height, tuple(_upright_box(word.bbox, matrix) for word in page.words)


def _upright_box(box: Box, m: list[float]) -> Box:
    """Invert the widening of a box that encloses a slanted word, exactly but for perspective."""
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


@cache
def shared_reader() -> Reader:
    """The reader of this process."""
    return Reader()


class Reader:
    """RapidOCR with settings that were measured, one page at a time (a lock guards it).

    A recogniser input is padded to a least width; 96 instead of the package's 320 pixels halves
    the time of a page full of short cells and changes no character. Freed tensors go back to the
    system at once (glibc keeps them otherwise): a worker rests at about 250 MB instead of 450.
    ``OCR_THREADS`` sets the number of threads, by default one per core.
    """

    def __init__(self, threads: int | None = None) -> None:
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _RETAIN_BYTES)
        from rapidocr import RapidOCR  # noqa: PLC0415  (a second and 70 MB, first OCR page only)

        count = threads or int(os.environ.get("OCR_THREADS", "0")) or os.cpu_count() or 1
        self._engine: Any = RapidOCR(
            params={
                "Global.max_side_len": 3000,
                "Global.use_cls": False,
                "Global.return_word_box": True,
                "Global.log_level": "critical",
                "Det.limit_side_len": _DETECT_SIDE,
                "Det.limit_type": "max",
                "Rec.rec_img_shape": [3, 48, 96],
                "Rec.rec_batch_num": 4,
                "EngineConfig.onnxruntime.intra_op_num_threads": count,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        self._lock = threading.Lock()

    def detect(self, image: Picture) -> list[NDArray[np.float64]]:
        """Quadrilaterals (4, 2) around pieces of lines, in reading order."""
        import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

        with self._lock:
            found = self._engine(_colour(image), use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return []
        return [np.asarray(quad, dtype=np.float64) for quad in found.boxes]

    def upside_down(self, image: Picture, quads: Sequence[NDArray[np.float64]]) -> bool:
        """Whether the page stands on its head, by the widest lines read both ways round.

        The direction classifier is asked first; it errs on short and numeric lines, so it only
        raises a doubt, which the recogniser settles.
        """
        import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

        wide = sorted(quads, key=_aspect, reverse=True)[:_TURN_SAMPLE]
        crops = [_crop(image, quad) for quad in wide if 2.0 < _aspect(quad)]
        if not crops:
            return False
        with self._lock:
            votes = self._engine.cls_and_rotate(crops)[1].cls_res
            turned = fmean(score if "180" in label else 1 - score for label, score in votes)
            if turned < 1 - _LEAST_TURNED:
                return False
            sample = crops[:4]
            upright_score = fmean(self._engine.recognize_txt(sample).scores)
            flipped = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in sample]
            return fmean(self._engine.recognize_txt(flipped).scores) > upright_score + 0.05

    def read(self, image: Picture, quads: Sequence[NDArray[np.float64]]) -> list[ReadWord]:
        """Recognise the pieces and split them into words."""
        if not quads:
            return []
        usual = sorted(_height(quad) for quad in quads)[len(quads) // 2]
        crops = [_crop(image, quad, usual) for quad in quads]
        with self._lock:
            result = self._engine.recognize_txt(crops)
        words: list[ReadWord] = []
        lines = zip(quads, crops, result.txts, result.scores, result.word_results, strict=True)
        for quad, crop, text, score, info in lines:
            if text.strip() and score >= _WEAK_LINE:
                words.extend(_split(quad, crop, text, info))
        return words

    def reread(
        self, image: Picture, bbox: Box, page: PageText | None = None
    ) -> tuple[str, float]:
        """A second opinion on one cell: recogniser only, on a wider and larger crop.

        ``image`` is the displayed page and ``bbox`` a box in fractions of it. ``page`` tells how
        the page was turned when it was read. Text and score, ("", 0.0) when nothing is there.
        """
        import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

        height, width = image.shape[:2]
        quad = _cell_corners(bbox, page) * np.array([width, height])
        crop = _crop(image, _grown(quad), enlarge=1.25)
        if min(crop.shape[:2]) < 4:
            return "", 0.0
        with self._lock:
            result = self._engine.recognize_txt([crop])
        return result.txts[0].strip(), round(float(result.scores[0]), 4)


def _cell_corners(box: Box, page: PageText | None) -> NDArray[np.float64]:
    """Corners of a cell on the displayed page, starting at the top left of its text."""
    import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

    from .cleanup import transform  # noqa: PLC0415  (same)

    def corners(b: Box) -> NDArray[np.float64]:
        return np.array([[b[0], b[1]], [b[2], b[1]], [b[2], b[3]], [b[0], b[3]]])

    if page is None or "upright_0" not in page.quality:
        return corners(box)
    matrix = [page.quality[f"upright_{i}"] for i in range(9)]
    back = np.linalg.inv(np.array(matrix).reshape(3, 3))
    return transform(corners(_upright_box(box, matrix)), back)


def _grown(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cell with a margin of a seventh of its height above and below, a third beside."""
    tall = _height(quad)
    across = (quad[1] - quad[0]) / max(_width(quad), 1.0) * tall / 3
    down = (quad[3] - quad[0]) / max(tall, 1.0) * tall / 7
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    grown = quad.copy()
    for index, (x, y) in enumerate(signs):
        grown[index] += x * across + y * down
    return grown


def _colour(image: Picture) -> Picture:
    import cv2  # noqa: PLC0415  (only when a picture is read)
    import numpy as np  # noqa: PLC0415  (same)

    if image.ndim == 3:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def _width(quad: NDArray[np.float64]) -> float:
    return max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))


def _height(quad: NDArray[np.float64]) -> float:
    return max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))


def _aspect(quad: NDArray[np.float64]) -> float:
    return _width(quad) / max(_height(quad), 1.0)


def _crop(
    image: Picture, quad: NDArray[np.float64], usual: float = 0.0, enlarge: float = 1.0
) -> Picture:
    """A piece of line as an upright strip of BGR pixels.

    A tall box is a line of text running upwards, unless it is no taller than the usual line: then
    it is a single thin character such as a 1 or an I, and stays as it is.
    """
    import cv2  # noqa: PLC0415  (only when a picture is read)
    import numpy as np  # noqa: PLC0415  (same)

    width, height = max(1, round(_width(quad) * enlarge)), max(1, round(_height(quad) * enlarge))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    strip = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if height >= 1.5 * width and height > 1.8 * usual:
        strip = np.rot90(strip)
    return _colour(np.ascontiguousarray(strip))


def _split(
    quad: NDArray[np.float64], crop: Picture, text: str, info: Any
) -> list[ReadWord]:
    """Words of one recognised piece.

    The recogniser reports the column in which it saw each character; the boundary between two
    words is the widest run without ink between their neighbouring characters.
    """
    import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

    if not info.words or info.line_txt_len <= 0:
        return [ReadWord(text.strip(), quad, 0.5)]
    width = crop.shape[1]
    step = width / info.line_txt_len
    ink = _ink_columns(crop)
    peaks = [((cols[0] + 0.5) * step, (cols[-1] + 0.5) * step) for cols in info.word_cols]
    edges = [_first_ink(ink, peaks[0][0])]
    for (_, left), (right, _) in zip(peaks, peaks[1:], strict=False):
        edges.extend(_gap(ink, left, right))
    edges.append(_last_ink(ink, peaks[-1][1]))
    confidences = _per_word(text, info.words, info.confs)
    sideways = crop.shape[0] == round(_width(quad)) != crop.shape[1]
    words = []
    for index, characters in enumerate(info.words):
        left, right = edges[2 * index] / width, edges[2 * index + 1] / width
        words.append(
            ReadWord(
                "".join(characters),
                _part(quad, left, max(right, left + 0.002), sideways),
                float(np.min(confidences[index])) if confidences[index] else 0.5,
            )
        )
    return words


def _ink_columns(crop: Picture) -> NDArray[np.bool_]:
    """Columns of a strip that contain ink, the uppermost and lowest seventh left out."""
    from .cleanup import grey  # noqa: PLC0415  (OpenCV, only when a picture is read)

    flat = grey(crop)
    margin = flat.shape[0] // 7
    body = flat[margin : max(flat.shape[0] - margin, margin + 1)]
    import numpy as np  # noqa: PLC0415  (same)

    light, dark = np.percentile(body, (90, 2))
    mask: NDArray[np.bool_] = body.min(axis=0) < light - 0.45 * max(light - dark, 20)
    return mask


def _gap(ink: NDArray[np.bool_], left: float, right: float) -> tuple[float, float]:
    """Start and end of the widest run without ink between two character centres."""
    start, end = max(int(left), 0), min(int(right) + 1, len(ink))
    best, run = (0, 0), None
    for column in range(start, end + 1):
        clear = column < end and not ink[column]
        if clear and run is None:
            run = column
        elif not clear and run is not None:
            best = max(best, (column - run, run))
            run = None
    if best[0] == 0:
        middle = (left + right) / 2
        return middle, middle
    return float(best[1]), float(best[1] + best[0])


def _first_ink(ink: NDArray[np.bool_], peak: float) -> float:
    for column in range(min(int(peak) + 1, len(ink))):
        if ink[column]:
            return float(column)
    return 0.0


def _last_ink(ink: NDArray[np.bool_], peak: float) -> float:
    for column in range(len(ink) - 1, max(int(peak) - 1, -1), -1):
        if ink[column]:
            return float(column + 1)
    return float(len(ink))


def _per_word(text: str, words: Sequence[Sequence[str]], scores: Sequence[float]) -> list[Any]:
    """Character scores grouped by word; ``scores`` has one for every character, spaces too."""
    kept = [score for ch, score in zip(text, scores, strict=False) if not ch.isspace()]
    groups, at = [], 0
    for characters in words:
        groups.append(kept[at : at + len(characters)])
        at += len(characters)
    return groups


def _part(
    quad: NDArray[np.float64], left: float, right: float, sideways: bool
) -> NDArray[np.float64]:
    """The stretch from ``left`` to ``right`` (fractions along the text) of a quadrilateral."""
    import numpy as np  # noqa: PLC0415  (with OpenCV, only when a picture is read)

    tl, tr, br, bl = quad
    if sideways:
        # np.rot90 turned the strip counter-clockwise: its left edge is the quad's top... reversed.
        tl, tr, br, bl = tr, br, bl, tl
    return np.array(
        [
            tl + left * (tr - tl),
            tl + right * (tr - tl),
            bl + right * (br - bl),
            bl + left * (br - bl),
        ]
    )
