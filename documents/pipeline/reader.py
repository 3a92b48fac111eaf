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
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np

from .cleanup import Picture, inverse, transform
from .reader_words import Quad, ReadWord, Strip, split_words
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


class _Settings(dict[str, Any]):
    """RapidOCR reads its settings both as keys and as attributes."""

    __getattr__ = dict.__getitem__


@cache
def shared_reader() -> Reader:
    """The reader of this process."""
    return Reader()


class Reader:
    """The three models, one page at a time (a lock guards them).

    ``OCR_THREADS`` sets the number of threads; one is best with a worker for each core.
    """

    def __init__(self, threads: int | None = None) -> None:
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _RETAIN_BYTES)
        logging.getLogger("RapidOCR").disabled = True
        from rapidocr.ch_ppocr_cls import TextClassifier  # noqa: PLC0415  (a second, 70 MB)
        from rapidocr.ch_ppocr_det import TextDetector  # noqa: PLC0415  (same)
        from rapidocr.ch_ppocr_rec import TextRecognizer  # noqa: PLC0415  (same)

        count = threads or int(os.environ.get("OCR_THREADS") or 1)
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
        """Whether the page stands on its head, by the longest lines read both ways round.

        The direction classifier is asked first; it errs on short and numeric lines, so it only
        raises a doubt, which the recogniser settles.
        """
        long = sorted(quads, key=_slenderness, reverse=True)[:_TURN_SAMPLE]
        strips = [_strip(image, quad).pixels for quad in long if _slenderness(quad) > 2.0]
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
                words.extend(split_words(strip, text, info))
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


def _slenderness(quad: Quad) -> float:
    return max(aspect(quad), 1 / max(aspect(quad), 1e-6))


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


def _strip(image: Picture, quad: Quad, usual: float = 0.0, enlarge: float = 1.0) -> Strip:
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
    return Strip(_colour(np.asarray(pixels, dtype=np.uint8)), quad)
