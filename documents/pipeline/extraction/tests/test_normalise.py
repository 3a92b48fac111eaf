from __future__ import annotations

import pytest

from documents.pipeline.extraction.normalise.loinc import _table, candidates, match_test
from documents.pipeline.extraction.normalise.names import looks_like_name, similarity
from documents.pipeline.extraction.normalise.numbers import (
    derived_flag,
    flags_agree,
    normal_flag,
    parse_quantity,
    parse_range,
)
from documents.pipeline.extraction.normalise.units import to_ucum
from documents.pipeline.extraction.typed import npi_valid


@pytest.mark.parametrize(
    ("printed", "ucum"),
    [
        ("mg/dL", "mg/dL"), ("K/uL", "10*3/uL"), ("x10E3/uL", "10*3/uL"), ("10^3/µL", "10*3/uL"),
        ("Thousand/uL", "10*3/uL"), ("M/uL", "10*6/uL"), ("mIU/L", "m[IU]/L"), ("IU/L", "[IU]/L"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"), ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
        ("mcg/dL", "ug/dL"), ("%", "%"), ("fL", "fL"), ("mmol/I", "mmol/L"), ("/HPF", "/[HPF]"),
        ("mm/hr", "mm/h"), ("mg/g creat", "mg/g"), ("Tsd/µl", "10*3/uL"),
        ("hello", None), ("Glucose", None), ("of/the", None),
    ],
)  # fmt: skip
def test_units(printed: str, ucum: str | None) -> None:
    assert to_ucum(printed) == ucum


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("70-99", 70.0, 99.0), ("70 – 99", 70.0, 99.0), ("(4.8 - 5.6)", 4.8, 5.6),
        ("[100-199]", 100.0, 199.0), ("<150", None, 150.0), ("> or = 40", 40.0, None),
        ("up to 40", None, 40.0), ("0,67 - 1,17", 0.67, 1.17), ("«150", None, 150.0),
    ],
)  # fmt: skip
def test_ranges(text: str, low: float | None, high: float | None) -> None:
    assert parse_range(text) == {"raw": text, "low": low, "high": high}


def test_backward_range_is_none() -> None:
    assert parse_range("99-70") is None


def test_numbers() -> None:
    value = parse_quantity("1,234")
    assert value is not None
    assert value.value == 1234.0
    comma = parse_quantity("1,234", decimal_comma=True)
    assert comma is not None
    assert comma.value == 1.234
    glued = parse_quantity("147H")
    assert glued is not None
    assert (glued.raw, glued.flag) == ("147", "H")
    assert parse_quantity("555-0100") is None


def test_flag_rules() -> None:
    limits = {"raw": "70-99", "low": 70.0, "high": 99.0}
    assert [derived_flag(v, None, limits) for v in (60, 70, 99, 100)] == ["L", "N", "N", "H"]
    assert flags_agree("A", "H")
    assert not flags_agree("H", "N")


@pytest.mark.parametrize("unit", ["10^9/L", "10^12/L", "L/L", "mmol/L"])
def test_units_that_end_with_a_letter_of_flags_are_none(unit: str) -> None:
    assert normal_flag(unit) is None
    assert to_ucum(unit) is not None


def test_unit_and_specimen_choose_the_test() -> None:
    percent = match_test("Neutrophils", "%", None)
    count = match_test("Neutrophils", "10*3/uL", None)
    urine = match_test("Glucose", "mg/dL", "urine")
    assert percent is not None
    assert count is not None
    assert urine is not None
    assert (percent.test.code, count.test.code, urine.test.code) == ("770-8", "751-8", "5792-7")


def test_t3_is_never_t4() -> None:
    assert {t.code for t in candidates("Free T3")[0]} == {"3051-0"}
    assert candidates("Patient Name") == ((), 0.0)


def test_names() -> None:
    assert similarity("SMITH, JOHN A", "John Smith") >= 0.95
    assert similarity("John Smith Jr", "John Smith Sr") < 0.78
    assert similarity("John Smith", "Jane Smith") < 0.9
    assert looks_like_name("Ana Sofía de la Cruz Peña")
    assert not looks_like_name("Date of Birth")
    assert not looks_like_name("Riverside Medical Center")
    assert not looks_like_name("MM DDYY M[]F[]")
    assert looks_like_name("DD Maddox")


def test_npi_check_digit() -> None:
    assert npi_valid("1234567893")
    assert not npi_valid("1234567890")


def _check_digit(number: str) -> int:
    """Of a LOINC code, modulo 10 (LOINC Users' Guide, appendix C)."""
    odd = str(2 * int(number[::-1][::2][::-1]))
    even = number[::-1][1::2]
    return -sum(int(digit) for digit in odd + even) % 10


def test_every_code_of_a_test_bears_its_check_digit() -> None:
    codes = [test.code for tests in _table().values() for test in tests]

    assert len(set(codes)) > 200
    assert [code for code in codes if _check_digit(code[:-2]) != int(code[-1])] == []
