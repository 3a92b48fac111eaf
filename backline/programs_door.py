"""A short way into the API for programs: the same views, without what only browsers need.

Django's handler, its middleware and the resolver cost more than the view of an ordinary request
(docs/adr/0006-a-short-way-for-programs.md has the measurements). A request with a bearer token for
a view of ours is answered here: the clinic's door (``clinic.middleware``), the view's own dispatch
and the headers that the security middleware sets. Everything else goes on to Django, and a test
asks both ways and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RegexPattern
from rest_framework.response import Response

from clinic.api.views import ClinicView
from clinic.current import LoginChanged, due_check, put_off_checks
from clinic.middleware import ClinicMiddleware
from clinic.programs import is_program

PREFIX = "/api/"
METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})
# Whoever sends something else may send a file, which is stored before the first statement.
PUT_OFF_FOR = frozenset({"", "application/json"})
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class ProgramsDoor:
    """A WSGI application around Django's.

    Args:
        application: Django's handler, for everything that is not answered here.
        patterns: the API's addresses below ``/api/``.
    """

    def __init__(
        self, application: Application, patterns: Sequence[URLPattern | URLResolver]
    ) -> None:
        self.application = application
        self.patterns = _by_first_segment(patterns)
        self.in_clinic = ClinicMiddleware(_call_view)
        self.answer: Any = convert_exception_to_response(self._answer)
        self.headers = {secure: _security_headers(secure=secure) for secure in (False, True)}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a program's request, or hands the request on."""
        if (
            environ["REQUEST_METHOD"] not in METHODS
            or environ["SCRIPT_NAME"]
            or not is_program(environ)
            or not (found := self._find(environ["PATH_INFO"]))
        ):
            return self.application(environ, start_response)
        request = WSGIRequest(environ)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return self.application(environ, start_response)
        connection.close_if_unusable_or_obsolete()
        request.resolver_match = found
        response = self.answer(request)
        return self._send(request, response, environ, start_response)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """The view's answer; asked again from the start when the login is not what it was."""
        request.get_host()  # refuses hosts that are not ours, as CommonMiddleware does
        if request.content_type not in PUT_OFF_FOR:
            return self.in_clinic(request)
        try:
            with put_off_checks():
                return self.in_clinic(request)
        except LoginChanged:
            request.META["wsgi.input"].seek(0)
            again = WSGIRequest(request.META)
            again.resolver_match = request.resolver_match
            return self.in_clinic(again)

    def _find(self, path: str) -> Any:
        """The match of an address that is one of our views, else None."""
        rest = path[len(PREFIX) :]
        for pattern in self.patterns.get(rest.partition("/")[0], ()):
            match = pattern.resolve(rest)
            if match is not None:
                return match
        return None

    def _send(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        environ: Environ,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        for name, value in self.headers[request.is_secure()]:
            response.headers.setdefault(name, value)
        status = f"{response.status_code} {response.reason_phrase}"
        if isinstance(response, HttpResponse):
            content = response.content
            response.headers["Content-Length"] = str(len(content))
            start_response(status, list(response.items()))
            return [content]
        start_response(status, list(response.items()))
        file = getattr(response, "file_to_stream", None)
        if file is None:
            return cast("Iterable[bytes]", response)
        file.close = response.close
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return wrapped


def _call_view(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match
    assert match is not None
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if isinstance(response, Response):
        response.render()
    due = due_check()
    if due is not None and due.statement:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    return response


def _by_first_segment(
    patterns: Sequence[URLPattern | URLResolver],
) -> dict[str, list[URLPattern]]:
    """The addresses of our views, by the text before their first slash, in their order."""
    found: dict[str, list[URLPattern]] = {}
    for pattern in _flat(patterns):
        view = getattr(pattern.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ClinicView):
            first = str(pattern.pattern).partition("/")[0]
            if first and "<" not in first:
                found.setdefault(first, []).append(pattern)
    return found


def _flat(patterns: Sequence[URLPattern | URLResolver]) -> Iterable[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif isinstance(pattern.pattern, RegexPattern) and not str(pattern.pattern):
            yield from _flat(pattern.url_patterns)


def _security_headers(*, secure: bool) -> list[tuple[str, str]]:
    """What the security middleware adds to an answer."""
    request = HttpRequest()
    request.META["wsgi.url_scheme"] = "https" if secure else "http"
    request.META["SERVER_NAME"], request.META["SERVER_PORT"] = "localhost", "443"
    request.is_secure = lambda: secure  # type: ignore[method-assign]
    response = HttpResponse()
    del response.headers["Content-Type"]
    for middleware in (SecurityMiddleware, XFrameOptionsMiddleware):
        response = middleware(lambda _: HttpResponse()).process_response(request, response)
    return list(response.items())
