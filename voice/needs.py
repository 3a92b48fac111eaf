"""Telephone calls that are still to be made, among what needs a person now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from clinic.needs import Source, Told
from voice.permissions import may_read_calls

TO_MAKE = "v.clinic_id = %(clinic)s AND v.status = 'pending'"
LANES = (
    f"(SELECT v.id FROM voice_calls v WHERE {TO_MAKE} ORDER BY v.created_at LIMIT %(each)s)",  # noqa: S608 - our own SQL
    "(SELECT v.id FROM soon JOIN voice_calls v ON v.patient_id = soon.patient_id"  # noqa: S608
    f" WHERE {TO_MAKE} ORDER BY soon.starts_at LIMIT %(each)s)",
)


def _tell(call_id: UUID, facts: Mapping[str, Any]) -> Told:
    return Told(f"Call: {facts['purpose']}", reverse("call", args=[call_id]), "to be made")


CALLS = Source(
    kind="call",
    rule=may_read_calls,
    sql="SELECT v.id, v.patient_id, v.created_at AS since, NULL::timestamptz AS due_at,"  # noqa: S608 - our own SQL
    " 0::bigint AS amount_cents, 'medium' AS priority, false AS mine, jsonb_build_object("
    "'purpose', v.purpose, 'patient_id', v.patient_id) AS facts"
    f" FROM ({' UNION '.join(LANES)}) chosen"
    " JOIN voice_calls v ON v.clinic_id = %(clinic)s AND v.id = chosen.id",
    tell=_tell,
)
