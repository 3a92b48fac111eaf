"""A consent form's page: how far it is, what it says, the evidence, and the sealed file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.listing import Row
from clinic.looking import audit_look
from clinic.refusals import Conflict, Invalid
from clinic.views.access import PageRequest, is_fragment, page
from clinic.views.lists import answer
from consents.actions import hand_over_again, send_again, withdraw_form
from consents.models import MOVES, ConsentForm, ConsentStatus
from consents.moves import UnknownForm
from consents.permissions import may_read_forms, may_send_forms
from consents.queries import get_form
from consents.signing import check_form
from consents.views.send import to_the_patient
from consents.wording import as_html
from patients.views.picker import patient_named


@page("GET", "POST")
def consent(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a form; a POST sends it again, hands it over, or withdraws it."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    found = _find(pk)
    if request.method == "POST":
        return _change(request, found)
    if not is_fragment(request):
        _note_look(request, found)
    return _page(request, found)


@page("GET")
def printed(request: PageRequest, pk: UUID) -> HttpResponse:
    """The evidence of a form on paper, with a check of the seal made now."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    found = _find(pk)
    _note_look(request, found)
    context = _context(request, found)
    if found["document_id"]:
        context["verdict"] = check_form(pk)
    return answer(request, "consents/consent_print.html", context)


def _find(pk: UUID) -> Row:
    row = get_form(pk)
    if row is None:
        raise UnknownForm
    return row


def _note_look(request: PageRequest, found: Row) -> None:
    row = ConsentForm(pk=found["form_id"])
    audit_look("consent_form.view", row, by=request.login.actor, patient_id=found["patient_id"])


def _context(request: PageRequest, found: Row) -> dict[str, Any]:
    moves = MOVES[found["status"]]
    return {
        "form": found,
        "patient": patient_named(found["patient_id"]),
        "wording": as_html(found["body"]),
        "steps": steps_of(found),
        "evidence": evidence_of(found),
        "can_send": may_send_forms(request.login),
        "may_be_sent": ConsentStatus.SENT in moves,
        "may_be_withdrawn": ConsentStatus.WITHDRAWN in moves,
    }


def steps_of(found: Row) -> list[dict[str, Any]]:
    """What happened to a form, oldest first; a step without a time has not happened."""
    handed = found["evidence"].get("handed_over", {})
    how = f"handed over by {handed['by']}" if handed else f"e-mailed to {found['sent_to']}"
    steps = [
        ("Made", found["created_at"], "plus", ""),
        ("Given to the patient", found["sent_at"], "send", how if found["sent_at"] else ""),
        ("Opened", found["opened_at"], "eye", ""),
        ("Signed", found["signed_at"], "check", f"as {found['signer_name']}"),
    ]
    if found["status"] in ("declined", "expired", "withdrawn"):
        label = ConsentStatus(found["status"]).label
        steps = [one for one in steps if one[1]]
        steps.append((label, found["ended_at"], "x", found["reason"]))
    return [
        {"label": label, "at": at, "icon": icon, "detail": detail if at else ""}
        for label, at, icon, detail in steps
    ]


def evidence_of(found: Row) -> list[dict[str, Any]]:
    """Where the link was used, as kept: moment, network address, browser."""
    return [
        {"label": label, **found["evidence"][name]}
        for name, label in (("opened", "Opened"), ("signed", "Signed"), ("declined", "Declined"))
        if name in found["evidence"]
    ]


def _page(
    request: PageRequest,
    found: Row,
    *,
    errors: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, found) | {"form_errors": errors or []}
    fragments = {"body": "consents/_body.html"}
    return answer(request, "consents/consent.html", context, fragments, status=status)


def _change(request: PageRequest, found: Row) -> HttpResponse:
    if not may_send_forms(request.login):
        raise PermissionDenied
    action, form_id, by = request.POST.get("action", ""), found["form_id"], request.login.actor
    try:
        if action == "hand_over":
            return to_the_patient(request, hand_over_again(form_id=form_id, by=by))
        if action == "send":
            send_again(form_id=form_id, by=by)
            messages.success(request, "The form was sent again; the link before it has ended.")
        elif action == "withdraw":
            reason = " ".join(request.POST.get("reason", "").split())[:1000]
            withdraw_form(form_id=form_id, by=by, reason=reason)
            messages.success(request, "The form was withdrawn.")
        else:
            raise Invalid("Choose what to do.")
    except Invalid as error:
        return _page(request, found, errors=[{"id": "", "message": error.message}], status=422)
    except Conflict as error:
        now = _find(form_id)
        return _page(request, now, errors=[{"id": "", "message": error.message}], status=409)
    return redirect("consent", pk=form_id)
