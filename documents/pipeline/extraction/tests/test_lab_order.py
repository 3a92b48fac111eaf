"""Results whose pieces stand in an order of their own: range, flag or value before the name."""

from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HEAD, HERE, Row, page
from documents.pipeline.types import Field


def labs(rows: list[Row]) -> list[Field]:
    return [f for f in extract([page(HEAD + rows)], locale=HERE).fields if f.name == "lab"]


def named(rows: list[Row]) -> dict[str | None, Field]:
    return {f.label: f for f in labs(rows)}


def test_range_before_the_result() -> None:
    found = named([
        (100, [(40, "Glucose"), (120, "65–99 mg/dL"), (200, "106 H")]),
        (113, [(40, "Triglycerides"), (120, "mg/dL"), (160, "<150"), (200, "104")]),
        (126, [(40, "HDL Cholesterol"), (120, "mg/dL"), (160, ">40"), (190, "L*"), (210, "33")]),
        (139, [(40, "Potassium"), (120, "3.5 - 5.2"), (200, "4.7 mmol/L")]),
    ])  # fmt: skip

    assert {name: f.value for name, f in found.items()} == {
        "Glucose": "106", "Triglycerides": "104", "HDL Cholesterol": "33", "Potassium": "4.7",
    }  # fmt: skip
    assert found["Triglycerides"].ref_range == {"raw": "<150", "low": None, "high": 150.0}
    assert (found["HDL Cholesterol"].flag or {})["normalized"] == "L"


def test_dates_of_columns_that_go_on_in_the_next_line() -> None:
    extraction = extract([page([
        (30, [(40, "Northgate Clinical Laboratory")]),
        (50, [(40, "Patient: DOE, JANE Q"), (300, "Date of Birth: 04/13/1971")]),
        (100, [(40, "Test"), (140, "Units"), (220, "2025-"), (290, "2026-"), (360, "Reference")]),
        (112, [(220, "12-24"), (290, "05-26")]),
        (128, [(40, "Glucose"), (140, "mg/dL"), (220, "94"), (290, "106"), (360, "65-99")]),
        (141, [(40, "BUN"), (140, "mg/dL"), (220, "12"), (290, "15"), (360, "6-24")]),
    ])], locale=HERE)  # fmt: skip

    assert {(f.label, f.value, f.effective_date) for f in extraction.fields if f.name == "lab"} == {
        ("Glucose", "94", "2025-12-24"), ("Glucose", "106", "2026-05-26"),
        ("BUN", "12", "2025-12-24"), ("BUN", "15", "2026-05-26"),
    }  # fmt: skip


def test_result_under_its_name_with_the_range_first() -> None:
    found = named([
        (100, [(40, "Potassium")]),
        (110, [(40, "Valeurs de référence: 3,5–5,0"), (220, "3,8 mmol/L")]),
        (126, [(40, "Sodium (mmol/L)")]), (136, [(40, "143 [136 - 145]")]),
        (152, [(40, "Glycémie à jeun")]), (162, [(40, "g/L 0,70 - 1,10 0,75")]),
    ])  # fmt: skip

    assert {(n, f.value, f.unit) for n, f in found.items()} == {
        ("Potassium", "3,8", "mmol/L"), ("Sodium", "143", "mmol/L"),
        ("Glycémie à jeun", "0,75", "g/L"),
    }  # fmt: skip


def test_names_of_results_side_by_side_go_on_below_each() -> None:
    titles = [(40, "Analyte"), (130, "Units"), (180, "Result"), (230, "Reference")]
    found = named([
        (100, [*titles, *((x + 270, t) for x, t in titles)]),
        (120, [(40, "LDL"), (130, "mg/dL"), (180, "36"), (230, "0 - 99"),
               (310, "Vitamin D,"), (400, "ng/mL"), (450, "59.2"), (500, "30 - 100")]),
        (130, [(40, "Cholesterol"), (310, "25-Hydroxy")]),
    ])  # fmt: skip

    assert {name: f.value for name, f in found.items()} == {
        "LDL Cholesterol": "36", "Vitamin D, 25-Hydroxy": "59.2",
    }  # fmt: skip


def test_newest_column_is_the_day_of_collection_and_never_sure() -> None:
    rows: list[Row] = [
        (30, [(40, "Northgate Clinical Laboratory")]),
        (50, [(40, "Patient: DOE, JANE Q"), (300, "Date of Birth: 04/13/1971")]),
        (100, [(40, "Test"), (140, "Units"), (220, "March"), (290, "June"), (360, "Reference")]),
        (112, [(220, "30,"), (290, "09,")]),
        (124, [(220, "2026"), (290, "2026")]),
        (140, [(40, "Glucose"), (140, "mg/dL"), (220, "94"), (290, "106"), (360, "65-99")]),
        (153, [(40, "BUN"), (140, "mg/dL"), (220, "12"), (290, "15"), (360, "6-24")]),
    ]
    fields = extract([page(rows)], locale=HERE).fields
    (collected,) = (f for f in fields if f.name == "doc.date_collected")

    assert collected.value == "2026-06-09"
    assert collected.confidence < 0.9
    assert {f.effective_date for f in fields if f.name == "lab"} == {"2026-03-30", "2026-06-09"}


def test_result_before_its_name_without_a_header() -> None:
    found = named([
        (100, [(40, "164"), (90, "Total Cholesterol"), (190, "mg/dL"), (225, "100 to 199")]),
        (113, [(40, "H 176"), (90, "Triglycerides"), (190, "mg/dL"), (225, "<150")]),
    ])  # fmt: skip

    assert {name: f.value for name, f in found.items()} == {
        "Total Cholesterol": "164", "Triglycerides": "176",
    }  # fmt: skip
    assert (found["Triglycerides"].flag or {})["normalized"] == "H"


def test_flag_in_a_column_without_a_title_behind_the_names() -> None:
    found = named([
        (100, [(40, "Name"), (300, "Reference Range"), (480, "Results")]),
        (113, [(40, "Glucose (mg/dL)"), (250, "Low"), (300, "65–99"), (480, "61")]),
        (126, [(40, "Chloride (mmol/L)"), (300, "96–106"), (480, "101")]),
    ])  # fmt: skip

    assert {(n, f.value, f.unit) for n, f in found.items()} == {
        ("Glucose", "61", "mg/dL"), ("Chloride", "101", "mmol/L"),
    }  # fmt: skip
    assert (found["Glucose"].flag or {})["normalized"] == "L"


def test_range_in_brackets_behind_the_result_in_its_column() -> None:
    found = named([
        (100, [(40, "Test Name"), (340, "Value"), (480, "Abn")]),
        (113, [(40, "Hemoglobin (g/dL)"), (340, "15.0 [11.1-17.7]")]),
        (126, [(40, "hs-CRP (mg/L)"), (340, "3.75 [<3.00]"), (480, "H")]),
    ])  # fmt: skip

    assert {(n, f.value, (f.ref_range or {})["high"]) for n, f in found.items()} == {
        ("Hemoglobin", "15.0", 17.7), ("hs-CRP", "3.75", 3.0),
    }  # fmt: skip
