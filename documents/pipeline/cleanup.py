"""From the displayed picture of a page to an upright, flat, evenly lit one, and back.

Everything is measured on a small copy and done in one resampling of the full picture, so that
fine print loses nothing to repeated interpolation. The transform is kept: reading happens on the
clean picture, but every box that leaves this package lies on the displayed page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .types import Box

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_SMALL = 700
_LONGEST = 3000
_SHORT_OF_PRINT = 1500
_READABLE = 1700
_MAX_SKEW = 12.0
_LEAST_SKEW = 0.2
_PAGE_AREA = (0.22, 0.96)
_EDGE_CONTRAST = 18.0
_UNEVEN = 26.0
_PAPER_INCHES = 11.0


@dataclass(frozen=True, slots=True)
class Measures:
    """``sharpness`` is the Laplacian's variance over the contrast's square, times 1000; about 20
    and more for print, below 4 when blurred. ``contrast`` is paper minus ink in grey levels."""

    sharpness: float
    contrast: float
    uneven: float
    ink: float


@dataclass(frozen=True, slots=True)
class CleanPage:
    """The upright picture, and ``forward``: displayed pixels to clean pixels.

    ``quarter`` is the clockwise turn that was applied, in degrees; ``skew`` the small rest.
    """

    image: Picture
    forward: Matrix
    displayed: tuple[int, int]
    quarter: int
    skew: float
    perspective: bool
    measures: Measures

    @property
    def blank(self) -> bool:
        """Whether there is next to no ink."""
        return self.measures.ink < 0.00008 or self.measures.contrast < 12

    def box_on_page(self, corners: NDArray[np.float64]) -> Box:
        """Corners (4, 2) in clean pixels as a box in fractions of the displayed page."""
        back = transform(corners, inverse(self.forward))
        width, height = self.displayed
        x0, y0 = back.min(axis=0) / (width, height)
        x1, y1 = back.max(axis=0) / (width, height)
        clipped = (min(max(float(v), 0.0), 1.0) for v in (x0, y0, x1, y1))
        a, b, c, d = clipped
        return a, b, c, d

    def fractions(self) -> list[float]:
        """The transform between fractions of both pages, row by row, last value 1."""
        width, height = self.displayed
        clean_h, clean_w = self.image.shape[:2]
        matrix: Matrix = np.diag([1 / clean_w, 1 / clean_h, 1.0]) @ self.forward
        matrix = matrix @ np.diag([float(width), float(height), 1.0])
        return [float(v) for v in (matrix / matrix[2, 2]).ravel()]


def transform(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Apply a homography to points (n, 2)."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    result: NDArray[np.float64] = homogeneous[:, :2] / homogeneous[:, 2:]
    return result


def inverse(matrix: Matrix) -> Matrix:
    """The way back of a homography."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def load(path: Path) -> Picture:
    """A page picture as grey or BGR pixels; raises FileNotFoundError when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.exists() else None
    if image is None:
        raise FileNotFoundError(path)
    return np.asarray(image, dtype=np.uint8)


def grey(image: Picture) -> Picture:
    """Grey pixels of a grey or BGR picture."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def clean(image: Picture, *, quarter: int = 0, photographed: bool = True) -> CleanPage:
    """Straighten a displayed page.

    ``quarter`` (0, 90, 180, 270) is the clockwise turn that makes it upright; the reader knows it
    from the shapes of the lines it finds. ``photographed`` allows looking for the four edges of a
    sheet.
    """
    height, width = image.shape[:2]
    factor = min(1.0, _SMALL / max(width, height))
    small = _resized(grey(image), factor)
    sheet = find_sheet(small) if photographed else None
    forward = np.eye(3)
    size = (float(width), float(height))
    if sheet is not None:
        forward, size = _flatten(sheet / factor)
        small = warp(small, _scaled(forward, 1 / factor, factor), _sizes(size, factor))
    if quarter:
        small = np.ascontiguousarray(np.rot90(small, -quarter // 90))
        forward, size = _turned(quarter, size) @ forward, _swapped(quarter, size)
    skew = find_skew(small)
    if abs(skew) >= _LEAST_SKEW:
        rotation, size = _rotated(skew, size)
        forward = rotation @ forward
    scale = _reading_scale(size)
    forward = np.diag([scale, scale, 1.0]) @ forward
    final = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    result = image if np.allclose(forward, np.eye(3)) else warp(image, forward, final)
    measures = measure(grey(result))
    if measures.uneven > _UNEVEN:
        result = flatten_light(grey(result))
    return CleanPage(result, forward, (width, height), quarter, skew, sheet is not None, measures)


def _resized(image: Picture, factor: float) -> Picture:
    if factor == 1.0:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def warp(image: Picture, forward: Matrix, size: tuple[int, int]) -> Picture:
    """Resample with a transform between pixel edges; what lies outside becomes paper white."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    matrix = np.linalg.inv(half) @ forward @ half
    white = (255,) * (1 if image.ndim == 2 else 3)
    grown = math.sqrt(abs(float(np.linalg.det(forward[:2, :2])))) > 1
    flags = cv2.INTER_CUBIC if grown else cv2.INTER_LINEAR
    result = cv2.warpPerspective(image, matrix, size, flags=flags, borderValue=white)
    return np.asarray(result, dtype=np.uint8)


def _scaled(forward: Matrix, before: float, after: float) -> Matrix:
    result: Matrix = np.diag([after, after, 1.0]) @ forward @ np.diag([before, before, 1.0])
    return result


def _sizes(size: tuple[float, float], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _swapped(turn: int, size: tuple[float, float]) -> tuple[float, float]:
    return (size[1], size[0]) if turn in (90, 270) else size


def _turned(turn: int, size: tuple[float, float]) -> Matrix:
    """Clockwise quarter turns of a page of ``size``."""
    width, height = size
    if turn == 90:
        return np.array([[0, -1, height], [1, 0, 0], [0, 0, 1.0]])
    if turn == 180:
        return np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]])
    return np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1.0]])


def _rotated(skew: float, size: tuple[float, float]) -> tuple[Matrix, tuple[float, float]]:
    """Undo a skew (degrees, positive when lines fall to the right); the canvas grows to fit."""
    angle = math.radians(skew)
    cos, sin = math.cos(angle), math.sin(angle)
    width, height = size
    grown = (width * cos + height * abs(sin), width * abs(sin) + height * cos)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    centre = turn @ np.array([width / 2, height / 2, 1.0])
    turn[0, 2], turn[1, 2] = grown[0] / 2 - centre[0], grown[1] / 2 - centre[1]
    return turn, grown


def _reading_scale(size: tuple[float, float]) -> float:
    """Small print is enlarged for the detector, huge pictures shrunk for memory."""
    longest = max(size)
    if longest < _SHORT_OF_PRINT:
        return min(2.0, _READABLE / max(longest, 1.0))
    return min(1.0, _LONGEST / longest)


def find_skew(small: Picture) -> float:
    """Degrees by which text lines fall to the right (negative: rise); 0.0 where none are seen.

    The right angle makes the sums of ink along rows as unequal as possible.
    """
    ink = _ink_mask(small)
    if ink.sum() < 60:
        return 0.0
    coarse = np.arange(-_MAX_SKEW, _MAX_SKEW + 0.1, 1.0)
    best = _sharpest(ink, coarse)
    best = _sharpest(ink, best + np.arange(-0.8, 0.81, 0.2))
    best = _sharpest(ink, best + np.arange(-0.15, 0.16, 0.05))
    if abs(best) > _MAX_SKEW - 0.5:
        return 0.0
    gain = _row_energy(ink, best) / max(_row_energy(ink, 0.0), 1e-9)
    return round(float(best), 3) if gain > 1.03 else 0.0


def _ink_mask(small: Picture) -> NDArray[np.float32]:
    """Strokes as 1.0; large dark areas, such as a table seen behind the paper, are not strokes."""
    block = 25 if min(small.shape) > 60 else 11
    mask = cv2.adaptiveThreshold(
        small, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 14
    )
    return np.asarray(mask, dtype=np.float32)


def _sharpest(ink: NDArray[np.float32], angles: NDArray[np.float64]) -> float:
    energies = [_row_energy(ink, float(angle)) for angle in angles]
    return float(angles[int(np.argmax(energies))])


def _row_energy(ink: NDArray[np.float32], angle: float) -> float:
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    rows = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR).sum(axis=1)
    return float(np.square(np.diff(rows)).sum())


def find_sheet(small: Picture) -> NDArray[np.float64] | None:
    """Corners (tl, tr, br, bl) of a bright sheet on a darker ground, or None.

    A frame printed on the page has paper on both sides and is therefore never taken for a sheet.
    """
    height, width = small.shape
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), 3), dtype=np.uint8)
    _, mask = cv2.threshold(blurred, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))
    share = cv2.contourArea(hull) / (width * height)
    if not _PAGE_AREA[0] < share < _PAGE_AREA[1]:
        return None
    corners = _four_corners(hull)
    if corners is None or not _darker_outside(blurred, corners):
        return None
    return corners


def _four_corners(hull: NDArray[Any]) -> NDArray[np.float64] | None:
    length = cv2.arcLength(hull, True)
    for tolerance in (0.015, 0.025, 0.04, 0.06):
        shape = cv2.approxPolyDP(hull, tolerance * length, True)
        if len(shape) == 4:
            points = shape.reshape(4, 2).astype(np.float64)
            if cv2.contourArea(shape) < 0.9 * cv2.contourArea(hull):
                return None
            return _ordered(points)
    return None


def _ordered(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Top left first, then clockwise."""
    centre = points.mean(axis=0)
    angles = np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0])
    points = points[np.argsort(angles)]
    first = int(np.argmin(points.sum(axis=1)))
    return np.roll(points, -first, axis=0)


