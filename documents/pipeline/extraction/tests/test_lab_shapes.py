"""Results that stand in no plain table: tests as columns, sentences, runs, names that wrap."""

from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HEAD, HERE, Row, page, table
from documents.pipeline.types import Field

Short = tuple[str | None, str | None, str | None]


def labs(rows: list[Row]) -> list[Field]:
    return [f for f in extract([page(HEAD + rows)], locale=HERE).fields if f.name == "lab"]


def short(fields: list[Field]) -> list[Short]:
    return [(f.label, f.value, f.unit) for f in fields]


def in_columns(y: float, *texts: str) -> Row:
    return (y, [(40.0 + 110 * i, text) for i, text in enumerate(texts) if text])


def test_tests_as_columns_take_units_and_ranges_from_the_rows_below() -> None:
    found = labs(
        [
            in_columns(100, "", "Sodium", "Potassium", "Creatinine"),
            in_columns(113, "Result", "139", "5.4 H", "0.84"),
            in_columns(126, "Units", "mmol/L", "mmol/L", "mg/dL"),
            in_columns(139, "Reference", "136-145", "3.5-5.1", "0.60-1.20"),
        ]
    )

    assert short(found) == [
        ("Sodium", "139", "mmol/L"),
        ("Potassium", "5.4", "mmol/L"),
        ("Creatinine", "0.84", "mg/dL"),
    ]
    assert [f.ref_range and f.ref_range["raw"] for f in found] == [
        "136-145", "3.5-5.1", "0.60-1.20",
    ]  # fmt: skip
    assert [f.flag and f.flag["normalized"] for f in found] == [None, "H", None]


def test_units_behind_the_names_of_columns() -> None:
    found = labs(
        [
            in_columns(100, "WBC (K/uL)", "Hemoglobin (g/dL)", "HCT (%)"),
            in_columns(113, "7.1", "13.1", "39.2"),
            in_columns(126, "4.0-11.0", "12.0-15.5", "36-46"),
        ]
    )

    assert short(found) == [
        ("WBC", "7.1", "K/uL"), ("Hemoglobin", "13.1", "g/dL"), ("HCT", "39.2", "%"),
    ]  # fmt: skip


def test_rows_of_units_and_goals_over_the_days_are_no_results() -> None:
    found = labs(
        [
            in_columns(100, "Collected", "Cholesterol", "Triglycerides", "Glucose"),
            in_columns(113, "Units", "mg/dL", "mg/dL", "mg/dL"),
            in_columns(126, "Goal", "<200", "<150", "<100"),
            in_columns(139, "06/02/2026", "212", "130", "97"),
        ]
    )

    assert [(f.label, f.value, f.ref_range and f.ref_range["raw"]) for f in found] == [
        ("Cholesterol", "212", "<200"), ("Triglycerides", "130", "<150"), ("Glucose", "97", "<100"),
    ]  # fmt: skip


def test_one_sided_limits_among_ranges_are_no_results() -> None:
    found = labs(
        [
            in_columns(100, "Cholesterol (mg/dL)", "Triglycerides (mg/dL)", "HDL (mg/dL)"),
            in_columns(113, "128", "<30", "43"),
            in_columns(126, "100-199", "<150", ">40"),
        ]
    )

    assert [(f.value, f.ref_range and f.ref_range["raw"]) for f in found] == [
        ("128", "100-199"), ("<30", "<150"), ("43", ">40"),
    ]  # fmt: skip


def test_range_and_name_broken_over_two_lines_of_a_slip() -> None:
    found = labs(
        [
            (100, [(40, "Creatinine"), (140, "0.94"), (190, "mg/dL"), (260, "0.57-")]),
            (110, [(260, "1.27")]),
            (125, [(40, "eGFR (CKD-EPI"), (140, "94"), (190, "mL/min/1.73m2"), (260, ">59")]),
            (135, [(40, "2021)")]),
            (150, [(40, "Sodium"), (140, "137"), (190, "mmol/L"), (260, "134-144")]),
        ]
    )

    assert [(f.label, f.value, f.ref_range and f.ref_range["raw"]) for f in found] == [
        ("Creatinine", "0.94", "0.57-1.27"),
        ("eGFR (CKD-EPI 2021)", "94", ">59"),
        ("Sodium", "137", "134-144"),
    ]


