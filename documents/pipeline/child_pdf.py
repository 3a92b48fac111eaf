"""PDF pages inside the child process: words of trustworthy text layers, pictures of the rest."""

from __future__ import annotations

import ctypes
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2_raw as raw
from PIL import Image

from .child_pdf_form import FormReader, decrypt, mend, worth_inspecting
from .child_pdf_text import Frame, frame_of, read_words, take_inventory
from .child_sentences import corrupt_pdf, too_large, too_many_pages
from .child_widgets import merge_widgets
from .layer_trust import judge
from .types import Limits, NeedsPassword, OpenedPage

_RENDER_DPI = 250.0
_LONGEST = 3000
_EMBEDDED_PIXELS = 4
"""Times ``max_pixels``: a 1-bit scan at 1200 dpi is still a scan, a 30,000 x 30,000 picture not."""


class PdfFile:
    """An open PDF; ``repaired`` tells that qpdf had to rebuild it.

    Raises :class:`NeedsPassword` when a user password is missing or wrong, ``Rejected`` when
    the one repair attempt fails or there are more pages than allowed.
    """

    def __init__(self, path: Path, work: Path, password: str | None, limits: Limits) -> None:
        raw.FPDF_InitLibrary()
        self.data = path.read_bytes()
        self.limits = limits
        self.password = password
        self.repaired = b"%%EOF" not in self.data[-4096:] or b"startxref" not in self.data[-4096:]
        self._document = self._load(self.data)
        if self._document is None or not self._readable():
            self._mend(path, work)
        self.page_count: int = raw.FPDF_GetPageCount(self._document)
        if self.page_count > limits.max_pages:
            raise too_many_pages(self.page_count, limits)

    def _load(self, data: bytes) -> Any:
        """A document handle or None; tries without a password first: it may not need one."""
        attempts: list[bytes | None] = [None]
        if self.password:
            attempts += [self.password.encode(), self.password.encode("latin-1", "replace")]
        for attempt in attempts:
            document = raw.FPDF_LoadMemDocument64(data, len(data), attempt)
            if document:
                self.password = self.password if attempt is not None else None
                return document
            error = raw.FPDF_GetLastError()
            if error != raw.FPDF_ERR_PASSWORD:
                return None
        raise NeedsPassword

    def _readable(self) -> bool:
        """First and last page load; what a truncated file loses is usually at its end."""
        count = raw.FPDF_GetPageCount(self._document)
        for index in {0, count - 1} if 0 < count <= self.limits.max_pages else ():
            page = raw.FPDF_LoadPage(self._document, index)
            if not page:
                return False
            raw.FPDF_ClosePage(page)
        return bool(count > 0)

    def _mend(self, path: Path, work: Path) -> None:
        target = work / "repaired.pdf"
        if not mend(path, target, self.password):
            raise corrupt_pdf()
        self.data = target.read_bytes()
        self.repaired = True
        self._document = self._load(self.data)
        if self._document is None or not self._readable():
            raise corrupt_pdf()

    def unlock(self, target: Path) -> None:
        """Write the document without its protection; ``Rejected`` when it cannot be rewritten."""
        if not decrypt(self.data, target, self.password):
            raise corrupt_pdf()

    def form(self) -> FormReader | None:
        """A reader of form values and flags, or None when the bytes cannot contain any."""
        return FormReader(self.data, self.password) if worth_inspecting(self.data) else None

    def page(self, index: int) -> PdfPage:
        """Load a page with its annotations drawn into its content; IndexError outside the file."""
        if not 0 <= index < self.page_count:
            raise IndexError(index + 1)
        page = raw.FPDF_LoadPage(self._document, index)
        if not page:
            return PdfPage(None)
        if raw.FPDFPage_GetAnnotCount(page) > 0:
            flattened = raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
            if flattened == raw.FLATTEN_SUCCESS:
                raw.FPDF_ClosePage(page)
                page = raw.FPDF_LoadPage(self._document, index)
        return PdfPage(page)


