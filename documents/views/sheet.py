"""What the review page shows of a document."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from clinic.logins import Login
from clinic.templatetags.words import KINDS
from documents.matching import Candidate
from documents.models import Document, DocumentStatus
from documents.moving import moved_by
from documents.packets import is_packet, proposal
from documents.permissions import may_review_documents
from documents.queries import (
    links_of,
    named_in,
    page_sizes,
    pending_task_kinds,
    queue_place,
    with_links,
)
from documents.verdicts import AUDIT_TASK
from documents.views.progress import is_reading, steps_context
from patients.models import Patient

Json = dict[str, Any]
PARTS = {
    "name": "name",
    "dob": "date of birth",
    "mrn": "MRN",
    "sex": "sex",
    "phone": "phone",
    "address": "address",
}
WRONG_PERSON = frozenset({"name", "dob"})


def head(document: Document, holder: str = "") -> Json:
    """The document and its patient, for the strip on top; ``holder`` is who else is at it."""
    patient = document.patient
    return {
        "document": document_row(document),
        "patient": patient_row(patient) if patient else None,
        "holder": holder,
        "waits": document.status == DocumentStatus.NOT_INGESTED,
    }


def document_row(document: Document) -> Json:
    """A document as the templates name its parts."""
    about = (document.extracted or {}).get("document", {})
    uploader = document.uploaded_by
    return {
        "id": document.pk,
        "file_name": document.name,
        "mime": document.mime,
        "size": document.size,
        "kind": document.kind or document.kind_given,
        "kind_confidence": about.get("kind", {}).get("confidence"),
        "status": document.status,
        "patient_id": document.patient_id,
        "confidence": document.confidence,
        "created_at": document.created_at,
        "uploaded_by": (uploader.name or uploader.email) if uploader else "",
        "has_active_content": "active_content" in about.get("flags", []),
        "is_misnamed": "misnamed" in about.get("flags", []),
        "version": document.version,
    }


def patient_row(patient: Patient) -> Json:
    """A patient as the templates name their parts."""
    return {
        "id": patient.pk,
        "full_name": patient.name,
        "dob": patient.dob,
        "sex": patient.gender,
        "mrn": patient.mrn,
    }


def sheet(
    document: Document,
    login: Login,
    *,
    selected: str = "",
    correcting: bool = False,
    posted: QueryDict | None = None,
    errors: list[dict[str, str]] | None = None,
    found: list[Json] | None = None,
    holder: str = "",
) -> Json:
    """The page of a document: being read, unreadable, to be checked, or as it was decided.

    ``posted`` are the values of a form that was refused, ``found`` the patients it searched for.
    """
    context = {**head(document, holder), "selected_field": selected, "kinds": KINDS.items()}
    if is_reading(document):
        steps = steps_context(document)
        return context | {"reading": True, "steps": steps["steps"], "final": False}
    if document.status == DocumentStatus.REJECTED and not _by_a_person(document):
        return context | {"rejection": document.rejection}
    if document.status == DocumentStatus.INGESTED and not correcting:
        correcting = AUDIT_TASK in pending_task_kinds(document.pk)
        context["audited"] = correcting
    editable = may_review_documents(login) and is_open(document, correcting=correcting)
    context |= {
        "pages": page_sizes(document),
        "extracted": document.extracted,
        "editable": editable,
        "can_move": may_review_documents(login) and document.patient_id is not None,
        "can_correct": not editable and is_open(document, correcting=True),
        "duplicates": _duplicates(document),
        "packet": _packet(document),
        "posted": posted,
        "form_errors": errors or [],
        **_decided(document),
    }
    if editable:
        context |= _choices(document, posted, found) | _waiting(document)
        if posted and posted.get("kind") in KINDS:
            context["document"]["kind"] = posted["kind"]
    return context


def is_open(document: Document, *, correcting: bool) -> bool:
    """Whether a person may decide: what waits for one, or on request what was filed unseen."""
    return document.status == DocumentStatus.NOT_INGESTED or (
        correcting and document.status == DocumentStatus.INGESTED
    )


def _by_a_person(document: Document) -> bool:
    return bool((document.rejection or {}).get("code") == "rejected_by_person")


def _decided(document: Document) -> Json:
    reviewer, moved = document.reviewed_by, None
    if reviewer is None and document.status == DocumentStatus.INGESTED:
        moved = moved_by(document.pk)
    return {
        "decided_by": (reviewer.name or reviewer.email) if reviewer else "",
        "decided_at": document.reviewed_at or (moved[1] if moved else None),
        "moved_by": moved[0] if moved else "",
        "reject_reason": (document.rejection or {}).get("message", ""),
    }


def _waiting(document: Document) -> Json:
    """The queue it stands in, and what kept the agent from reading it."""
    if document.status != DocumentStatus.NOT_INGESTED:
        return {"queue": None}
    place = queue_place(document)
    onward = f"{reverse('document_next')}?after={document.pk}"
    wanted = pending_task_kinds(document.pk) if document.extracted is None else set()
    return {
        "queue": {
            "position": place.position,
            "total": place.total,
            "next_url": onward if place.total > 1 else "",
            "previous_url": _address(place.previous_id),
        },
        "needs_password": "needs_password" in wanted,
        "read_failed": "document_failed" in wanted,
    }


def _address(document_id: UUID | None) -> str:
    return reverse("document", args=[document_id]) if document_id else ""


def _choices(document: Document, posted: QueryDict | None, found: list[Json] | None) -> Json:
    """The patients to choose from: its own, those it may name, those searched for."""
    named = named_in(document.extracted)
    own = document.patient
    rows = [_own_row(own, named)] if own else []
    rows += [candidate_row(one) for one in named if own is None or one.patient.pk != own.pk]
    known = {row["id"] for row in rows}
    rows += [row for row in found or [] if row["id"] not in known]
    conflict = _conflict(document)
    chosen = posted.get("patient_id", "") if posted else ""
    if not chosen and own and not conflict:
        chosen = str(own.pk)
    return {
        "candidates": [row | {"checked": str(row["id"]) == chosen} for row in rows],
        "patient_conflict": conflict,
        "patient_required": own is None or conflict is not None,
        "q": posted.get("patient_q", "") if posted and found is not None else "",
    }


def _own_row(patient: Patient, named: list[Candidate]) -> Json:
    for one in named:
        if one.patient.pk == patient.pk:
            return candidate_row(one)
    return patient_row(patient) | {"score": 0.0, "reason": ""}


def candidate_row(candidate: Candidate) -> Json:
    """A patient whom the paper may belong to, with the reason."""
    return patient_row(candidate.patient) | {
        "score": candidate.score,
        "reason": agreement(candidate.agree, candidate.disagree),
    }


def agreement(agree: tuple[str, ...], disagree: tuple[str, ...]) -> str:
    """Why a patient is proposed: same name and date of birth; other MRN."""
    parts = []
    if agree:
        parts.append(f"same {_listed(agree)}")
    if disagree:
        parts.append(f"other {_listed(disagree)}")
    return "; ".join(parts)


def _listed(parts: tuple[str, ...]) -> str:
    words = [PARTS.get(part, part) for part in parts]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _conflict(document: Document) -> Json | None:
    """Where the page names somebody else than the chart it is filed under."""
    patient, extracted = document.patient, document.extracted or {}
    match = extracted.get("patient_match") or {}
    disagree = [part for part in match.get("disagree", ()) if part in WRONG_PERSON]
    if patient is None or not disagree:
        return None
    read = {f["name"]: f["value"] for f in extracted.get("fields", [])}
    return {
        "reading": {"name": read.get("patient.name"), "dob": read.get("patient.dob")},
        "chart": {"name": patient.name, "dob": patient.dob},
        "disagree": [PARTS[part] for part in disagree],
    }


def _packet(document: Document) -> Json:
    """How the document stands to a packet: what it may be cut into, was cut into, or out of."""
    if document.packet_id:
        return {"whole": document.packet_id, "pages": document.packet_pages}
    cut = document.status != DocumentStatus.NOT_INGESTED and document.pages != 1
    if cut and (count := document.parts.exclude(status=DocumentStatus.REJECTED).count()):
        return {"parts": count}
    if document.status == DocumentStatus.NOT_INGESTED and is_packet(document):
        found = proposal(document.extracted or {})
        return {
            "proposed": sum(not part.cover for part in found) or len(found),
            "second": any(part.other_patient for part in found),
        }
    return {}


def _duplicates(document: Document) -> list[Json]:
    """Papers on file that are the same or versions of it, with what they are called."""
    empty: Json = {"duplicates": []}
    listed = (with_links(document.extracted or empty, links_of(document.pk)) or empty)["duplicates"]
    known = Document.objects.only("name", "created_at").in_bulk(
        [UUID(str(one["document_id"])) for one in listed]
    )
    return [
        {
            "url": reverse("document", args=[twin.pk]),
            "file_name": twin.name,
            "created_at": twin.created_at,
            "type": one["type"],
        }
        for one in listed
        if (twin := known.get(UUID(str(one["document_id"]))))
    ]
