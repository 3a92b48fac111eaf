"""A person decides about a document."""

from __future__ import annotations

from uuid import UUID

from agents.actions import answer_run
from agents.models import AgentRun, RunStatus
from clinic import leases
from clinic.recording import Actor, change
from documents.actions import IllegalMove, locked, move_locked
from documents.corrections import Answer, ReviewRefused
from documents.models import Document, DocumentKind, DocumentStatus
from documents.review_answer import carry_out
from documents.undo import as_it_is, remember_change

OPEN = (DocumentStatus.NOT_INGESTED, DocumentStatus.INGESTED, DocumentStatus.APPROVED)


def review(
    *, document_id: UUID, answer: Answer, by: Actor, patient_id: UUID | None = None
) -> Document:
    """Approves (with corrections) or rejects a document, filing it under a patient first if named.

    A waiting run gets the answer and finishes in the same transaction, so that the document, the
    chart, the task and every event change together or not at all.

    Raises:
        UnknownDocument: see there.
        UnknownPatient: see ``documents.moving.file_under``.
        IllegalMove: when it is being read, or final already.
        ReviewRefused: when the answer is incomplete or names what is not there.
    """
    with change(by) as record:
        document = locked(document_id)
        before = as_it_is(document)
        if patient_id:
            move_locked(document, patient_id, record)
        _check(document, answer)
        waiting = AgentRun.objects.filter(
            document_id=document_id, status=RunStatus.WAITING_INPUT
        ).first()
        if waiting:
            answer_run(run_id=waiting.pk, answer=answer.as_dict(), by=by)
        else:
            carry_out(document, answer, record)
        leases.end(document_id)
        remember_change("document.review", document_id, before, record)
    return Document.objects.select_related("patient").get(pk=document_id)


def _check(document: Document, answer: Answer) -> None:
    if document.status not in OPEN:
        raise IllegalMove(document.status)
    if answer.status == DocumentStatus.REJECTED:
        if not answer.reason.strip():
            raise ReviewRefused({"reason": ["Say why the document is rejected."]})
        return
    if answer.kind and answer.kind not in DocumentKind.values:
        raise ReviewRefused({"kind": ["Choose one of the listed kinds."]})
    if document.patient_id is None:
        raise ReviewRefused({"patient_id": ["Choose the patient this document belongs to."]})
