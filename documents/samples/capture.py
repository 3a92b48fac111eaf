"""What happens to paper on its way into a clinic: scanner, fax machine, telephone camera.

Every function takes a page as an RGB array and returns the captured picture with the matrix that
takes fractions of the page to fractions of the picture as it is displayed, so that truth boxes
can follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import reportlab
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from documents.samples.truth import Box

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
FAX_DPI = (204, 98)


@dataclass(frozen=True, slots=True)
class Shot:
    """A captured page; ``exif`` is the orientation under which the stored pixels lie."""

    pixels: Pixels
    matrix: Matrix
    dpi: tuple[float, float]
    exif: int = 1


def map_box(matrix: Matrix, box: Box) -> Box:
    """The upright box around a box after the transform, cut at the picture's edges."""
    x0, y0, x1, y1 = box
    corners = np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1, 1, 1, 1]], dtype=np.float64)
    moved = matrix @ corners
    xs, ys = moved[0] / moved[2], moved[1] / moved[2]
    low, high = 0.0, 1.0
    return (
        float(np.clip(xs.min(), low, high)),
        float(np.clip(ys.min(), low, high)),
        float(np.clip(xs.max(), low, high)),
        float(np.clip(ys.max(), low, high)),
    )


def render(pdf: bytes, dpi: float) -> list[Pixels]:
    """Every page as an RGB array."""
    document = pdfium.PdfDocument(pdf)
    document.init_forms()
    pages = []
    for index in range(len(document)):
        bitmap = document[index].render(scale=dpi / 72)
        pages.append(np.asarray(bitmap.to_pil().convert("RGB"), dtype=np.uint8))
    document.close()
    return pages


def _in_fractions(pixel: Matrix, source: Pixels, target: tuple[int, int]) -> Matrix:
    """A pixel homography as one between fractions; ``target`` is (width, height)."""
    height, width = source.shape[:2]
    into = np.diag([width, height, 1.0])
    out = np.diag([1 / target[0], 1 / target[1], 1.0])
    return np.asarray(out @ pixel @ into, dtype=np.float64)


def _grain(pixels: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    noise = rng.standard_normal(pixels.shape[:2], dtype=np.float32)[..., None] * sigma
    return np.clip(pixels.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def _turned(angle: float, page: Pixels, shift: tuple[float, float]) -> Matrix:
    height, width = page.shape[:2]
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    moved = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]], dtype=np.float64)
    return np.asarray(moved @ np.vstack([rotation, [0, 0, 1]]), dtype=np.float64)


def scan(page: Pixels, rng: np.random.Generator, *, poor: bool = False, dpi: float = 200) -> Shot:
    """A flat-bed or feeder scan in grey: a little skew, blur, grain; ``poor`` is a copied copy."""
    height, width = page.shape[:2]
    angle = float(rng.uniform(0.4, 1.4) * rng.choice((-1, 1))) * (1.6 if poor else 1.0)
    pixel = _turned(angle, page, (float(rng.uniform(-8, 8)), float(rng.uniform(-8, 8))))
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    out = cv2.warpPerspective(
        grey, pixel, (width, height), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(250,),
    )  # fmt: skip
    out = cv2.GaussianBlur(out, (3, 3), 0.9 if poor else 0.5)
    out = np.clip(out.astype(np.float32) * 0.94 + 8, 0, 255).astype(np.uint8)
    if poor:
        out = _speckle(out, rng, 0.0012)
        out[:, : int(rng.uniform(4, 14))] = 40
        out = np.clip((out.astype(np.float32) - 128) * 1.25 + 140, 0, 255).astype(np.uint8)
    out = _grain(out[..., None], rng, 7.0 if poor else 3.0)[..., 0]
    matrix = _in_fractions(pixel, page, (width, height))
    return Shot(np.asarray(out, dtype=np.uint8), matrix, (dpi, dpi))


