"""A chart with results that have their places on a paper."""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

from appointments.models import Appointment
from claims.models import Claim
from consents.models import ConsentForm
from documents.models import Document
from patients.models import AllergyIntolerance, LabResult, MedicationStatement, Patient
from tasks.models import Task

LINK = re.compile(r"\[[^\]]*\]\((/documents/[0-9a-f-]+\?field=\w+&page=\d+)\)")


def paper(patient: Patient | None = None, **fields) -> Document:
    return Document.objects.create(
        patient=patient, kind="lab", status="approved", name="lab.pdf", storage_name=str(uuid4()),
        mime="application/pdf", size=1, sha256="0" * 64, **fields,
    )  # fmt: skip


def result(patient: Patient, document: Document, name: str, value: float, day: date, **more):
    return LabResult.objects.create(
        patient=patient, name=name, value=str(value), value_num=value, unit="mg/dL",
        effective_date=day, source_document_id=document.pk, source_field="f7", page=2,
        box=[0.1, 0.2, 0.3, 0.4], excerpt=name, **more,
    )  # fmt: skip


def make_maria(alice) -> Patient:
    with alice.at_work():
        patient = Patient.objects.create(
            mrn="1001", first_name="Maria", last_name="Garcia", dob=date(1945, 7, 14),
            email="maria@example.org", phone="555-0142",
        )  # fmt: skip
        scan = paper(patient)
        result(patient, scan, "LDL cholesterol", 148, date(2025, 3, 4), flag="H", range_high=100.0)
        result(patient, scan, "LDL cholesterol", 162, date(2024, 3, 4), flag="H", range_high=100.0)
        result(patient, scan, "Potassium", 4, date(2025, 3, 4), range_low=3.5, range_high=5.1)
        MedicationStatement.objects.create(
            patient=patient, name="Metformin", dosage="500 mg", source_document_id=scan.pk,
            source_field="f9", page=1, box=[0.1, 0.1, 0.2, 0.2],
        )  # fmt: skip
        AllergyIntolerance.objects.create(patient=patient, name="Penicillin", reaction="rash")
    return patient


def snapshot() -> list[object]:
    models = (Task, Appointment, Claim, Patient, Document, ConsentForm)
    return [list(model.objects.order_by("pk").values()) for model in models]
