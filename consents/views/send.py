"""Asking a patient to sign: a link by e-mail, or this device handed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from clinic.actions import sign_out
from clinic.refusals import Invalid, Missing, Refusal
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of
from clinic.views.sessions import back_to
from consents.actions import hand_over, send_forms
from consents.links import secret_of
from consents.models import ConsentForm, FormTemplate
from consents.permissions import may_send_forms
from patients.views.picker import FIND, patient_choice

HAND_OVER, SEND = "hand_over", "send"


@page("GET", "POST")
def consent_send(request: PageRequest) -> HttpResponse:
    """The form. One button of it names the template that is handed over on this device."""
    if not may_send_forms(request.login):
        raise PermissionDenied
    who = patient_choice(request)
    if request.method != "POST" or FIND in request.POST:
        return _form(request, who)
    if who["patient"] is None:
        return _form(request, who | {"patient_error": "Choose who is to sign."}, status=422)
    patient_id = who["patient"]["id"]
    try:
        if HAND_OVER in request.POST:
            template_id = _chosen(request, HAND_OVER)
            form = hand_over(
                patient_id=patient_id, form_template_id=template_id, by=request.login.actor
            )
            return to_the_patient(request, form)
        return _send(request, patient_id)
    except Missing:
        raise
    except Refusal as error:
        errors = [{"id": "id_templates", "message": error.message}]
        return _form(request, who | {"form_errors": errors}, status=422)


def to_the_patient(request: HttpRequest, form: ConsentForm) -> HttpResponse:
    """Opens the form on this device and signs its user out: the patient gets no more than it."""
    login = getattr(request, "login", None)
    if login is not None:
        sign_out(login=login)
    logout(request)
    return HttpResponseRedirect(reverse("consent-sign", args=[secret_of(form)]))


def _send(request: PageRequest, patient_id: UUID) -> HttpResponse:
    chosen = [pk for text in request.POST.getlist(SEND) if (pk := uuid_of(text))]
    if not chosen:
        raise Invalid("Choose at least one form.")
    forms = send_forms(patient_id=patient_id, form_template_ids=chosen, by=request.login.actor)
    told = "The form is" if len(forms) == 1 else f"{len(forms)} forms are"
    messages.success(request, f"{told} on the way by e-mail.")
    if len(forms) == 1 and not request.POST.get("next"):
        return redirect("consent", pk=forms[0].pk)
    return back_to(request, reverse("consents"))


def _chosen(request: HttpRequest, name: str) -> UUID:
    template_id = uuid_of(request.POST.get(name))
    if template_id is None:
        raise Invalid("Choose the form that is to be signed.")
    return template_id


def _form(request: PageRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {
        "templates": list(FormTemplate.objects.filter(is_active=True).order_by("name")[:50]),
        "chosen": set(request.POST.getlist(SEND)),
        **context,
    }
    if error := context.get("patient_error"):
        context["form_errors"] = [{"id": "id_patient", "message": f"Patient: {error}"}]
    return answer(request, "consents/consent_send.html", context, status=status)