def _speckle(grey: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    dots = rng.random(grey.shape)
    out = grey.copy()
    out[dots < share] = 20
    out[dots > 1 - share] = 255
    return out


def fax_header(text: str, width: int) -> Pixels:
    """The line a fax machine prints over a page, 204 dpi square pixels."""
    strip = Image.new("L", (width, 34), 255)
    fonts = Path(reportlab.__file__).parent / "fonts"
    font = ImageFont.truetype(str(fonts / "VeraBd.ttf"), 22)
    ImageDraw.Draw(strip).text((40, 4), text, font=font, fill=0)
    return np.asarray(strip, dtype=np.uint8)


def fax(page: Pixels, rng: np.random.Generator, header: str, *, fine: bool = False) -> Shot:
    """A fax, 1728 pixels wide, black and white, 204 x 98 dpi (``fine``: 204 x 196).

    ``page`` is rendered at 204 dpi. The picture is as displayed by pixels, not by their aspect.
    """
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    line = fax_header(header, 1728)
    scale = min(1.0, 1728 / width)
    left = (1728 - width * scale) / 2
    pixel = _turned(float(rng.uniform(-0.5, 0.5)), page, (0, 0))
    place = np.array([[scale, 0, left], [0, scale, line.shape[0]], [0, 0, 1]], dtype=np.float64)
    pixel = place @ pixel
    rows = int(height * scale) + line.shape[0]
    out = cv2.warpPerspective(grey, pixel, (1728, rows), flags=cv2.INTER_AREA, borderValue=(255,))
    out[: line.shape[0]] = np.minimum(out[: line.shape[0]], line)
    squeezed = round(rows * (196 if fine else 98) / 204)
    out = cv2.resize(out, (1728, squeezed), interpolation=cv2.INTER_AREA)
    out = _grain(np.asarray(out, dtype=np.uint8)[..., None], rng, 14)[..., 0]
    black = np.where(out < 168, 0, 255).astype(np.uint8)
    black = np.where(_speckle(black, rng, 0.0004) < 128, 0, 255).astype(np.uint8)
    dpi = (204.0, 196.0 if fine else 98.0)
    return Shot(black, _in_fractions(pixel, page, (1728, rows)), dpi)


def photo(page: Pixels, rng: np.random.Generator, *, exif: int = 1) -> Shot:
    """A telephone picture: page on a table, from an angle, with shadow, blur and warm light.

    With ``exif`` 3, 6 or 8 the pixels are stored turned and the tag says how to turn them back;
    the matrix is for the picture as displayed.
    """
    height, width = page.shape[:2]
    margin = 0.09 if height > width else 0.16
    size = (int(width * (1 + 2 * margin)), int(height * (1 + 2 * margin)))
    table = _table(size, rng)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inset = np.array([size[0] * margin, size[1] * margin]) * 0.85
    jitter = rng.uniform(-0.55, 0.55, (4, 2)) * inset
    target = (source + inset + jitter).astype(np.float32)
    pixel = np.asarray(cv2.getPerspectiveTransform(source, target), dtype=np.float64)
    warped = cv2.warpPerspective(page, pixel, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), pixel, size)
    edge = cv2.GaussianBlur(cv2.dilate(mask, np.ones((25, 25), np.uint8)), (61, 61), 0)
    inside = mask[..., None].astype(np.float32) / 255
    shade = 1 - 0.45 * edge[..., None].astype(np.float32) / 255
    around = table.astype(np.float32) * shade * (1 - inside)
    warmth = np.array([1.0, 0.975, 0.92], dtype=np.float32)
    scene = (around + warped.astype(np.float32) * 0.95 * inside) * warmth
    lit = np.clip(scene * _light(size, rng)[..., None], 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(lit, (0, 0), float(rng.uniform(0.6, 1.0)))
    out = _grain(np.asarray(soft, dtype=np.uint8), rng, 4.0)
    stored = {1: out, 3: np.rot90(out, 2), 6: np.rot90(out, 1), 8: np.rot90(out, -1)}[exif]
    return Shot(np.ascontiguousarray(stored), _in_fractions(pixel, page, size), (72, 72), exif)


def _table(size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Wood: long streaks of two browns."""
    width, height = size
    streak = rng.normal(0, 1, (height // 6 + 1, max(2, width // 90))).astype(np.float32)
    grainy = cv2.resize(streak, size, interpolation=cv2.INTER_CUBIC)[..., None]
    brown = ((122, 88, 60), (86, 92, 98), (150, 120, 90))[int(rng.integers(3))]
    fine = rng.standard_normal((height, width, 1), dtype=np.float32) * 3
    wood = np.array(brown, dtype=np.float32) + grainy * 9 + fine
    return np.asarray(np.clip(wood, 0, 255), dtype=np.uint8)


def _light(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A lamp to one side and the shadow of a hand, as factors of brightness."""
    width, height = size
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = float(rng.uniform(0, 2 * np.pi))
    along = (xs / width - 0.5) * np.cos(angle) + (ys / height - 0.5) * np.sin(angle)
    lamp = 1.0 + 0.22 * along
    cx, cy = rng.uniform(0.1, 0.9) * width, rng.uniform(0.55, 1.05) * height
    distance = np.hypot((xs - cx) / (width * 0.45), (ys - cy) / (height * 0.28))
    shadow = 1.0 - 0.38 / (1.0 + np.exp((distance - 1.0) * 9))
    return np.asarray(lamp * shadow * 0.98, dtype=np.float32)


def low_resolution(page: Pixels, rng: np.random.Generator) -> Shot:
    """A picture of 96 dpi, as pasted from a screen or sent by a messenger."""
    out = cv2.GaussianBlur(page, (3, 3), 0.4)
    return Shot(_grain(np.asarray(out, np.uint8), rng, 2.0), np.eye(3), (96, 96))


def quarter_turn(shot: Shot, turns: int) -> Shot:
    """The page fed sideways or upside down: ``turns`` quarters clockwise, nothing tells it."""
    step = np.array([[0, -1, 1], [1, 0, 0], [0, 0, 1]], dtype=np.float64)
    matrix = np.linalg.matrix_power(step, turns % 4) @ shot.matrix
    return Shot(np.ascontiguousarray(np.rot90(shot.pixels, -turns)), matrix, shot.dpi, shot.exif)
