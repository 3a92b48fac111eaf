"""Pictures inside the child process: PNG, JPEG, TIFF (also many-paged faxes) and HEIC.

Every picture is decoded here and written anew, so that nothing outside this process ever parses
the bytes that were uploaded.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from .child_sentences import corrupt_picture, too_large, too_many_pages
from .sniff import HEIC, JPEG, PNG, TIFF
from .types import Limits, OpenedPage

_LONGEST = 4000
_FORMATS = {PNG: ["PNG"], JPEG: ["JPEG", "MPO"], TIFF: ["TIFF"], HEIC: ["HEIF"]}
_FAX_WIDTHS = (1728, 2048, 2432)
_REDUCED = 1
_SUBFILE_TYPE = 254

Image.MAX_IMAGE_PIXELS = None  # our own bound is checked against the header, before decoding


class PictureFile:
    """An open picture; a TIFF has a page per frame, all others exactly one.

    Raises ``Rejected`` with corrupt_file, too_many_pages or image_too_large; the pixel count
    comes from the header, so that an enormous picture is refused before it is decoded.
    """

    def __init__(self, path: Path, mime: str, limits: Limits) -> None:
        if mime == HEIC:
            import pillow_heif  # noqa: PLC0415  (a codec of its own, 100 ms)

            pillow_heif.register_heif_opener(thumbnails=False)
        self.limits = limits
        self.repaired = False
        try:
            self._image = Image.open(path, formats=_FORMATS[mime])
            self.frames = self._frames(mime)
        except _UNREADABLE as error:
            raise corrupt_picture() from error
        if len(self.frames) > limits.max_pages:
            raise too_many_pages(len(self.frames), limits)

    def _frames(self, mime: str) -> list[int]:
        """Frames that are pages; thumbnails in a TIFF are marked as reduced pictures."""
        self._check(self._image)
        if mime != TIFF:
            return [0]
        found = []
        for index in range(getattr(self._image, "n_frames", 1)):
            self._image.seek(index)
            self._check(self._image)
            tags: Any = getattr(self._image, "tag_v2", {})
            if not int(tags.get(_SUBFILE_TYPE, 0)) & _REDUCED:
                found.append(index)
            if len(found) > self.limits.max_pages:
                break
        return found or [0]

    def _check(self, image: Image.Image) -> None:
        if image.width * image.height > self.limits.max_pixels:
            raise too_large()

    def displayed(self, number: int) -> tuple[Image.Image, float | None]:
        """Page ``number`` (from 1) upright by its EXIF data, with square pixels, and its dpi.

        The dpi is None where the file states none or an impossible one (phones write 72).
        IndexError when there is no such page.
        """
        frame = self.frames[number - 1]
        try:
            self._image.seek(frame)
            picture = self._decoded()
        except _UNREADABLE as error:
            raise corrupt_picture() from error
        stated = self._image.info.get("dpi") or (0, 0)
        across, down = _resolution(picture, float(stated[0]), float(stated[1]))
        picture = ImageOps.exif_transpose(_plain(picture))
        if across and down and not 0.9 < across / down < 1.1:
            best = max(across, down)
            size = round(picture.width * best / across), round(picture.height * best / down)
            picture = picture.resize(size, Image.Resampling.BICUBIC)
            across = best
        dpi = across if 90 <= across <= 1300 else None
        if max(picture.size) > _LONGEST:
            factor = _LONGEST / max(picture.size)
            picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
            dpi = dpi * factor if dpi else None
        return picture, dpi

    def _decoded(self) -> Image.Image:
        """Pixels of the current frame; one repair attempt reads what a truncated file has."""
        at = self._image.tell()
        try:
            self._image.load()
        except (OSError, SyntaxError, ValueError):
            self.repaired = True
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                self._image.seek(at)
                self._image.load()
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False
            if _mostly_missing(self._image):
                raise corrupt_picture() from None
        return self._image


_UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError)


def _resolution(picture: Image.Image, across: float, down: float) -> tuple[float, float]:
    """Dots per inch in both directions; a fax page without them is known by its width."""
    fax = picture.mode == "1" and picture.width in _FAX_WIDTHS
    if fax and not (across > 1 and down > 1):
        across = 204.0 * picture.width / 1728
        down = 98.0 if picture.height < picture.width else 196.0
    return across, down


def _plain(picture: Image.Image) -> Image.Image:
    """Grey or RGB of 8 bits on white, whatever the file had; keeps the EXIF orientation."""
    exif = picture.getexif()
    if picture.mode in ("1", "L", "RGB"):
        plain = picture.convert("L") if picture.mode == "1" else picture.copy()
    elif picture.mode.startswith("I"):
        plain = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif "A" in picture.mode or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        plain = Image.new("RGB", layer.size, "white")
        plain.paste(layer, mask=layer.getchannel("A"))
    else:
        plain = picture.convert("RGB")
    if exif:
        plain.info["exif"] = exif.tobytes()
        plain.getexif().update(exif)
    return plain


def _mostly_missing(picture: Image.Image) -> bool:
    """Whether more than half of the picture is the even grey that fills lost rows."""
    small = picture.convert("L").resize((16, 64), Image.Resampling.BOX)
    rows: list[Any] = [small.crop((0, y, 16, y + 1)).getextrema() for y in range(64)]
    lost = 0
    for low, high in reversed(rows):
        if high - low > 1 or (low, high) != rows[-1]:
            break
        lost += 1
    return lost > 32


def save(picture: Image.Image, out_dir: Path, number: int) -> Path:
    """Line art as PNG, anything with tones as JPEG."""
    if picture.mode == "L" and sum(1 for count in picture.histogram() if count) <= 4:
        target = out_dir / f"page-{number:04d}.png"
        picture.save(target, compress_level=1)
        return target
    target = out_dir / f"page-{number:04d}.jpg"
    picture.save(target, quality=93)
    return target


def open_picture(
    file: PictureFile, out_dir: Path, numbers: list[int] | None, seconds: float, most: int | None
) -> dict[str, Any]:
    """All pages or only ``numbers``; bounded by ``seconds`` and ``most`` like ``open_pdf``."""
    started = time.process_time()
    pages: list[OpenedPage] = []
    pending: list[int] = []
    for number in numbers or range(1, len(file.frames) + 1):
        late = pages and time.process_time() - started > seconds
        if late or (most is not None and len(pages) >= most):
            pending.append(number)
            continue
        picture, dpi = file.displayed(number)
        image = save(picture, out_dir, number)
        pages.append(
            OpenedPage(number, picture.width, picture.height, "absent", image=image, dpi=dpi)
        )
    flags = ["repaired"] if file.repaired else []
    return {"pages": pages, "pending": pending, "flags": flags, "info": {}}
