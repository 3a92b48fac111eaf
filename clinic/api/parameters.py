"""Query parameters: read strictly, and described to OpenAPI from the same place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from clinic.listing import Slice

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter. ``read`` raises ValueError with the sentence for the asker."""

    name: str
    read: Callable[[str], Any]
    schema: dict[str, Any]
    description: str
    default: Any = None
    example: Any = field(default=None, compare=False)


def read_query(query: QueryDict, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The parameters' values; an absent or empty one has its default.

    Raises:
        ValidationError: naming every parameter that cannot be used.
    """
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for parameter in parameters:
        raw = query.get(parameter.name)
        if not raw:
            values[parameter.name] = parameter.default
            continue
        try:
            if "\0" in raw:
                raise ValueError("NUL characters are not allowed.")
            values[parameter.name] = parameter.read(raw)
        except ValueError as error:
            errors[parameter.name] = [str(error)]
    if errors:
        raise ValidationError(errors)
    return values


def described(parameters: Sequence[Parameter]) -> list[OpenApiParameter]:
    """The parameters for OpenAPI."""
    return [
        OpenApiParameter(
            name=parameter.name,
            type={**parameter.schema, **_default(parameter)},
            location=OpenApiParameter.QUERY,
            description=parameter.description,
        )
        for parameter in parameters
    ]


def whole(name: str, description: str, *, default: int, least: int, most: int) -> Parameter:
    """A whole number within bounds."""

    def read(raw: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", raw) or not least <= int(raw) <= most:
            raise ValueError(f"Give a whole number from {least} to {most}.")
        return int(raw)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, read, schema, description, default)


def choice(name: str, choices: type[models.TextChoices], description: str) -> Parameter:
    """One of a field's choices."""

    def read(raw: str) -> str:
        if raw not in choices.values:
            raise ValueError(f"Choose one of: {', '.join(choices.values)}.")
        return raw

    return Parameter(name, read, {"type": "string", "enum": list(choices.values)}, description)


def identifier(name: str, description: str) -> Parameter:
    """A UUID."""

    def read(raw: str) -> UUID:
        try:
            return UUID(raw)
        except ValueError as error:
            raise ValueError("This is not an id.") from error

    return Parameter(name, read, {"type": "string", "format": "uuid"}, description)


def text(name: str, description: str, *, most: int = 200) -> Parameter:
    """Free text; spaces around it do not count."""

    def read(raw: str) -> str | None:
        if len(raw) > most:
            raise ValueError(f"Use at most {most} characters.")
        return raw.strip() or None

    return Parameter(name, read, {"type": "string", "maxLength": most}, description)


def day(name: str, description: str) -> Parameter:
    """A date, or the word ``today`` as it is."""

    def read(raw: str) -> date | str:
        if raw == "today":
            return raw
        try:
            if not DAY.fullmatch(raw):
                raise ValueError
            found = date.fromisoformat(raw)
            if not 1900 <= found.year < 2200:
                raise ValueError
        except ValueError as error:
            raise ValueError("Give a date as YYYY-MM-DD, or the word today.") from error
        return found

    schema = {"type": "string", "pattern": r"^(today|\d{4}-\d{2}-\d{2})$"}
    return Parameter(name, read, schema, description)


SKIP = whole("skip", "Rows to leave out from the start.", default=0, least=0, most=10_000_000)
CURSOR = text("cursor", "Where to go on: from the Link header of an earlier page.", most=500)


def paging(default: int = 50) -> tuple[Parameter, ...]:
    """limit, skip and cursor."""
    limit = whole("limit", "How many rows at most.", default=default, least=1, most=200)
    return (limit, SKIP, CURSOR)


def take_slice(values: dict[str, Any]) -> Slice:
    """Takes the paging parameters out of read values.

    Raises:
        ValidationError: when both a cursor and rows to skip are given.
    """
    part = Slice(values.pop("limit"), values.pop("skip"), values.pop("cursor"))
    if part.cursor and part.skip:
        raise ValidationError({"cursor": ["Give either a cursor or rows to skip, not both."]})
    return part


def _default(parameter: Parameter) -> dict[str, Any]:
    return {} if parameter.default is None else {"default": parameter.default}
