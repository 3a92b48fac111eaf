"""Planning a call, its page, and writing down what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.listing import Row
from clinic.looking import audit_look
from clinic.refusals import Conflict, Missing, Refusal
from clinic.views.access import PageRequest, is_fragment, page
from clinic.views.lists import answer
from patients.views.picker import FIND, patient_choice, patient_named
from tasks.queries import get_task
from voice.actions import UnknownCall, plan_call, record_call
from voice.forms import CallForm, OutcomeForm
from voice.models import MOVES, CallStatus, VoiceCall
from voice.permissions import may_read_calls, may_record_calls
from voice.queries import get_call


@page("GET", "POST")
def call_new(request: PageRequest) -> HttpResponse:
    """The form of a call that somebody is to make."""
    if not may_record_calls(request.login):
        raise PermissionDenied
    who = patient_choice(request)
    if request.method != "POST":
        return _form(request, CallForm(initial={"task_id": request.GET.get("task_id")}), who)
    if FIND in request.POST:
        return _form(request, CallForm(initial=request.POST.dict()), who)
    form = CallForm(request.POST)
    valid = form.is_valid()
    if who["patient"] is None:
        who["patient_error"] = "Choose whom to call."
    elif valid:
        try:
            made = plan_call(
                by=request.login.actor, patient_id=who["patient"]["id"], **form.cleaned_data
            )
        except Missing:
            raise
        except Refusal as error:
            form.add_error("phone_number" if "phone_number" in error.errors else None, str(error))
        else:
            messages.success(request, "The call is on the list.")
            return redirect("call", pk=made.pk)
    return _form(request, form, who, status=422)


@page("GET", "POST")
def call(request: PageRequest, pk: UUID) -> HttpResponse:
    """A call's page; a POST records how it went."""
    if not may_read_calls(request.login):
        raise PermissionDenied
    found = _find(pk)
    if request.method == "POST":
        return _record(request, found)
    if not is_fragment(request):
        row, patient_id = VoiceCall(pk=pk), found["patient_id"]
        audit_look("voice_call.view", row, by=request.login.actor, patient_id=patient_id)
    return _page(request, found)


def _find(pk: UUID) -> Row:
    row = get_call(pk)
    if row is None:
        raise UnknownCall
    return row


def _record(request: PageRequest, found: Row) -> HttpResponse:
    if not may_record_calls(request.login):
        raise PermissionDenied
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        record_call(
            call_id=found["call_id"],
            by=request.login.actor,
            status=form.cleaned_data["status"],
            outcome=form.cleaned_data["outcome"].strip() or None,
            duration_seconds=form.seconds,
        )
    except Conflict as error:
        form.add_error(None, error.message)
        return _page(request, _find(found["call_id"]), form, status=409)
    messages.success(request, "Recorded.")
    return redirect("call", pk=found["call_id"])


def _page(
    request: PageRequest, found: Row, form: OutcomeForm | None = None, *, status: int = 200
) -> HttpResponse:
    moves = [one for one in CallStatus.values if one in MOVES[found["status"]]]
    initial = {
        "status": CallStatus.COMPLETED if CallStatus.COMPLETED in moves else found["status"],
        "outcome": found["outcome"],
    }
    form = form or OutcomeForm(initial=initial)
    states = [*moves, found["status"]]
    form.fields["status"].choices = [  # type: ignore[attr-defined]
        (one, CallStatus(one).label) for one in CallStatus.values if one in states
    ]
    seconds = found["duration_seconds"]
    context = {
        "call": found,
        "length": f"{seconds // 60}:{seconds % 60:02d} min" if seconds is not None else "",
        "patient": patient_named(found["patient_id"]),
        "task": get_task(found["task_id"]) if found["task_id"] else None,
        "form": form,
        "can_record": may_record_calls(request.login),
    }
    return answer(request, "voice/call.html", context, {"body": "voice/_body.html"}, status=status)


def _form(
    request: PageRequest, form: CallForm, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"form": form, **context}
    if error := context.get("patient_error"):
        context["form_errors"] = [{"id": "id_patient", "message": f"Patient: {error}"}]
    return answer(request, "voice/call_new.html", context, status=status)
