"""Form templates: the list, writing one, and seeing it as the patient will."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.listing import Page, Row, Slice
from clinic.refusals import Invalid
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of
from consents.actions import UnknownTemplate, change_template, create_template
from consents.permissions import may_read_forms, may_send_forms, may_write_templates
from consents.queries import get_template, list_templates
from consents.wording import FIELDS, as_html, filled_in
from patients.models import Patient

IN_USE = {"": True, "retired": False}


class TemplateForm(forms.Form):
    """The wording of a form."""

    name = forms.CharField(
        label="Name", max_length=200, error_messages={"required": "Give the form a name."}
    )
    purpose = forms.CharField(label="Purpose", max_length=200, required=False)
    description = forms.CharField(label="Note for colleagues", max_length=1000, required=False)
    body = forms.CharField(
        label="Wording",
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true"}),
        error_messages={"required": "Write what the patient is asked to agree to."},
    )


@page("GET")
def templates(request: PageRequest) -> HttpResponse:
    """The list, newest first; those in use unless the retired ones are asked for."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    state = choice(request, "state", IN_USE)

    def fetch(part: Slice) -> Page:
        return list_templates(part, in_use=IN_USE[state])

    found = part_of(request, fetch)
    context = {
        "templates": found.rows,
        "states": chips(request, "state", [("", "In use"), ("retired", "Retired")]),
        "retired": state == "retired",
        "can_write": may_write_templates(request.login),
        "can_send": may_send_forms(request.login),
        **pager(request, found),
    }
    return answer(request, "consents/form_templates.html", context)


@page("GET", "POST")
def template_new(request: PageRequest) -> HttpResponse:
    """The form of a new template."""
    if not may_write_templates(request.login):
        raise PermissionDenied
    if request.method != "POST":
        return _edit(request, TemplateForm())
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            made = create_template(by=request.login.actor, **form.cleaned_data)
        except Invalid as error:
            form.add_error("body", error.message)
        else:
            messages.success(request, f"{made.name} can be sent now.")
            return redirect("form_template", pk=made.pk)
    return _edit(request, form, status=422)


@page("GET", "POST")
def template(request: PageRequest, pk: UUID) -> HttpResponse:
    """A template; a POST changes it. Forms that were sent keep what they said."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    found = get_template(pk)
    if found is None:
        raise UnknownTemplate
    if request.method != "POST":
        return _edit(request, TemplateForm(initial=found), found)
    if not may_write_templates(request.login):
        raise PermissionDenied
    by = request.login.actor
    action = request.POST.get("action", "")
    if action in ("retire", "use"):
        change_template(template_id=pk, by=by, is_active=action == "use")
        word = "in use again" if action == "use" else "retired"
        messages.success(request, f"{found['name']} is {word}.")
        return redirect("form_template", pk=pk)
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            changed = change_template(template_id=pk, by=by, **form.cleaned_data)
        except Invalid as error:
            form.add_error("body", error.message)
        else:
            messages.success(request, f"{changed.name} is now version {changed.version}.")
            return redirect("form_template", pk=pk)
    return _edit(request, form, found, status=422)


@page("POST")
def preview(request: PageRequest) -> HttpResponse:
    """What a patient would read, with an example's details."""
    if not may_read_forms(request.login):
        raise PermissionDenied
    return render(request, "consents/_preview.html", _shown(request, request.POST.get("body", "")))


def _shown(request: PageRequest, body: str) -> dict[str, Any]:
    """The wording as HTML for an example, or why it cannot be shown."""
    example = Patient(first_name="Ana", last_name="Example", dob=date(1980, 3, 4), mrn="100000")
    if not body.strip():
        return {"preview": "", "preview_error": ""}
    try:
        text = filled_in(
            body[:50_000], patient=example, clinic=request.login.clinic, today=timezone.localdate()
        )
    except Invalid as error:
        return {"preview": "", "preview_error": error.message}
    return {"preview": as_html(text), "preview_error": ""}


def _edit(
    request: PageRequest, form: TemplateForm, found: Row | None = None, *, status: int = 200
) -> HttpResponse:
    body = str(form.data.get("body", "") if form.is_bound else (found or {}).get("body", ""))
    context = {
        "form": form,
        "template": found,
        "fields": [f"{{{{{name}}}}}" for name in FIELDS],
        "can_write": may_write_templates(request.login),
        "can_send": may_send_forms(request.login),
        **_shown(request, body),
    }
    return answer(request, "consents/form_template.html", context, status=status)
