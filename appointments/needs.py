"""Visits among what needs a person now, and whose papers are wanted soon because of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from appointments.permissions import may_read_appointments
from clinic.needs import Source, Told

STANDING = (
    "SELECT {} FROM appointments a WHERE a.clinic_id = %(clinic)s AND a.starts_at >= %(today)s"
    " AND a.status IN ('scheduled', 'checked_in')"
)
SOON = STANDING.format("a.patient_id, a.starts_at") + " AND a.starts_at < %(tomorrow_ends)s"
NOTES = {
    "scheduled": "has not been checked in",
    "checked_in": "checked in and not completed",
}


def _tell(visit_id: UUID, facts: Mapping[str, Any]) -> Told:
    url = reverse("appointment", args=[visit_id])
    return Told(facts["title"], url, NOTES[facts["status"]])


VISITS = Source(
    kind="visit",
    rule=may_read_appointments,
    sql=STANDING.format(
        "a.id, a.patient_id, a.starts_at AS since,"
        " CASE a.status WHEN 'scheduled' THEN a.starts_at ELSE a.ends_at END AS due_at,"
        " 0::bigint AS amount_cents, 'medium' AS priority,"
        " coalesce(a.provider_id = %(user)s, false) AS mine, jsonb_build_object("
        "'title', a.title, 'status', a.status, 'patient_id', a.patient_id) AS facts"
    )
    + " AND CASE a.status WHEN 'scheduled' THEN a.starts_at ELSE a.ends_at END < %(now)s"
    " AND a.starts_at < %(now)s ORDER BY a.starts_at LIMIT %(each)s",
    tell=_tell,
    for_visits=False,
)
