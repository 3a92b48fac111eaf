"""One shape for everything that goes wrong: {"detail", "code", "errors"}."""

from __future__ import annotations

import logging
import math
import traceback
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from clinic.current import LoginChanged
from clinic.refusals import Refusal

logger = logging.getLogger(__name__)
GENERAL = "non_field_errors"

# What DRF calls by another name, and sentences that do not quote what was sent.
WORDS = {
    "not_authenticated": "Sign in first: this needs an access token.",
    "permission_denied": "Your role does not allow this.",
    "not_found": "There is nothing here.",
    "method_not_allowed": "This address does not answer to that method.",
    "not_acceptable": "This address answers with application/json.",
    "unsupported_media_type": "This address does not take that content type.",
}
CODES = {"permission_denied": "not_allowed", "parse_error": "malformed", "throttled": "too_many"}


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: turns any exception into an answer of the one shape.

    Raises:
        LoginChanged: for the door, which asks once more who this is.
    """
    if isinstance(exc, LoginChanged):
        raise exc
    if isinstance(exc, Refusal):
        return answer(exc.status, exc.code, str(exc), exc.errors)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, SuspiciousOperation):
        exc = exceptions.ParseError("The request could not be understood.")
    if isinstance(exc, exceptions.APIException):
        return _from_rest_framework(exc)
    return _unforeseen(exc, context)


def answer(
    status: int,
    code: str,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error's answer."""
    body = {"detail": detail, "code": code, "errors": errors or {}}
    return Response(body, status=status, headers=headers)


def _from_rest_framework(exc: exceptions.APIException) -> Response:
    if isinstance(exc, exceptions.ValidationError):
        errors = flatten(exc.detail)
        first = next((f"{name}: {texts[0]}" for name, texts in errors.items()), "")
        if GENERAL in errors:
            first = errors[GENERAL][0]
        return answer(400, "invalid", first or "Some of the values cannot be used.", errors)
    code = str(getattr(exc.detail, "code", exc.default_code))
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    wait = getattr(exc, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    detail = WORDS.get(code, str(exc.detail))
    return answer(exc.status_code, CODES.get(code, code), detail, None, headers)


def flatten(detail: Any, name: str = "") -> dict[str, list[str]]:
    """DRF's nested error lists as one level: {"address.city": ["..."]}."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            inner = f"{name}.{key}" if name else str(key)
            found.update(flatten(value, inner))
        return found
    if isinstance(detail, list):
        if any(isinstance(item, dict | list) for item in detail):
            found = {}
            for position, item in enumerate(detail):
                if item:
                    found.update(flatten(item, f"{name}.{position}" if name else str(position)))
            return found
        return {name or GENERAL: [str(item) for item in detail]}
    return {name or GENERAL: [str(detail)]}


def _unforeseen(exc: Exception, context: dict[str, Any]) -> Response:
    """500. The log names the place but not the message, which may quote patient data."""
    view = type(context.get("view")).__name__
    frames = "".join(traceback.format_tb(exc.__traceback__))
    logger.error("%s in %s\n%s", type(exc).__name__, view, frames)
    return answer(500, "server_error", "Something went wrong on our side. Nothing was saved.")
