"""Reads about claims and their timelines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, tzinfo
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Sum

from claims.models import Claim, ClaimStatus
from clinic.current import current_clinic_id
from clinic.listing import Key, Listing, Page, Row, Slice, Where, fetch, newest_first

COLUMNS = {
    "claim_id": "c.id",
    "claim_id_display": "'C' || c.number",
    "patient_id": "c.patient_id",
    "patient_name": "trim(p.first_name || ' ' || p.last_name)",
    "insurance_provider": "c.insurance_provider",
    "amount": "c.amount_cents",
    "status": "c.status",
    "submitted_date": "c.submitted_date",
    "last_event_at": "c.last_event_at",
}
SOURCE = "claims c JOIN patients p ON p.id = c.patient_id"
LISTING = Listing(
    columns=COLUMNS,
    source=SOURCE,
    owner="c",
    order=newest_first("c", "claim_id", "last_event_at"),
)
DETAIL = COLUMNS | {
    "procedure_code": "c.procedure_code",
    "diagnosis_code": "c.diagnosis_code",
    "service_date": "c.service_date",
    "description": "c.description",
    "created_at": "c.created_at",
    "updated_at": "c.updated_at",
}
EVENTS = Listing(
    columns={
        "event_id": "e.id",
        "position": "e.position",
        "event_type": "e.event_type",
        "description": "e.description",
        "at": "e.at",
        "payload": "e.payload",
    },
    source="claim_events e",
    owner="e",
    order=(Key("position", "e.position", int),),
    descending=False,
)


def list_claims(part: Slice, *, status: str | None = None, patient_id: UUID | None = None) -> Page:
    """A page of claims, those with the latest events first; ``amount`` is in dollars."""
    where = Where()
    where.equal("c.status", status)
    where.equal("c.patient_id", patient_id)
    statuses = [status] if status else ClaimStatus.values
    tallies = [] if patient_id else [f"claim.{one}" for one in statuses]
    page = fetch(LISTING, where, part, tallies=tallies)
    for row in page.rows:
        row["amount"] /= 100
    return page


def search_claims(
    *,
    limit: int,
    statuses: Sequence[str] = (),
    patient_id: UUID | None = None,
    payer: str | None = None,
    least_cents: int | None = None,
    most_cents: int | None = None,
    submitted_from: date | None = None,
    submitted_to: date | None = None,
) -> tuple[list[Claim], int, int]:
    """(claims, how many fit, their sum in cents), those with the latest events first."""
    filters = {
        "status__in": list(statuses) or None,
        "patient_id": patient_id,
        "insurance_provider__icontains": payer,
        "amount_cents__gte": least_cents,
        "amount_cents__lte": most_cents,
        "submitted_date__gte": submitted_from,
        "submitted_date__lte": submitted_to,
    }
    rows = Claim.objects.filter(
        **{name: value for name, value in filters.items() if value is not None}
    )
    found = list(rows.select_related("patient").order_by("-last_event_at", "-id")[:limit])
    cents = rows.aggregate(cents=Sum("amount_cents"))["cents"] or 0
    return found, len(found) if len(found) < limit else rows.count(), cents


def get_claim(claim_id: UUID) -> Row | None:
    """A claim with all its details; None when it is not there."""
    selected = ", ".join(DETAIL.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {selected} FROM {SOURCE}"  # noqa: S608 - our own SQL
            " WHERE c.clinic_id = %s AND c.id = %s",
            [current_clinic_id(), claim_id],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = dict(zip(DETAIL, found, strict=True))
    row["amount"] /= 100
    return row


def claim_events(claim_id: UUID, part: Slice, *, zone: tzinfo) -> Page:
    """A page of a claim's timeline, oldest first, with the clinic's clock in ``time``."""
    where = Where()
    where.equal("e.claim_id", claim_id)
    page = fetch(EVENTS, where, part)
    for row in page.rows:
        row["time"] = row["at"].astimezone(zone).strftime("%H:%M")
        if isinstance(row["payload"], str):
            row["payload"] = orjson.loads(row["payload"])
    return page
