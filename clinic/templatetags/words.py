"""The words the portal shows for the codes the system stores.

One table a kind of code, so that a page, a fragment and a toast never disagree. ``tone`` is a
colour of the design system and ``icon`` a symbol of ``static/icons.svg``: a status is always
told by word and shape as well as by colour.
"""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """How a code looks on a page."""

    label: str
    tone: str
    icon: str


STATUSES: dict[str, Word] = {
    # documents
    "uploaded": Word("Received", "neutral", "inbox"),
    "ingesting": Word("Reading", "info", "progress"),
    "ingested": Word("Filed", "ok", "check-circle"),
    "not_ingested": Word("Needs review", "warn", "eye"),
    "approved": Word("Approved", "ok", "check-circle"),
    "rejected": Word("Rejected", "bad", "x-circle"),
    # tasks
    "open": Word("Open", "neutral", "circle"),
    "in_progress": Word("In progress", "info", "progress"),
    "done": Word("Done", "ok", "check-circle"),
    "cancelled": Word("Cancelled", "muted", "minus-circle"),
    # claims
    "pending": Word("Pending", "neutral", "clock"),
    "submitted": Word("Submitted", "info", "send"),
    "received": Word("Received", "info", "inbox"),
    "under_review": Word("Under review", "warn", "eye"),
    "denied": Word("Denied", "bad", "x-circle"),
    "settlement_in_progress": Word("Settling", "info", "progress"),
    "settlement_done": Word("Settled", "ok", "check-circle"),
    # agent runs and calls
    "queued": Word("Queued", "neutral", "clock"),
    "running": Word("Running", "info", "progress"),
    "waiting_input": Word("Waiting for a person", "warn", "eye"),
    "completed": Word("Completed", "ok", "check-circle"),
    "failed": Word("Failed", "bad", "x-circle"),
    "initiated": Word("Initiated", "info", "send"),
    # appointments
    "scheduled": Word("Scheduled", "neutral", "calendar"),
    "checked_in": Word("Checked in", "info", "check-circle"),
    "no_show": Word("No show", "bad", "x-circle"),
    # consent forms
    "to_do": Word("To do", "neutral", "circle"),
    "sent": Word("Sent", "info", "send"),
    "signed": Word("Signed", "ok", "check-circle"),
    "declined": Word("Declined", "bad", "x-circle"),
    "expired": Word("Expired", "warn", "clock"),
    "withdrawn": Word("Withdrawn", "muted", "minus-circle"),
    # patients
    "active": Word("Active", "ok", "check-circle"),
    "inactive": Word("Inactive", "muted", "minus-circle"),
    "archived": Word("Archived", "muted", "minus-circle"),
    "deceased": Word("Deceased", "muted", "minus-circle"),
}

PRIORITIES: dict[str, Word] = {
    "urgent": Word("Urgent", "bad", "priority-urgent"),
    "high": Word("High", "warn", "priority-high"),
    "medium": Word("Medium", "neutral", "priority-medium"),
    "low": Word("Low", "muted", "priority-low"),
}

KINDS: dict[str, str] = {
    "lab": "Lab report",
    "imaging": "Imaging report",
    "medical_history": "Medical history",
    "summary": "Visit summary",
    "consent_form": "Consent form",
    "insurance_card": "Insurance card",
    "claim_form": "Claim form",
    "payer_letter": "Payer letter",
    "other": "Other",
}

SEXES: dict[str, str] = {
    "male": "Male",
    "female": "Female",
    "m": "Male",
    "f": "Female",
    "other": "Other",
    "unknown": "Sex not recorded",
}

FLAGS: dict[str, Word] = {
    "H": Word("High", "bad", "arrow-up"),
    "HH": Word("Critically high", "bad", "arrow-up"),
    "L": Word("Low", "bad", "arrow-down"),
    "LL": Word("Critically low", "bad", "arrow-down"),
    "A": Word("Abnormal", "bad", "alert"),
}