def test_signs_behind_a_value_are_an_analysers_flags() -> None:
    found = labs(
        table(
            ["RBC", "5.91+", "", "10^6/uL", "3.80-5.80"],
            ["MCV", "69.4-", "", "fL", "80.0-99.0"],
            ["MCH", "28.1", "", "pg", "27.0-33.0"],
        )
    )

    assert [(f.value, f.flag and f.flag["normalized"]) for f in found] == [
        ("5.91", "H"), ("69.4", "L"), ("28.1", None),
    ]  # fmt: skip


def test_rows_of_days_under_tests_are_dated_each() -> None:
    found = labs(
        [
            in_columns(100, "Date", "Sodium", "Potassium", "Chloride"),
            in_columns(113, "02/03/2026", "137", "4.9", "101"),
            in_columns(126, "06/11/2026", "139", "5.4", "102"),
            in_columns(139, "Units", "mmol/L", "mmol/L", "mmol/L"),
        ]
    )

    sodium = [(f.value, f.effective_date) for f in found if f.label == "Sodium"]
    assert sodium == [("137", "2026-02-03"), ("139", "2026-06-11")]
    assert len(found) == 6


def test_result_before_its_name() -> None:
    titles = ["RESULT", "UNITS", "FLAG", "TEST", "EXPECTED"]
    (found,) = labs(table(["5.4", "mmol/L", "H", "Potassium", "3.5-5.1"], titles=titles))

    assert (found.label, found.value, found.unit) == ("Potassium", "5.4", "mmol/L")
    assert found.flag == {"raw": "H", "normalized": "H", "derived": "H"}


def test_flag_left_of_the_name() -> None:
    titles = ["", "Test", "Result", "Units", "Reference"]
    (found,) = labs(table(["L", "Calcium", "8.2", "mg/dL", "8.5-10.2"], titles=titles))

    assert found.label == "Calcium"
    assert found.flag is not None
    assert (found.flag["raw"], found.flag["normalized"]) == ("L", "L")


def test_sentences_give_value_unit_range_and_flag() -> None:
    found = labs(
        [
            (100, [(40, "Your glucose was 118 mg/dL (normal range 70-99), which is high.")]),
            (112, [(40, "Creatinine was normal at 0.9 mg/dL")]),
            (124, [(40, "(range 0.6-1.2). Your goal LDL cholesterol is 70 mg/dL.")]),
        ]
    )  # fmt: skip

    assert short(found) == [("glucose", "118", "mg/dL"), ("Creatinine", "0.9", "mg/dL")]
    assert found[0].ref_range == {"raw": "70-99", "low": 70.0, "high": 99.0}
    assert [f.flag and f.flag["normalized"] for f in found] == ["H", None]


def test_numbers_of_prose_are_no_results() -> None:
    text = "Take calcium 500 mg daily and vitamin D 2000 units. Call if glucose is over 300 mg/dL."

    assert labs([(100, [(40, text)])]) == []


def test_run_of_results_in_a_line() -> None:
    found = labs([(100, [(40, "CBC: WBC 7.2 K/uL, Hgb 13.5 g/dL, Hct 40.1%, Plt 250 K/uL")])])

    assert short(found) == [
        ("WBC", "7.2", "K/uL"), ("Hgb", "13.5", "g/dL"), ("Hct", "40.1", "%"),
        ("Plt", "250", "K/uL"),
    ]  # fmt: skip


def test_name_that_wraps_closely_is_joined_and_the_next_row_is_not() -> None:
    rows: list[Row] = [
        *table(),
        (120, [(40, "Iron Binding"), (220, "221"), (340, "ug/dL"), (420, "131-425")]),
        (131, [(40, "Capacity,")]),
        (142, [(40, "Unsaturated")]),
        (160, [(40, "Vitamin B12"), (220, "310"), (340, "pg/mL"), (420, "232-1245")]),
    ]

    assert short(labs(rows)) == [
        ("Iron Binding Capacity, Unsaturated", "221", "ug/dL"),
        ("Vitamin B12", "310", "pg/mL"),
    ]


