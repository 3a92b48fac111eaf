"""Reads about consent forms and their templates."""

from __future__ import annotations

from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from clinic.listing import Listing, Page, Row, Slice, Where, fetch, newest_first
from consents.models import ConsentStatus

COLUMNS = {
    "form_id": "f.id",
    "name": "f.name",
    "purpose": "f.purpose",
    "status": "f.status",
    "patient_id": "f.patient_id",
    "patient_name": "trim(p.first_name || ' ' || p.last_name)",
    "form_template_id": "f.template_id",
    "letter": "nullif(f.letter, '')",
    "sent_at": "f.sent_at",
    "opened_at": "f.opened_at",
    "signed_at": "f.signed_at",
    "expires_at": "f.expires_at",
    "document_id": "f.document_id",
    "created_at": "f.created_at",
}
SOURCE = "consent_forms f JOIN patients p ON p.clinic_id = f.clinic_id AND p.id = f.patient_id"
LISTING = Listing(columns=COLUMNS, source=SOURCE, owner="f", order=newest_first("f", "form_id"))
DETAIL = COLUMNS | {
    "body": "f.body",
    "body_sha256": "f.body_sha256",
    "template_version": "f.template_version",
    "sent_to": "f.sent_to",
    "reason": "f.reason",
    "signer_name": "f.signer_name",
    "ended_at": "f.ended_at",
    "evidence": "f.evidence",
    "updated_at": "f.updated_at",
}
TEMPLATES = Listing(
    columns={
        "form_template_id": "t.id",
        "name": "t.name",
        "description": "t.description",
        "purpose": "t.purpose",
        "body": "t.body",
        "version": "t.version",
        "is_active": "t.is_active",
        "created_at": "t.created_at",
        "updated_at": "t.updated_at",
    },
    source="form_templates t",
    owner="t",
    order=newest_first("t", "form_template_id"),
)


def list_forms(part: Slice, *, patient_id: UUID | None = None, status: str | None = None) -> Page:
    """A page of consent forms, newest first."""
    where = Where()
    where.equal("f.patient_id", patient_id)
    where.equal("f.status", status)
    statuses = [status] if status else ConsentStatus.values
    tallies = [] if patient_id else [f"consent_form.{one}" for one in statuses]
    return fetch(LISTING, where, part, tallies=tallies)


def get_form(form_id: UUID) -> Row | None:
    """A form with its wording and evidence; None when it is not there."""
    row = _one(DETAIL, SOURCE, "f", form_id)
    if row is not None and isinstance(row["evidence"], str):
        row["evidence"] = orjson.loads(row["evidence"])
    return row


def list_templates(part: Slice, *, in_use: bool | None = None) -> Page:
    """A page of form templates, newest first; ``in_use`` False lists the retired ones."""
    where = Where()
    where.equal("t.is_active", in_use)
    return fetch(TEMPLATES, where, part)


def get_template(template_id: UUID) -> Row | None:
    """A template; None when it is not there."""
    return _one(TEMPLATES.columns, TEMPLATES.source, "t", template_id)


def _one(columns: dict[str, str], source: str, alias: str, row_id: UUID) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns.values())} FROM {source}"  # noqa: S608 - our own SQL
            f" WHERE {alias}.clinic_id = %s AND {alias}.id = %s",
            [current_clinic_id(), row_id],
        )
        found = cursor.fetchone()
    return None if found is None else dict(zip(columns, found, strict=True))
