"""The scorer on cases made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from bench.extraction.normal import same_drug, same_name, same_unit, same_value
from bench.extraction.scoring import box_hit, family, score
from documents.samples.truth import Truth, TruthField

BOX = (0.1, 0.1, 0.2, 0.12)


def fact(name: str, value: str, **more: Any) -> TruthField:
    return TruthField(name=name, value=value, raw=value, page=1, bbox=BOX, **more)


def truth(*facts: TruthField) -> Truth:
    return Truth("lab", "hand", "text", "alex", 1, facts)


def found(name: str, value: str, confidence: float = 0.95, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "confidence": confidence,
        "page": 1,
        "bbox": list(BOX),
    } | more


def extracted(*fields: dict[str, Any], kind: str = "lab") -> dict[str, Any]:
    return {"document": {"kind": {"value": kind}}, "fields": list(fields)}


def outcomes(*args: Any) -> list[tuple[str, str]]:
    return [(j.name, j.outcome) for j in score(*args).judged]


GLUCOSE = fact(
    "lab", "147", label="Glucose, Serum", unit="mg/dL", effective_date="2026-03-01",
    ref_range={"raw": "65-99", "low": 65, "high": 99}, flag="H",
)  # fmt: skip


def glucose(**more: Any) -> dict[str, Any]:
    row = found(
        "lab", "147", label="Glucose, Serum", unit="mg/dL", effective_date="2026-03-01",
        ref_range={"raw": "65 - 99", "low": 65.0, "high": 99.0},
        flag={"raw": "High", "normalized": "H", "derived": "H"},
    )  # fmt: skip
    return row | more


def test_right_lab_counts_row_range_and_flag():
    judged = score(truth(GLUCOSE), extracted(glucose())).judged

    assert [(j.family, j.outcome) for j in judged] == [
        ("lab", "right"), ("lab_range", "right"), ("lab_flag", "right"),
    ]  # fmt: skip
    assert (judged[0].confidence, judged[0].box_hit) == (0.95, True)


@pytest.mark.parametrize(
    "change",
    [{"value": "141"}, {"unit": "mmol/L"}, {"unit": None}, {"comparator": ">"}],
)
def test_lab_with_wrong_value_or_unit_is_wrong_and_missed(change):
    judged = outcomes(truth(GLUCOSE), extracted(glucose(**change)))

    assert judged[:2] == [("lab", "wrong"), ("lab", "missed")]
    assert judged[2:] == [("lab_range", "right"), ("lab_flag", "right")]


def test_lab_number_that_was_understood_is_what_counts():
    decimal = fact("lab", "5.2", label="Kalium", unit="mmol/l")

    def row(understood: float) -> dict[str, Any]:
        return found("lab", "5,2", label="Kalium", unit="mmol/l", value_num=understood)

    assert outcomes(truth(decimal), extracted(row(5.2))) == [("lab", "right")]
    assert outcomes(truth(decimal), extracted(row(52.0)))[0] == ("lab", "wrong")


def test_lab_of_another_test_is_not_matched():
    judged = outcomes(truth(GLUCOSE), extracted(glucose(label="Potassium")))

    assert judged == [
        ("lab", "missed"), ("lab_range", "missed"), ("lab_flag", "missed"), ("lab", "wrong"),
    ]  # fmt: skip


def test_lab_range_and_flag_count_on_their_own():
    wrong_range = {"raw": "65-98", "low": 65.0, "high": 98.0}

    judged = outcomes(truth(GLUCOSE), extracted(glucose(ref_range=wrong_range, flag=None)))

    assert judged == [
        ("lab", "right"), ("lab_range", "wrong"), ("lab_range", "missed"), ("lab_flag", "missed"),
    ]  # fmt: skip


def test_star_flag_is_right_when_its_derived_direction_is():
    star = {"raw": "*", "normalized": "A", "derived": "H"}

    judged = outcomes(truth(GLUCOSE), extracted(glucose(flag=star)))

    assert judged[-1] == ("lab_flag", "right")


def test_flag_that_says_normal_is_no_error():
    calm = fact("lab", "80", label="Glucose", unit="mg/dL")
    row = found("lab", "80", label="Glucose", unit="mg/dL")

    normal = {"raw": "Normal", "normalized": "N", "derived": "N"}
    assert outcomes(truth(calm), extracted(row | {"flag": normal})) == [("lab", "right")]
    high = {"raw": "H", "normalized": "H", "derived": "N"}
    assert outcomes(truth(calm), extracted(row | {"flag": high}))[1] == ("lab_flag", "wrong")


def test_cumulative_values_must_carry_their_dates():
    older = fact("lab", "120", label="Glucose, Serum", unit="mg/dL", effective_date="2025-09-01")
    newer = fact("lab", "147", label="Glucose, Serum", unit="mg/dL", effective_date="2026-03-01")
    plain = {"ref_range": None, "flag": None}
    first, second = glucose(**plain), glucose(value="120", effective_date="2025-09-01", **plain)

    assert outcomes(truth(newer, older), extracted(first, second)) == [("lab", "right")] * 2
    swapped = [first | {"effective_date": "2025-09-01"}, second | {"effective_date": "2026-03-01"}]
    assert ("lab", "right") not in outcomes(truth(newer, older), extracted(*swapped))


def test_plain_fields_right_wrong_missed_and_repeated():
    facts = truth(fact("patient.name", "Alex Rodriguez"), fact("patient.dob", "1979-03-14"))

    judged = outcomes(
        facts,
        extracted(
            found("patient.name", "RODRIGUEZ, ALEX"),
            found("patient.name", "Alex Rodriguez", 0.5),
            found("patient.dob", "1979-04-13"),
            found("patient.mrn", "100001"),
        ),
    )

    assert judged == [
        ("patient.dob", "wrong"), ("patient.dob", "missed"), ("patient.mrn", "wrong"),
        ("patient.name", "right"),
    ]  # fmt: skip


def test_optional_facts_count_neither_way():
    facts = truth(fact("facility", "Backline Family Medicine", optional=True))

    assert outcomes(facts, extracted(found("facility", "Backline Family Medicine"))) == []
    assert outcomes(facts, extracted()) == []
    assert outcomes(facts, extracted(found("facility", "Elsewhere"))) == [("facility", "wrong")]


def test_family_history_is_not_the_patients():
    facts = truth(
        fact("diagnosis", "stroke at age 70", context="family", optional=True),
        fact("diagnosis", "Essential hypertension", code="I10"),
    )

    own = found("diagnosis", "hypertension", code={"code": "I10"})
    fathers = found("diagnosis", "stroke at age 70")
    assert outcomes(facts, extracted(own, fathers | {"context": "family"})) == [
        ("diagnosis", "right")
    ]
    assert outcomes(facts, extracted(own, fathers)) == [
        ("diagnosis", "right"), ("diagnosis", "wrong"),
    ]  # fmt: skip
    denied = found("diagnosis", "heart attack", negated=True)
    assert outcomes(facts, extracted(own, denied)) == [("diagnosis", "right")]


def test_value_that_is_fair_under_another_name_counts_neither_way():
    facts = truth(fact("provider.rendering", "Priya Raman"))

    writer = found("provider.author", "Priya Raman, MD")
    assert outcomes(facts, extracted(writer)) == [("provider.rendering", "missed")]
    stranger = found("provider.author", "Helen Okafor")
    assert ("provider.author", "wrong") in outcomes(facts, extracted(stranger))


def test_box_hit_needs_half_overlap_or_centre_inside_on_the_page():
    assert box_hit(BOX, 1, [0.14, 0.105, 0.16, 0.115], 1)
    assert box_hit(BOX, 1, [0.13, 0.09, 0.28, 0.12], 1) is False
    assert box_hit(BOX, 1, [0.1, 0.1, 0.2, 0.139], 1)
    assert box_hit(BOX, 1, list(BOX), 2) is False
    assert box_hit(BOX, 1, None, 1) is False


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ("x10E3/uL", ["K/uL", None], True),
        ("x10E3/uL", ["x10E3/uL", "10*3/uL"], True),
        ("mIU/L", ["uIU/mL"], True),
        ("mL/min/1.73m2", ["mL/min/1.73m2", "mL/min/{1.73_m2}"], True),
        ("mg/dL", ["mg/L"], False),
        (None, [None, "1"], True),
        (None, ["mg/dL"], False),
    ],
)
def test_units_are_compared_by_meaning(wanted, got, same):
    assert same_unit(wanted, *got) is same


def test_values_and_names():
    assert same_value("5.20", "5.2")
    assert same_value("<0.5", "< 0.5")
    assert not same_value("<0.5", "0.5")
    assert same_value("Negative", "NEGATIVE")
    assert not same_value("1+", "1")
    assert same_name("Jean-Luc Beaumont-Leclerc", "BEAUMONT-LECLERC, JEAN-LUC")
    assert same_name("James O'Brien", "Dr. James O'Brien, MD")
    assert not same_name("James Smith", "James Smyth")
    assert same_drug("Ferrous sulfate 325 mg", "ferrous sulfate")
    assert same_drug("Metformin 500 mg", "Metformin 500 mg tablet, 1 tablet twice daily")
    assert not same_drug("Metformin 500 mg", "Metformin 850 mg")


def test_families():
    names = ("patient.name", "doc.due_date", "insurance.member_id", "insurance.group", "allergy")

    assert [family(n) for n in names] == ["identity", "dates", "member_id", "insurance", "clinical"]
