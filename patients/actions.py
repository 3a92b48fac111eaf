"""What changes patients, and the one read that leaves a trace: looking at a patient."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.listing import Row
from clinic.looking import audit_look
from clinic.numbers import next_number
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Missing
from patients.charting import patient_event
from patients.models import Gender, Patient, PatientStatus
from patients.queries import get_patient

CHANGEABLE = frozenset(
    {
        "first_name",
        "last_name",
        "dob",
        "gender",
        "email",
        "phone",
        "address",
        "preconditions",
        "profile_image",
        "status",
    }
)


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class NumberTaken(Conflict):
    """Another patient has this medical record number."""

    code = "mrn_taken"
    sentence = "Another patient has this medical record number."


def create_patient(
    *,
    by: Actor,
    last_name: str,
    first_name: str = "",
    dob: date | None = None,
    gender: str = Gender.UNKNOWN,
    email: str = "",
    phone: str = "",
    address: dict[str, Any] | None = None,
    preconditions: list[str] | None = None,
    profile_image: str = "",
    mrn: str | None = None,
) -> Patient:
    """Adds a patient; without an MRN they get the clinic's next one.

    Raises:
        NumberTaken: for an MRN that another patient has.
    """
    patient = Patient(
        first_name=first_name,
        last_name=last_name,
        dob=dob,
        gender=gender,
        email=email,
        phone=phone,
        address=address or {},
        preconditions=preconditions or [],
        profile_image=profile_image,
    )
    if mrn or connection.in_atomic_block:
        with change(by=by) as record:
            _insert(patient, mrn)
            _tell(patient, record)
        return patient
    while True:
        patient.mrn = str(next_number("mrn"))
        try:
            with change(by=by) as record:
                record.insert(patient)
                _tell(patient, record)
        except IntegrityError as error:
            # Given by hand before: then the one after it.
            if "patient_mrn_once" not in str(error):
                raise
        else:
            return patient


def _tell(patient: Patient, record: Record) -> None:
    record.event("patient", "insert", patient_event(patient))
    record.audit("patient.create", patient, patient_id=patient.pk)


def update_patient(*, patient_id: UUID, by: Actor, **fields: Any) -> Patient:
    """Changes a patient's details (``CHANGEABLE``).

    Raises:
        UnknownPatient: see there.
        TypeError: for a field that is none of them.
    """
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"Not a field to change: {', '.join(sorted(unknown))}")
    with change(by=by) as record:
        patient = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        changed = sorted(name for name, value in fields.items() if getattr(patient, name) != value)
        for name in changed:
            setattr(patient, name, fields[name])
        if changed:
            patient.updated_at = timezone.now()
            patient.save(update_fields=[*changed, "updated_at"])
            record.event("patient", "update", patient_event(patient))
            record.audit(
                "patient.change", patient, patient_id=patient.pk, detail={"fields": changed}
            )
    return patient


def deactivate_patient(*, patient_id: UUID, by: Actor) -> Patient:
    """Marks a patient as no longer treated here.

    Raises:
        UnknownPatient: see there.
    """
    return update_patient(patient_id=patient_id, by=by, status=PatientStatus.INACTIVE)


def view_patient(*, patient_id: UUID, by: Actor) -> Row:
    """Everything about one patient but the chart, with one audit line for having looked.

    Raises:
        UnknownPatient: see there; that leaves no line.
    """
    row = get_patient(patient_id)
    if row is None:
        raise UnknownPatient
    audit_look("patient.view", Patient(pk=patient_id), by=by, patient_id=patient_id)
    return row


def _insert(patient: Patient, mrn: str | None) -> None:
    """The clinic's next number may have been given by hand before: then the one after it."""
    while True:
        patient.mrn = mrn or str(next_number("mrn"))
        try:
            with transaction.atomic():
                patient.save(force_insert=True)
        except IntegrityError as error:
            if "patient_mrn_once" not in str(error):
                raise
            if mrn:
                raise NumberTaken from error
        else:
            return