FIELD_LABELS: dict[str, str] = {
    "patient.name": "Name",
    "patient.dob": "Date of birth",
    "patient.sex": "Sex",
    "patient.mrn": "MRN",
    "patient.phone": "Phone",
    "patient.address": "Address",
    "patient.account": "Account",
    "doc.date": "Document date",
    "doc.date_collected": "Collected",
    "doc.date_reported": "Reported",
    "doc.date_service": "Date of service",
    "doc.date_admitted": "Admitted",
    "doc.date_discharged": "Discharged",
    "doc.date_signed": "Signed",
    "doc.due_date": "Due",
    "doc.accession": "Accession no.",
    "provider.author": "Author",
    "provider.ordering": "Ordering provider",
    "provider.rendering": "Rendering provider",
    "provider.billing": "Billing provider",
    "provider.pcp": "Primary care provider",
    "provider.npi": "NPI",
    "facility": "Facility",
    "lab": "Lab result",
    "vital": "Vital sign",
    "diagnosis": "Diagnosis",
    "medication": "Medication",
    "allergy": "Allergy",
    "procedure": "Procedure",
    "immunization": "Immunization",
    "imaging.exam": "Exam",
    "imaging.impression": "Impression",
    "insurance.payer": "Payer",
    "insurance.payer_id": "Payer ID",
    "insurance.plan": "Plan",
    "insurance.member_id": "Member ID",
    "insurance.group": "Group",
    "insurance.subscriber": "Subscriber",
    "insurance.subscriber_dob": "Subscriber born",
    "insurance.effective": "Effective",
    "insurance.rx_bin": "RxBIN",
    "insurance.rx_pcn": "RxPCN",
    "insurance.rx_group": "RxGroup",
    "claim.number": "Claim number",
    "claim.total": "Total",
    "claim.paid": "Paid",
    "claim.denial_code": "Denial code",
    "consent.signed": "Signed",
    "consent.signed_date": "Signed on",
    "emergency.name": "Emergency contact",
    "emergency.phone": "Emergency phone",
}

GROUP_TITLES: dict[str, str] = {
    "patient": "Patient",
    "doc": "Document",
    "lab": "Lab results",
    "vital": "Vital signs",
    "diagnosis": "Problems",
    "medication": "Medications",
    "allergy": "Allergies",
    "procedure": "Procedures",
    "immunization": "Immunizations",
    "imaging": "Imaging",
    "insurance": "Insurance",
    "claim": "Claim",
    "consent": "Consent",
    "emergency": "Emergency contact",
}

WARNINGS: dict[str, str] = {
    "ambiguous_date": "The date can be read two ways; check day and month.",
    "future_date": "This date is in the future.",
    "dates_out_of_order": "This date does not fit the other dates on the page.",
    "total_mismatch": "The lines do not add up to this total.",
    "delta_check": "Far from the last result on file; check the digits.",
    "implausible_value": "This value is outside what is physically plausible.",
    "flag_range_mismatch": "The printed flag does not agree with the reference range.",
    "npi_check_digit": "The check digit does not fit; one character may be misread.",
    "rival_value": "Another value on the page fits this field almost as well.",
    "patient_mismatch": "This differs from the chart.",
    "second_patient": "This belongs to another person named on the pages.",
    "unit_missing": "No unit was found beside the value.",
    "unknown_unit": "The unit is not one the system knows.",
    "unknown_code": "The code is not in the code list.",
    "model_only": "Suggested by the language model from the words marked on the page.",
    "second_reader_disagrees": "A second reading of the same spot gave another value.",
}

RUN_STEPS: dict[str, str] = {
    "open": "Open the file",
    "read": "Read the pages",
    "extract": "Find the facts",
    "settle": "File or ask",
    "review": "A person decides",
    "file": "File what was decided",
    "send": "Send the letter",
}

REASONS: dict[str, str] = {
    "low_confidence": "{what} could not be read with certainty",
    "missing": "{what} was not found on the page",
    "patient_conflict": "The person on the page differs from the chart",
    "no_patient": "No patient on file fits for certain",
    "patient_changed": "It was moved to another chart while it was being read",
    "second_patient": "The pages name more than one patient",
    "blank": "The pages look blank",
    "kind_uncertain": "The kind of document is not certain",
    "kind_mismatch": "It was uploaded as another kind than it reads like",
    "duplicate": "A very similar document is already on file",
    "packet_second_patient": "It was cut out of another patient's packet",
    "amended_report": "It corrects a report that is on file",
    "below_threshold": "It is less certain than the clinic asks for in this kind",
    "shadow_mode": "This kind is in shadow mode: it is measured, not filed by itself",
    "audit": "Picked at random to check the automatic reading",
    "needs_password": "The file is protected by a password",
    "future_date": "A date lies in the future",
    "dates_out_of_order": "The dates on the page contradict each other",
    "total_mismatch": "The lines do not add up to the total",
    "delta_check": "A result is far from the last one on file",
    "implausible_value": "A value is outside what is physically plausible",
    "flag_range_mismatch": "A printed flag does not agree with its range",
    "npi_check_digit": "A provider number has a wrong check digit",
}
