"""What a child does, from its request to its end; :mod:`.child_starter` forks one for every file.

It reads its request, a line of JSON, limits itself (see :mod:`.child_limits`), opens the file and
leaves ``result.json`` in the request's ``out_dir``. Nothing is printed.

Request: {action: "open" | "render" | "unlock" | "split", path, mime, out_dir, password,
limits: {...}, numbers, pictures, parts, seconds, dpi}. Result: {pages, pending, flags,
info, no_network} or {error: code, message} with the codes of ``Rejected`` and needs_password.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, Any, NoReturn

from PIL import Image

from . import child_sentences
from .child_docx import DocxFile, open_docx
from .child_limits import confine
from .child_pdf import PdfFile, open_pdf
from .child_picture import PictureFile, open_picture
from .child_split import split
from .sniff import DOCX, PDF
from .types import Limits, NeedsPassword, OpenedPage, Rejected

RESULT = "result.json"
PICTURE = "picture.png"
UNLOCKED = "unlocked.pdf"


def main(stream: IO[bytes], parent_pid: int) -> NoReturn:
    """Exit code 0 whenever there is a result, refusals included."""
    request = json.loads(stream.readline())
    stream.close()
    limits = Limits(**request["limits"])
    out_dir = Path(request["out_dir"])
    alone = confine(
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        parent_pid=parent_pid,
    )
    try:
        result = _work(request, limits, out_dir)
    except Rejected as refusal:
        result = {"error": refusal.code, "message": refusal.message}
    except NeedsPassword:
        result = {"error": "needs_password", "message": ""}
    except IndexError as missing:
        if request["action"] not in ("render", "split"):
            raise
        result = {"error": "no_such_page", "message": str(missing)}
    except (MemoryError, RecursionError):
        limit = child_sentences.too_much_work()
        result = {"error": limit.code, "message": limit.message}
    result["no_network"] = alone
    unfinished = out_dir / (RESULT + ".part")
    unfinished.write_text(json.dumps(result))
    unfinished.rename(out_dir / RESULT)
    # Skips the libraries' own clean-up, which may crash on what a damaged file left behind.
    os._exit(0)


def _work(request: dict[str, Any], limits: Limits, out_dir: Path) -> dict[str, Any]:
    path, mime = Path(request["path"]), request["mime"]
    if request["action"] == "render":
        picture = _picture(path, mime, out_dir, request, limits)
        picture.save(out_dir / PICTURE, compress_level=3)
        return {"pages": [], "pending": [], "flags": [], "info": {}}
    if request["action"] == "unlock":
        PdfFile(path, out_dir, request["password"], limits).unlock(out_dir / UNLOCKED)
        return {"pages": [], "pending": [], "flags": [], "info": {}}
    if request["action"] == "split":
        split(path, mime, request["parts"], out_dir)
        return {"pages": [], "pending": [], "flags": [], "info": {}}
    numbers, seconds, most = request["numbers"], request["seconds"], request["pictures"]
    if mime == PDF:
        file = PdfFile(path, out_dir, request["password"], limits)
        found = open_pdf(file, out_dir, numbers, seconds, most)
    elif mime == DOCX:
        found = open_docx(DocxFile(path, limits), out_dir)
    else:
        found = open_picture(PictureFile(path, mime, limits), out_dir, numbers, seconds, most)
    found["pages"] = [_page_row(page) for page in found["pages"]]
    return found


def _picture(
    path: Path, mime: str, out_dir: Path, request: dict[str, Any], limits: Limits
) -> Image.Image:
    """The displayed page as a Pillow image, for a page of 11 inches at the requested dpi."""
    number, dpi = request["numbers"][0], float(request["dpi"])
    longest = max(64, min(round(dpi * 14), 4000))
    if mime == PDF:
        with PdfFile(path, out_dir, request["password"], limits).page(number - 1) as page:
            return page.picture(dpi, longest, gray=False)
    if mime == DOCX:
        return DocxFile(path, limits).picture(number, dpi)
    picture, _ = PictureFile(path, mime, limits).displayed(number)
    picture.thumbnail((round(dpi * 11), round(dpi * 11)))
    return picture


def _page_row(page: OpenedPage) -> dict[str, Any]:
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "text_layer": page.text_layer,
        "words": [word.as_list() for word in page.words],
        "image": page.image.name if page.image else None,
        "dpi": page.dpi,
        "widgets": [[name, value, list(box)] for name, value, box in page.widgets],
    }
