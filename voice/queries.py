"""Reads about telephone calls."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from clinic.current import current_clinic_id
from clinic.listing import Listing, Page, Row, Slice, Where, fetch, newest_first
from voice.models import CallStatus

LISTING = Listing(
    columns={
        "call_id": "v.id",
        "vapi_call_id": "v.vapi_call_id",
        "status": "v.status",
        "purpose": "v.purpose",
        "patient_id": "v.patient_id",
        "patient_name": "trim(p.first_name || ' ' || p.last_name)",
        "task_id": "v.task_id",
        "phone_number": "v.phone_number",
        "outcome": "v.outcome",
        "duration_seconds": "v.duration_seconds",
        "started_at": "v.started_at",
        "ended_at": "v.ended_at",
        "created_at": "v.created_at",
        "updated_at": "v.updated_at",
    },
    source="voice_calls v JOIN patients p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id",
    owner="v",
    order=newest_first("v", "call_id"),
)


def list_calls(
    part: Slice,
    *,
    status: str | None = None,
    patient_id: UUID | None = None,
    task_id: UUID | None = None,
) -> Page:
    """A page of calls, newest first."""
    where = Where()
    where.equal("v.status", status)
    where.equal("v.patient_id", patient_id)
    where.equal("v.task_id", task_id)
    statuses = [status] if status else CallStatus.values
    tallies = [] if patient_id or task_id else [f"voice_call.{one}" for one in statuses]
    return fetch(LISTING, where, part, tallies=tallies)


def get_call(call_id: UUID) -> Row | None:
    """A call; None when it is not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(LISTING.columns.values())} FROM {LISTING.source}"  # noqa: S608
            " WHERE v.clinic_id = %s AND v.id = %s",
            [current_clinic_id(), call_id],
        )
        found = cursor.fetchone()
    return None if found is None else dict(zip(LISTING.columns, found, strict=True))