def _darker_outside(blurred: Picture, corners: NDArray[np.float64]) -> bool:
    """At least three edges lie inside the frame and are bright within, dark without."""
    height, width = blurred.shape
    centre = corners.mean(axis=0)
    steps = np.linspace(0.15, 0.85, 24)[:, None]
    seen = 0
    for index in range(4):
        start, end = corners[index], corners[(index + 1) % 4]
        along = start + steps * (end - start)
        inward = centre - (start + end) / 2
        inward = inward / max(float(np.linalg.norm(inward)), 1.0)
        outside, inside = along - 12 * inward, along + 12 * inward
        limit = (width - 1, height - 1)
        if not ((outside >= 0) & (outside <= limit)).all():
            continue
        dark = [int(blurred[int(y), int(x)]) for x, y in outside]
        bright = [int(blurred[int(y), int(x)]) for x, y in np.clip(inside, 0, limit)]
        if float(np.median(bright)) - float(np.median(dark)) < _EDGE_CONTRAST:
            return False
        seen += 1
    return seen >= 3


def _flatten(corners: NDArray[np.float64]) -> tuple[Matrix, tuple[float, float]]:
    """The sheet's quadrilateral onto a rectangle of about its own size."""
    tl, tr, br, bl = corners
    width = max(float(np.linalg.norm(tr - tl)), float(np.linalg.norm(br - bl)))
    height = max(float(np.linalg.norm(bl - tl)), float(np.linalg.norm(br - tr)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return np.asarray(matrix, dtype=np.float64), (width, height)


def measure(image: Picture) -> Measures:
    """Sharpness, contrast, evenness of light and share of ink of a grey page."""
    factor = min(1.0, 1000 / max(image.shape))
    small = _resized(image, factor)
    paper = _paper(small)
    difference = paper.astype(np.int16) - small
    ink = difference > 40
    levels = difference[ink]
    contrast = float(np.median(levels)) if levels.size > 20 else float(difference.max())
    crisp = float(cv2.Laplacian(image, cv2.CV_32F, ksize=3).var())
    sharpness = 1000 * crisp / max(contrast, 20.0) ** 2 / max(float(ink.mean()) * 100, 0.5)
    low, high = np.percentile(paper, (5, 95))
    return Measures(sharpness, contrast, float(high - low), float(ink.mean()))


def _paper(image: Picture) -> Picture:
    """The page without its print: bright maxima, smoothed."""
    small = _resized(image, min(1.0, 250 / max(image.shape)))
    small = np.asarray(cv2.dilate(small, np.ones((7, 7), np.uint8)), dtype=np.uint8)
    small = np.asarray(cv2.medianBlur(small, 15), dtype=np.uint8)
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def flatten_light(image: Picture) -> Picture:
    """Divide shadows and uneven light out of a grey page."""
    paper = np.maximum(_paper(image), 30)
    return np.asarray(cv2.divide(image, paper, scale=250), dtype=np.uint8)
