"""What only browsers need is left out for programs: a third of the time of a short request.

A program sends a bearer token; it has no session, no cookie to protect against forgery, no page
to show a message on. Who it is and for which clinic is found by ``clinic.middleware`` as for
everybody else. Whoever asks for HTML, or signs in, goes the whole way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware


def is_program(headers: Mapping[str, Any]) -> bool:
    """Whether the request with this META, or WSGI environment, is a program's with a token."""
    path = headers["PATH_INFO"]
    return (
        headers.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer "
        and path.startswith("/api/")
        and not path.startswith("/api/auth/")
        and "html" not in headers.get("HTTP_ACCEPT", "")
    )


class _ForBrowsers:
    """Mixed into a middleware: programs pass it by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        """The rest of the chain for a program, the middleware for others."""
        if is_program(request.META):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class ContentPolicy(_ForBrowsers, CSPMiddleware):
    """What a page may load."""


class Sessions(_ForBrowsers, SessionMiddleware):
    """The portal's sessions."""


class Forgery(_ForBrowsers, CsrfViewMiddleware):
    """The forms' tokens."""

    def process_view(self, request: HttpRequest, *args: Any) -> Any:
        """Checks the token of a browser's form."""
        return None if is_program(request.META) else super().process_view(request, *args)


class SignedIn(_ForBrowsers, AuthenticationMiddleware):
    """Who is signed in to the portal."""


class Messages(_ForBrowsers, MessageMiddleware):
    """Sentences shown on the next page."""
