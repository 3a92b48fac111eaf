"""What a clinic's admin decides about the clinic."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.actions import change_clinic
from clinic.forms import ClinicForm
from clinic.permissions import may_change_clinic
from clinic.refusals import Invalid
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer

FIELDS = ("name", "address", "email", "timezone", "language")


@page("GET", "POST")
def settings(request: PageRequest) -> HttpResponse:
    """The form; saving says what changed."""
    if not may_change_clinic(request.login):
        raise PermissionDenied
    clinic = request.login.clinic
    before = {name: getattr(clinic, name) for name in FIELDS} | {"day_first": clinic.day_first}
    if request.method != "POST":
        form = ClinicForm(initial=before | {"day_first": "1" if clinic.day_first else "0"})
        return answer(request, "clinic/settings.html", {"form": form})
    form = ClinicForm(request.POST)
    if form.is_valid():
        changed = {k: v for k, v in form.cleaned_data.items() if v != before[k]}
        try:
            if changed:
                change_clinic(by=request.login.actor, **changed)
        except Invalid as error:
            for name, sentences in error.errors.items():
                form.add_error(name, sentences)
        else:
            messages.success(request, "Saved." if changed else "Nothing was changed.")
            return redirect("settings")
    return answer(request, "clinic/settings.html", {"form": form}, status=422)
