"""The extraction agent: reads a document, decides, waits for a person where needed, files.

Steps: ``open`` (words of the pages that have some), ``read`` (words of the pages that are
pictures), ``extract`` (facts with evidence, decision), ``settle`` (files by itself, or opens one
review task and waits), ``review`` (a person's answer), ``file`` (what the person accepted goes
into the chart).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from agents.models import AgentRun, Lane
from agents.queries import subject_of
from agents.registry import Agent, Step, Then
from agents.runner import Attempt
from clinic.models import Clinic
from clinic.recording import Record
from documents.actions import READER, flag_for_review, put_under, set_status
from documents.charting import chart_document
from documents.duplicates import link_alike
from documents.locale import locale_of
from documents.matching import candidates, sure_match
from documents.models import Document, DocumentPage, DocumentStatus, LinkType
from documents.pipeline.sniff import misnamed
from documents.pipeline.types import (
    Decision,
    Extraction,
    NeedsPassword,
    OpenedFile,
    OpenedPage,
    PageText,
    Rejected,
)
from documents.queries import chart_facts_of, event_doc
from documents.review_answer import apply_answer
from documents.storage import local_copy
from patients.charting import clear_flags
from patients.models import Patient
from tasks.agent_tasks import close_tasks_of_document, open_agent_task

LABEL = "Extraction agent"
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
    document = _document(attempt.run)
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

    document = _document(attempt.run)
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


def extract_facts(attempt: Attempt) -> dict[str, Any]:
    """Takes the facts out of the words, checks them against the chart, and decides.

    Returns {"extracted", "decision", "patient_id", "flags"}; passes on why there is nothing.
    """
    from documents.calibration import own_model  # noqa: PLC0415 - the web never extracts
    from documents.pipeline.extraction import extract  # noqa: PLC0415
    from documents.pipeline.extraction.confidence import using  # noqa: PLC0415

    before = {**attempt.done["open"], **attempt.done["read"]}
    if {"rejection", "needs_password", "superseded"} & before.keys():
        return dict(before)
    document = _document(attempt.run)
    pages = [
        PageText.from_dict(row)
        for row in document.page_texts.order_by("number").values_list("text", flat=True)
    ]
    with using(own_model()):
        extraction = extract(pages, locale=locale_of(document.clinic_id))
        return {**judge(document, extraction), "flags": before["flags"]}


def judge(document: Document, extraction: Extraction) -> dict[str, Any]:
    """{"extracted", "decision", "patient_id"} of an extraction beside the clinic's charts."""
    from documents.pipeline.extraction.decide import decide  # noqa: PLC0415
    from documents.pipeline.extraction.verify import verify  # noqa: PLC0415

    patient = document.patient
    found = [] if patient else candidates(extraction)
    patient = patient or sure_match(found)
    today = timezone.localdate(timezone=_clinic(document.clinic_id).tzinfo)
    checked = verify(extraction, chart_facts_of(patient) if patient else None, today=today)
    decision = decide(
        checked, kind_hint=document.kind_given or None, has_patient=patient is not None
    )
    return {
        "extracted": _with_decision(checked, decision, document),
        "decision": {"ingest": decision.ingest, "confidence": decision.confidence},
        "patient_id": str(patient.pk) if patient else None,
    }


def _with_decision(
    extraction: Extraction, decision: Decision, document: Document
) -> dict[str, Any]:
    extracted = extraction.as_dict()
    extracted["confidence"] = round(decision.confidence, 4)
    extracted["reasons"] = list(decision.reasons)
    extracted["needs_review"] = list(decision.needs_review)
    if document.duplicate_of_id:
        twin = {"document_id": str(document.duplicate_of_id), "type": "exact", "score": 1.0}
        extracted["duplicates"] = [twin, *extracted["duplicates"]]
    return extracted


def settle(run: AgentRun, output: Any, record: Record) -> Then:
    """Ends an unreadable document, files a sure one, or asks a person; one transaction."""
    del output
    document = Document.objects.select_for_update(no_key=True).get(pk=subject_of(run))
    if _is_over(run, document):
        run.outputs = {"superseded": True}
        return Then.FINISH
    _take_back(document, record)
    found: dict[str, Any] = run.steps.get(name="extract").output
    if "rejection" in found:
        set_status(document, DocumentStatus.REJECTED, record, rejection=found["rejection"])
        return Then.FINISH
    if "needs_password" in found:
        return _ask(run, document, record, kind="needs_password")
    extracted, decision = found["extracted"], found["decision"]
    document.kind = extracted["document"]["kind"]["value"]
    if found["flags"]:
        extracted["document"]["flags"] = found["flags"]
    if found["patient_id"] and document.patient_id is None:
        patient = Patient.objects.filter(pk=found["patient_id"]).first()
        if patient:
            put_under(document, patient, record)
    if found["patient_id"] != (str(document.patient_id) if document.patient_id else None):
        _doubt_patient(extracted, decision)
    _hold_for_linking(document)
    alike = link_alike(document, extracted, locale_of(document.clinic_id), record)
    if LinkType.AMENDED in alike:
        decision["ingest"] = False  # what it corrects may have been acted upon already
        extracted["reasons"].append("amended_report")
    Document.objects.filter(pk=document.pk).update(
        kind=document.kind, extracted=extracted, doubtful=len(extracted["needs_review"])
    )
    document.extracted = extracted
    run.outputs = {"confidence": decision["confidence"], "ingested": decision["ingest"]}
    if not decision["ingest"]:
        return _ask(run, document, record, kind="document_review", extracted=extracted)
    set_status(
        document,
        DocumentStatus.INGESTED,
        record,
        confidence=decision["confidence"],
        progress="filed",
    )
    chart_document(document, record)
    record.audit("document.ingest", document, patient_id=document.patient_id)
    return Then.FINISH


