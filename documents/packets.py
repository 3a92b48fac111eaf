"""Packets: several documents in one file. Where it may be cut, cutting it, and undoing that."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.utils import timezone

from agents.actions import end_waiting_runs, start_run
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Invalid, invalid
from documents.actions import (
    READER,
    IllegalMove,
    UnknownDocument,
    UnknownPatient,
    locked,
    set_status,
)
from documents.charting import withdraw_document
from documents.models import Document, DocumentKind, DocumentPage, DocumentStatus
from documents.pipeline.opening import split_file
from documents.pipeline.sniff import PDF, TIFF
from documents.pipeline.types import NeedsPassword, Rejected
from documents.queries import event_doc
from documents.storage import keep, local_copy, measure
from patients.charting import clear_flags
from patients.models import Patient
from tasks.agent_tasks import close_tasks_of_document

Json = dict[str, Any]
CUTTABLE = (PDF, TIFF)
SURE = 0.9


class CannotCut(Invalid):
    """The file cannot be cut: its kind has one page, or it is damaged."""

    code = "cannot_cut"
    sentence = "This file cannot be cut into documents."


class AlreadyApproved(Conflict):
    """A person has approved one of the parts."""

    code = "part_approved"
    sentence = "One of the documents has been approved. Move or reject that one instead."


@dataclass(frozen=True, slots=True)
class Proposed:
    """A document that the packet seems to hold, and why it begins at its first page."""

    pages: tuple[int, ...]
    kind: str
    confidence: float
    starts: str
    cover: bool
    other_patient: bool
    identity: dict[str, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A part as decided. Without a patient its own is looked for, as for any upload."""

    pages: tuple[int, ...]
    kind: str = ""
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A part's file, in the storage already."""

    name: str
    size: int
    sha256: str
    pages: list[int]
    kind: str
    patient_id: str | None


def is_packet(document: Document) -> bool:
    """Whether a document that was read seems to hold several."""
    segments = (document.extracted or {}).get("segments", [])
    return document.mime in CUTTABLE and len(segments) > 1


def proposal(extracted: Json) -> list[Proposed]:
    """The documents of a packet as they were found, cover sheets among them."""
    return [
        Proposed(
            pages=tuple(segment["pages"]),
            kind=segment["kind"],
            confidence=segment["confidence"],
            starts=segment.get("starts", ""),
            cover=segment.get("cover", False),
            other_patient=segment.get("other_patient", False),
            identity=_identity(extracted, segment["pages"]),
        )
        for segment in extracted["segments"]
    ]


def _identity(extracted: Json, pages: Sequence[int]) -> dict[str, tuple[str, float]]:
    """Name, birth date and number of the patient on these pages, each with its confidence."""
    found: dict[str, tuple[str, float]] = {}
    for field in extracted["fields"]:
        name = field["name"].removeprefix("patient.")
        mine = field["page"] in pages and field["value"]
        known = found.get(name, ("", -1.0))
        if mine and name in ("name", "dob", "mrn") and field["confidence"] > known[1]:
            found[name] = (field["value"], field["confidence"])
    return found


def certain_cuts(extracted: Json, patient_id: str | None) -> list[Cut]:
    """The cuts that need no person: all of one known patient, every part and kind sure."""
    parts = [part for part in proposal(extracted) if not part.cover]
    if patient_id is None or len(parts) < 2:
        return []
    people = {(part.identity.get("name", ("",))[0], part.identity.get("dob", ("",))[0])
              for part in parts}  # fmt: skip
    sure = all(
        part.confidence >= SURE
        and not part.other_patient
        and min(part.identity.get(name, ("", 0.0))[1] for name in ("name", "dob")) >= SURE
        for part in parts
    )
    if not sure or len(people) > 1:
        return []
    return [Cut(part.pages, part.kind, UUID(patient_id)) for part in parts]


def cut(document: Document, parts: Sequence[Cut]) -> list[Stored]:
    """Writes each part's pages into a stored file of its own.

    Raises:
        CannotCut: see there.
    """
    if document.mime not in CUTTABLE:
        raise CannotCut
    stored = []
    with local_copy(document.storage_name) as path, tempfile.TemporaryDirectory() as folder:
        try:
            files = split_file(path, [part.pages for part in parts], out_dir=Path(folder))
        except (Rejected, NeedsPassword, IndexError) as error:
            raise CannotCut from error
        for part, source in zip(parts, files, strict=True):
            with source.open("rb") as stream:
                file = File(stream, name=source.name)
                measured = measure(file)
                name = keep(document.clinic_id, file)
            owner = str(part.patient_id) if part.patient_id else None
            pages = list(part.pages)
            stored.append(Stored(name, measured.size, measured.sha256, pages, part.kind, owner))
    return stored


def as_json(stored: Sequence[Stored]) -> list[Json]:
    """For a checkpoint."""
    return [asdict(one) for one in stored]


