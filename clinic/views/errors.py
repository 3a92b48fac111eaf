"""Calm pages for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

MESSAGES = {
    400: ("bad_request", "The request could not be understood."),
    403: ("not_allowed", "You are not allowed to do this."),
    404: ("not_found", "There is nothing here."),
    500: ("server_error", "Something went wrong on our side. Nothing was saved."),
}


def _answer(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    code, sentence = MESSAGES[status]
    if request.path.startswith("/api"):
        return JsonResponse({"detail": sentence, "code": code, "errors": {}}, status=status)
    return render(request, template or f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, without the reason: it may quote what was sent."""
    del exception
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    del exception
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; the same for what is not there and what belongs to another clinic."""
    del exception
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was sent from elsewhere or from a page left open too long."""
    del reason
    return _answer(request, 403, "403_csrf.html")
