"""Signing in and out, and going from one clinic to another."""

from __future__ import annotations

import time
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.contrib.auth import login as start_session
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clinic import second_factor
from clinic.actions import sign_out, switch_clinic
from clinic.browsers import forget_browser, note_browser
from clinic.forms import SignInForm
from clinic.logins import Login, NotAMember, NotSignedIn, tenants_of
from clinic.middleware import CLINIC_IN_SESSION, client_ip
from clinic.models import User

WAITS_FOR_CODE = "waits_for_code"
CODE_SECONDS = 300

REFUSED = (
    "The e-mail address or the password is wrong. After several wrong attempts signing in is "
    "locked for a while."
)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The sign-in page. Says the same whatever was wrong, and whether or not it is locked."""
    after = safe_next(request)
    if request.method != "POST":
        if getattr(request, "login", None) is not None:
            return redirect(after)
        return _form(request, SignInForm(), after)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _form(request, form, after, status=422)
    user = authenticate(
        request, email=form.cleaned_data["email"].lower(), password=form.cleaned_data["password"]
    )
    # The middleware of the lock-out would put a page of its own in place of this one.
    locked = getattr(request, "axes_locked_out", False)
    request.axes_locked_out = False  # type: ignore[attr-defined]
    if user is None:
        form.add_error(None, REFUSED)
        return _form(request, form, after, status=429 if locked else 422)
    assert isinstance(user, User)
    if second_factor.is_on(user):
        return _ask_for_code(request, user, after)
    open_portal(request, user)
    return redirect(after)


def _ask_for_code(request: HttpRequest, user: User, after: str) -> HttpResponse:
    """The password was right; nobody is signed in before the code is too."""
    request.session.cycle_key()
    request.session[WAITS_FOR_CODE] = {
        "user_id": str(user.pk),
        "backend": user.backend,
        "until": time.time() + CODE_SECONDS,
        "after": after,
        # A password that is changed meanwhile ends the wait.
        "proof": user.get_session_auth_hash(),
    }
    return redirect("login_code")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in, for whoever has an authenticator."""
    waiting = request.session.get(WAITS_FOR_CODE)
    user = _who_waits(waiting)
    if waiting is None or user is None:
        request.session.pop(WAITS_FOR_CODE, None)
        return redirect(settings.LOGIN_URL)
    error, status = "", 200
    if request.method == "POST":
        try:
            second_factor.check(user=user, code=request.POST.get("code", "")[:100])
        except (second_factor.WrongCode, second_factor.TooManyCodes) as refusal:
            error, status = refusal.message, 422 if refusal.status == 400 else 429
        else:
            del request.session[WAITS_FOR_CODE]
            user.backend = waiting["backend"]
            open_portal(request, user)
            return redirect(waiting["after"])
    context = {"form_errors": [{"id": "code", "message": error}] if error else []}
    response = render(request, "clinic/login_code.html", context, status=status)
    add_never_cache_headers(response)
    return response


def _who_waits(waiting: dict[str, Any] | None) -> User | None:
    if waiting is None or waiting["until"] < time.time():
        return None
    user = User.objects.filter(pk=waiting["user_id"], is_active=True).first()
    if user is None or not compare_digest(user.get_session_auth_hash(), waiting["proof"]):
        return None
    return user


def open_portal(request: HttpRequest, user: User, clinic_id: UUID | None = None) -> None:
    """Signs a browser in whose person is known for certain, in that clinic or their first."""
    start_session(request, user)
    note_browser(
        user=user,
        key=request.session.session_key or "",
        user_agent=request.headers.get("User-Agent", ""),
        ip=client_ip(request),
    )
    opened = clinic_id or next((one.tenant_id for one in tenants_of(user)), None)
    if opened is not None:
        _open_clinic(request, user, UUID(str(opened)))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Signs out; what the browser kept of the session is worthless from here on."""
    member: Login | None = getattr(request, "login", None)
    if member is not None:
        sign_out(login=member)
    forget_browser(request.session.session_key)
    logout(request)
    return redirect(settings.LOGIN_URL)


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Works for another of the person's clinics; a clinic that is not theirs is not there."""
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    try:
        _open_clinic(request, request.user, UUID(request.POST.get("clinic_id", "")))
    except (ValueError, NotAMember, NotSignedIn) as error:
        raise Http404 from error
    return redirect(safe_next(request))


def safe_next(request: HttpRequest) -> str:
    """Where ``next`` leads, if that is a page of ours; else the dashboard."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def back_to(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """A redirect to ``next`` if that is a page of ours, else to ``otherwise``."""
    has_next = bool(request.POST.get("next"))
    return HttpResponseRedirect(safe_next(request) if has_next else otherwise)


def _open_clinic(request: HttpRequest, user: User, clinic_id: UUID) -> None:
    switch_clinic(user=user, clinic_id=clinic_id, ip=client_ip(request))
    request.session[CLINIC_IN_SESSION] = str(clinic_id)


def _form(request: HttpRequest, form: SignInForm, after: str, *, status: int = 200) -> HttpResponse:
    demo = settings.DEMO_LOGIN
    context = {
        "form": form,
        "next": after if after != resolve_url(settings.LOGIN_REDIRECT_URL) else "",
        "demo_login": {"email": demo[0], "password": demo[1]} if len(demo) == 2 else None,
    }
    response = render(request, "clinic/login.html", context, status=status)
    add_never_cache_headers(response)
    return response
