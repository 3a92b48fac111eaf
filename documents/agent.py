"""The extraction agent: reads a document, decides, waits for a person where needed, files.

Steps: ``open`` (words of the pages that have some), ``read`` (words of the pages that are
pictures), ``extract`` (facts with evidence, decision), ``settle`` (files by itself, or opens one
review task and waits), ``review`` (a person's answer), ``file`` (what the person accepted goes
into the chart).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from agents.models import AgentRun
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
from documents.measure import picked_for_audit
from documents.models import Document, DocumentStatus, FilingMode, LinkType
from documents.packets import (
    CUTTABLE,
    CannotCut,
    Stored,
    add_parts,
    as_json,
    certain_cuts,
    cut,
)
from documents.page_steps import document_of, is_over, open_pages, read, take_back
from documents.pipeline.types import (
    Decision,
    Extraction,
    PageText,
)
from documents.queries import chart_facts_of
from documents.review_answer import apply_answer
from documents.suggestions import suggestions, wanted
from documents.verdicts import AUDIT_TASK, filing_of
from patients.models import Patient
from tasks.agent_tasks import open_agent_task
from tasks.models import Priority

LABEL = "Extraction agent"


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
    document = document_of(attempt.run)
    pages = [
        PageText.from_dict(row)
        for row in document.page_texts.order_by("number").values_list("text", flat=True)
    ]
    with using(own_model()):
        extraction = extract(pages, locale=locale_of(document.clinic_id))
        judged = {**judge(document, extraction), "flags": before["flags"]}
    if not judged["decision"]["ingest"] and wanted():
        extracted = judged["extracted"]
        more = suggestions(pages, extracted["fields"])
        extracted["fields"] += more
        extracted["needs_review"] += [field["id"] for field in more]
    if document.mime in CUTTABLE and not attempt.run.inputs.get("in_one"):
        cuts = certain_cuts(judged["extracted"], judged["patient_id"])
        if cuts:
            with suppress(CannotCut):  # then a person sees it as a whole
                judged["cut"] = as_json(cut(document, cuts))
    return judged


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
    if is_over(run, document):
        run.outputs = {"superseded": True}
        return Then.FINISH
    take_back(document, record)
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
    if run.inputs.get("second_patient"):
        decision["ingest"] = False
        extracted["reasons"].append("packet_second_patient")
    if decision["ingest"]:
        _by_the_clinics_rule(document, extracted, decision)
    run.outputs = {"confidence": decision["confidence"], "ingested": decision["ingest"]}
    Document.objects.filter(pk=document.pk).update(
        kind=document.kind, extracted=extracted, doubtful=len(extracted["needs_review"])
    )
    document.extracted = extracted
    if found.get("cut") and str(document.patient_id) == found["patient_id"]:
        return _as_parts(document, [Stored(**one) for one in found["cut"]], record)
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
    if picked_for_audit(document.pk, settings.AUDIT_PERCENT / 100):
        _ask_for_audit(document, record)
    return Then.FINISH


def _by_the_clinics_rule(
    document: Document, extracted: dict[str, Any], decision: dict[str, Any]
) -> None:
    """What the machine would file may be less than the clinic's threshold, or in shadow mode."""
    filing = filing_of(document.kind)
    if decision["confidence"] < filing.threshold:
        extracted["reasons"].append("below_threshold")
    elif filing.mode == FilingMode.SHADOW:
        extracted["reasons"].append("shadow_mode")
    decision["ingest"] = not extracted["reasons"]


def _ask_for_audit(document: Document, record: Record) -> None:
    """One of the documents filed unseen that people check, so that their accuracy is known."""
    open_agent_task(
        record=record,
        title=f"Random check: {document.name}",
        description="It was filed without a person. Say whether every value is right.",
        kind=AUDIT_TASK,
        agent_type=READER,
        patient_id=_uuid(document.patient_id) if document.patient_id else None,
        document_id=document.pk,
        priority=Priority.LOW,
        confidence_score=document.confidence,
    )


def _as_parts(document: Document, stored: list[Stored], record: Record) -> Then:
    """A packet of one patient whose parts are certain: each goes its own way from here."""
    add_parts(document, stored, record.actor, record)
    set_status(document, DocumentStatus.INGESTED, record, doubtful=0, progress="filed")
    record.audit("document.split", document, patient_id=document.patient_id)
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
    if not reading or is_over(run, document):
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
