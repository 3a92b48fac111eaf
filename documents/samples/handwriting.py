"""A hurried hand: cursive strokes, each letter bent, its own slant and size, ink that thins.

Nothing of it can be read with certainty; a reader that is honest takes no sure value from it.
"""

from __future__ import annotations

import cv2
import numpy as np

from documents.samples.capture import Pixels, Shot

PAPER = (1275, 1650)  # 150 dpi letter
FACES = (cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
NOTES = (
    "pt seen today c/o cough x 3d, no fever",
    "BP 138/86  P 72  wt 171 lb",
    "Glucose 142 mg/dL fasting, A1c 7.4",
    "A: HTN, DM2. cont metformin 500 bid",
    "Allergy penicillin - hives",
    "f/u 6 wk  call w labs",
    "K 4.9  Na 137  Cr 1.21 repeat",
)


def note(rng: np.random.Generator, lines: int = 7) -> Shot:
    """A page of scrawl as a scanner sees it, in grey."""
    wide, tall = PAPER
    page = np.full((tall, wide), 248, dtype=np.uint8)
    top = 200
    for _ in range(lines):
        _line(page, str(rng.choice(NOTES)), 110 + int(rng.integers(0, 60)), top, rng)
        top += int(rng.integers(105, 150))
    soft = cv2.GaussianBlur(_bent(page, rng), (5, 5), 1.6)
    noise = rng.normal(0, 9, soft.shape)
    worn = np.clip(soft.astype(np.float64) + noise, 0, 255).astype(np.uint8)
    return Shot(worn, np.eye(3), (150.0, 150.0))


def _line(page: Pixels, text: str, x: int, y: int, rng: np.random.Generator) -> None:
    """Letters that overlap, climb and fall."""
    face = FACES[int(rng.integers(0, len(FACES)))]
    size, slope = float(rng.uniform(1.5, 1.9)), float(rng.uniform(-0.05, 0.05))
    at = float(x)
    for letter in text:
        own = size * float(rng.uniform(0.75, 1.15))
        (width, _), _ = cv2.getTextSize(letter, face, own, 2)
        down = y + int(slope * (at - x)) + int(rng.integers(-7, 8))
        ink = int(rng.integers(40, 150))
        cv2.putText(page, letter, (int(at), down), face, own, (ink,), int(rng.integers(1, 3)))
        at += width * float(rng.uniform(0.58, 0.78))


def _bent(page: Pixels, rng: np.random.Generator) -> Pixels:
    """Every part pushed a little its own way, as a pen in a hurry does."""
    tall, wide = page.shape
    ys, xs = np.mgrid[0:tall, 0:wide].astype(np.float32)
    phases = rng.uniform(0, 6.3, 4)
    dx = 7 * np.sin(ys / 17 + phases[0]) + 5 * np.sin(xs / 23 + phases[1])
    dy = 6 * np.sin(xs / 19 + phases[2]) + 4 * np.sin(ys / 29 + phases[3])
    out = cv2.remap(
        page, (xs + dx).astype(np.float32), (ys + dy).astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(248,),
    )  # fmt: skip
    return np.asarray(out, dtype=np.uint8)
