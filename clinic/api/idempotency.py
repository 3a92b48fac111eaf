"""``Idempotency-Key``: the same POST again gives the first answer again, for 24 hours.

The key's row is inserted first, in the same transaction as the effect. A repetition that runs at
the same time waits on that row's unique key and then finds the answer, or, when the first one
was rolled back, does the work itself. Answers that refuse (4xx) are not kept: they had no effect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.wire import WireRenderer
from clinic.current import current_clinic_id
from clinic.ids import uuid7
from clinic.models import IdempotentAnswer
from clinic.refusals import Conflict, Refusal, invalid

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
REPLAYED = "Idempotency-Replayed"


class OtherBody(Refusal):
    """The key was used for something else."""

    status = 422
    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request within the last 24 hours."


class StillRunning(Conflict):
    """The first request with this key has not ended within ten seconds."""

    code = "idempotency_key_in_use"
    sentence = "The first request with this Idempotency-Key is still running. Try again shortly."


def once(request: Request, work: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
    """Does the work unless this person's key has an answer already.

    Raises:
        OtherBody: for a key that was used with another path or body.
        StillRunning: see there.
        Invalid: for a key that is too long or has characters that do not print.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work(request, *args, **kwargs)
    if not key.isprintable() or not 1 <= len(key) <= 200:
        raise invalid(HEADER, "An Idempotency-Key has 1 to 200 printable characters.")
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        user_id = UUID(str(request.user.pk))
        row_id = _claim(user_id, key, fingerprint)
        if row_id is None:
            row = IdempotentAnswer.objects.get(user_id=user_id, key=key)
            if row.fingerprint != fingerprint:
                raise OtherBody
            return Response(row.body, status=row.status, headers={REPLAYED: "true"})
        response = work(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            body = orjson.loads(WireRenderer().render(response.data) or b"null")
            IdempotentAnswer.objects.filter(pk=row_id).update(
                status=response.status_code, body=body
            )
        return response


def forget_old_answers() -> int:
    """Deletes the current clinic's answers that are past their day; how many."""
    count, _ = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count


def _claim(user_id: UUID, key: str, fingerprint: str) -> UUID | None:
    """The id of our new row, or None when the key has an answer. An expired one is taken over."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            cursor.execute(
                "INSERT INTO clinic_idempotentanswer AS a"
                " (id, clinic_id, user_id, key, fingerprint, created_at)"
                " VALUES (%s, %s, %s, %s, %s, now())"
                " ON CONFLICT (clinic_id, user_id, key) DO UPDATE SET"
                " fingerprint = excluded.fingerprint, created_at = now(), status = NULL,"
                " body = NULL WHERE a.created_at < %s RETURNING id",
                [uuid7(), current_clinic_id(), user_id, key, fingerprint, timezone.now() - KEPT],
            )
            row = cursor.fetchone()
            cursor.execute("SET LOCAL lock_timeout = 0")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "55P03":
            raise StillRunning from error
        raise
    return row[0] if row else None


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if hasattr(request.data, "lists"):
        for name, values in sorted(request.data.lists()):
            for value in values:
                digest.update(f"{len(name)} {name} ".encode())
                digest.update(_content(value))
    else:
        digest.update(orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS))
    return digest.hexdigest()


def _content(value: Any) -> bytes:
    if not isinstance(value, UploadedFile):
        return f"{len(str(value))} {value}".encode()
    inner = hashlib.sha256()
    for chunk in value.chunks():
        inner.update(chunk)
    value.seek(0)
    return inner.digest()
