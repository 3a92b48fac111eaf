from __future__ import annotations

from datetime import date

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.decide import decide
from documents.pipeline.extraction.tests.paper import (
    HEAD,
    HERE,
    TODAY,
    Row,
    lab_page,
    page,
    table,
)
from documents.pipeline.extraction.verify import verify
from documents.pipeline.types import ChartFacts

JANE = ChartFacts("p1", "Jane", "Doe", date(1971, 4, 13), sex="female")
GLUCOSE = ["Glucose", "98", "", "mg/dL", "70-99"]


def test_clean_report_of_the_right_patient_is_filed() -> None:
    extraction = verify(extract([lab_page(GLUCOSE)], locale=HERE), JANE, today=TODAY)

    decision = decide(extraction, kind_hint="lab", has_patient=True)

    assert (decision.ingest, decision.reasons, decision.needs_review) == (True, (), ())
    assert decision.confidence >= 0.9
    assert extraction.patient_match["patient_id"] == "p1"


def test_another_patients_chart_blocks_whatever_the_confidence() -> None:
    tom = ChartFacts("p2", "Tom", "Roe", date(1980, 1, 1))
    extraction = verify(extract([lab_page(GLUCOSE)], locale=HERE), tom, today=TODAY)

    decision = decide(extraction, kind_hint="lab", has_patient=True)

    assert not decision.ingest
    assert "patient_conflict" in decision.reasons
    assert extraction.patient_match["disagree"] == ["name", "dob"]


def test_missing_requirement_is_a_confidence_of_zero() -> None:
    rows: list[Row] = [(50, [(40, "Patient: DOE, JANE Q"), (300, "Collected: 10/22/2026")])]
    extraction = extract([page(rows + table(GLUCOSE))], locale=HERE)

    decision = decide(extraction, kind_hint="lab", has_patient=True)

    assert (decision.ingest, decision.confidence) == (False, 0.0)
    assert "missing:patient.dob" in decision.reasons


def test_one_doubtful_result_is_named_for_review() -> None:
    extraction = extract(
        [lab_page(GLUCOSE, ["Sodium", "139", "H", "mmol/L", "134-144"])], locale=HERE
    )

    decision = decide(extraction, kind_hint=None, has_patient=True)

    (doubtful,) = [f for f in extraction.fields if f.label == "Sodium"]
    assert not decision.ingest
    assert "low_confidence:lab" in decision.reasons
    assert decision.needs_review == (doubtful.id,)


def test_blank_page_and_blank_form_have_no_values() -> None:
    form: list[Row] = [
        (30, [(40, "Backline Family Medicine")]),
        (60, [(40, "PATIENT MEDICAL HISTORY FORM")]),
        (90, [(40, "Full name"), (390, "Birth date")]),
        (110, [(40, "Phone"), (390, "Sex")]),
        (140, [(40, "List your medications")]),
        (200, [(40, "Date"), (270, "Signature")]),
        (752, [(40, "Form MH-4 rev. 02/2025"), (535, "Page 1 of 1")]),
    ]
    for paper in (page([]), page(form)):
        extraction = extract([paper], locale=HERE)
        decision = decide(extraction, kind_hint=None, has_patient=True)
        assert extraction.fields == ()
        assert (decision.ingest, decision.reasons) == (False, ("blank",))


def test_second_patient_is_never_filed_silently() -> None:
    other = [(y, [(x, t.replace("DOE, JANE Q", "ROE, TOM").replace("1971", "1955"))
                  for x, t in cells]) for y, cells in HEAD]  # fmt: skip
    pages = [lab_page(GLUCOSE), page(other + table(GLUCOSE), number=2)]

    extraction = extract(pages, locale=HERE)
    decision = decide(extraction, kind_hint="lab", has_patient=True)

    assert [s.pages for s in extraction.segments] == [(1, 1), (2, 2)]
    assert "second_patient" in decision.reasons


def test_drawn_ticks_are_left_to_a_person() -> None:
    form: list[Row] = [
        (40, [(40, "PATIENT MEDICAL HISTORY FORM")]),
        (60, [(40, "Patient: Jane Doe"), (300, "DOB: 04/13/1971")]),
        (90, [(40, "Have you ever had: (check all that apply)")]),
        (104, [(66, "Diabetes"), (198, "Asthma")]),
        (140, [(40, "Medications:")]),
        (154, [(44, "- Lisinopril 10 mg daily")]),
    ]

    extraction = extract([page(form)], locale=HERE)
    decision = decide(extraction, kind_hint="medical_history", has_patient=True)

    assert [f.value for f in extraction.fields if f.name == "diagnosis"] == []
    assert (decision.ingest, decision.reasons) == (False, ("tick_boxes",))


def test_no_patient_and_another_kind_than_said() -> None:
    decision = decide(
        extract([lab_page(GLUCOSE)], locale=HERE), kind_hint="consent_form", has_patient=False
    )

    assert {"no_patient", "kind_mismatch"} <= set(decision.reasons)


def test_future_and_disordered_dates_are_doubted() -> None:
    extraction = verify(extract([lab_page(GLUCOSE)], locale=HERE), None, today=date(2026, 10, 21))

    collected = next(f for f in extraction.fields if f.name == "doc.date_reported")
    assert "future_date" in collected.warnings
    assert collected.confidence < 0.9


def test_implausible_value_and_delta() -> None:
    wild = verify(
        extract([lab_page(["Potassium", "45", "H", "mmol/L", "3.5-5.2"])], locale=HERE),
        None, today=TODAY,
    )  # fmt: skip
    field = next(f for f in wild.fields if f.name == "lab")
    assert "implausible_value" in field.warnings
    assert field.confidence < 0.9

    chart = ChartFacts("p1", "Jane", "Doe", date(1971, 4, 13),
                       earlier_labs=(("2345-7", "mg/dL", 9.8, date(2025, 1, 1)),))  # fmt: skip
    jumped = verify(extract([lab_page(GLUCOSE)], locale=HERE), chart, today=TODAY)
    assert "delta_check" in next(f for f in jumped.fields if f.name == "lab").warnings
