"""The form of a new claim."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from claims.actions import create_claim, diagnosis_warning
from claims.forms import ClaimForm
from claims.permissions import may_create_claims
from claims.worklist import payer_names, payer_on_card
from clinic.refusals import Invalid, Missing
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer
from patients.views.picker import FIND, patient_choice

NOBODY = "Choose the patient whose visit this is for."


@page("GET", "POST")
def claim_new(request: PageRequest) -> HttpResponse:
    """The form; its values are kept when something is wrong with them."""
    if not may_create_claims(request.login):
        raise PermissionDenied
    who = patient_choice(request)
    if request.method != "POST":
        return _form(request, ClaimForm(initial=_known(who)), who)
    if FIND in request.POST:
        return _form(request, ClaimForm(initial=request.POST.dict()), who)
    form = ClaimForm(request.POST)
    valid = form.is_valid()
    if who["patient"] is None:
        who["patient_error"] = NOBODY
    elif valid:
        try:
            made = create_claim(
                by=request.login.actor, patient_id=who["patient"]["id"], **form.cleaned_data
            )
        except Missing:
            raise
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Claim {made.display_id} was created.")
            if warning := diagnosis_warning(made.diagnosis_code):
                messages.warning(request, warning)
            return redirect("claim", pk=made.pk)
    return _form(request, form, who, status=422)


def _known(who: dict[str, Any]) -> dict[str, Any]:
    """The payer of the patient's card, so that nobody types it."""
    if who["patient"] is None:
        return {}
    payer = payer_on_card(who["patient"]["id"])
    return {"insurance_provider": payer} if payer else {}


def _form(
    request: PageRequest, form: ClaimForm, who: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "payers": payer_names(), **who}
    if error := who.get("patient_error"):
        context["form_errors"] = [{"id": "id_patient", "message": f"Patient: {error}"}]
    return answer(request, "claims/claim_new.html", context, status=status)
