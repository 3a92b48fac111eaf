"""The OCR engine: pieces of lines found on a clean page, recognised and split into words.

RapidOCR's detector, direction classifier and recogniser are used one by one with sessions of our
own, for three reasons that were measured on a page of 174 table cells. A recogniser input padded
to 96 instead of 320 pixels halves its time and changes no character. Threads that sleep instead of
spinning between operations halve the wall time when other work runs on the same cores. Freed
tensors given back to the system at once leave a process at 250 MB between pages instead of 450.
"""

from __future__ import annotations

import ctypes
import logging
import math
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .cleanup import Picture, grey, inverse, transform
from .reading import upright_box, upright_matrix
from .types import Box, PageText

_DETECT_SIDE = 1600
_BATCH = 4
_LEAST_WIDTH = 96
_RETAIN_BYTES = 4_000_000
_M_MMAP_THRESHOLD = -3
_WEAK_LINE = 0.35
_TURN_SAMPLE = 8
_NOT_TURNED = 0.35

Quad = NDArray[np.float64]
"""Corners (4, 2) of a piece of line in pixels: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word in clean pixels; ``score`` is that of its least certain character."""

    text: str
    corners: Quad
    score: float


@dataclass(frozen=True, slots=True)
class _Strip:
    """A piece of line as upright BGR pixels; ``quad`` starts where its text starts."""

    pixels: Picture
    quad: Quad


class _Settings(dict[str, Any]):
    """RapidOCR reads its settings both as keys and as attributes."""

    __getattr__ = dict.__getitem__


@cache
def shared_reader() -> Reader:
    """The reader of this process."""
    return Reader()


class Reader:
    """The three models, one page at a time (a lock guards them).

    ``OCR_THREADS`` sets the number of threads, by default one per core.
    """

    def __init__(self, threads: int | None = None) -> None:
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _RETAIN_BYTES)
        logging.getLogger("RapidOCR").disabled = True
        from rapidocr.ch_ppocr_cls import TextClassifier  # noqa: PLC0415  (a second, 70 MB)
        from rapidocr.ch_ppocr_det import TextDetector  # noqa: PLC0415  (same)
        from rapidocr.ch_ppocr_rec import TextRecognizer  # noqa: PLC0415  (same)

        count = threads or int(os.environ.get("OCR_THREADS", "0")) or os.cpu_count() or 1
        self._detector = TextDetector(
            _settings(
                "PP-OCRv6_det_small.onnx",
                count,
                limit_side_len=_DETECT_SIDE,
                limit_type="max",
                mean=[0.5, 0.5, 0.5],
                std=[0.5, 0.5, 0.5],
            )
        )
        self._recogniser = TextRecognizer(
            _settings(
                "PP-OCRv6_rec_small.onnx",
                count,
                rec_batch_num=_BATCH,
                rec_img_shape=[3, 48, _LEAST_WIDTH],
            )
        )
        self._direction = TextClassifier(
            _settings(
                "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
                count,
                cls_batch_num=_BATCH,
                cls_thresh=0.9,
                label_list=["0", "180"],
            )
        )
        self._lock = threading.Lock()

    def detect(self, image: Picture) -> list[Quad]:
        """Quadrilaterals (4, 2) around pieces of lines, in reading order."""
        with self._lock:
            found = self._detector(_colour(image))
        if found.boxes is None:
            return []
        return [np.asarray(quad, dtype=np.float64) for quad in found.boxes]

    def upside_down(self, image: Picture, quads: Sequence[Quad]) -> bool:
        """Whether the page stands on its head, by the widest lines read both ways round.

        The direction classifier is asked first; it errs on short and numeric lines, so it only
        raises a doubt, which the recogniser settles.
        """
        wide = sorted(quads, key=aspect, reverse=True)[:_TURN_SAMPLE]
        strips = [_strip(image, quad).pixels for quad in wide if aspect(quad) > 2.0]
        if not strips:
            return False
        with self._lock:
            votes: Any = self._direction(strips).cls_res
        turned = fmean(score if "180" in label else 1 - score for label, score in votes)
        if turned < _NOT_TURNED:
            return False
        as_is = [line[1] for line in self._recognise(strips[:4])]
        flipped = [np.ascontiguousarray(strip[::-1, ::-1]) for strip in strips[:4]]
        other = [line[1] for line in self._recognise(flipped)]
        return fmean(other) > fmean(as_is) + 0.05

    def _recognise(self, strips: list[Picture]) -> list[tuple[str, float, Any]]:
        """Text, score and character columns of each strip."""
        from rapidocr.ch_ppocr_rec import TextRecInput  # noqa: PLC0415  (loaded by then)

        with self._lock:
            result: Any = self._recogniser(TextRecInput(img=strips, return_word_box=True))
        return list(zip(result.txts, result.scores, result.word_results, strict=True))

    def read(self, image: Picture, quads: Sequence[Quad]) -> list[ReadWord]:
        """Recognise the pieces and split them into words."""
        if not quads:
            return []
        usual = sorted(height_of(quad) for quad in quads)[len(quads) // 2]
        strips = [_strip(image, quad, usual) for quad in quads]
        lines = self._recognise([strip.pixels for strip in strips])
        words: list[ReadWord] = []
        for strip, (text, score, info) in zip(strips, lines, strict=True):
            if text.strip() and score >= _WEAK_LINE:
                words.extend(_split(strip, text, info))
        return words

    def reread(self, image: Picture, bbox: Box, page: PageText | None = None) -> tuple[str, float]:
        """A second opinion on one cell: recogniser only, on a wider and larger crop.

        ``image`` is the displayed page and ``bbox`` a box in fractions of it. ``page`` tells how
        the page was turned when it was read. Text and score, ("", 0.0) when nothing is there.
        """
        height, width = image.shape[:2]
        quad = _cell_corners(bbox, page) * np.array([width, height])
        strip = _strip(image, _grown(quad), enlarge=1.25).pixels
        if min(strip.shape[:2]) < 4:
            return "", 0.0
        text, score, _ = self._recognise([strip])[0]
        return text.strip(), round(float(score), 4)


def _settings(model: str, threads: int, **more: Any) -> _Settings:
    """Settings of one RapidOCR part around a session on a model inside its package."""
    import onnxruntime  # noqa: PLC0415  (with the models, first OCR page only)
    import rapidocr  # noqa: PLC0415  (same)

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = Path(rapidocr.__file__).parent / "models" / model
    session = onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )
    common = {
        "engine_type": rapidocr.EngineType.ONNXRUNTIME,
        "ocr_version": rapidocr.OCRVersion.PPOCRV4,
        "lang_type": "ch",
        "font_path": None,
    }
    return _Settings(common, session=session, **more)


