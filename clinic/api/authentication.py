"""Says to Django REST framework what ``ClinicMiddleware`` found: who asks, for which clinic."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from clinic.logins import Login, NotAMember
from clinic.models import User

CHALLENGE = 'Bearer realm="backline"'


class NotAMemberError(exceptions.PermissionDenied):
    """The same answer whether the clinic exists or not."""

    default_detail = "You are not a member of this clinic."
    default_code = "not_a_member"


class BadToken(exceptions.AuthenticationFailed):
    """The token is wrong, expired, or its session was ended."""

    default_detail = "This access token is not valid any more. Sign in again."
    default_code = "bad_token"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <JWT>``, checked by the middleware in one query."""

    def authenticate(self, request: Request) -> tuple[User, Login] | None:
        """The person and their login, or None without a bearer token.

        Raises:
            BadToken: 401.
            NotAMemberError: 403, for a clinic that is not the person's.
        """
        if not has_bearer(request._request):
            return None
        login = found_login(request._request)
        if login is None:
            raise BadToken
        return login.user, login

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return CHALLENGE


class PortalSessionAuthentication(BaseAuthentication):
    """The portal's session, with CSRF: for the browsable API and the pages' own scripts."""

    def authenticate(self, request: Request) -> tuple[User, Login] | None:
        """The person and their login, or None when no page is signed in.

        Raises:
            NotAMemberError: 403.
            PermissionDenied: 403, when a write lacks the CSRF token.
        """
        login = found_login(request._request)
        if login is None:
            return None
        reason = _CSRFCheck(_no_response).check(request._request)
        if reason:
            raise exceptions.PermissionDenied(
                "The page was open for too long or the request came from elsewhere.", "csrf"
            )
        return login.user, login


def has_bearer(request: HttpRequest) -> bool:
    """Whether a bearer token was sent; it wins over the portal's session."""
    return str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")[0].lower() == "bearer"


def found_login(request: HttpRequest) -> Login | None:
    """What the middleware found.

    Raises:
        NotAMemberError: when it found a clinic that is not the person's.
    """
    if isinstance(getattr(request, "login_error", None), NotAMember):
        raise NotAMemberError
    login: Login | None = getattr(request, "login", None)
    return login


class _CSRFCheck(CsrfViewMiddleware):
    def check(self, request: HttpRequest) -> str | None:
        self.process_request(request)
        reason: Any = self.process_view(request, _no_response, (), {})
        return reason if isinstance(reason, str) else None

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
