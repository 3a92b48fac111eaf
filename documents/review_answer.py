"""Carrying out a person's answer: the last step of the agent's run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.models import AgentRun
from agents.queries import subject_of
from clinic.recording import Record
from documents.actions import set_status
from documents.corrections import Answer, corrected
from documents.filing import chart_entries
from documents.models import Document, DocumentStatus
from patients.charting import chart_facts, clear_flags, withdraw_facts
from tasks.agent_tasks import close_tasks_of_document


def apply_answer(run: AgentRun, answer: dict[str, Any], record: Record) -> None:
    """The ``file`` step: the answer of ``documents.review.review`` as it was checkpointed."""
    document = Document.objects.select_for_update().get(pk=subject_of(run))
    carry_out(document, Answer(**answer), record)
    run.outputs = {**run.outputs, "answered": answer["status"]}


def carry_out(document: Document, answer: Answer, record: Record) -> None:
    """Approves or rejects a locked document; chart, flags and tasks follow.

    Raises:
        IllegalMove, ReviewRefused: see there.
    """
    now = timezone.now()
    seen: dict[str, Any] = {"reviewed_by_id": record.actor.user_id, "reviewed_at": now}
    if answer.status == DocumentStatus.REJECTED:
        withdraw_facts(document.pk, record)
        rejection = {"code": "rejected_by_person", "message": answer.reason}
        set_status(
            document, DocumentStatus.REJECTED, record, rejection=rejection, doubtful=0, **seen
        )
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
        _chart(document, record)
    clear_flags(document.pk)
    close_tasks_of_document(document.pk, record)
    record.audit(f"document.{document.status}", document, patient_id=document.patient_id)


def _chart(document: Document, record: Record) -> None:
    if document.patient_id is None:
        return
    withdraw_facts(document.pk, record)
    entries = chart_entries(
        document,
        document.extracted or {},
        least=0.0,
        accepted=record.actor.label,
        user_id=record.actor.user_id,
    )
    patient_id: UUID = document.patient_id
    chart_facts(patient_id, entries, record)
