"""Who is at work on what: two people are never handed the same item of a queue.

A lease is taken by compare-and-set and ends by itself, so a browser that was closed blocks
nothing. It hands out work; it guards no data: what people save is checked where it is saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.ids import uuid7
from clinic.models import Lease
from clinic.recording import Actor

SECONDS = 180


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease."""

    user_id: UUID
    label: str


def take(object_id: UUID, by: Actor) -> Holder:
    """Takes or renews the lease unless somebody else holds it; who holds it then."""
    statement = (
        "INSERT INTO clinic_lease AS l (id, clinic_id, object_id, holder_id, holder_label, until)"
        " VALUES (%s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))"
        " ON CONFLICT (clinic_id, object_id) DO UPDATE SET holder_id = excluded.holder_id,"
        " holder_label = excluded.holder_label, until = excluded.until"
        " WHERE l.until <= clock_timestamp() OR l.holder_id = excluded.holder_id"
        " RETURNING holder_id"
    )
    assert by.user_id is not None
    mine = Holder(by.user_id, by.label)
    values: list[Any] = [uuid7(), current_clinic_id(), object_id, by.user_id, by.label, SECONDS]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if cursor.fetchone():
            return mine
    return holders([object_id]).get(object_id, mine)


def holders(object_ids: Iterable[UUID]) -> dict[UUID, Holder]:
    """Who is at work on each of the objects; those that nobody holds are left out."""
    rows = Lease.objects.filter(object_id__in=list(object_ids), until__gt=timezone.now())
    return {
        object_id: Holder(user_id, label)
        for object_id, user_id, label in rows.values_list("object_id", "holder_id", "holder_label")
    }


def release(object_id: UUID, by: Actor) -> None:
    """Gives the lease back, if it is this person's."""
    Lease.objects.filter(object_id=object_id, holder_id=by.user_id).delete()


def end(object_id: UUID) -> None:
    """Ends whoever's lease: there is nothing left to do about the object."""
    Lease.objects.filter(object_id=object_id).delete()