def _cell_corners(box: Box, page: PageText | None) -> Quad:
    """Corners of a cell on the displayed page, starting at the top left of its text."""

    def corners(b: Box) -> Quad:
        return np.array([[b[0], b[1]], [b[2], b[1]], [b[2], b[3]], [b[0], b[3]]])

    matrix = upright_matrix(page) if page is not None else None
    if matrix is None:
        return corners(box)
    back = inverse(np.array(matrix).reshape(3, 3))
    return transform(corners(upright_box(box, matrix)), back)


def _grown(quad: Quad) -> Quad:
    """The cell with a margin of a seventh of its height above and below, a third beside."""
    tall = height_of(quad)
    across = (quad[1] - quad[0]) / max(width_of(quad), 1.0) * tall / 3
    down = (quad[3] - quad[0]) / max(tall, 1.0) * tall / 7
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    grown = quad.copy()
    for index, (x, y) in enumerate(signs):
        grown[index] += x * across + y * down
    return grown


def lies_sideways(quads: Sequence[Quad]) -> bool:
    """Whether most of the text found, by length, runs up or down the page."""
    tall = sum(height_of(quad) for quad in quads if aspect(quad) < 0.6)
    wide = sum(width_of(quad) for quad in quads if aspect(quad) > 1.6)
    return tall > 1.5 * wide


def _colour(image: Picture) -> Picture:
    if image.ndim == 3:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def width_of(quad: Quad) -> float:
    """Length along the text."""
    return max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))


def height_of(quad: Quad) -> float:
    """Length across the text."""
    return max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))


def aspect(quad: Quad) -> float:
    """Width over height."""
    return width_of(quad) / max(height_of(quad), 1.0)


def _strip(image: Picture, quad: Quad, usual: float = 0.0, enlarge: float = 1.0) -> _Strip:
    """Cut a piece of line out.

    A tall box is a line of text running downwards, unless it is no taller than the usual line:
    then it is a single thin character such as a 1 or an I, and stays as it is.
    """
    width, height = width_of(quad), height_of(quad)
    if height >= 1.5 * width and height > 1.8 * usual:
        quad = np.roll(quad, -1, axis=0)
        width, height = height, width
    size = max(1, round(width * enlarge)), max(1, round(height * enlarge))
    target = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    pixels = cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return _Strip(_colour(np.asarray(pixels, dtype=np.uint8)), quad)


def _split(strip: _Strip, text: str, info: Any) -> list[ReadWord]:
    """Words of one recognised piece.

    The recogniser reports the column in which it saw each character; the boundary between two
    words is the widest run without ink between their neighbouring characters.
    """
    if not info.words or info.line_txt_len <= 0:
        return [ReadWord(text.strip(), strip.quad, 0.5)]
    width = strip.pixels.shape[1]
    step = width / info.line_txt_len
    ink = _ink_columns(strip.pixels)
    peaks = [((cols[0] + 0.5) * step, (cols[-1] + 0.5) * step) for cols in info.word_cols]
    edges = [_first_ink(ink, peaks[0][0])]
    for (_, left), (right, _) in pairwise(peaks):
        edges.extend(_gap(ink, left, right))
    edges.append(_last_ink(ink, peaks[-1][1]))
    confidences = _per_word(text, info.words, info.confs)
    words = []
    for index, characters in enumerate(info.words):
        left, right = edges[2 * index] / width, edges[2 * index + 1] / width
        words.append(
            ReadWord(
                "".join(characters),
                _part(strip.quad, left, max(right, left + 0.002)),
                float(np.min(confidences[index])) if confidences[index] else 0.5,
            )
        )
    return words


def _ink_columns(strip: Picture) -> NDArray[np.bool_]:
    """Columns of a strip that contain ink, the uppermost and lowest seventh left out."""
    flat = grey(strip)
    margin = flat.shape[0] // 7
    body = flat[margin : max(flat.shape[0] - margin, margin + 1)]
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


def _part(quad: Quad, left: float, right: float) -> Quad:
    """The stretch from ``left`` to ``right`` (fractions along the text) of a quadrilateral."""
    tl, tr, br, bl = quad
    return np.array(
        [
            tl + left * (tr - tl),
            tl + right * (tr - tl),
            bl + right * (br - bl),
            bl + left * (br - bl),
        ]
    )
