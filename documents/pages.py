"""Pictures of pages: drawn when somebody looks, by the limited child, and kept for a while.

A picture shows the page as displayed, so the boxes of an extraction fit it. The kept ones lie in
a private folder of bounded size, under the ids of their clinic and document; they can be deleted
at any time.
"""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404
from django.utils.cache import patch_cache_control

from documents.models import Document
from documents.pipeline.opening import render_page
from documents.pipeline.sniff import UnsupportedType
from documents.pipeline.types import NeedsPassword, Rejected
from documents.storage import local_copy

DPI = 130
KEPT_BYTES = 512 * 1024 * 1024
SWEEP_EVERY = 25
SECONDS_IN_BROWSER = 300

_at_once = threading.BoundedSemaphore(2)
_drawn = itertools.count(1)


class NoPicture(Exception):
    """The page does not exist, or the file cannot be drawn."""


def page_picture(document: Document, number: int) -> FileResponse:
    """A page of a document of the current clinic, as PNG.

    Raises:
        Http404: when there is no such page, or no picture of it can be made.
    """
    try:
        path = picture_of(document, number)
        stream = path.open("rb")
    except (NoPicture, FileNotFoundError) as error:
        raise Http404 from error
    response = FileResponse(stream, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    patch_cache_control(response, private=True, max_age=SECONDS_IN_BROWSER)
    return response


def picture_of(document: Document, number: int) -> Path:
    """The file with a page's picture, drawn now if it is not kept.

    Raises:
        NoPicture: see there.
    """
    if number < 1 or number > (document.pages or number):
        raise NoPicture
    path = _place(document.clinic_id, document.pk, document.version, number)
    if path.exists():
        path.touch()
        return path
    with _at_once:
        if not path.exists():
            _draw(document, number, path)
    if next(_drawn) % SWEEP_EVERY == 0:
        forget_oldest(KEPT_BYTES)
    return path


def _draw(document: Document, number: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with local_copy(document.storage_name) as source:
            render_page(source, number, dpi=DPI, out=path)
    except (Rejected, NeedsPassword, UnsupportedType, IndexError, FileNotFoundError) as error:
        raise NoPicture from error
    path.chmod(0o600)


def cache_folder() -> Path:
    """Where pictures are kept; only this system's user may look into it."""
    folder = Path(settings.VAR_DIR) / "cache" / "pages"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def forget_oldest(keep_bytes: int) -> int:
    """Deletes the pictures not looked at for longest until the rest fits; how many."""
    found = []
    for path in cache_folder().glob("*/*.png"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((stat.st_mtime, stat.st_size, path))
    total = sum(size for _, size, _ in found)
    gone = 0
    for _, size, path in sorted(found):
        if total <= keep_bytes:
            break
        path.unlink(missing_ok=True)
        total -= size
        gone += 1
    return gone


def _place(clinic_id: UUID, document_id: UUID, version: int, number: int) -> Path:
    return cache_folder() / str(clinic_id) / f"{document_id}-{version}-{number}.png"
