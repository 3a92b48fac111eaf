"""The door for requests: finds who asks and for which clinic, and enters it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from clinic.current import enter_clinic
from clinic.logins import (
    Login,
    NotAMember,
    NotSignedIn,
    login_from_token,
    login_of_user,
    tenants_of,
)

CLINIC_IN_SESSION = "clinic_id"


class ClinicRequest(HttpRequest):
    """A request behind this middleware. ``login`` is None when nobody is signed in."""

    login: Login | None
    login_error: Exception | None


class ClinicMiddleware:
    """Sets ``request.login`` and works for its clinic while the view runs.

    A bearer token wins over the portal's session. What was wrong with a token is kept in
    ``request.login_error`` for the API to answer with.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request inside its clinic, or outside of any."""
        request.login, request.login_error = None, None  # type: ignore[attr-defined]
        try:
            login = find_login(request)
        except (NotSignedIn, NotAMember) as error:
            request.login_error = error  # type: ignore[attr-defined]
            login = None
        if login is None:
            return self.get_response(request)
        request.login = login  # type: ignore[attr-defined]
        with enter_clinic(login.clinic.pk):
            return self.get_response(request)


def find_login(request: HttpRequest) -> Login | None:
    """The login of a request by its token, else by its portal session, else None.

    Raises:
        NotSignedIn: for a token that is not good (any more).
        NotAMember: for a clinic that is not the person's.
    """
    ip = client_ip(request)
    header = request.META.get("HTTP_AUTHORIZATION", "")
    tenant = request.META.get("HTTP_X_TENANT_ID")
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer" and request.path_info.startswith("/api/"):
        return login_from_token(token.strip(), tenant, ip=ip)
    if not request.user.is_authenticated:
        return None
    clinic_id = tenant or request.session.get(CLINIC_IN_SESSION)
    try:
        return login_of_user(request.user.pk, UUID(str(clinic_id)), ip=ip)
    except (ValueError, NotAMember):
        if tenant:
            raise NotAMember from None
    for one in tenants_of(request.user):
        request.session[CLINIC_IN_SESSION] = str(one.tenant_id)
        return login_of_user(request.user.pk, one.tenant_id, ip=ip)
    return None


def client_ip(request: HttpRequest) -> str | None:
    """The asking machine's address; behind PROXY_COUNT trusted proxies, what they saw.

    Only what is an address counts: the audit's column takes nothing else.
    """
    seen = [request.META.get("REMOTE_ADDR", "")]
    if settings.PROXY_COUNT:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= settings.PROXY_COUNT:
            seen.insert(0, forwarded[-settings.PROXY_COUNT].strip())
    return next((text for text in seen if _is_address(text)), None)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text
