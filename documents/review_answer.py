"""Carrying out a person's answer: the last step of the agent's run."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from agents.models import AgentRun
from agents.queries import subject_of
from clinic.recording import Record
from documents.actions import set_status
from documents.charting import chart_corrected, withdraw_document
from documents.corrections import Answer, corrected
from documents.models import Document, DocumentStatus
from documents.verdicts import record_verdict, source_of
from patients.charting import clear_flags
from tasks.agent_tasks import close_tasks_of_document


def apply_answer(run: AgentRun, answer: dict[str, Any], record: Record) -> None:
    """The ``file`` step: the answer of ``documents.review.review`` as it was checkpointed."""
    document = Document.objects.select_for_update(no_key=True).get(pk=subject_of(run))
    carry_out(document, Answer(**answer), record)
    run.outputs = {**run.outputs, "answered": answer["status"]}


def carry_out(document: Document, answer: Answer, record: Record) -> None:
    """Approves or rejects a locked document; chart, flags and tasks follow.

    Raises:
        IllegalMove, ReviewRefused: see there.
    """
    now = timezone.now()
    looked_for = source_of(document)
    seen: dict[str, Any] = {"reviewed_by_id": record.actor.user_id, "reviewed_at": now}
    if answer.status == DocumentStatus.REJECTED:
        rejection = {"code": "rejected_by_person", "message": answer.reason}
        set_status(
            document, DocumentStatus.REJECTED, record, rejection=rejection, doubtful=0, **seen
        )
        withdraw_document(document, record)
    else:
        extracted = corrected(document.extracted, answer, by=record.actor.label, at=now.isoformat())
        if answer.kind:
            extracted["document"]["kind"] = {"value": answer.kind, "confidence": 1.0}
            document.kind = answer.kind
        document.extracted = extracted
        set_status(
            document,
            DocumentStatus.APPROVED,
            record,
            extracted=extracted,
            kind=document.kind,
            doubtful=0,
            progress="filed",
            **seen,
        )
        chart_corrected(document, record)
        record_verdict(document, looked_for, record)
    clear_flags(document.pk)
    close_tasks_of_document(document.pk, record)
    record.audit(f"document.{document.status}", document, patient_id=document.patient_id)
