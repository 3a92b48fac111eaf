"""A claim's page: its timeline, the moves it allows, and the letter behind a denial."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from claims.actions import denial_payload, move_claim, note_on_claim, record_denial, usual_sentence
from claims.denials import Denial, denial_of
from claims.forms import DenialForm, MoveForm
from claims.letters import Letter, letters_about
from claims.models import Claim, ClaimStatus
from claims.permissions import may_move_claims, may_read_claims
from claims.queries import claim_events
from claims.views.rows import find_claim, next_moves
from claims.worklist import days_left
from clinic.listing import Slice
from clinic.looking import audit_look
from clinic.refusals import Conflict, Invalid
from clinic.views.access import PageRequest, is_fragment, page
from clinic.views.lists import answer
from patients.views.picker import patient_named

Found = dict[str, Any]
EVENTS = Slice(500)
SAID = {"note": "Note added to {}.", "reason": "The reason of {} is recorded."}


@page("GET", "POST")
def claim(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a claim; a POST moves it, adds a note, or records why it was denied."""
    if not may_read_claims(request.login):
        raise PermissionDenied
    found = find_claim(pk, timezone.localdate())
    if request.method == "POST":
        return _change(request, found)
    if not is_fragment(request):
        _note_look(request, found)
    return _page(request, found)


@page("GET")
def printed(request: PageRequest, pk: UUID) -> HttpResponse:
    """A claim on paper, with its timeline."""
    if not may_read_claims(request.login):
        raise PermissionDenied
    found = find_claim(pk, timezone.localdate())
    _note_look(request, found)
    return answer(request, "claims/claim_print.html", _context(request, found))


def _note_look(request: PageRequest, found: Found) -> None:
    row = Claim(pk=found["id"])
    audit_look("claim.view", row, by=request.login.actor, patient_id=found["patient_id"])


def _context(request: PageRequest, found: Found) -> dict[str, Any]:
    zone = request.login.clinic.tzinfo
    events = claim_events(found["id"], EVENTS, zone=zone).rows
    context = {
        "claim": found,
        "patient": patient_named(found["patient_id"]),
        "events": [event | {"own_words": _own_words(event)} for event in events],
        "can_move": may_move_claims(request.login),
        "moves": next_moves(found["status"]),
    }
    if found["status"] == ClaimStatus.DENIED:
        denial = denial_of(events)
        context |= _denied(denial, letters_about(found, chosen=denial.document_id))
    return context


def _own_words(event: dict[str, Any]) -> str:
    """What somebody wrote; the entry's kind stands beside it already."""
    text = str(event["description"])
    return "" if text == usual_sentence(event["event_type"]) else text


def _denied(denial: Denial, letters: list[Letter]) -> dict[str, Any]:
    """The reason, its deadline, and the letter that is taken for its source."""
    letter = letters[0] if letters and letters[0].rank else None
    code = denial.code or (letter.denial_code if letter else "")
    reply_by = denial.reply_by or (letter.reply_by if letter else None)
    shown = Denial(code, reply_by, denial.document_id, denial.by)
    return {
        "denial": shown,
        "denial_recorded": bool(denial.code or denial.reply_by),
        "days_left": days_left(reply_by, timezone.localdate()),
        "letter": letter,
        "other_letters": [one for one in letters if one is not letter],
        "denial_form": DenialForm(initial=_said(code, reply_by, letter)),
    }


def _said(code: str, reply_by: date | None, letter: Letter | None) -> dict[str, Any]:
    return {
        "denial_code": code,
        "reply_by": reply_by,
        "document_id": letter.document_id if letter else None,
    }


def _page(
    request: PageRequest,
    found: Found,
    *,
    errors: list[dict[str, str]] | None = None,
    status: int = 200,
    **changed: Any,
) -> HttpResponse:
    context = _context(request, found) | {"form_errors": errors or [], **changed}
    context.setdefault("denial_form", DenialForm())
    fragments = {"body": "claims/_body.html"}
    return answer(request, "claims/claim.html", context, fragments, status=status)


def _change(request: PageRequest, found: Found) -> HttpResponse:
    if not may_move_claims(request.login):
        raise PermissionDenied
    action = request.POST.get("action", "")
    reason = DenialForm(request.POST)
    try:
        if action == "move":
            said = _move(request, found, reason)
        elif action == "note":
            said = _note(request, found)
        elif action == "reason":
            said = _reason(request, found, reason)
        else:
            raise Invalid("Choose what to do.")
    except Invalid as error:
        anchor = next(iter(error.errors), "")
        errors = [{"id": f"id_{anchor}" if anchor else "", "message": error.message}]
        kept = {"denial_form": reason, "note": request.POST.get("note", "")}
        return _page(request, found, errors=errors, status=422, **kept)
    except Conflict as error:
        now = find_claim(found["id"], timezone.localdate())
        errors = [{"id": "", "message": f"{error.message} {_is_now(now)}"}]
        return _page(request, now, errors=errors, status=409, note=request.POST.get("note", ""))
    messages.success(request, said)
    return redirect("claim", pk=found["id"])


def _is_now(found: Found) -> str:
    """What is possible instead."""
    words = [move["verb"].lower() for move in next_moves(found["status"])]
    if not words:
        return "It is settled, so nothing more can happen to it."
    return f"From here it can be: {', '.join(words)}."


def _move(request: PageRequest, found: Found, reason: DenialForm) -> str:
    form = MoveForm(request.POST)
    _check(form)
    status = form.cleaned_data["status"]
    payload = None
    if status == ClaimStatus.DENIED:
        payload = denial_payload(*_told(reason, found))
    note = form.cleaned_data["note"].strip()
    by = request.login.actor
    moved = move_claim(claim_id=found["id"], status=status, by=by, note=note, payload=payload)
    return f"{moved.display_id}: {ClaimStatus(status).label.lower()}."


def _note(request: PageRequest, found: Found) -> str:
    text = request.POST.get("note", "").strip()[:10_000]
    if not text:
        raise Invalid("Write a note first.", errors={"note": ["Write a note first."]})
    note_on_claim(claim_id=found["id"], text=text, by=request.login.actor)
    return SAID["note"].format(found["number"])


def _reason(request: PageRequest, found: Found, reason: DenialForm) -> str:
    code, reply_by, document_id = _told(reason, found)
    if not code and not reply_by:
        sentence = "Enter the code or the deadline of the letter."
        raise Invalid(sentence, errors={"denial_code": [sentence]})
    record_denial(
        claim_id=found["id"],
        by=request.login.actor,
        denial_code=code,
        reply_by=reply_by,
        document_id=document_id,
    )
    return SAID["reason"].format(found["number"])


def _told(reason: DenialForm, found: Found) -> tuple[str, date | None, UUID | None]:
    """What the form says of a denial; a letter has to be one of the patient's.

    Raises:
        Invalid: see there.
    """
    _check(reason)
    code, reply_by, document_id = reason.told
    if document_id and document_id not in {
        letter.document_id for letter in letters_about(found, chosen=None)
    }:
        raise Invalid("This letter is not among the patient's papers.")
    return code, reply_by, document_id


def _check(form: MoveForm | DenialForm) -> None:
    """Raises the first error of a form as a refusal that names its field."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(str(errors[0]), errors={field: [str(one) for one in errors]})
