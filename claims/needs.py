"""Claims among what needs a person now: denied, not sent yet, or without news for a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from claims.permissions import may_read_claims
from clinic.needs import Source, Told

QUIET = "interval '30 days'"
NOTES = {"denied": "denied by {}", "pending": "not submitted to {} yet"}
OF_CLINIC = "SELECT c.id FROM claims c WHERE c.clinic_id = %(clinic)s"
LANES = (
    f"({OF_CLINIC} AND c.status = 'denied' ORDER BY c.amount_cents DESC LIMIT %(each)s)",
    f"({OF_CLINIC} AND c.status = 'denied' ORDER BY c.last_event_at LIMIT %(each)s)",
    f"({OF_CLINIC} AND c.status = 'pending' ORDER BY c.last_event_at LIMIT %(each)s)",
    *(
        f"({OF_CLINIC} AND c.status = '{status}' AND c.last_event_at < %(now)s - {QUIET}"
        " ORDER BY c.last_event_at LIMIT %(each)s)"
        for status in ("submitted", "received", "under_review")
    ),
)


def _tell(claim_id: UUID, facts: Mapping[str, Any]) -> Told:
    note = NOTES.get(facts["status"], "no news from {}").format(facts["payer"])
    return Told(f"Claim {facts['number']}", reverse("claim", args=[claim_id]), note)


CLAIMS = Source(
    kind="claim",
    rule=may_read_claims,
    sql="SELECT c.id, c.patient_id, c.last_event_at AS since, NULL::timestamptz AS due_at,"  # noqa: S608 - our own SQL
    " c.amount_cents, CASE c.status WHEN 'denied' THEN 'high' ELSE 'medium' END AS priority,"
    " false AS mine, jsonb_build_object('number', 'C' || c.number, 'status', c.status,"
    " 'payer', c.insurance_provider, 'patient_id', c.patient_id) AS facts"
    f" FROM ({' UNION '.join(LANES)}) chosen"
    " JOIN claims c ON c.clinic_id = %(clinic)s AND c.id = chosen.id",
    tell=_tell,
    for_visits=False,
)
