"""What the value of each field must look like."""

from __future__ import annotations

TYPED = {
    "patient.dob": "date",
    "insurance.subscriber_dob": "date",
    "insurance.effective": "date",
    "patient.sex": "sex",
    "patient.mrn": "id",
    "patient.account": "id",
    "doc.accession": "id",
    "patient.phone": "phone",
    "phone": "phone",
    "emergency.phone": "phone",
    "provider.npi": "npi",
    "provider.billing_npi": "npi",
    "insurance.member_id": "id",
    "insurance.group": "id",
    "insurance.payer_id": "id",
    "insurance.rx_bin": "id",
    "insurance.rx_pcn": "id",
    "insurance.rx_group": "id",
    "claim.number": "id",
    "claim.total": "money",
    "claim.paid": "money",
    "claim.denial_code": "codes",
    "patient.name": "name",
    "name": "name",
    "id": "id",
    "provider": "name",
    "insurance.subscriber": "name",
    "emergency.name": "name",
    "patient.address": "address",
    "address": "address",
    "facility": "org",
    "insurance.payer": "org",
    "insurance.plan": "org",
    "imaging.exam": "text",
}


def value_type(field: str) -> str:
    """What a label's value must look like; dates and providers go by their family."""
    if field.startswith("doc."):
        return TYPED.get(field, "date")
    if field.startswith("provider."):
        return TYPED.get(field, "org" if field == "provider.billing" else "name")
    return TYPED.get(field, "text")
