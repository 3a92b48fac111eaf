"""Accepting an invitation. Whoever brings the signed link needs no login.

A door of its own, like an inbound webhook's: the link names the clinic, which is entered here.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.actions import AlreadyAMember, WeakPassword
from clinic.current import enter_clinic
from clinic.forms import AcceptForm
from clinic.invitations import (
    InvitationEnded,
    Link,
    accept,
    invitation_behind,
    link_in,
    user_of,
)
from clinic.middleware import client_ip
from clinic.models import Clinic, Invitation, User
from clinic.refusals import Missing
from clinic.views.sessions import open_portal

WRONG = "The password is wrong. After several wrong attempts signing in is locked for a while."


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind the link in the letter; a POST makes the person a member."""
    link = link_in(secret)
    if link is None:
        return _kept_by_nobody(render(request, "clinic/invitation_ended.html", status=410))
    with enter_clinic(link.clinic_id):
        try:
            answer = _answer(request, link)
        except (InvitationEnded, AlreadyAMember):
            answer = render(request, "clinic/invitation_ended.html", status=410)
        except Missing as error:
            raise Http404 from error
    return _kept_by_nobody(answer)


def _answer(request: HttpRequest, link: Link) -> HttpResponse:
    found = invitation_behind(link)
    user = user_of(found)
    if request.method != "POST":
        form = AcceptForm(is_new=user is None, initial={"name": found.name})
        return _form(request, found, form, user)
    form = AcceptForm(request.POST, is_new=user is None)
    if not form.is_valid():
        return _form(request, found, form, user, status=422)
    password = form.cleaned_data["password"]
    if user is not None and authenticate(request, email=user.email, password=password) != user:
        request.axes_locked_out = False  # type: ignore[attr-defined]
        form.add_error("password", WRONG)
        return _form(request, found, form, user, status=422)
    try:
        member = accept(
            link=link,
            name=user.name if user else form.cleaned_data["name"],
            password="" if user else password,
            ip=client_ip(request),
        )
    except WeakPassword as error:
        form.add_error("password", error.errors["password"])
        return _form(request, found, form, user, status=422)
    if user is not None:
        messages.success(request, "You are a member now. Sign in to begin.")
        return redirect("login")
    signed_in = authenticate(request, email=member.email, password=password)
    assert isinstance(signed_in, User)
    open_portal(request, signed_in, link.clinic_id)
    messages.success(request, "Welcome. You are a member now.")
    return redirect("dashboard")


def _form(
    request: HttpRequest,
    found: Invitation,
    form: AcceptForm,
    user: User | None,
    *,
    status: int = 200,
) -> HttpResponse:
    asking = Clinic.objects.get(pk=found.clinic_id)
    context = {"form": form, "invitation": found, "asking": asking, "has_account": bool(user)}
    return render(request, "clinic/invitation.html", context, status=status)


def _kept_by_nobody(answer: HttpResponse) -> HttpResponse:
    add_never_cache_headers(answer)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
