"""The agent's first steps: from a file to the words of its pages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from agents.models import AgentRun, Lane
from agents.queries import subject_of
from agents.runner import Attempt
from clinic.recording import Record
from documents.actions import set_status
from documents.models import Document, DocumentPage, DocumentStatus
from documents.pipeline.sniff import misnamed
from documents.pipeline.types import NeedsPassword, OpenedFile, OpenedPage, PageText, Rejected
from documents.queries import event_doc
from documents.storage import local_copy
from patients.charting import clear_flags
from tasks.agent_tasks import close_tasks_of_document

PAGES_AT_ONCE = 4
"""Pictures made in one opening of the file: a child's start is then a small part of the work."""


class Superseded(Exception):
    """A person decided about the document after its run had failed, or had it read again."""


def open_pages(attempt: Attempt) -> dict[str, Any]:
    """Opens the file in a limited child and keeps the pages whose own words can be trusted.

    Returns {"pages", "pending", "flags", "mime"}, where ``pending`` are the numbers of pages that
    have to be read as pictures; or {"rejection": {"code", "message"}}, or {"needs_password"}, or
    {"superseded"}.
    """
    document = document_of(attempt.run)
    opened = _opened(attempt, document, pictures=0)
    if isinstance(opened, dict):
        return opened
    count = len(opened.pages) + len(opened.pending)
    _keep(attempt, document, [_as_text(page) for page in opened.pages], count)
    flags = [*opened.flags, *(["misnamed"] if misnamed(document.name, opened.mime) else [])]
    return {
        "pages": count,
        "pending": list(opened.pending),
        "flags": flags,
        "mime": opened.mime,
    }


def read(attempt: Attempt) -> dict[str, Any]:
    """Reads the pages that are pictures, some at a time, each kept as soon as it is read.

    After each page another clinic may have the worker. Returns {} or why nothing can be read.
    """
    before = attempt.done["open"]
    if not before.get("pending"):
        return {}
    attempt.need_lane(Lane.READING)
    from documents.pipeline.reading import read_page  # noqa: PLC0415 - loads the OCR model

    document = document_of(attempt.run)
    while left := _unread(document, before["pending"]):
        with tempfile.TemporaryDirectory() as folder:
            opened = _opened(attempt, document, folder, numbers=left, pictures=PAGES_AT_ONCE)
            if isinstance(opened, dict):
                return opened
            for page in opened.pages:
                _keep(attempt, document, [read_page(page)], before["pages"])
                if len(left) > 1:
                    attempt.give_way()
    return {}


def _unread(document: Document, numbers: list[int]) -> list[int]:
    """The next pages to open, first those that are missing longest."""
    known = set(document.page_texts.values_list("number", flat=True))
    return [number for number in numbers if number not in known][:PAGES_AT_ONCE]


def _opened(
    attempt: Attempt, document: Document, folder: str | None = None, **wanted: Any
) -> OpenedFile | dict[str, Any]:
    """The opened file, or the step's output when it cannot be opened or needs not be."""
    from documents.pipeline.opening import open_file  # noqa: PLC0415 - the web never reads

    try:
        attempt.commit(lambda record: _begin(attempt.run, record))
    except Superseded:
        return {"superseded": True}
    with local_copy(document.storage_name) as path, tempfile.TemporaryDirectory() as own:
        try:
            return open_file(path, out_dir=Path(folder or own), **wanted)
        except Rejected as error:
            return {"rejection": {"code": error.code, "message": error.message}}
        except NeedsPassword:
            return {"needs_password": True}


def _keep(attempt: Attempt, document: Document, pages: list[PageText], count: int) -> None:
    """Stores pages that are not stored yet, and says how far the reading is."""
    known = set(document.page_texts.values_list("number", flat=True))

    def write(record: Record) -> None:
        DocumentPage.objects.bulk_create(
            DocumentPage(document=document, number=page.number, text=page.as_dict())
            for page in pages
            if page.number not in known
        )
        _progress(document, "text", record, pages=count)

    attempt.commit(write)


def _as_text(page: OpenedPage) -> PageText:
    words = page.words if page.text_layer == "trusted" else ()
    return PageText(page.number, page.width, page.height, page.text_layer, words)


def document_of(run: AgentRun) -> Document:
    """The document a run is about, with its patient."""
    return Document.objects.select_related("patient").get(pk=subject_of(run))


def is_over(run: AgentRun, document: Document) -> bool:
    """Whether the document was decided, or is read in another version, since the run began."""
    return document.version != run.subject_version or document.status in (
        DocumentStatus.INGESTED,
        DocumentStatus.APPROVED,
        DocumentStatus.REJECTED,
    )


def _begin(run: AgentRun, record: Record) -> None:
    fresh = Document.objects.select_for_update(no_key=True).get(pk=subject_of(run))
    if is_over(run, fresh):
        raise Superseded
    take_back(fresh, record)
    if fresh.status == DocumentStatus.UPLOADED:
        set_status(fresh, DocumentStatus.INGESTING, record, progress="pages")


def take_back(document: Document, record: Record) -> None:
    """Takes a document whose run had failed back from the people it was handed to."""
    if document.status == DocumentStatus.NOT_INGESTED:
        set_status(document, DocumentStatus.INGESTING, record, progress="pages")
        clear_flags(document.pk)
        close_tasks_of_document(document.pk, record)


def _progress(document: Document, step: str, record: Record, **fields: Any) -> None:
    Document.objects.filter(pk=document.pk).update(progress=step, **fields)
    document.progress = step
    document.status = DocumentStatus.INGESTING
    record.event("document", "update", event_doc(document))
