"""Taking papers in, and moving them."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from agents.actions import end_waiting_runs, start_run
from agents.models import AgentRun
from clinic.current import current_clinic_id
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Invalid, Missing, Refusal
from documents.charting import move_document
from documents.duplicates import link
from documents.models import MOVES, Document, DocumentKind, DocumentStatus, LinkType
from documents.pipeline.opening import unlock_file
from documents.pipeline.sniff import sniff
from documents.pipeline.types import NeedsPassword, Rejected
from documents.queries import event_doc, moved_event
from documents.storage import keep, local_copy, measure
from patients.charting import clear_flags, raise_flag
from patients.models import Patient
from tasks.agent_tasks import close_tasks_of_document
from tasks.models import PENDING, Task

READER = "document_extraction"


class TooLarge(Refusal):
    """The file is over the installation's limit."""

    status = 413
    code = "too_large"

    def __init__(self) -> None:
        super().__init__(f"Files may be up to {settings.MAX_UPLOAD_BYTES // 1024**2} MB.")


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class UnknownDocument(Missing):
    """There is no such document in this clinic."""

    sentence = "There is no such document."


class IllegalMove(Conflict):
    """The document's status does not allow this (any more)."""

    code = "illegal_move"
    sentences: ClassVar[dict[str, str]] = {
        DocumentStatus.UPLOADED: "This document has not been read yet.",
        DocumentStatus.INGESTING: "This document is being read.",
        DocumentStatus.APPROVED: "This document has been approved already.",
        DocumentStatus.REJECTED: "This document has been rejected.",
    }

    def __init__(self, status: str) -> None:
        super().__init__(self.sentences.get(status, "This document cannot be changed like that."))


class WrongPassword(Invalid):
    """The password does not open the file."""

    code = "wrong_password"
    sentence = "This password does not open the file."


@dataclass(frozen=True, slots=True)
class Receipt:
    """A document taken in; ``duplicate_of`` is an earlier one with the same bytes."""

    document: Document
    duplicate_of: Document | None


def receive_upload(
    *,
    file: File[bytes],
    by: Actor,
    kind: str = "",
    patient_id: UUID | None = None,
    mime_given: str = "",
) -> Receipt:
    """Stores a file, adds its document and starts the agent's run: all or nothing.

    A file whose row was not committed is left to ``documents.lost_files``: when the connection
    breaks, only a later look can tell.

    Raises:
        TooLarge: over MAX_UPLOAD_BYTES.
        UnsupportedType: for content that is not one of the accepted kinds, whatever its name.
        UnknownPatient: when the patient is not in the clinic.
    """
    measured = measure(file)
    if measured.size > settings.MAX_UPLOAD_BYTES:
        raise TooLarge
    mime = sniff(measured.head, measured.size)
    if patient_id and not Patient.objects.filter(pk=patient_id).exists():
        raise UnknownPatient
    clinic_id = current_clinic_id()
    storage_name = keep(clinic_id, file)
    with change(by) as record:
        twin = (
            Document.objects.filter(sha256=measured.sha256)
            .order_by("created_at")
            .select_related("patient")
            .first()
        )
        document = Document.objects.create(
            patient_id=patient_id,
            kind=kind,
            kind_given=kind,
            name=displayed_name(file.name or ""),
            storage_name=storage_name,
            mime=mime,
            mime_given=mime_given[:100],
            size=measured.size,
            sha256=measured.sha256,
            duplicate_of=twin,
            uploaded_by_id=by.user_id,
            progress="received",
        )
        if twin:
            link(document, twin, LinkType.EXACT, 1.0)
        start_run(agent=READER, by=by, document_id=document.pk, patient_id=patient_id)
        record.event("document", "insert", event_doc(document))
        record.audit("document.upload", document, patient_id=patient_id)
    return Receipt(document, twin)


def locked(document_id: UUID) -> Document:
    """The document, locked until the caller's change ends, and its runs before it.

    A worker that records a step holds its run and then takes the document. ``no_key``, here and
    everywhere: references are checked at the commit, with the clinic's counter held already, and
    must not have to wait for somebody who wants that counter next.

    Raises:
        UnknownDocument: when there is none.
    """
    runs = AgentRun.objects.select_for_update(no_key=True).filter(document_id=document_id)
    list(runs.order_by("pk").values_list("pk"))
    try:
        return Document.objects.select_for_update(no_key=True).get(pk=document_id)
    except Document.DoesNotExist as error:
        raise UnknownDocument from error


