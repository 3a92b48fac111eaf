from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HEAD, HERE, Row, lab_page, page, table
from documents.pipeline.types import Field

GLUCOSE = ["Glucose", "98", "", "mg/dL", "70-99"]


def labs(rows: list[Row]) -> list[Field]:
    return [f for f in extract([page(HEAD + rows)], locale=HERE).fields if f.name == "lab"]


def one(rows: list[Row]) -> Field:
    (field,) = labs(rows)
    return field


def test_row_under_header_has_every_part() -> None:
    field = one(table(["LDL Chol Calc (NIH)", "147", "High", "mg/dL", "0-99"]))

    assert (field.label, field.value, field.value_num) == ("LDL Chol Calc (NIH)", "147", 147.0)
    assert (field.unit, field.unit_ucum) == ("mg/dL", "mg/dL")
    assert field.ref_range == {"raw": "0-99", "low": 0.0, "high": 99.0}
    assert field.flag == {"raw": "High", "normalized": "H", "derived": "H"}
    assert field.code is not None
    assert field.code["code"] == "13457-7"
    assert field.effective_date == "2026-10-22"
    assert field.confidence >= 0.95
    assert field.excerpt == "LDL Chol Calc (NIH) 147 High mg/dL 0-99"


def test_flag_against_range_is_doubtful() -> None:
    field = one(table(["Glucose", "98", "H", "mg/dL", "70-99"]))

    assert field.warnings == ("flag_range_mismatch",)
    assert field.confidence < 0.9


@pytest.mark.parametrize(
    ("cells", "value", "unit", "low", "high", "flag"),
    [
        (["Glucose", "98H", "", "mg/dL", "70-90"], "98", "mg/dL", 70.0, 90.0, "H"),
        (["Glucose", "98", "*", "mg/dL", "70-90"], "98", "mg/dL", 70.0, 90.0, "A"),
        (["Glucose", "98 (H)", "", "mg/dL", "70 - 90"], "98", "mg/dL", 70.0, 90.0, "H"),
        (["eGFR", ">59", "", "mL/min/1.73", ">59"], ">59", "mL/min/1.73", 59.0, None, None),
        (["Glucose", "98", "", "", "70-99mg/dL"], "98", "mg/dL", 70.0, 99.0, None),
        (["WBC", "6.2", "", "x10E3/uL", "3.4-10.8"], "6.2", "x10E3/uL", 3.4, 10.8, None),
        (["Platelets", "1,250", "Critical High", "K/uL", "150-450"], "1,250", "K/uL", 150.0,
         450.0, "HH"),
    ],
)  # fmt: skip
def test_values_flags_and_ranges(
    cells: list[str], value: str, unit: str, low: float, high: float | None, flag: str | None
) -> None:
    field = one(table(cells))

    assert (field.value, field.unit) == (value, unit)
    assert field.ref_range is not None
    assert (field.ref_range["low"], field.ref_range["high"]) == (low, high)
    assert (field.flag or {}).get("normalized") == flag


def test_qualitative_result() -> None:
    field = one(table(["HIV Screen 4th Generation wRfx", "Non Reactive", "", "", "Non Reactive"]))

    assert (field.value, field.value_type, field.value_num) == ("Non Reactive", "qualitative", None)


def test_comments_with_numbers_are_no_results() -> None:
    rows = table(GLUCOSE)
    rows.append((140, [(40, "Comment: A result of 126 mg/dL or higher on two tests is diabetes.")]))
    rows.append((152, [(40, "Prediabetes: 5.7 - 6.4 Diabetes: >6.4")]))
    rows.append((164, [(40, "Call (217) 555-0100 with questions. Page 1 of 2")]))

    assert [f.label for f in labs(rows)] == ["Glucose"]


def test_pending_result_is_no_result() -> None:
    assert labs(table(["Glucose", "Pending", "", "mg/dL", "70-99"])) == []


def test_wrapped_name_and_range_below() -> None:
    rows = table(["Albumin/Creatinine Ratio,", "39", "High", "mg/g", ""])
    rows.append((124, [(40, "Urine")]))
    rows.append((135, [(40, "Ref: 0 - 29 mg/g")]))

    field = one(rows)

    assert field.label == "Albumin/Creatinine Ratio, Urine"
    assert field.ref_range == {"raw": "0 - 29", "low": 0.0, "high": 29.0}


def test_in_range_and_out_of_range_columns() -> None:
    titles = ["Test Name", "In Range", "Out Of Range", "", "Reference Range"]
    rows = table(["Sodium", "139", "", "", "134-144 mmol/L"], titles=titles)
    rows.append((126, [(40, "Ferritin"), (290, "200 H"), (420, "15-150 ng/mL")]))

    sodium, ferritin = labs(rows)

    assert (sodium.value, sodium.unit, (sodium.flag or {}).get("normalized")) == (
        "139", "mmol/L", None)  # fmt: skip
    assert (ferritin.value, ferritin.unit, (ferritin.flag or {})["normalized"]) == (
        "200", "ng/mL", "H")  # fmt: skip


