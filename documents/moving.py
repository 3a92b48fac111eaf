"""A document on the wrong patient: what would follow it, and moving it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic.recording import Actor, change
from clinic.undoing import latest
from documents.actions import UnknownPatient, locked, move_locked
from documents.models import Document
from documents.undo import MOVE, as_it_is, remember_change
from patients.charting import Following, following
from patients.models import Patient
from tasks.agent_tasks import TaskNote, notes_of_document


@dataclass(frozen=True, slots=True)
class Preview:
    """What follows a document to another chart.

    ``values`` are its charted facts, ``tasks`` its tasks with their comments counted, ``segments``
    the parts of a packet, none for a single paper.
    """

    patient: Patient
    values: list[Following]
    tasks: list[TaskNote]
    segments: int

    @property
    def comments(self) -> int:
        """How many remarks go along with the tasks."""
        return sum(one.comments for one in self.tasks)


def file_under(*, document_id: UUID, patient_id: UUID, by: Actor) -> Document:
    """Moves a document, and everything derived from it, to a patient's chart.

    Raises:
        UnknownDocument: see there.
        UnknownPatient: when the patient is not in the clinic.
    """
    with change(by) as record:
        document = locked(document_id)
        before = as_it_is(document)
        if move_locked(document, patient_id, record):
            remember_change(MOVE, document_id, before, record)
    return document


def moved_by(document_id: UUID) -> tuple[str, datetime] | None:
    """Who gave a document the patient it has, and when; None when nobody moved it."""
    found = latest(document_id)
    if found is None or found.kind != MOVE or found.by is None:
        return None
    return found.by.name or found.by.email, found.at


def preview(document: Document, patient_id: UUID) -> Preview:
    """What a move to this patient would take along; writes nothing.

    Raises:
        UnknownPatient: when the patient is not in the clinic.
    """
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise UnknownPatient
    segments = len((document.extracted or {}).get("segments") or ())
    return Preview(
        patient=patient,
        values=following(document.pk, patient.pk),
        tasks=notes_of_document(document.pk),
        segments=segments if segments > 1 else 0,
    )
