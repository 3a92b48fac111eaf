"""Opening an uploaded file in a process of its own, within limits.

A 195 KB PDF can keep a renderer busy for a minute and a picture of a few kilobytes can unpack to
gigabytes. So no parser of uploaded bytes runs in a worker: a child process does it, ends itself at
its CPU, memory and file-size limits, and is killed with its whole process group when it takes too
long. Whatever happens to it, the caller gets a value or an exception with a code.

The child has an empty environment, so it knows no secret of ours, and no network where the machine
allows that (see :mod:`.child_limits`). It is a fork of a process that has only loaded the parsers
(see :mod:`.child_starter`).
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import child_sentences
from .sniff import DOCX, EMPTY, HEAD_BYTES, PDF, sniff
from .starting import run_child
from .types import Limits, NeedsPassword, OpenedFile, OpenedPage, Rejected, Word

_RESULT = "result.json"
_PICTURE = "picture.png"
_UNLOCKED = "unlocked.pdf"
_RESULT_BYTES = 200_000_000
_ROUND_SHARE = 0.3
_SECONDS_PER_PAGE = 1.5
_LIMIT_SIGNALS = frozenset(
    (signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL)
)
"""PDFium ends itself with the last three when memory is refused; a crash on damage is SIGSEGV."""


def open_file(
    path: Path,
    *,
    out_dir: Path,
    password: str | None = None,
    limits: Limits | None = None,
    numbers: Sequence[int] | None = None,
    pictures: int | None = None,
) -> OpenedFile:
    """Open an uploaded file: its pages with words, and pictures of the pages to be read.

    With ``pictures`` at most so many are made, and the numbers of the pages that still want one
    are ``pending``; ``numbers`` are the pages to open then. Flags come with the first opening.

    Pictures are written to ``out_dir``, which is created; they show the page as displayed (after
    PDF rotation or EXIF orientation, before any straightening), so boxes and pictures agree. The
    password reaches the child over a pipe and is stored nowhere.

    Raises :class:`Rejected`, :class:`NeedsPassword` (none or a wrong one was given), or
    ``UnsupportedType`` when the content is none of the accepted kinds.
    """
    bounds = limits or Limits()
    mime = _kind_of(path)
    out_dir.mkdir(parents=True, exist_ok=True)
    request = _request("open", path, mime, out_dir, password, bounds)
    request |= {"numbers": list(numbers) if numbers else None, "pictures": pictures}
    request["seconds"] = bounds.cpu_seconds * _ROUND_SHARE
    deadline = time.monotonic() + bounds.wall_seconds
    first = _run(request, out_dir, bounds, bounds.wall_seconds)
    pages, pending = list(first["pages"]), first["pending"]
    deadline += _SECONDS_PER_PAGE * len(pending)
    while pending and pictures is None:
        left = min(deadline - time.monotonic(), bounds.wall_seconds)
        if left <= 0:
            raise child_sentences.too_much_work()
        more = _run(request | {"numbers": pending}, out_dir, bounds, left)
        if len(more["pending"]) >= len(pending):
            raise child_sentences.too_much_work()
        pages += more["pages"]
        pending = more["pending"]
    return OpenedFile(
        mime=mime,
        pages=tuple(sorted((_page(row, out_dir) for row in pages), key=lambda p: p.number)),
        flags=tuple(first["flags"]),
        pdf_info=first["info"],
        pending=tuple(pending),
    )


def render_page(
    path: Path,
    number: int,
    *,
    dpi: int = 110,
    out: Path,
    password: str | None = None,
    limits: Limits | None = None,
) -> Path:
    """Write the displayed page ``number`` (from 1) as PNG to ``out`` and return ``out``.

    Pictures without a physical size are drawn as if their longer side were 11 inches. Same limits
    and same exceptions as :func:`open_file`; IndexError when there is no such page.
    """
    bounds = limits or Limits()
    mime = _kind_of(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".render-") as folder:
        work = Path(folder)
        request = _request("render", path, mime, work, password, bounds)
        _run(request | {"numbers": [number], "dpi": dpi}, work, bounds, bounds.wall_seconds)
        (work / _PICTURE).replace(out)
    return out


def unlock_file(path: Path, *, password: str, out: Path, limits: Limits | None = None) -> Path:
    """Write a copy of an encrypted PDF that needs no password to ``out`` and return ``out``.

    Same limits and exceptions as :func:`open_file`; the password reaches the child over a pipe.
    """
    bounds = limits or Limits()
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".unlock-") as folder:
        work = Path(folder)
        request = _request("unlock", path, _kind_of(path), work, password, bounds)
        _run(request, work, bounds, bounds.wall_seconds)
        (work / _UNLOCKED).replace(out)
    return out


def split_file(
    path: Path, parts: Sequence[Sequence[int]], *, out_dir: Path, limits: Limits | None = None
) -> list[Path]:
    """Write each part's pages (numbers from 1) into a file of its own; the files in order.

    For PDF and TIFF, the kinds of file with several pages. Same limits and exceptions as
    :func:`open_file`; IndexError for a page that is not there.
    """
    bounds = limits or Limits()
    request = _request("split", path, _kind_of(path), out_dir, None, bounds)
    _run(request | {"parts": [list(part) for part in parts]}, out_dir, bounds, bounds.wall_seconds)
    return [out_dir / f"part-{number}" for number in range(1, len(parts) + 1)]


def page_images(opened: OpenedFile) -> dict[int, Path]:
    """Pictures that opening already made, by page number; each shows the displayed page."""
    return {page.number: page.image for page in opened.pages if page.image is not None}


def _kind_of(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        size = os.fstat(stream.fileno()).st_size
    mime = sniff(head, size)
    if mime == EMPTY:
        raise child_sentences.empty()
    return mime


def _request(
    action: str, path: Path, mime: str, out_dir: Path, password: str | None, limits: Limits
) -> dict[str, Any]:
    return {
        "action": action,
        "path": str(path.resolve()),
        "mime": mime,
        "out_dir": str(out_dir.resolve()),
        "password": password,
        "limits": asdict(limits),
        "numbers": None,
        "pictures": None,
        "parts": None,
        "seconds": 0.0,
        "dpi": 0,
    }


def _run(request: dict[str, Any], out_dir: Path, limits: Limits, seconds: float) -> dict[str, Any]:
    """One child from start to end; its result, or the exception its end stands for."""
    result = out_dir / _RESULT
    result.unlink(missing_ok=True)
    end = run_child(json.dumps(request).encode(), seconds)
    if end.timed_out:
        raise child_sentences.too_much_work()
    if end.code != 0 or not result.exists() or result.stat().st_size > _RESULT_BYTES:
        killed = -end.code in _LIMIT_SIGNALS or end.peak > limits.memory_bytes // 2
        raise child_sentences.too_much_work() if killed else _corrupt(request["mime"])
    answer: dict[str, Any] = json.loads(result.read_bytes())
    result.unlink()
    code = answer.get("error")
    if code == "needs_password":
        raise NeedsPassword
    if code == "no_such_page":
        raise IndexError("no such page")
    if code is not None:
        raise Rejected(code, answer["message"])
    return answer


def _corrupt(mime: str) -> Rejected:
    if mime == PDF:
        return child_sentences.corrupt_pdf()
    return child_sentences.corrupt_word() if mime == DOCX else child_sentences.corrupt_picture()


def _page(row: dict[str, Any], out_dir: Path) -> OpenedPage:
    image = out_dir / Path(row["image"]).name if row["image"] else None
    return OpenedPage(
        number=int(row["number"]),
        width=float(row["width"]),
        height=float(row["height"]),
        text_layer=row["text_layer"],
        words=tuple(Word.from_list(word) for word in row["words"]),
        image=image,
        dpi=row["dpi"],
        widgets=tuple((name, value, _box(box)) for name, value, box in row["widgets"]),
    )


def _box(values: Sequence[float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = values
    return x0, y0, x1, y1
