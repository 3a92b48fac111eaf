"""The chart as the patient's page shows it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients.models import (
    AllergyIntolerance,
    Condition,
    Coverage,
    LabResult,
    MedicationStatement,
    Patient,
    VitalSign,
)
from patients.queries import chart

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(in_clinic):
    return Patient.objects.create(mrn="1", first_name="Ana", last_name="Lima")


def lab(patient, value, day, **fields):
    return LabResult.objects.create(
        **{
            "patient": patient,
            "name": "LDL cholesterol",
            "code": "13457-7",
            "value": str(value),
            "value_num": value,
            "unit": "mg/dL",
            "effective_date": date(2026, 1, day),
            **fields,
        }
    )


def test_an_empty_chart_knows_no_allergies(patient):
    empty = chart(patient.pk)
    assert (empty.labs, empty.allergies, empty.allergies_known) == ([], [], False)


def test_labs_are_one_row_a_test_with_the_trend_in_its_unit(patient):
    lab(patient, 130, 3, flag="H", range_text="0-99", range_low=0, range_high=99)
    lab(patient, 120, 1)
    lab(patient, 3.1, 2, unit="mmol/L")
    lab(patient, 500, 2, comparator=">")
    lab(patient, 999, 4, is_current=False)
    lab(patient, 5.4, 1, name="HbA1c", code="4548-4", unit="%")
    found = chart(patient.pk).labs
    assert [one.label for one in found] == ["LDL cholesterol", "HbA1c"]
    latest = found[0]
    assert (latest.value, latest.flag, latest.range) == ("130", "H", "0-99")
    assert (latest.low, latest.high) == (0, 99)
    assert [(p.date.day, p.value) for p in latest.points] == [(1, 120), (3, 130)]


def test_the_latest_of_each_vital_sign_is_shown(patient):
    for name, value, day in (("Weight", "70", 1), ("weight", "71", 2), ("Pulse", "60", 1)):
        VitalSign.objects.create(
            patient=patient, name=name, value=value, effective_date=date(2026, 1, day)
        )
    assert [(v.label, v.value) for v in chart(patient.pk).vitals] == [
        ("weight", "71"),
        ("Pulse", "60"),
    ]


def test_no_known_allergies_is_not_the_same_as_never_asked(patient):
    AllergyIntolerance.objects.create(patient=patient, name="Known allergies", negated=True)
    found = chart(patient.pk)
    assert (found.allergies, found.allergies_known) == ([], True)


def test_what_a_paper_rules_out_is_no_problem(patient):
    Condition.objects.create(patient=patient, name="Diabetes", negated=True)
    Condition.objects.create(patient=patient, name="Hypertension", code="I10")
    assert [(one.label, one.code) for one in chart(patient.pk).problems] == [
        ("Hypertension", "I10")
    ]


def test_every_entry_tells_its_source_and_who_accepted_it(patient, alice):
    from documents.models import Document

    paper = Document.objects.create(
        patient=patient,
        kind="lab",
        name="a.pdf",
        storage_name="a",
        mime="application/pdf",
        size=1,
        sha256="x",
    )
    lab(
        patient,
        130,
        1,
        source_document_id=paper.pk,
        source_field="f1",
        page=2,
        box=[0.1, 0.2, 0.3, 0.4],
        accepted_by=alice.user,
        accepted_label="Alice Adams",
    )
    MedicationStatement.objects.create(
        patient=patient,
        name="Metformin",
        dosage="500 mg",
        source_document_id=paper.pk,
        source_field="f2",
        page=1,
        accepted_label="document_extraction",
    )
    Coverage.objects.create(patient=patient, payer="Aetna", member_id="W1")
    found = chart(patient.pk)
    source = found.labs[0].source
    assert (source.document_id, source.field_id, source.page) == (paper.pk, "f1", 2)
    assert (source.kind, source.accepted_by) == ("lab", "Alice Adams")
    assert found.medications[0].source.accepted_by == ""
    assert found.insurance[0].source is None


def test_the_number_of_queries_does_not_grow(patient):
    def entries(number):
        for n in range(number):
            lab(patient, n, 1 + n % 28)
            VitalSign.objects.create(patient=patient, name=f"v{n}", value="1")
            Condition.objects.create(patient=patient, name=f"c{n}")

    entries(1)
    with CaptureQueriesContext(connection) as one:
        chart(patient.pk)
    entries(100)
    with CaptureQueriesContext(connection) as many:
        chart(patient.pk)
    assert len(one) == len(many) == 1