class PdfPage:
    """One loaded page, closed with the ``with`` block; a page that cannot be loaded is blank."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.frame = frame_of(page) if page else Frame(612, 792, 1, 0, 0, 0, -1, 792, 0)

    def __enter__(self) -> PdfPage:
        return self

    def __exit__(self, *_: object) -> None:
        if self._page:
            raw.FPDF_ClosePage(self._page)

    def read(self, number: int, form: FormReader | None, limits: Limits) -> tuple[OpenedPage, bool]:
        """Words and verdict of the page; True when it must be rendered and read as a picture."""
        frame = self.frame
        if not self._page:
            return OpenedPage(number, frame.width, frame.height, "absent"), False
        inventory = take_inventory(self._page, frame)
        if inventory.image_pixels > _EMBEDDED_PIXELS * limits.max_pixels:
            raise too_large()
        found = read_words(self._page, frame, inventory)
        verdict = judge(found.facts)
        widgets = form.widgets(number - 1, frame) if form is not None else []
        words = found.words
        if verdict.layer != "untrusted":
            words = merge_widgets(words, widgets, (frame.width, frame.height))
        empty = not inventory.objects and not words
        opened = OpenedPage(
            number,
            frame.width,
            frame.height,
            verdict.layer,
            tuple(words),
            dpi=inventory.image_dpi if inventory.image_cover > 0.5 else None,
            widgets=tuple(widget for widget, _ in widgets),
        )
        return opened, verdict.layer != "trusted" and not empty

    def picture(self, dpi: float, longest: int, *, gray: bool) -> Image.Image:
        """The page drawn as displayed; no side gets longer than ``longest`` pixels."""
        frame = self.frame
        scale = min(dpi / 72.0, longest / max(frame.width, frame.height))
        width = max(1, round(frame.width * scale))
        height = max(1, round(frame.height * scale))
        form, depth = (raw.FPDFBitmap_Gray, 1) if gray else (raw.FPDFBitmap_BGR, 3)
        bitmap = raw.FPDFBitmap_CreateEx(width, height, form, None, 0)
        if not bitmap:
            raise MemoryError
        try:
            raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
            if self._page:
                flags = raw.FPDF_ANNOT | (raw.FPDF_GRAYSCALE if gray else 0)
                raw.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, width, height, 0, flags)
            stride = raw.FPDFBitmap_GetStride(bitmap)
            start = ctypes.cast(raw.FPDFBitmap_GetBuffer(bitmap), ctypes.c_void_p)
            data = ctypes.string_at(start, stride * height)
        finally:
            raw.FPDFBitmap_Destroy(bitmap)
        mode, order = ("L", "L") if depth == 1 else ("RGB", "BGR")
        return Image.frombuffer(mode, (width, height), data, "raw", order, stride, 1).copy()


def render_for_reading(file: PdfFile, opened: OpenedPage, out_dir: Path) -> OpenedPage:
    """Render a page at 200 to 300 dpi in grey, at most 3000 pixels long, into ``out_dir``."""
    dpi = min(max(opened.dpi or _RENDER_DPI, 200.0), 300.0)
    with file.page(opened.number - 1) as page:
        picture = page.picture(dpi, _LONGEST, gray=True)
    target = out_dir / f"page-{opened.number:04d}.jpg"
    picture.save(target, quality=93)
    real = 72.0 * picture.height / max(opened.height, 1.0)
    return replace(opened, image=target, dpi=real)


def open_pdf(
    file: PdfFile, out_dir: Path, numbers: list[int] | None, seconds: float, most: int | None
) -> dict[str, Any]:
    """All pages, or only ``numbers`` (from 1) in a follow-up round.

    Rendering stops after ``seconds`` of CPU time; the pages still to be rendered are listed as
    ``pending`` and come in the next round, so that a long scan never meets the CPU limit that is
    there for hostile files. Every round renders at least one page, and none more than ``most``.
    """
    form = file.form()
    started = time.process_time()
    pages: list[OpenedPage] = []
    waiting: list[OpenedPage] = []
    for number in numbers or range(1, file.page_count + 1):
        with file.page(number - 1) as page:
            opened, picture = page.read(number, form, file.limits)
        (waiting if picture else pages).append(opened)
    pending: list[int] = []
    for done, opened in enumerate(waiting):
        late = done and time.process_time() - started > seconds
        if late or (most is not None and done >= most):
            pending.append(opened.number)
        else:
            pages.append(render_for_reading(file, opened, out_dir))
    flags = form.flags() if form is not None and not numbers else []
    if file.repaired:
        flags.append("repaired")
    info = form.info() if form is not None and not numbers else {}
    return {"pages": pages, "pending": pending, "flags": flags, "info": info}
