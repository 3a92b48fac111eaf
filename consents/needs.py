"""Consent forms among what needs a person now.

Not sent yet, about to expire, or still unsigned when their patient comes today or tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from clinic.needs import Source, Told
from consents.permissions import may_read_forms

NOTES = {
    "to_do": "not sent yet",
    "sent": "sent, not opened yet",
    "in_progress": "opened, not signed",
}
OF_CLINIC = "f.clinic_id = %(clinic)s"
LANES = (
    "(SELECT f.id FROM soon JOIN consent_forms f ON f.patient_id = soon.patient_id"  # noqa: S608 - our own SQL
    f" WHERE {OF_CLINIC} AND f.status IN ('to_do', 'sent', 'in_progress')"
    " ORDER BY soon.starts_at LIMIT %(each)s)",
    f"(SELECT f.id FROM consent_forms f WHERE {OF_CLINIC} AND f.status IN ('sent', 'in_progress')"  # noqa: S608
    " AND f.expires_at < %(tomorrow_ends)s ORDER BY f.expires_at LIMIT %(each)s)",
    f"(SELECT f.id FROM consent_forms f WHERE {OF_CLINIC} AND f.status = 'to_do'"  # noqa: S608
    " ORDER BY f.created_at LIMIT %(each)s)",
)


def _tell(form_id: UUID, facts: Mapping[str, Any]) -> Told:
    return Told(facts["name"], reverse("consent", args=[form_id]), NOTES[facts["status"]])


CONSENTS = Source(
    kind="consent",
    rule=may_read_forms,
    sql="SELECT f.id, f.patient_id, f.created_at AS since,"  # noqa: S608 - our own SQL
    " CASE WHEN f.status <> 'to_do' THEN f.expires_at END AS due_at, 0::bigint AS amount_cents,"
    " 'medium' AS priority, false AS mine, jsonb_build_object('name', f.name,"
    " 'status', f.status, 'patient_id', f.patient_id) AS facts"
    f" FROM ({' UNION '.join(LANES)}) chosen"
    " JOIN consent_forms f ON f.clinic_id = %(clinic)s AND f.id = chosen.id",
    tell=_tell,
)
