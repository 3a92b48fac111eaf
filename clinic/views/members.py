"""Who works in the clinic, and inviting others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinic.actions import change_role, end_membership
from clinic.forms import InvitationForm
from clinic.invitations import invite, invite_again, open_invitations, role_of, withdraw
from clinic.models import Invitation, Role
from clinic.permissions import may_manage_members
from clinic.queries import members as people
from clinic.refusals import Conflict, Invalid
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of

NOT_SENT = "The letter to {} could not be sent. Check the address and send it again."


@page("GET", "POST")
def members(request: PageRequest) -> HttpResponse:
    """The list; a POST changes one member or one invitation."""
    if not may_manage_members(request.login):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, InvitationForm())
    action = CHANGES.get(request.POST.get("action", ""))
    if action is None:
        raise Http404
    try:
        return action(request)
    except Conflict as error:
        messages.warning(request, error.message)
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("members")


def _page(request: PageRequest, form: InvitationForm, *, status: int = 200) -> HttpResponse:
    everybody = people(with_former=True)
    context: dict[str, Any] = {
        "members": [one for one in everybody if one.is_active],
        "former": [one for one in everybody if not one.is_active],
        "invitations": open_invitations(),
        "now": timezone.now(),
        "me": request.login.user.pk,
        "roles": Role.choices,
        "form": form,
    }
    return answer(request, "clinic/members.html", context, status=status)


def _invite(request: PageRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    values = form.cleaned_data
    try:
        made = invite(
            email=values["email"],
            name=values["name"],
            role=Role(values["role"]),
            by=request.login.actor,
        )
    except Conflict as error:
        form.add_error("email", error.message)
        return _page(request, form, status=422)
    return _sent(request, made)


def _again(request: PageRequest) -> HttpResponse:
    return _sent(request, invite_again(invitation_id=_id(request), by=request.login.actor))


def _sent(request: PageRequest, made: Invitation) -> HttpResponse:
    if made.mailed_at:
        messages.success(request, f"The invitation to {made.email} is on its way.")
    else:
        messages.error(request, NOT_SENT.format(made.email))
    return redirect("members")


def _withdraw(request: PageRequest) -> HttpResponse:
    withdraw(invitation_id=_id(request), by=request.login.actor)
    messages.success(request, "The invitation was withdrawn; its link opens nothing any more.")
    return redirect("members")


def _role(request: PageRequest) -> HttpResponse:
    changed = change_role(
        user_id=_id(request), role=role_of(request.POST.get("role", "")), by=request.login.actor
    )
    messages.success(request, f"The role is now {changed.get_role_display().lower()}.")
    return redirect("members" if changed.user_id != request.login.user.pk else "dashboard")


def _end(request: PageRequest) -> HttpResponse:
    user_id = _id(request)
    end_membership(user_id=user_id, by=request.login.actor)
    messages.success(request, "The membership has ended, and every session of it here.")
    return redirect("members" if user_id != request.login.user.pk else "dashboard")


def _id(request: PageRequest) -> UUID:
    found = uuid_of(request.POST.get("id"))
    if found is None:
        raise Http404
    return found


CHANGES: dict[str, Callable[[PageRequest], HttpResponse]] = {
    "invite": _invite,
    "again": _again,
    "withdraw": _withdraw,
    "role": _role,
    "end": _end,
}