def test_panels_side_by_side_without_headers_stay_apart() -> None:
    found = labs(
        [
            (100, [(40, "Sodium"), (110, "139"), (150, "mmol/L"), (200, "[136-145]"),
                   (310, "WBC"), (380, "6.9"), (420, "K/uL"), (480, "[4.0-11.0]")]),
            (113, [(40, "Calcium"), (110, "8.2 (L)"), (150, "mg/dL"), (200, "[8.5-10.2]"),
                   (310, "Hematocrit"), (380, "34.0"), (420, "%"), (480, "[36.0-46.0]")]),
        ]
    )  # fmt: skip

    assert sorted(short(found)) == [
        ("Calcium", "8.2", "mg/dL"), ("Hematocrit", "34.0", "%"), ("Sodium", "139", "mmol/L"),
        ("WBC", "6.9", "K/uL"),
    ]  # fmt: skip
    assert {f.label: f.flag["normalized"] for f in found if f.flag and f.flag["raw"]} == {
        "Calcium": "L"
    }


def test_words_for_out_of_range_are_flags() -> None:
    (found,) = labs(table(["Calcium", "8.2", "Below range", "mg/dL", "8.5-10.2"]))

    assert found.flag is not None
    assert (found.flag["raw"], found.flag["normalized"]) == ("Below range", "L")


def test_results_told_as_labels_and_values() -> None:
    rows: list[Row] = [
        (30, [(40, "County Public Health Laboratory")]),
        (50, [(40, "Patient Name: Bao Tran"), (300, "DOB: 02/02/2003")]),
        (80, [(40, "Test: Chlamydia trachomatis, NAA")]),
        (92, [(40, "Result: Negative"), (300, "Reference: Negative")]),
        (120, [(40, "Test: Lead, blood"), (300, "Result: 2.1 ug/dL")]),
        (132, [(40, "Reference range: <3.5 ug/dL")]),
        (160, [(40, "Test: HIV 1/2"), (300, "Result: Pending")]),
    ]

    found = {f.label: f for f in extract([page(rows)], locale=HERE).fields if f.name == "lab"}
    assert set(found) == {"Chlamydia trachomatis, NAA", "Lead, blood"}
    assert found["Chlamydia trachomatis, NAA"].value == "Negative"
    assert found["Chlamydia trachomatis, NAA"].ref_range["raw"] == "Negative"
    assert (found["Lead, blood"].value, found["Lead, blood"].unit) == ("2.1", "ug/dL")
    assert found["Lead, blood"].ref_range["high"] == 3.5


def test_two_panels_side_by_side_under_their_own_names() -> None:
    titles = [(40, "CBC"), (110, "Result"), (165, "Units"), (220, "Range")]
    more = [(310, "Chemistry"), (390, "Result"), (440, "Units"), (500, "Range")]
    left = [(40, "WBC"), (110, "6.1"), (165, "K/uL"), (220, "4.5-11.0")]
    right = [(310, "Glucose"), (390, "91"), (440, "mg/dL"), (500, "70-99")]
    rows: list[Row] = [
        (30, [(40, "Tri-Valley Hospital Laboratory")]),
        (50, [(40, "Patient: BARROSO, NINA"), (300, "DOB: 04/13/1987")]),
        (80, [*titles, *more]),
        (94, [*left, *right]),
    ]

    found = {f.label: f for f in extract([page(rows)], locale=HERE).fields if f.name == "lab"}
    assert {k: (f.value, f.unit, f.ref_range["raw"]) for k, f in found.items()} == {
        "WBC": ("6.1", "K/uL", "4.5-11.0"),
        "Glucose": ("91", "mg/dL", "70-99"),
    }


