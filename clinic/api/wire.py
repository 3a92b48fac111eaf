"""JSON in and out, by orjson: fast, and strict about what PostgreSQL could not store."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer


class TooLarge(APIException):
    """The body is larger than any JSON this API takes."""

    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


class WireParser(BaseParser):
    """Reads JSON; refuses NUL characters, which no text column can hold."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python values.

        Raises:
            ParseError: when it is no JSON, or holds a NUL character or half a surrogate pair.
            TooLarge: beyond DATA_UPLOAD_MAX_MEMORY_SIZE.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError("The body is not valid JSON.") from error
        if b"\\u0000" in raw and _holds_nul(data):
            raise ParseError("The body holds a NUL character.")
        return data


class WireRenderer(JSONRenderer):
    """Writes JSON; UUIDs, dates and times need no Python code."""

    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bytes; indented only where a person looks (the browsable API asks for it)."""
        if data is None:
            return b""
        options = orjson.OPT_NON_STR_KEYS
        if self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            options |= orjson.OPT_INDENT_2
        return orjson.dumps(data, default=_other, option=options)


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_holds_nul(item) for item in value)
    return False
