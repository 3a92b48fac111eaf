"""Taking back: undo rather than confirm.

An action that can be undone calls :func:`remember` inside its change, with what was before and
what is now. Apps register how their kind is taken back in ``AppConfig.ready``; that runs in one
transaction with its own events and audit line, so the audit keeps both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from clinic.models import Undoable
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Missing

if TYPE_CHECKING:
    from clinic.permissions import Rule

Json = dict[str, Any]
SEVERAL = "several"


class UnknownChange(Missing):
    """There is no such change in this clinic."""

    sentence = "There is nothing to undo."


class TooLate(Conflict):
    """Something has happened to the object since, or the change was taken back already."""

    code = "too_late"
    sentence = "This has been changed since, so it can no longer be undone."


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of change is taken back.

    ``take_back`` restores ``entry.before`` inside the caller's change and raises TooLate when
    ``entry.after`` is no longer so; ``url`` is where the object is to be looked at then, if not
    where the person is.
    """

    rule: Rule
    take_back: Callable[[Undoable, Record], None]
    url: Callable[[UUID], str] = lambda _: ""


_kinds: dict[str, Kind] = {}


def register(kind: str, how: Kind) -> None:
    """Makes a kind of change one that can be taken back."""
    _kinds[kind] = how


def remember(*, kind: str, object_id: UUID, before: Json, after: Json, record: Record) -> Undoable:
    """Keeps what taking this change back needs; inside the caller's change."""
    return Undoable.objects.create(
        kind=kind, object_id=object_id, before=before, after=after, by_id=record.actor.user_id
    )


def remember_several(entries: list[Undoable], record: Record) -> Undoable:
    """One entry for changes that were made together, in the order in which they were made."""
    ids = [str(one.pk) for one in entries]
    return remember(
        kind=SEVERAL, object_id=entries[0].pk, before={"of": ids}, after={}, record=record
    )


def latest(object_id: UUID) -> Undoable | None:
    """The object's latest change that was not taken back."""
    rows = Undoable.objects.filter(object_id=object_id, undone_at=None)
    return rows.order_by("-at", "-pk").first()


def kinds_in(undo_id: UUID) -> list[Kind]:
    """How each of the changes behind an entry is taken back, to ask who may.

    Raises:
        UnknownChange: see there.
    """
    entry = _entry(undo_id)
    parts = _parts(entry) if entry.kind == SEVERAL else [entry]
    return [_kinds[part.kind] for part in parts]


def undo(*, undo_id: UUID, by: Actor) -> str:
    """Takes a change back, or all that were made together; where to look at it then.

    Raises:
        UnknownChange: see there.
        TooLate: also when somebody else was faster. Nothing has changed then.
    """
    with change(by=by) as record:
        entry = _entry(undo_id)
        if not Undoable.objects.filter(pk=entry.pk, undone_at=None).update(
            undone_at=timezone.now()
        ):
            raise TooLate
        if entry.kind != SEVERAL:
            return _take_back(entry, record)
        for part in reversed(_parts(entry)):
            claimed = Undoable.objects.filter(pk=part.pk, undone_at=None)
            if not claimed.update(undone_at=timezone.now()):
                raise TooLate
            _take_back(part, record)
    return ""


def _take_back(entry: Undoable, record: Record) -> str:
    later = latest(entry.object_id)
    if later is not None and (later.at, later.pk) > (entry.at, entry.pk):
        raise TooLate
    how = _kinds[entry.kind]
    how.take_back(entry, record)
    return how.url(entry.object_id)


def _entry(undo_id: UUID) -> Undoable:
    entry = Undoable.objects.filter(pk=undo_id).first()
    if entry is None:
        raise UnknownChange
    return entry


def _parts(entry: Undoable) -> list[Undoable]:
    ids = [UUID(one) for one in entry.before["of"]]
    found = Undoable.objects.in_bulk(ids)
    return [found[one] for one in ids]
