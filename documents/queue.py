"""Handing out the documents that need a person: to each person another one."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clinic import leases
from clinic.models import Lease
from clinic.recording import Actor
from documents.models import Document, DocumentStatus

TRIES = 20
"""So many people may be faster before somebody is told that there is nothing left."""


def take_next(*, by: Actor, after: Document | None = None) -> UUID | None:
    """Leases the longest-waiting document that nobody is at work on; None when there is none.

    With ``after``, the one that waits after it, and from the start when it was the last; its own
    lease is given back.
    """
    if after is not None:
        leases.release(after.pk, by)
    for _ in range(TRIES):
        found = _free(by, after)
        if found is None or leases.take(found, by).user_id == by.user_id:
            return found
    return None


def _free(by: Actor, after: Document | None) -> UUID | None:
    others = Lease.objects.filter(object_id=OuterRef("pk"), until__gt=timezone.now())
    waiting = Document.objects.filter(
        ~Exists(others.exclude(holder_id=by.user_id)), status=DocumentStatus.NOT_INGESTED
    )
    ids = waiting.order_by("created_at", "pk").values_list("pk", flat=True)
    if after is None:
        return ids.first()
    later = Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk)
    ids = ids.exclude(pk=after.pk)
    return ids.filter(later).first() or ids.first()
