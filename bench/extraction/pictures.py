"""Drawings for the docs: the reliability plot, and pieces of pages with a box around a mistake."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageOps

from bench.extraction.measures import wilson
from documents.samples.truth import Box

WIDE, TALL, EDGE = 460, 460, 46
INKS = ("#1f5f8b", "#b3541e", "#6b7280")
Points = Sequence[tuple[float, bool]]


def bins_of(points: Points, bins: int = 10) -> list[tuple[float, float, float, float, int]]:
    """(mean confidence, accuracy, low, high, count) of bins of equal mass."""
    ordered = sorted(points)
    out = []
    for number in range(bins):
        part = ordered[number * len(ordered) // bins : (number + 1) * len(ordered) // bins]
        if part:
            right = sum(ok for _, ok in part)
            mean = sum(confidence for confidence, _ in part) / len(part)
            out.append((mean, right / len(part), *wilson(right, len(part)), len(part)))
    return out


def reliability(series: Sequence[tuple[str, Points]]) -> str:
    """An SVG: confidence across, accuracy up, 95 % intervals, the diagonal of a perfect promise."""

    def x(value: float) -> float:
        return EDGE + value * (WIDE - 2 * EDGE)

    def y(value: float) -> float:
        return TALL - EDGE - value * (TALL - 2 * EDGE)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" width="{WIDE}"'
        f' height="{TALL}" font-family="sans-serif" font-size="11" role="img">',
        "<title>Reliability: accuracy of values by confidence</title>",
        f'<rect width="{WIDE}" height="{TALL}" fill="#ffffff"/>',
    ]
    for tick in range(0, 11, 2):
        at = tick / 10
        out.append(f'<path d="M{x(at):.1f} {y(0):.1f}V{y(1):.1f}M{x(0):.1f} {y(at):.1f}H{x(1):.1f}"'
                   ' stroke="#e5e7eb"/>')  # fmt: skip
        out.append(
            f'<text x="{x(at):.1f}" y="{y(0) + 16:.1f}" text-anchor="middle">{at:.1f}</text>'
        )
        out.append(
            f'<text x="{x(0) - 8:.1f}" y="{y(at) + 4:.1f}" text-anchor="end">{at:.1f}</text>'
        )
    out.append(f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#9ca3af" stroke-dasharray="4 4"/>')
    out.append(f'<text x="{WIDE / 2}" y="{TALL - 8}" text-anchor="middle">confidence</text>')
    out.append(f'<text transform="translate(12 {TALL / 2}) rotate(-90)" text-anchor="middle">'
               "accuracy</text>")  # fmt: skip
    for number, (name, points) in enumerate(series):
        ink = INKS[number % len(INKS)]
        found = bins_of(points)
        line = "L".join(f"{x(c):.1f} {y(a):.1f}" for c, a, *_ in found)
        out.append(f'<path d="M{line}" fill="none" stroke="{ink}" stroke-width="1.5"/>')
        for confidence, accuracy, low, high, _count in found:
            out.append(f'<path d="M{x(confidence):.1f} {y(low):.1f}V{y(high):.1f}" stroke="{ink}"'
                       ' opacity=".5"/>')  # fmt: skip
            out.append(
                f'<circle cx="{x(confidence):.1f}" cy="{y(accuracy):.1f}" r="3.5" fill="{ink}"/>'
            )
        top = EDGE + 14 + 16 * number
        out.append(f'<circle cx="{EDGE + 14}" cy="{top - 4}" r="4" fill="{ink}"/>'
                   f'<text x="{EDGE + 24}" y="{top}">{name} ({len(points)})</text>')  # fmt: skip
    return "\n".join([*out, "</svg>", ""])


def displayed(data: bytes, suffix: str, page: int, dpi: float = 130) -> Image.Image:
    """The page as a person sees it."""
    if suffix == ".pdf":
        document = pdfium.PdfDocument(data)
        document.init_forms()
        picture: Image.Image = document[page - 1].render(scale=dpi / 72).to_pil().convert("RGB")
        document.close()
        return picture
    with Image.open(io.BytesIO(data)) as file:
        file.seek(page - 1)
        across, down = (float(v) for v in file.info.get("dpi", (1, 1)))
        picture = ImageOps.exif_transpose(file.convert("RGB"))
    if across and down and abs(across / down - 1) > 0.2:
        picture = picture.resize((picture.width, round(picture.height * across / down)))
    return picture


def piece(page: Image.Image, box: Box, ink: str) -> bytes:
    """A JPEG of the surroundings of a box, the box drawn in."""
    wide, tall = page.size
    x0, y0, x1, y1 = box[0] * wide, box[1] * tall, box[2] * wide, box[3] * tall
    around, above = wide * 0.22, max(tall * 0.035, (y1 - y0) * 1.5)
    left, top = max(0, int(x0 - around)), max(0, int(y0 - above))
    cut = page.crop((left, top, min(wide, int(x1 + around)), min(tall, int(y1 + above))))
    draw = ImageDraw.Draw(cut)
    draw.rectangle((x0 - left - 3, y0 - top - 3, x1 - left + 3, y1 - top + 3), outline=ink, width=2)
    cut.thumbnail((760, 300))
    out = io.BytesIO()
    cut.save(out, "JPEG", quality=72)
    return out.getvalue()
