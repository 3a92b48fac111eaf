"""A forgotten password: a link by e-mail that expires and works once."""

from __future__ import annotations

import threading
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from clinic.actions import WeakPassword, reset_password
from clinic.api.buckets import buckets
from clinic.letters import send_letter
from clinic.middleware import client_ip
from clinic.models import User

LETTERS_PER_MINUTE = 5


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Asks for the address; answers the same, as fast, whoever is behind it."""
    if request.method != "POST":
        return _kept_by_nobody(render(request, "clinic/password_forgotten.html"))
    email = request.POST.get("email", "").strip()[:254]
    error, status = "", 422
    try:
        validate_email(email)
    except ValidationError:
        error = "Enter an e-mail address, such as ana@example.org."
    if not error and buckets.take(f"forgotten {client_ip(request)}", LETTERS_PER_MINUTE):
        error, status = "Too many letters were asked for. Wait a minute, then try again.", 429
    if error:
        context = {"email": email, "form_errors": [{"id": "email", "message": error}]}
        page = render(request, "clinic/password_forgotten.html", context, status=status)
        return _kept_by_nobody(page)
    _write_to(email)
    page = render(request, "clinic/password_forgotten.html", {"sent": True, "email": email})
    return _kept_by_nobody(page)


@sensitive_variables()
def _write_to(email: str) -> None:
    """Sends the link, if there is somebody; the asker does not wait, so time tells nothing."""
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        return
    token = default_token_generator.make_token(user)
    link = settings.PUBLIC_URL + reverse("password_reset", args=[user.pk, token])
    words = {"link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60}
    letter = ("clinic/password_letter", user.email, words)
    threading.Thread(target=send_letter, args=letter, name="letter", daemon=True).start()


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, user: str, token: str) -> HttpResponse:
    """The page behind the link: a new password, and everybody signed out."""
    found = _who(user)
    if found is None or not default_token_generator.check_token(found, token):
        page = render(request, "clinic/password_reset.html", {"ended": True}, status=410)
        return _kept_by_nobody(page)
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        password = request.POST.get("password", "")
        if password != request.POST.get("again", ""):
            errors = [{"id": "again", "message": "New password again: the two are not the same."}]
        else:
            try:
                reset_password(user=found, password=password, ip=client_ip(request))
            except WeakPassword as error:
                errors = [{"id": "password", "message": each} for each in error.errors["password"]]
            else:
                messages.success(request, "Your password was changed. Sign in with the new one.")
                return redirect("login")
    context = {"form_errors": errors}
    page = render(request, "clinic/password_reset.html", context, status=422 if errors else 200)
    return _kept_by_nobody(page)


def _who(text: str) -> User | None:
    try:
        return User.objects.filter(pk=UUID(text), is_active=True).first()
    except ValueError:
        return None


def _kept_by_nobody(page: HttpResponse) -> HttpResponse:
    add_never_cache_headers(page)
    page["Referrer-Policy"] = "no-referrer"
    return page
