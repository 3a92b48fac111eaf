"""One's own name, password, second factor, sessions and habits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from clinic import second_factor as factor
from clinic.actions import change_name, change_password
from clinic.browsers import end_one, renamed, sessions_of
from clinic.refusals import Conflict, Invalid, invalid
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, uuid_of

Errors = list[dict[str, str]]


@sensitive_post_parameters()
@page("GET", "POST")
def profile(request: PageRequest) -> HttpResponse:
    """The page; a POST changes one part of it."""
    if request.method != "POST":
        return _page(request)
    action = CHANGES.get(request.POST.get("action", ""))
    if action is None:
        raise Http404
    try:
        action(request)
    except Invalid as error:
        return _page(request, _errors(error), status=422)
    return redirect("profile")


def _page(request: PageRequest, errors: Errors | None = None, *, status: int = 200) -> HttpResponse:
    user = request.login.user
    context: dict[str, Any] = {
        "person": user,
        "name": request.POST.get("name", user.name),
        "factor_on": factor.is_on(user),
        "codes_left": factor.codes_left(user),
        "sessions": sessions_of(user, request.session.session_key),
        "form_errors": errors or [],
        "wrong": {one["id"]: one["message"] for one in errors or []},
    }
    return answer(request, "clinic/profile.html", context, status=status)


def _errors(error: Invalid) -> Errors:
    found = [
        {"id": name, "message": sentence}
        for name, sentences in error.errors.items()
        for sentence in sentences
    ]
    return found or [{"id": "", "message": error.message}]


def _name(request: PageRequest) -> None:
    change_name(user=request.login.user, name=request.POST.get("name", ""), by=request.login.actor)
    messages.success(request, "Your name was changed.")


def _password(request: PageRequest) -> None:
    user, given = request.login.user, request.POST
    if not user.check_password(given.get("old", "")):
        raise invalid("old", "Old password: this is not your password.")
    if given.get("password", "") != given.get("again", ""):
        raise invalid("again", "New password again: the two are not the same.")
    key = request.session.session_key
    change_password(
        user=user, password=given.get("password", ""), by=request.login.actor, but_key=key
    )
    update_session_auth_hash(request, user)
    renamed(key, request.session.session_key)
    messages.success(request, "Your password was changed. You are signed out everywhere else.")


def _end(request: PageRequest) -> None:
    session_id = uuid_of(request.POST.get("id"))
    if session_id is None:
        raise Http404
    end_one(user=request.login.user, session_id=session_id, by=request.login.actor)
    messages.success(request, "That session has ended.")


CHANGES: dict[str, Callable[[PageRequest], None]] = {
    "name": _name,
    "password": _password,
    "end": _end,
}


@sensitive_post_parameters()
@page("GET", "POST")
def second_factor(request: PageRequest) -> HttpResponse:
    """Setting an authenticator up, switching it off, and new recovery codes."""
    if request.method != "POST":
        return _factor_page(request)
    action = FACTOR_CHANGES.get(request.POST.get("action", ""))
    if action is None:
        raise Http404
    try:
        codes = action(request)
    except Invalid as error:
        field = "code" if request.POST["action"] == "confirm" else "password"
        return _factor_page(request, [{"id": field, "message": error.message}], status=422)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect("profile_factor")
    if codes:
        return render(request, "clinic/recovery_codes.html", {"codes": codes})
    return redirect("profile" if request.POST["action"] == "off" else "profile_factor")


def _factor_page(
    request: PageRequest, errors: Errors | None = None, *, status: int = 200
) -> HttpResponse:
    user = request.login.user
    device = None if factor.is_on(user) else factor.setting_up(user)
    context = {
        "factor_on": factor.is_on(user),
        "device": device,
        "qr": factor.qr_code(device) if device else "",
        "secret": factor.secret_of(device) if device else "",
        "codes_left": factor.codes_left(user),
        "form_errors": errors or [],
    }
    return answer(request, "clinic/second_factor.html", context, status=status)


def _begin(request: PageRequest) -> list[str]:
    factor.begin(user=request.login.user)
    return []


def _confirm(request: PageRequest) -> list[str]:
    code = request.POST.get("code", "")[:100]
    codes = factor.confirm(user=request.login.user, code=code, by=request.login.actor)
    messages.success(request, "Signing in asks for a code from now on.")
    return codes


def _renew(request: PageRequest) -> list[str]:
    password = request.POST.get("password", "")
    return factor.renew_codes(user=request.login.user, password=password, by=request.login.actor)


def _off(request: PageRequest) -> list[str]:
    password = request.POST.get("password", "")
    factor.switch_off(user=request.login.user, password=password, by=request.login.actor)
    messages.success(request, "Signing in asks for your password alone.")
    return []


FACTOR_CHANGES: dict[str, Callable[[PageRequest], list[str]]] = {
    "begin": _begin,
    "confirm": _confirm,
    "codes": _renew,
    "off": _off,
}
