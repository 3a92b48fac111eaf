"""Words of a recognised piece of line: where one ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cleanup import Picture, grey

_HEIGHT_OF_EM = 1.37
"""The detector's boxes are this much taller than the type size, whatever the font."""

_NO_WORD = frozenset("fijlrt")
"""Thin letters, with wide gaps around them, that are no word alone: the end of the one before."""

Quad = NDArray[np.float64]
"""Corners (4, 2) of a piece of line in pixels: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word in clean pixels; ``score`` is that of its least certain character."""

    text: str
    corners: Quad
    score: float


@dataclass(frozen=True, slots=True)
class Strip:
    """A piece of line as upright BGR pixels; ``quad`` starts where its text starts."""

    pixels: Picture
    quad: Quad


@dataclass(frozen=True, slots=True)
class _Character:
    """``x`` is its centre in pixels of the strip."""

    text: str
    x: float
    score: float


def split_words(strip: Strip, text: str, info: Any) -> list[ReadWord]:
    """Words of one recognised piece.

    The recogniser reports the column in which it saw each character; the boundary between two
    words is the widest run without ink between their neighbouring characters. Where it saw no
    space, a run as wide as one divides the word all the same.
    """
    if not info.words or info.line_txt_len <= 0:
        return [ReadWord(text.strip(), strip.quad, 0.5)]
    height, width = strip.pixels.shape[:2]
    step = width / info.line_txt_len
    ink = _ink_columns(strip.pixels)
    parts: list[list[_Character]] = []
    for characters in _characters(text, info, step):
        parts.extend(_divided(characters, ink, height / _HEIGHT_OF_EM))
    edges = [_first_ink(ink, parts[0][0].x)]
    for left, right in pairwise(parts):
        edges.extend(_gap(ink, left[-1].x, right[0].x))
    edges.append(_last_ink(ink, parts[-1][-1].x))
    words = []
    for index, part in enumerate(parts):
        start, end = edges[2 * index] / width, edges[2 * index + 1] / width
        corners = _part(strip.quad, start, max(end, start + 0.002))
        score = min(character.score for character in part)
        words.append(ReadWord("".join(character.text for character in part), corners, score))
    return words


def _characters(text: str, info: Any, step: float) -> list[list[_Character]]:
    """Characters of each word; the recogniser's scores count spaces, its columns do not."""
    kept = [score for ch, score in zip(text, info.confs, strict=False) if not ch.isspace()]
    words, at = [], 0
    for letters, columns in zip(info.words, info.word_cols, strict=True):
        scores = [*kept[at : at + len(letters)], *([0.5] * len(letters))]
        at += len(letters)
        words.append(
            [
                _Character(letter, (column + 0.5) * step, float(score))
                for letter, column, score in zip(letters, columns, scores, strict=False)
            ]
        )
    return words


def _divided(
    characters: list[_Character], ink: NDArray[np.bool_], em: float
) -> list[list[_Character]]:
    """Break a word where the gap is that of a space, for its neighbours and for its line.

    Points and the like stand in wide gaps of their own in monospaced print, and so does the
    figure 1 in most fonts: a number must never be broken.
    """
    gaps = []
    for left, right in pairwise(characters):
        start, end = _gap(ink, left.x, right.x)
        gaps.append(end - start)
    if not gaps:
        return [characters]
    usual = sorted(gaps)[len(gaps) // 2]
    parts, begin = [], 0
    for index, gap in enumerate(gaps):
        around = "".join(c.text for c in characters[max(index - 1, 0) : index + 2])
        if index + 2 == len(characters) and around[-2].islower() and around[-1] in _NO_WORD:
            continue
        if gap > max(_space_between(around) * em, 2.2 * usual):
            parts.append(characters[begin : index + 1])
            begin = index + 1
    return [*parts, characters[begin:]]


def _space_between(around: str) -> float:
    """The least gap in em that is a space and not the form of the two last characters.

    ``around`` has the character before them too, if any: a colon after letters ends a label, one
    between figures is part of a time.
    """
    pair = around[-2:]
    if pair[0] == ":" and len(around) == 3 and around[0].isalpha():
        return 0.42
    if not pair.isalnum():
        return 0.6
    if pair[0] == "1" or (pair[1] == "1" and pair[0].isdigit()):
        return 0.45
    return 0.3 if pair[1] == "1" else 0.26


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
