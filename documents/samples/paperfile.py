"""Captured pictures written as the files a clinic receives; the same bytes for the same input."""

from __future__ import annotations

import io

import pikepdf
from PIL import Image

from documents.samples.capture import Shot


def picture(shot: Shot) -> Image.Image:
    """The stored pixels as an image."""
    return Image.fromarray(shot.pixels)


def jpeg(shot: Shot, quality: int = 80) -> bytes:
    """A JPEG with the orientation tag of the shot."""
    out = io.BytesIO()
    image = picture(shot)
    exif = Image.Exif()
    if shot.exif != 1:
        exif[0x0112] = shot.exif
    exif[0x010F] = "Sample"
    image.save(
        out,
        "JPEG",
        quality=quality,
        exif=exif.tobytes(),
        dpi=(round(shot.dpi[0]), round(shot.dpi[1])),
    )
    return out.getvalue()


def png(shot: Shot) -> bytes:
    """A PNG with its resolution."""
    out = io.BytesIO()
    picture(shot).save(out, "PNG", optimize=True, dpi=shot.dpi)
    return out.getvalue()


def tiff(shots: list[Shot]) -> bytes:
    """A multi-page black and white TIFF, CCITT group 4, as fax servers hand over."""
    pages = [picture(shot).convert("1") for shot in shots]
    out = io.BytesIO()
    pages[0].save(
        out,
        "TIFF",
        compression="group4",
        dpi=shots[0].dpi,
        save_all=True,
        append_images=pages[1:],
    )
    return out.getvalue()


def image_pdf(shots: list[Shot], *, quality: int = 62) -> bytes:
    """A PDF of pictures without a text layer; black and white pages as group 4, others JPEG."""
    pdf = pikepdf.new()
    for shot in shots:
        height, width = shot.pixels.shape[:2]
        fax = shot.dpi[0] != shot.dpi[1]
        points = (width * 72 / shot.dpi[0], height * 72 / shot.dpi[1])
        data = _group4(shot) if fax else _plain_jpeg(shot, quality)
        image = pikepdf.Stream(pdf, data)
        image["/Type"] = pikepdf.Name.XObject
        image["/Subtype"] = pikepdf.Name.Image
        image["/Width"], image["/Height"] = width, height
        image["/ColorSpace"] = (
            pikepdf.Name.DeviceGray if shot.pixels.ndim == 2 else pikepdf.Name.DeviceRGB
        )
        image["/BitsPerComponent"] = 1 if fax else 8
        image["/Filter"] = pikepdf.Name.CCITTFaxDecode if fax else pikepdf.Name.DCTDecode
        if fax:
            image["/DecodeParms"] = pikepdf.Dictionary(K=-1, Columns=width, Rows=height)
        page = pdf.add_blank_page(page_size=points)
        page.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(Im0=pdf.make_indirect(image))
        )
        draw = f"q {points[0]:.3f} 0 0 {points[1]:.3f} 0 0 cm /Im0 Do Q"
        page.Contents = pikepdf.Stream(pdf, draw.encode())
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _plain_jpeg(shot: Shot, quality: int) -> bytes:
    out = io.BytesIO()
    picture(shot).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _group4(shot: Shot) -> bytes:
    """The bare group 4 stream: a TIFF of one strip without its directory."""
    image = picture(shot).convert("1")
    out = io.BytesIO()
    image.save(out, "TIFF", compression="group4", tiffinfo={278: image.height, 262: 0})
    with Image.open(io.BytesIO(out.getvalue())) as back:
        tags = dict(back.tag_v2)  # type: ignore[attr-defined]
    start, length = tags[273][0], tags[279][0]
    return out.getvalue()[start : start + length]


def turned_text(pdf: bytes) -> bytes:
    """The same pages drawn sideways with a /Rotate entry that sets them upright again.

    Form fields become plain text: they would not turn with the page's content.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.flatten_annotations("all")
        if "/AcroForm" in document.Root:
            del document.Root["/AcroForm"]
        for page in document.pages:
            _, _, width, height = (float(v) for v in page.MediaBox)
            page.contents_add(f"q 0 1 -1 0 {height:.3f} 0 cm".encode(), prepend=True)
            page.contents_add(b"Q")
            page.MediaBox = pikepdf.Array([0, 0, height, width])
            page.Rotate = 90
        out = io.BytesIO()
        document.save(out, deterministic_id=True)
    return out.getvalue()
