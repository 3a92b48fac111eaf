"""Log lines that name the place of an error and not what it was about."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TypeAlias

_Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class PrivateFormatter(logging.Formatter):
    """Writes tracebacks without the exceptions' messages.

    The database quotes rows in its errors, and libraries quote what they could not read.
    """

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the standard library's name
        """The frames and the type of the exception and of those that led to it, oldest first."""
        parts: list[str] = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"{frames}{type(error).__qualname__}")
            hidden = error.__suppress_context__
            error = error.__cause__ or (None if hidden else error.__context__)
        return "\n\n".join(reversed(parts))
