"""What may go wrong and was foreseen: the base of the exceptions that actions raise.

Each action's module names its own exceptions beside it. Their message is a sentence that a
receptionist can read; the edges (API, pages, tools) translate the kind and never the text.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Something that was not done, for a reason the asker can understand.

    ``code`` is for programs, ``status`` the HTTP status that means the same, ``errors`` says
    which fields were wrong.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "This could not be done."

    def __init__(self, message: str = "", *, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message or self.sentence)
        self.errors = errors or {}

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return str(self)


class Invalid(Refusal):
    """The values given cannot be used."""

    status = 400
    code = "invalid"
    sentence = "Some of the values cannot be used."


class Forbidden(Refusal):
    """The person's role does not allow it."""

    status = 403
    code = "not_allowed"
    sentence = "Your role does not allow this."


class Missing(Refusal):
    """There is no such row in this clinic; said too of rows of another clinic."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here."


class Conflict(Refusal):
    """The rows are in a state that does not allow it (any more)."""

    status = 409
    code = "conflict"
    sentence = "Somebody else was faster, or this is no longer possible."


def invalid(field: str, message: str) -> Invalid:
    """The refusal of one field's value."""
    return Invalid(message, errors={field: [message]})
