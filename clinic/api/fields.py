"""Serializer fields that the API's parts share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

FAR = 10_000


class Line(serializers.CharField):
    """Text of one line; spaces around it do not count."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "line": "Use one line without control characters."
    }

    def to_internal_value(self, data: Any) -> str:
        """The text.

        Raises:
            ValidationError: for control characters, line ends among them.
        """
        value = super().to_internal_value(data)
        if not value.isprintable():
            self.fail("line")
        return value


class Text(serializers.CharField):
    """Text of several lines."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", FAR)
        super().__init__(**kwargs)


class OneOf(serializers.ChoiceField):
    """One of a model field's choices."""

    def __init__(self, choices: type[models.TextChoices], **kwargs: Any) -> None:
        super().__init__(choices=choices.choices, **kwargs)


class Moment(serializers.DateTimeField):
    """A time with an offset; one without is refused, because it means nothing."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "offset": "Give the time with its offset, such as 2026-11-23T09:30:00-05:00."
    }

    def enforce_timezone(self, value: Any) -> Any:
        """The time as it is.

        Raises:
            ValidationError: without an offset, or so far out that UTC cannot say it.
        """
        if value.tzinfo is None:
            self.fail("offset")
        return super().enforce_timezone(value)


class Dollars(serializers.DecimalField):
    """US dollars as a decimal number with at most two places."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("coerce_to_string", False)
        super().__init__(**kwargs)


def cents(amount: Decimal) -> int:
    """Whole cents of an amount in dollars that has at most two places."""
    return int(amount.scaleb(2))