def displayed_name(name: str) -> str:
    """The last part of a file's name without control characters; never used as a path."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", last).strip()[:255] or "file"


def set_status(
    document: Document, status: DocumentStatus, record: Record, **fields: object
) -> None:
    """Moves a document by compare-and-set and publishes it; inside the caller's change.

    Raises:
        IllegalMove: when its status does not lead there, or changed meanwhile.
    """
    if status not in MOVES[document.status]:
        raise IllegalMove(document.status)
    moved = Document.objects.filter(pk=document.pk, status=document.status).update(
        status=status, updated_at=timezone.now(), **fields
    )
    if not moved:
        raise IllegalMove(document.status)
    document.status = status
    for name, value in fields.items():
        setattr(document, name, value)
    record.event("document", "update", event_doc(document))


def move_locked(document: Document, patient_id: UUID, record: Record) -> bool:
    """Moves a locked document, and everything derived from it; whether it was elsewhere before.

    Both charts' histories tell of it.

    Raises:
        UnknownPatient: when the patient is not in the clinic.
    """
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise UnknownPatient
    if document.patient_id == patient.pk:
        return False
    left = document.patient_id
    put_under(document, patient, record)
    record.event("document", "update", moved_event(document))
    detail = {"from": str(left) if left else None, "to": str(patient.pk)}
    record.audit("document.move", document, patient_id=patient.pk, detail=detail)
    if left:
        record.audit("document.move_away", document, patient_id=left, detail=detail)
    return True


def put_under(document: Document, patient: Patient, record: Record) -> None:
    """Gives a document its patient; its values, tasks, run and flags follow."""
    left = document.patient_id
    # Two papers that change places would otherwise each wait for the other's patient.
    both = [pk for pk in (left, patient.pk) if pk]
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=both)
    list(rows.order_by("pk").values_list("pk"))
    Document.objects.filter(pk=document.pk).update(patient=patient, updated_at=timezone.now())
    document.patient = patient
    move_document(document, left, patient.pk, record)
    Task.objects.filter(document_id=document.pk).update(patient_id=patient.pk)
    AgentRun.objects.filter(document_id=document.pk).update(patient_id=patient.pk)
    clear_flags(document.pk)
    if document.status == DocumentStatus.NOT_INGESTED:
        flag_for_review(document)


def flag_for_review(document: Document) -> None:
    """Flags the document's patient while a person has to look at it."""
    if document.patient_id:
        kind = DocumentKind(document.kind).label if document.kind else "Document"
        raise_flag(document.patient_id, "document_review", f"{kind} to check", document.pk)


def read_again(*, document_id: UUID, by: Actor) -> AgentRun:
    """Starts a new run for a document that waits for a person, as its next version.

    Raises:
        UnknownDocument: see there.
        IllegalMove: for one that is filed or being read.
    """
    with change(by) as record:
        document = locked(document_id)
        run = _next_version(document, by, record)
        record.audit("document.read_again", document, patient_id=document.patient_id)
    return run


def unlock(*, document_id: UUID, password: str, by: Actor) -> AgentRun:
    """Replaces an encrypted file by its readable copy and has it read.

    The password is used once, in the child process that opens the file; it is stored nowhere.
    The audit keeps the SHA-256 of the file as it came.

    Raises:
        UnknownDocument: see there.
        IllegalMove: when the document does not wait for a password (any more).
        WrongPassword: when it does not open the file.
    """
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise UnknownDocument
    if not _waits_for_password(document):
        raise IllegalMove(document.status)
    readable = _readable_copy(document, password)
    locked_name = document.storage_name
    with change(by) as record:
        document = locked(document_id)
        if document.storage_name != locked_name or not _waits_for_password(document):
            raise IllegalMove(document.status)
        came_as = document.sha256
        Document.objects.filter(pk=document.pk).update(
            storage_name=readable.name, size=readable.size, sha256=readable.sha256
        )
        run = _next_version(document, by, record)
        record.audit(
            "document.unlock",
            document,
            patient_id=document.patient_id,
            detail={"came_as_sha256": came_as},
        )
        transaction.on_commit(lambda: default_storage.delete(locked_name), robust=True)
    return run


def _waits_for_password(document: Document) -> bool:
    return (
        document.status == DocumentStatus.NOT_INGESTED
        and Task.objects.filter(
            document_id=document.pk, kind="needs_password", state__in=PENDING
        ).exists()
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    name: str
    size: int
    sha256: str


def _readable_copy(document: Document, password: str) -> _Stored:
    with local_copy(document.storage_name) as path, tempfile.TemporaryDirectory() as folder:
        try:
            opened = unlock_file(path, password=password, out=Path(folder) / "unlocked")
        except (NeedsPassword, Rejected) as error:
            raise WrongPassword from error
        with opened.open("rb") as stream:
            file = File(stream, name=document.name)
            measured = measure(file)
            return _Stored(keep(document.clinic_id, file), measured.size, measured.sha256)


def _next_version(document: Document, by: Actor, record: Record) -> AgentRun:
    """Has a locked document read from the start; what waited for a person about it ends."""
    if document.status != DocumentStatus.NOT_INGESTED:
        raise IllegalMove(document.status)
    end_waiting_runs(document.pk, record)
    clear_flags(document.pk)
    close_tasks_of_document(document.pk, record)
    document.page_texts.all().delete()
    document.version += 1
    run = start_run(
        agent=READER,
        by=by,
        document_id=document.pk,
        patient_id=document.patient_id,
        subject_version=document.version,
    )
    set_status(
        document,
        DocumentStatus.INGESTING,
        record,
        version=document.version,
        progress="received",
        extracted=None,
        confidence=None,
        doubtful=0,
    )
    return run