def _hold_for_linking(document: Document) -> None:
    """Copies that are read at the same time settle one after the other, so the later sees both.

    The patient's row first, as everywhere: whoever holds it may be the one who waits here.
    """
    if document.patient_id:
        rows = Patient.objects.select_for_update(no_key=True).filter(pk=document.patient_id)
        list(rows.values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"link {document.clinic_id}"],
        )


def _doubt_patient(extracted: dict[str, Any], decision: dict[str, Any]) -> None:
    """Somebody moved the document meanwhile: it was not checked against the chart it is in now."""
    decision["ingest"] = False
    extracted["reasons"].append("patient_changed")
    extracted["patient_match"] = {"patient_id": None, "score": 0.0, "agree": [], "disagree": []}


def _ask(
    run: AgentRun,
    document: Document,
    record: Record,
    *,
    kind: str,
    extracted: dict[str, Any] | None = None,
) -> Then:
    confidence = extracted["confidence"] if extracted else None
    set_status(
        document,
        DocumentStatus.NOT_INGESTED,
        record,
        confidence=confidence,
        progress="fields",
    )
    flag_for_review(document)
    what = document.get_kind_display() or "document"
    open_agent_task(
        record=record,
        title=f"Enter the password of {document.name}"
        if kind == "needs_password"
        else f"Check {what.lower()}: {document.name}",
        description=_why(extracted) if extracted else "The file is protected by a password.",
        kind=kind,
        agent_type=READER,
        patient_id=_uuid(document.patient_id) if document.patient_id else None,
        document_id=document.pk,
        run_id=run.pk,
        confidence_score=confidence,
    )
    return Then.WAIT


def _why(extracted: dict[str, Any]) -> str:
    count = len(extracted["needs_review"])
    values = f"{count} value{'' if count == 1 else 's'} to check. " if count else ""
    return values + f"Confidence {extracted['confidence']:.2f}."


def file(run: AgentRun, output: Any, record: Record) -> Then:
    """Does what the person answered."""
    del output
    answer = run.steps.get(name="review").output
    apply_answer(run, answer, record)
    return Then.FINISH


def gave_up(run: AgentRun, record: Record) -> None:
    """Hands a document that could not be read to a person."""
    document = Document.objects.select_for_update(no_key=True).get(pk=subject_of(run))
    reading = document.status in (DocumentStatus.UPLOADED, DocumentStatus.INGESTING)
    if not reading or _is_over(run, document):
        return
    if document.status == DocumentStatus.UPLOADED:
        set_status(document, DocumentStatus.INGESTING, record)
    _ask_after_failure(run, document, record)


def _ask_after_failure(run: AgentRun, document: Document, record: Record) -> None:
    set_status(document, DocumentStatus.NOT_INGESTED, record, progress="text")
    flag_for_review(document)
    open_agent_task(
        record=record,
        title=f"Could not be read: {document.name}",
        description="The agent stopped on this document. Try again, or enter its values by hand.",
        kind="document_failed",
        agent_type=READER,
        patient_id=_uuid(document.patient_id) if document.patient_id else None,
        document_id=document.pk,
        run_id=run.pk,
    )


def _is_over(run: AgentRun, document: Document) -> bool:
    return document.version != run.subject_version or document.status in (
        DocumentStatus.INGESTED,
        DocumentStatus.APPROVED,
        DocumentStatus.REJECTED,
    )


def _begin(run: AgentRun, record: Record) -> None:
    fresh = Document.objects.select_for_update(no_key=True).get(pk=subject_of(run))
    if _is_over(run, fresh):
        raise Superseded
    _take_back(fresh, record)
    if fresh.status == DocumentStatus.UPLOADED:
        set_status(fresh, DocumentStatus.INGESTING, record, progress="pages")


def _take_back(document: Document, record: Record) -> None:
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


def _document(run: AgentRun) -> Document:
    return Document.objects.select_related("patient").get(pk=subject_of(run))


def _clinic(clinic_id: UUID) -> Clinic:
    return Clinic.objects.get(pk=clinic_id)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


AGENT = Agent(
    name=READER,
    label=LABEL,
    steps=(
        Step("open", work=open_pages),
        Step("read", work=read, limit_seconds=7200),
        Step("extract", work=extract_facts, limit_seconds=120),
        Step("settle", record=settle),
        Step("review", waits_for_answer=True),
        Step("file", record=file),
    ),
    gave_up=gave_up,
    can_be_stopped=True,
)
