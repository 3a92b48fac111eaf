"""The clinic the running code works for; entered at the doors, read everywhere else.

Free of models, so that the database backend can ask too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
