"""What a file is, decided by its content alone.

Names and the client's MIME type are never consulted: staff rename files, scanners lie, and an
attacker chooses both. Only six families are accepted; everything else is refused at upload.
"""

from __future__ import annotations

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
HEIC = "image/heic"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EMPTY = "application/x-empty"

ACCEPTED = (PDF, PNG, JPEG, TIFF, HEIC, DOCX)

_SUFFIXES = {
    "pdf": PDF,
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "jpe": JPEG,
    "tif": TIFF,
    "tiff": TIFF,
    "heic": HEIC,
    "heif": HEIC,
    "docx": DOCX,
}
_OTHER_SUFFIXES = frozenset(
    (
        *("bmp", "csv", "doc", "docm", "exe", "gif", "htm", "html", "odt", "ppt", "pptx"),
        *("rtf", "svg", "txt", "webp", "xls", "xlsx", "xml", "zip"),
    )
)

HEAD_BYTES = 8192
"""How much of the beginning ``sniff`` needs; a DOCX whose ``word/`` entry lies later still passes
through its content types entry, which every office program writes first."""

_PDF_JUNK = 1024
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_TIFF_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_SENTENCE = (
    "This kind of file cannot be read. Please upload a PDF, a picture (PNG, JPEG, TIFF or HEIC) "
    "or a Word document (DOCX)."
)


class UnsupportedType(Exception):
    """The content is none of the accepted kinds; ``found`` is our best name for what it is."""

    code = "unsupported_type"

    def __init__(self, found: str = "application/octet-stream", message: str = _SENTENCE) -> None:
        super().__init__(message)
        self.message = message
        self.found = found


def sniff(head: bytes, size: int) -> str:
    """MIME type of a file from its first :data:`HEAD_BYTES` bytes and its length in bytes.

    An empty file gives :data:`EMPTY` instead of an error: it is kept like any upload, and opening
    it ends in ``Rejected('empty_file')``, so that the sender sees it in the list with a reason.
    Raises :class:`UnsupportedType` for anything that is not one of :data:`ACCEPTED`.
    """
    if size == 0 or not head:
        return EMPTY
    mime = _picture(head) or _zip_kind(head)
    if mime is not None:
        return mime
    if _is_pdf(head):
        return PDF
    raise UnsupportedType(_best_name(head))


def misnamed(name: str, mime: str) -> bool:
    """Whether a file's name ends like another kind of file than it is; unknown ends say nothing."""
    suffix = name.rpartition(".")[2].strip().lower() if "." in name else ""
    return suffix in _OTHER_SUFFIXES or _SUFFIXES.get(suffix, mime) != mime


def _picture(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(_TIFF_MARKS):
        return TIFF
    if head[4:8] == b"ftyp" and _HEIF_BRANDS & set(_brands(head)):
        return HEIC
    return None


def _brands(head: bytes) -> list[bytes]:
    """Major and compatible brands of an ISO media file; AVIF shares ``mif1`` and is left out."""
    end = min(int.from_bytes(head[:4], "big"), len(head), 256)
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, end, 4))]
    return [] if b"avif" in brands or b"avis" in brands else brands


def _is_pdf(head: bytes) -> bool:
    """Readers accept junk before ``%PDF-``, mail gateways and scanners add it.

    Markup in front of the mark would make the file a web page that also opens as a PDF.
    """
    at = head[: _PDF_JUNK + 5].find(b"%PDF-")
    if at < 0:
        return False
    junk = head[:at].lstrip().lower()
    return not junk.startswith((b"<", b"mz", b"\x7felf", b"#!", b"pk\x03\x04"))


def _zip_kind(head: bytes) -> str | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    if b"word/" in head or b"wordprocessingml" in head:
        return DOCX
    if head[30:49] == b"[Content_Types].xml" and not any(
        mark in head for mark in (b"xl/", b"ppt/", b"visio/")
    ):
        return DOCX
    return None


def _best_name(head: bytes) -> str:
    """A MIME name for the log; puremagic is right on most binaries and silent on plain text."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if b"<svg" in start:
        return "image/svg+xml"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<body")):
        return "text/html"
    import puremagic  # noqa: PLC0415  (loads its tables; the child process needs our names only)

    try:
        return puremagic.from_string(head, mime=True) or "application/octet-stream"
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
