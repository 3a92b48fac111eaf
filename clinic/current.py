"""The clinic the running code works for; entered at the doors, read everywhere else.

Free of models, so that the database backend can ask too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_current: ContextVar[UUID | None] = ContextVar("clinic", default=None)


class NoClinic(RuntimeError):
    """Clinic data was asked for outside of every door."""


def entered_clinic() -> UUID | None:
    """The current clinic's id, or None outside of every door."""
    return _current.get()


def current_clinic_id() -> UUID:
    """The current clinic's id.

    Raises:
        NoClinic: outside of every door.
    """
    clinic_id = _current.get()
    if clinic_id is None:
        raise NoClinic("No clinic is entered; clinic data cannot be read or written here.")
    return clinic_id


@contextmanager
def enter_clinic(clinic_id: UUID) -> Iterator[UUID]:
    """Works for one clinic until the block ends. For the doors only."""
    token = _current.set(clinic_id)
    try:
        yield clinic_id
    finally:
        _current.reset(token)


class LoginChanged(Exception):
    """The login that the code works for ended or changed since it was found."""


@dataclass(slots=True)
class DueCheck:
    """A check that travels in front of the next SQL statement; "" when there is none."""

    statement: str = ""


_due: ContextVar[DueCheck | None] = ContextVar("due_check", default=None)


def due_check() -> DueCheck | None:
    """Where a check may be left for the next statement; None where none may be put off."""
    return _due.get()


@contextmanager
def put_off_checks() -> Iterator[DueCheck]:
    """Lets the login be checked together with the block's first statement.

    Whoever opens the block sees to it that a check nobody took is made before its end, and
    begins anew without it on LoginChanged, which the statement raises before it has any effect.
    """
    due = DueCheck()
    token = _due.set(due)
    try:
        yield due
    finally:
        _due.reset(token)