def test_normal_column_of_words_is_the_range() -> None:
    rows: list[Row] = [
        (30, [(40, "Harbor Urgent Care")]),
        (50, [(40, "Patient: Keisha Monroe"), (300, "DOB: 03/27/1999")]),
        (80, [(40, "URINALYSIS DIPSTICK"), (220, "RESULT"), (340, "NORMAL")]),
        (94, [(40, "Leukocytes"), (220, "2+"), (340, "Negative")]),
        (108, [(40, "Glucose"), (220, "Negative"), (340, "Negative")]),
    ]

    found = {f.label: f for f in extract([page(rows)], locale=HERE).fields if f.name == "lab"}
    assert {k: (f.value, f.ref_range["raw"]) for k, f in found.items()} == {
        "Leukocytes": ("2+", "Negative"),
        "Glucose": ("Negative", "Negative"),
    }


def test_german_signs_in_a_column_of_their_own_are_flags() -> None:
    rows: list[Row] = [
        (30, [(40, "MVZ Laborzentrum Nordwest")]),
        (50, [(40, "Patient: Brandt, Uwe"), (300, "Geburtsdatum: 02.09.1958")]),
        (80, [(40, "Untersuchung"), (200, "Wert"), (320, "Einheit"), (420, "Normbereich")]),
        (94, [(40, "Harnsäure"), (200, "8,1"), (280, "+"), (320, "mg/dl"), (420, "3,4-7,0")]),
        (108, [(40, "Kalium"), (200, "4,2"), (320, "mmol/l"), (420, "< 5,1")]),
    ]

    found = {f.label: f for f in extract([page(rows)], locale=HERE).fields if f.name == "lab"}
    assert (found["Harnsäure"].value_num, found["Harnsäure"].flag["normalized"]) == (8.1, "H")
    assert found["Kalium"].ref_range["high"] == 5.1


def test_two_columns_of_tests_over_days() -> None:
    found = labs(
        [
            in_columns(100, "Date", "Hemoglobin A1c (%)", "LDL (mg/dL)"),
            in_columns(113, "01/04/2026", "7.9", "133"),
            in_columns(126, "04/02/2026", "7.1", "101"),
            in_columns(139, "Goal", "< 7.0", "< 100"),
        ]
    )

    assert [(f.label, f.value, f.unit, f.effective_date) for f in found] == [
        ("Hemoglobin A1c", "7.9", "%", "2026-01-04"),
        ("LDL", "133", "mg/dL", "2026-01-04"),
        ("Hemoglobin A1c", "7.1", "%", "2026-04-02"),
        ("LDL", "101", "mg/dL", "2026-04-02"),
    ]


def test_the_row_of_ranges_may_say_the_units() -> None:
    found = labs(
        [
            in_columns(100, "", "Glucose", "Creatinine", "eGFR"),
            in_columns(113, "Normal", "70-99 mg/dL", "0.6-1.2 mg/dL", ">60 mL/min"),
            in_columns(126, "01/04/2026", "131 H", "0.9", "84"),
            in_columns(139, "04/02/2026", "97", "0.8", "86"),
        ]
    )

    assert [f.unit for f in found] == ["mg/dL", "mg/dL", "mL/min"] * 2


def test_tests_answered_by_a_word_in_lists_and_sentences() -> None:
    found = labs(
        [
            (100, [(40, "- Glucose 118 mg/dL (70 - 99)")]),
            (113, [(40, "- Hepatitis C antibody: Non-reactive")]),
            (126, [(40, "- COVID-19 PCR: Not detected")]),
            (160, [(40, "The HIV antibody was negative. Call us if the RPR is reactive or not.")]),
        ]
    )

    assert short(found) == [
        ("Glucose", "118", "mg/dL"),
        ("Hepatitis C antibody", "Non-reactive", None),
        ("COVID-19 PCR", "Not detected", None),
        ("HIV antibody", "negative", None),
    ]


def test_a_comma_behind_a_unit_is_no_part_of_it() -> None:
    (found,) = labs([(100, [(40, "- Platelets: 231 K/uL, normal 150-400")])])

    assert (found.value, found.unit, found.unit_ucum) == ("231", "K/uL", "10*3/uL")
