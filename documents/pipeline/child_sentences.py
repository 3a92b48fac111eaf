"""The refusals of the child process, in sentences a receptionist understands."""

from __future__ import annotations

from .types import Limits, Rejected


def corrupt_pdf() -> Rejected:
    """Neither the reader nor the one repair attempt can open the PDF."""
    return Rejected(
        "corrupt_file",
        "This PDF is damaged and could not be repaired. Please ask for it again or scan the paper.",
    )


def corrupt_picture() -> Rejected:
    """The picture cannot be decoded."""
    return Rejected(
        "corrupt_file",
        "This picture is damaged and could not be opened. Please take or scan it again.",
    )


def corrupt_word() -> Rejected:
    """The Word document is not a readable archive of XML parts."""
    return Rejected(
        "corrupt_file",
        "This Word document is damaged and could not be opened. Please ask for it as a PDF.",
    )


def empty() -> Rejected:
    """Nothing was received."""
    return Rejected(
        "empty_file", "This file is empty: nothing was received. Please upload it again."
    )


def too_large() -> Rejected:
    """A picture has more pixels than allowed."""
    return Rejected(
        "image_too_large",
        "A picture in this file is too large to be read. Please scan it again at 300 dpi or less.",
    )


def too_many_pages(pages: int, limits: Limits) -> Rejected:
    """More pages than one document may have."""
    return Rejected(
        "too_many_pages",
        f"This file has {pages} pages; at most {limits.max_pages} can be read. "
        "Please split it and upload the parts.",
    )


def too_much_work() -> Rejected:
    """A limit on time or memory ended the reading."""
    return Rejected(
        "resource_limit",
        "This file needs far more time or memory than a document should, so reading it was "
        "stopped. Please print it to a new PDF or scan the paper, and upload that.",
    )
