"""The process that opens one file: ``python -m documents.pipeline.child``.

It reads one JSON request from standard input, limits itself (see :mod:`.child_limits`), opens the
file and leaves ``result.json`` in the request's ``out_dir``. Nothing else is printed. Libraries
are imported per kind of file, because the start of this process is most of the cost of a text PDF.

Request: {action: "open" | "render" | "unlock" | "split", path, mime, out_dir, password,
limits: {...}, parent, numbers, pictures, parts, seconds, dpi}. Result: {pages, pending, flags,
info, no_network} or {error: code, message} with the codes of ``Rejected`` and needs_password.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import child_sentences
from .child_limits import confine
from .sniff import DOCX, PDF
from .types import Limits, NeedsPassword, OpenedPage, Rejected

RESULT = "result.json"
PICTURE = "picture.png"
UNLOCKED = "unlocked.pdf"


def main() -> int:
    """Exit code 0 whenever there is a result, refusals included."""
    request = json.load(sys.stdin)
    sys.stdin.close()
    limits = Limits(**request["limits"])
    out_dir = Path(request["out_dir"])
    alone = confine(
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        parent_pid=request["parent"],
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
        from .child_pdf import PdfFile  # noqa: PLC0415  (per kind of file)

        PdfFile(path, out_dir, request["password"], limits).unlock(out_dir / UNLOCKED)
        return {"pages": [], "pending": [], "flags": [], "info": {}}
    if request["action"] == "split":
        from .child_split import split  # noqa: PLC0415  (only when a packet is cut)

        split(path, mime, request["parts"], out_dir)
        return {"pages": [], "pending": [], "flags": [], "info": {}}
    numbers, seconds, most = request["numbers"], request["seconds"], request["pictures"]
    if mime == PDF:
        from .child_pdf import PdfFile, open_pdf  # noqa: PLC0415  (per kind of file)

        file = PdfFile(path, out_dir, request["password"], limits)
        found = open_pdf(file, out_dir, numbers, seconds, most)
    elif mime == DOCX:
        from .child_docx import DocxFile, open_docx  # noqa: PLC0415  (per kind of file)

        found = open_docx(DocxFile(path, limits), out_dir)
    else:
        from .child_picture import PictureFile, open_picture  # noqa: PLC0415  (per kind of file)

        found = open_picture(PictureFile(path, mime, limits), out_dir, numbers, seconds, most)
    found["pages"] = [_page_row(page) for page in found["pages"]]
    return found


def _picture(path: Path, mime: str, out_dir: Path, request: dict[str, Any], limits: Limits) -> Any:
    """The displayed page as a Pillow image, for a page of 11 inches at the requested dpi."""
    number, dpi = request["numbers"][0], float(request["dpi"])
    longest = max(64, min(round(dpi * 14), 4000))
    if mime == PDF:
        from .child_pdf import PdfFile  # noqa: PLC0415  (per kind of file)

        with PdfFile(path, out_dir, request["password"], limits).page(number - 1) as page:
            return page.picture(dpi, longest, gray=False)
    if mime == DOCX:
        from .child_docx import DocxFile  # noqa: PLC0415  (per kind of file)

        return DocxFile(path, limits).picture(number, dpi)
    from .child_picture import PictureFile  # noqa: PLC0415  (per kind of file)

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


if __name__ == "__main__":
    sys.exit(main())
