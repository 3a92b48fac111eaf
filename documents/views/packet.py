"""Cutting a packet into its documents: thumbnails with the proposed cuts between them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from clinic.recording import change
from clinic.refusals import Refusal
from clinic.templatetags.words import KINDS
from clinic.views.access import PageRequest, page
from clinic.views.lists import uuid_of
from documents.matching import Candidate, sure_match
from documents.models import Document, DocumentStatus
from documents.packets import Cut, Proposed, is_packet, join_packet, proposal, split_packet
from documents.permissions import may_review_documents
from documents.queries import named_in_each, page_sizes

Json = dict[str, Any]
LEFT_OUT = "left_out"
WHY = {
    "cover_sheet": "A cover sheet",
    "after_cover": "After the cover sheet",
    "other_patient": "Another patient",
    "numbering": "Page 1 again",
    "kind": "Another kind of document",
}


@page("GET", "POST")
def packet(request: PageRequest, pk: UUID) -> HttpResponse:
    """The pages of a packet; a POST cuts it, or undoes that."""
    rows = Document.objects.select_related("patient")
    found = rows.filter(pk=pk).first()
    parts = list(found.parts.select_related("patient").order_by("pk")) if found else []
    if found is None or not (is_packet(found) or parts):
        raise Http404
    if request.method == "POST":
        return _decide(request, found)
    with change(by=request.login.actor) as record:
        record.audit("document.view", found, patient_id=found.patient_id)
    return render(request, "documents/packet.html", _context(request, found, parts))


def _decide(request: PageRequest, found: Document) -> HttpResponse:
    if not may_review_documents(request.login):
        raise PermissionDenied
    try:
        if request.POST.get("action") == "join":
            join_packet(document_id=found.pk, by=request.login.actor)
            messages.success(request, "The packet is whole again.")
            return redirect("document", pk=found.pk)
        made = split_packet(
            document_id=found.pk,
            parts=_cuts(request.POST, found.pages or 0),
            by=request.login.actor,
        )
    except Refusal as error:
        context = _context(request, found, list(found.parts.select_related("patient")))
        context |= {"problem": error.message}
        return render(request, "documents/packet.html", context, status=error.status)
    count = len(made)
    messages.success(
        request, f"Cut into {count} document{'' if count == 1 else 's'}; each is being read."
    )
    return redirect("document_packet", pk=found.pk)


def _cuts(posted: QueryDict, pages: int) -> list[Cut]:
    """The parts as the form says them: each begins at page 1 or at a page that is cut before."""
    begins = [1, *(n for n in range(2, pages + 1) if str(n) in posted.getlist("cut"))]
    cuts = []
    for first, end in zip(begins, [*begins[1:], pages + 1], strict=True):
        kind = posted.get(f"kind-{first}", "")
        if kind != LEFT_OUT:
            owner = uuid_of(posted.get(f"patient-{first}"))
            cuts.append(Cut(tuple(range(first, end)), kind, owner))
    return cuts


def _context(request: PageRequest, found: Document, parts: list[Document]) -> Json:
    proposed = proposal(found.extracted) if found.extracted else []
    waiting = found.status == DocumentStatus.NOT_INGESTED
    standing = [part for part in parts if part.status != DocumentStatus.REJECTED]
    return {
        "document": found,
        "pages": _pages(found, proposed) if waiting else [],
        "count": sum(not part.cover for part in proposed),
        "second": any(part.other_patient for part in proposed),
        "parts": [_part_row(part) for part in standing],
        "kinds": KINDS.items(),
        "left_out": LEFT_OUT,
        "editable": waiting and may_review_documents(request.login),
        "can_join": bool(standing)
        and not waiting
        and may_review_documents(request.login)
        and all(part.status != DocumentStatus.APPROVED for part in standing),
    }


def _part_row(part: Document) -> Json:
    pages = part.packet_pages or []
    return {
        "id": part.pk,
        "name": part.name,
        "kind": part.kind or part.kind_given,
        "status": part.status,
        "patient": part.patient.name if part.patient else "",
        "pages": f"{pages[0]}" if len(pages) == 1 else f"{pages[0]}\u2013{pages[-1]}",
    }


def _pages(found: Document, proposed: list[Proposed]) -> list[Json]:
    """Every page, with the part that it is in and, where one begins, who and what it is."""
    of_page = {page: part for part in proposed for page in part.pages}
    begins = {part.pages[0]: part for part in proposed}
    owners = _owners(found, proposed)
    rows = []
    for size in page_sizes(found):
        part = of_page.get(size.number)
        starts = begins.get(size.number)
        first = part.pages[0] if part else 1
        rows.append(
            {
                "number": size.number,
                "width": size.width,
                "height": size.height,
                "cut": starts is not None and size.number > 1,
                "why": WHY.get(starts.starts, "") if starts else "",
                "kind": LEFT_OUT if part and part.cover else (part.kind if part else "other"),
                "other_patient": bool(starts and starts.other_patient),
                "read_name": part.identity.get("name", ("",))[0] if part else "",
                "read_dob": part.identity.get("dob", ("",))[0] if part else "",
                "owners": owners.get(first, []),
            }
        )
    return rows


def _owners(found: Document, proposed: list[Proposed]) -> dict[int, list[Json]]:
    """By a part's first page: the patients to choose from, the likeliest first."""
    of_each = named_in_each([_fields(part) for part in proposed])
    return {
        part.pages[0]: _choice(found, part, named)
        for part, named in zip(proposed, of_each, strict=True)
    }


def _fields(part: Proposed) -> list[Json]:
    return [
        {"id": name, "name": f"patient.{name}", "value": value, "confidence": sure}
        for name, (value, sure) in part.identity.items()
    ]


def _choice(found: Document, part: Proposed, named: list[Candidate]) -> list[Json]:
    """Nobody is chosen for a second patient's part: one key more would file it unseen."""
    chosen = None if part.other_patient else sure_match(named) or found.patient
    people = [one.patient for one in named]
    if found.patient and found.patient.pk not in {one.pk for one in people}:
        people.append(found.patient)
    return [
        {"id": one.pk, "name": one.name, "dob": one.dob, "chosen": bool(chosen and one == chosen)}
        for one in people
    ]