def test_two_dated_columns_give_two_dated_results() -> None:
    rows: list[Row] = [
        (100, [(40, "Test"), (200, "10/22/2026"), (290, "05/01/2026"), (380, "Units"),
               (450, "Reference Range")]),
        (113, [(40, "Creatinine"), (200, "1.42 H"), (290, "1.10"), (380, "mg/dL"),
               (450, "0.76-1.27")]),
    ]  # fmt: skip

    found = labs(rows)

    assert [(f.value, f.effective_date, (f.flag or {}).get("normalized")) for f in found] == [
        ("1.42", "2026-10-22", "H"), ("1.10", "2026-05-01", None)]  # fmt: skip


def test_previous_result_column_is_left_alone() -> None:
    titles = ["Test", "Current Result", "Previous Result", "Units", "Reference"]
    assert [f.value for f in labs(table(["Glucose", "98", "92", "mg/dL", "70-99"], titles=titles))
            ] == ["98"]  # fmt: skip


def test_decimal_comma_of_the_page() -> None:
    titles = ["Untersuchung", "Ergebnis", "", "Einheit", "Referenzbereich"]
    rows = table(
        ["Kalium", "5,4 +", "", "mmol/l", "3,5 - 5,1"],
        ["Kreatinin", "1,07", "", "mg/dl", "0,67 - 1,17"],
        titles=titles,
    )

    kalium, _ = labs(rows)

    assert (kalium.value, kalium.value_num) == ("5,4", 5.4)
    assert kalium.flag == {"raw": "+", "normalized": "H", "derived": "H"}


@pytest.mark.parametrize(
    "text",
    [
        "Glucose ......... 98 mg/dL (70-99)",
        "Glucose: 98 mg/dL (Ref: 70-99)",
        "Glucose (mg/dL) 98 [70-99]",
    ],
)
def test_rows_without_a_header(text: str) -> None:
    field = one([(100, [(40, text)]), (113, [(40, "Sodium: 139 mmol/L (Ref: 134-144)")])][:1])

    assert (field.value, field.unit, field.label) == ("98", "mg/dL", "Glucose")


def test_blocks_of_a_portal() -> None:
    rows: list[Row] = []
    for index, (name, value, unit, limits) in enumerate(
        [("Glucose", "98", "mg/dL", "70-99"), ("Sodium", "139", "mmol/L", "134-144")]
    ):
        y = 100.0 + 50 * index
        rows += [(y, [(40, name)]), (y + 13, [(50, "Your value"), (250, "Normal range")]),
                 (y + 25, [(50, f"{value} {unit}"), (250, f"{limits} {unit}")])]  # fmt: skip

    assert [(f.label, f.value, f.unit) for f in labs(rows)] == [
        ("Glucose", "98", "mg/dL"), ("Sodium", "139", "mmol/L")]  # fmt: skip


def test_block_with_its_range_before_the_value() -> None:
    rows: list[Row] = [
        (100, [(40, "Creatinine")]),
        (112, [(40, "Normal range: 0.76 - 1.27 mg/dL")]),
        (126, [(60, "1.42"), (120, "H")]),
    ]

    field = one(rows)

    assert (field.value, field.unit, (field.flag or {})["normalized"]) == ("1.42", "mg/dL", "H")
    assert field.ref_range == {"raw": "0.76 - 1.27", "low": 0.76, "high": 1.27}


def test_rows_that_converge_in_a_photo_keep_their_values() -> None:
    names = [
        "Sodium", "Potassium", "Chloride", "Calcium", "Albumin", "Glucose", "AST", "ALT",
        "Creatinine", "Ferritin", "Magnesium", "Phosphorus", "Triglycerides", "Hemoglobin",
    ]  # fmt: skip
    rows = [[name, str(100 + at), "", "mmol/L", "50-300"] for at, name in enumerate(names)]

    for converging in (-0.15, 0.12):
        photo = lab_page(*rows, score=0.98, skew=-0.03, converging=converging)
        fields = extract([photo], locale=HERE).fields
        read = {f.label: f.value for f in fields if f.name == "lab"}
        assert read == {row[0]: row[1] for row in rows}


def test_skewed_ocr_page_reads_the_same() -> None:
    rows = [GLUCOSE, ["Sodium", "139", "", "mmol/L", "134-144"],
            ["Ferritin", "200", "H", "ng/mL", "15-150"]]  # fmt: skip
    fields = extract([lab_page(*rows, score=0.98, skew=0.03)], locale=HERE).fields

    assert [(f.label, f.value, f.unit) for f in fields if f.name == "lab"] == [
        ("Glucose", "98", "mg/dL"), ("Sodium", "139", "mmol/L"), ("Ferritin", "200", "ng/mL")
    ]  # fmt: skip


def test_low_engine_score_is_below_the_threshold() -> None:
    fields = extract([lab_page(GLUCOSE, score=0.8)], locale=HERE).fields

    assert fields
    assert all(f.confidence < 0.9 for f in fields)
