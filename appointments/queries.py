"""Reads about visits. A day is a day in the clinic's time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from django.db import connection
from django.utils import timezone

from appointments.models import Appointment, AppointmentStatus
from clinic.current import current_clinic_id
from clinic.listing import Key, Listing, Page, Row, Slice, Where, aware_moment, fetch

COLUMNS = {
    "appointment_id": "a.id",
    "patient_id": "a.patient_id",
    "patient_name": "trim(p.first_name || ' ' || p.last_name)",
    "provider_id": "a.provider_id",
    "provider_name": "coalesce(nullif(u.name, ''), u.email)",
    "type": "a.type",
    "title": "a.title",
    "starts_at": "a.starts_at",
    "ends_at": "a.ends_at",
    "location": "a.location",
    "status": "a.status",
    "created_at": "a.created_at",
    "updated_at": "a.updated_at",
}
LISTING = Listing(
    columns=COLUMNS,
    source="appointments a JOIN patients p ON p.id = a.patient_id"
    " LEFT JOIN users u ON u.id = a.provider_id",
    owner="a",
    order=(
        Key("starts_at", "a.starts_at", aware_moment),
        Key("appointment_id", "a.id", UUID),
    ),
    descending=False,
)


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first moment of a day in a time zone, and that of the next day."""
    start = datetime.combine(day, time.min, tzinfo=zone)
    return start, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


def list_appointments(
    part: Slice,
    *,
    zone: tzinfo,
    day: date | None = None,
    patient_id: UUID | None = None,
    provider_id: UUID | None = None,
    status: str | None = None,
) -> Page:
    """A page of visits, earliest first, with the clinic's clock in ``time``."""
    where = Where()
    if day is not None:
        where.add("a.starts_at >= %s AND a.starts_at < %s", *day_bounds(day, zone))
    where.equal("a.patient_id", patient_id)
    where.equal("a.provider_id", provider_id)
    where.equal("a.status", status)
    tallies: list[str] = []
    if day is None and patient_id is None and provider_id is None:
        statuses = [status] if status else AppointmentStatus.values
        tallies = [f"appointment.{one}" for one in statuses]
    page = fetch(LISTING, where, part, tallies=tallies)
    for row in page.rows:
        row["time"] = row["starts_at"].astimezone(zone).strftime("%H:%M")
    return page


def latest_appointments(part: Slice, *, patient_id: UUID) -> Page:
    """A page of one patient's visits, the last one first, those to come among them."""
    where = Where()
    where.equal("a.patient_id", patient_id)
    return fetch(replace(LISTING, descending=True), where, part)


def get_appointment(appointment_id: UUID, *, zone: tzinfo) -> Row | None:
    """A visit as the list has it; None when it is not there."""
    selected = ", ".join(COLUMNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {selected} FROM {LISTING.source}"  # noqa: S608 - our own SQL
            " WHERE a.clinic_id = %s AND a.id = %s",
            [current_clinic_id(), appointment_id],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = dict(zip(COLUMNS, found, strict=True))
    row["time"] = row["starts_at"].astimezone(zone).strftime("%H:%M")
    return row


def visits_today(zone: tzinfo) -> int:
    """How many visits stand or took place on the clinic's today; reads that day's rows only."""
    start, end = day_bounds(timezone.localdate(timezone=zone), zone)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM appointments WHERE clinic_id = %s AND starts_at >= %s"
            " AND starts_at < %s AND status NOT IN ('cancelled', 'no_show')",
            [current_clinic_id(), start, end],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def visits_between(
    *,
    zone: tzinfo,
    limit: int,
    start: date | None = None,
    end: date | None = None,
    patient_id: UUID | None = None,
    provider_id: UUID | None = None,
    status: str | None = None,
) -> tuple[list[Appointment], int]:
    """(visits, total) of the clinic's days from ``start`` to and with ``end``.

    Earliest first; when there is an end but no start, the latest first.
    """
    filters = {
        "starts_at__gte": day_bounds(start, zone)[0] if start else None,
        "starts_at__lt": day_bounds(end, zone)[1] if end else None,
        "patient_id": patient_id,
        "provider_id": provider_id,
        "status": status,
    }
    rows = Appointment.objects.filter(
        **{name: value for name, value in filters.items() if value is not None}
    )
    order = ("-starts_at", "-id") if end and not start else ("starts_at", "id")
    found = list(rows.select_related("patient", "provider").order_by(*order)[:limit])
    return found, len(found) if len(found) < limit else rows.count()
