"""Where a mark on the paper ends up in the captured picture."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageOps

from documents.samples import capture, paperfile
from documents.samples.build import captured
from documents.samples.sheet import LETTER, Fact, Sheet
from documents.samples.truth import Part, Truth

SPOTS = ((60, 90), (500, 90), (300, 400), (70, 700), (480, 690))
VARIANTS = (
    "turned", "scan", "poorscan", "fax", "faxfine", "faxpdf", "photo", "photopdf", "lowres",
    "rotated",
)  # fmt: skip


def marked_page() -> tuple[bytes, Truth]:
    """A page with five black squares, each a fact; the text of a fact is hidden behind it."""
    sheet = Sheet(size=LETTER)
    for number, (x, y) in enumerate(SPOTS):
        sheet.box(x, y - 18, 40, 24, fill="#000000", stroke=None)
        sheet.text(x, y, Fact("facility", f"m{number}"), size=18, color="#000000")
    data = sheet.finish()
    parts = (Part("other", (1,), None),)
    truth = Truth("other", "marks", "text", None, 1, tuple(sheet.fields), parts)
    return data, truth


def displayed(data: bytes, suffix: str) -> np.ndarray:
    """The first page in grey as a viewer shows it."""
    if suffix == ".pdf":
        image = pdfium.PdfDocument(data)[0].render(scale=1.5).to_pil()
    else:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(image.convert("L"))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_captured_boxes_lie_on_the_marks(variant, seed):
    pdf, truth = marked_page()

    made = captured(pdf, truth, variant, seed)

    grey = displayed(made.data, made.suffix)
    height, width = grey.shape
    for fact in made.truth.fields:
        x0, y0, x1, y1 = fact.bbox
        middle = grey[
            int((y0 * 0.6 + y1 * 0.4) * height) : int((y0 * 0.4 + y1 * 0.6) * height) + 1,
            int((x0 * 0.6 + x1 * 0.4) * width) : int((x0 * 0.4 + x1 * 0.6) * width) + 1,
        ]
        assert np.median(middle) < 90, (variant, fact)
    assert np.median(grey) > 60


@pytest.mark.parametrize("tag", [1, 3, 6, 8])
def test_photo_is_upright_after_its_orientation_tag(tag):
    page = np.full((300, 200, 3), 255, dtype=np.uint8)

    shot = capture.photo(page, np.random.default_rng(1), exif=tag)

    stored = Image.open(io.BytesIO(paperfile.jpeg(shot)))
    assert stored.getexif().get(0x0112, 1) == tag
    assert (stored.width > stored.height) == (tag in (6, 8))
    shown = ImageOps.exif_transpose(stored)
    assert shown.height > shown.width


def test_fax_is_group_four_at_204_by_98():
    pdf, truth = marked_page()

    made = captured(pdf, truth, "fax", 1)

    image = Image.open(io.BytesIO(made.data))
    assert (image.mode, image.info["compression"], image.width) == ("1", "group4", 1728)
    assert tuple(round(float(v)) for v in image.info["dpi"]) == (204, 98)


@pytest.mark.parametrize("variant", ["scan", "faxpdf", "photopdf"])
def test_image_pdf_has_no_text_layer(variant):
    pdf, truth = marked_page()

    made = captured(pdf, truth, variant, 1)

    assert pdfium.PdfDocument(made.data)[0].get_textpage().get_text_bounded() == ""