def split_packet(*, document_id: UUID, parts: Sequence[Cut], by: Actor) -> list[Document]:
    """Makes a document of each part and has it read; the packet stays, linked, and is decided.

    Pages that no part names (a cover sheet) stay in the packet alone.

    Raises:
        UnknownDocument, UnknownPatient: see there.
        IllegalMove: when it does not wait for a person.
        CannotCut: see there.
        Invalid: for parts that cannot be.
    """
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise UnknownDocument
    if document.status != DocumentStatus.NOT_INGESTED:
        raise IllegalMove(document.status)
    _check(document, parts)
    stored = cut(document, parts)
    with change(by) as record:
        document = locked(document_id)
        if document.status != DocumentStatus.NOT_INGESTED:
            raise IllegalMove(document.status)
        end_waiting_runs(document.pk, record)
        clear_flags(document.pk)
        close_tasks_of_document(document.pk, record)
        made = add_parts(document, stored, by, record)
        set_status(
            document,
            DocumentStatus.APPROVED,
            record,
            doubtful=0,
            progress="filed",
            reviewed_by_id=by.user_id,
            reviewed_at=timezone.now(),
        )
        record.audit("document.split", document, patient_id=document.patient_id)
    return made


def _check(document: Document, parts: Sequence[Cut]) -> None:
    pages = [page for part in parts for page in part.pages]
    if not parts or any(not part.pages for part in parts):
        raise invalid("parts", "Name at least one page for each document.")
    if len(set(pages)) < len(pages):
        raise invalid("parts", "A page can be in one document only.")
    if min(pages) < 1 or max(pages) > (document.pages or 0):
        raise invalid("parts", f"The packet has pages 1 to {document.pages or 0}.")
    if any(part.kind and part.kind not in DocumentKind.values for part in parts):
        raise invalid("parts", "Choose one of the listed kinds.")
    wanted = {part.patient_id for part in parts if part.patient_id}
    if Patient.objects.filter(pk__in=wanted).count() < len(wanted):
        raise UnknownPatient


def add_parts(
    packet: Document, stored: Sequence[Stored], by: Actor, record: Record
) -> list[Document]:
    """Documents of a packet's stored parts, with the words read already; their runs are queued.

    A part that names another patient than the packet's, and for which nobody chose one, is never
    filed without a person.
    """
    others = {
        page
        for part in proposal(packet.extracted or {"segments": [], "fields": []})
        if part.other_patient
        for page in part.pages
    }
    words = {page.number: page.text for page in packet.page_texts.all()}
    made = []
    for one in stored:
        owner = UUID(one.patient_id) if one.patient_id else None
        document = Document.objects.create(
            patient_id=owner,
            kind=one.kind,
            kind_given=one.kind,
            name=_name(packet.name, one.pages),
            storage_name=one.name,
            mime=packet.mime,
            size=one.size,
            sha256=one.sha256,
            pages=len(one.pages),
            packet=packet,
            packet_pages=one.pages,
            uploaded_by_id=by.user_id,
            progress="received",
        )
        DocumentPage.objects.bulk_create(
            DocumentPage(document=document, number=n, text={**words[page], "number": n})
            for n, page in enumerate(one.pages, 1)
            if page in words
        )
        start_run(
            agent=READER,
            by=by,
            document_id=document.pk,
            patient_id=owner,
            inputs={"second_patient": True} if owner is None and others & set(one.pages) else {},
        )
        record.event("document", "insert", event_doc(document))
        record.audit("document.upload", document, patient_id=owner)
        made.append(document)
    return made


def _name(name: str, pages: Sequence[int]) -> str:
    stem, dot, suffix = name.rpartition(".")
    told = f"page {pages[0]}" if len(pages) == 1 else f"pages {pages[0]}-{pages[-1]}"
    ending = f" ({told}){dot}{suffix}" if dot else f" ({told})"
    return (stem if dot else name)[: 255 - len(ending)] + ending


def join_packet(*, document_id: UUID, by: Actor) -> Document:
    """Undoes a cut: the parts end, what they had charted is withdrawn, the packet waits again.

    Raises:
        UnknownDocument: see there.
        IllegalMove: when the document is no packet that was cut.
        AlreadyApproved: see there.
    """
    with change(by) as record:
        packet = locked(document_id)
        rows = packet.parts.exclude(status=DocumentStatus.REJECTED).order_by("pk")
        parts = [locked(pk) for pk in rows.values_list("pk", flat=True)]
        if not parts or packet.status not in (DocumentStatus.APPROVED, DocumentStatus.INGESTED):
            raise IllegalMove(packet.status)
        if any(part.status == DocumentStatus.APPROVED for part in parts):
            raise AlreadyApproved
        told = {"code": "cut_undone", "message": "Its packet was put together again."}
        for part in parts:
            end_waiting_runs(part.pk, record)
            clear_flags(part.pk)
            close_tasks_of_document(part.pk, record)
            set_status(part, DocumentStatus.REJECTED, record, rejection=told, doubtful=0)
            withdraw_document(part, record)
        start_run(
            agent=READER,
            by=by,
            document_id=packet.pk,
            patient_id=packet.patient_id,
            subject_version=packet.version + 1,
            inputs={"in_one": True},
        )
        set_status(
            packet,
            DocumentStatus.INGESTING,
            record,
            version=packet.version + 1,
            progress="fields",
            reviewed_by_id=None,
            reviewed_at=None,
        )
        record.audit("document.join", packet, patient_id=packet.patient_id)
    return packet
