"""Patients over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed, listed_by_skip
from clinic.api.parameters import choice, paging, take_slice, text
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created
from clinic.listing import Row
from clinic.models import Clinic
from patients.actions import UnknownPatient, create_patient, update_patient, view_patient
from patients.api.serializers import (
    NewPatient,
    PatientAnswer,
    PatientChange,
    PatientCreated,
    PatientRow,
)
from patients.models import Patient, PatientStatus
from patients.permissions import may_change_patients, may_create_patients, may_read_patients
from patients.queries import get_patient, list_patients, possible_duplicates, search_patients

TAG = "Patients"
FILTERS = (
    text("q", "Name, MRN, phone, e-mail or date of birth; forgives typing errors, best first."),
    choice("status", PatientStatus, "Only patients of this status."),
    *paging(20),
)


class PatientList(ClinicView):
    """All patients."""

    @endpoint(
        may=may_read_patients,
        tag=TAG,
        name="list_patients",
        summary="List or search patients",
        description="Newest first; with `q` the likeliest first.",
        parameters=FILTERS,
        answers={200: PatientRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        q, part = values.pop("q"), take_slice(values)
        if not q:
            return listed(request, list_patients(part, **values))
        if part.cursor:
            raise ValidationError({"cursor": ["A search is paged with skip."]})
        rows, total = search_patients(q, limit=part.limit, skip=part.skip, **values)
        return listed_by_skip(request, rows, total=total, limit=part.limit, skip=part.skip)

    @endpoint(
        may=may_create_patients,
        tag=TAG,
        name="create_patient",
        summary="Add a patient",
        description="The patient is added in any case; `possible_duplicates` names patients who "
        "may be the same person, with the reasons.",
        takes=NewPatient,
        answers={201: PatientCreated},
        examples=[
            example(
                "John Doe",
                {
                    "first_name": "John",
                    "last_name": "Doe",
                    "dob": "1980-01-15",
                    "gender": "Male",
                    "email": "john.doe@email.com",
                    "phone": "+1-555-1234",
                    "preconditions": ["Hypertension"],
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        values = self.body(NewPatient)
        alike = {
            name: values[name]
            for name in ("first_name", "last_name", "dob", "phone", "email")
            if name in values
        }
        duplicates = possible_duplicates(**alike)
        patient = create_patient(by=self.actor, **values)
        ids: dict[str, Any] = {
            "patient_id": patient.pk,
            "mrn": patient.mrn,
            "possible_duplicates": duplicates,
        }
        return created(f"{patient.name} was added.", ids)


class PatientDetail(ClinicView):
    """One patient."""

    @endpoint(
        may=may_read_patients,
        tag=TAG,
        name="get_patient",
        summary="A patient",
        description="Leaves one line in the audit: who looked at whom.",
        answers={200: PatientAnswer},
        errors=(404,),
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """200."""
        row = view_patient(patient_id=patient_id, by=self.actor)
        return Response(_with_age(row, self.login.clinic))

    @endpoint(
        may=may_change_patients,
        tag=TAG,
        name="change_patient",
        summary="Change a patient's details",
        takes=PatientChange,
        answers={200: PatientAnswer},
        errors=(404,),
        examples=[example("A new phone number", {"phone": "+1 212 555 0123"})],
    )
    def patch(self, request: Request, patient_id: UUID) -> Response:
        """200."""
        values = self.body(PatientChange, partial=True)
        update_patient(patient_id=patient_id, by=self.actor, **values)
        row = get_patient(patient_id)
        if row is None:
            raise UnknownPatient
        return Response(_with_age(row, self.login.clinic))


def _with_age(row: Row, clinic: Clinic) -> Row:
    today = timezone.localdate(timezone=clinic.tzinfo)
    return row | {"age": Patient(dob=row["dob"]).age_on(today)}
