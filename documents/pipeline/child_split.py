"""Cuts a file with several pages into files of their own, in the limited child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pikepdf
from PIL import Image, UnidentifiedImageError

from . import child_sentences
from .sniff import PDF, TIFF


def split(path: Path, mime: str, parts: Sequence[Sequence[int]], out_dir: Path) -> None:
    """``part-1`` and so on in ``out_dir``; pages are taken over as they are, not drawn anew.

    Raises:
        Rejected: for a file that has one page by its kind, or is damaged.
        IndexError: for a page that is not there.
    """
    if mime == PDF:
        _split_pdf(path, parts, out_dir)
    elif mime == TIFF:
        _split_tiff(path, parts, out_dir)
    else:
        raise child_sentences.corrupt_picture()


def _split_pdf(path: Path, parts: Sequence[Sequence[int]], out_dir: Path) -> None:
    try:
        with pikepdf.open(path) as source:
            for number, pages in enumerate(parts, 1):
                target = pikepdf.new()
                for page in pages:
                    if not 1 <= page <= len(source.pages):
                        raise IndexError(page)
                    target.pages.append(source.pages[page - 1])
                target.remove_unreferenced_resources()
                target.save(out_dir / f"part-{number}")
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise child_sentences.corrupt_pdf() from error


def _split_tiff(path: Path, parts: Sequence[Sequence[int]], out_dir: Path) -> None:
    try:
        with Image.open(path) as source:
            for number, pages in enumerate(parts, 1):
                frames = []
                for page in pages:
                    if not 1 <= page <= getattr(source, "n_frames", 1):
                        raise IndexError(page)
                    source.seek(page - 1)
                    frames.append(source.copy())
                bilevel = all(frame.mode == "1" for frame in frames)
                frames[0].save(
                    out_dir / f"part-{number}",
                    format="TIFF",
                    save_all=True,
                    append_images=frames[1:],
                    compression="group4" if bilevel else "tiff_lzw",
                    dpi=source.info.get("dpi", (200, 200)),
                )
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise child_sentences.corrupt_picture() from error
