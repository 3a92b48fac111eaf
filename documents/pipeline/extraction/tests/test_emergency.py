"""Whom to call in an emergency, and that their telephone is not the patient's."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page


def facts(*lines: Row) -> dict[str, str]:
    rows: list[Row] = [
        (30, [(40, "CONSENT TO TREATMENT")]),
        (42, [(40, "I, Lan Vu, born 12/01/1980, consent to treatment and know the risks.")]),
        *lines,
    ]
    return {f.name: str(f.value) for f in extract([page(rows)], locale=HERE).fields}


@pytest.mark.parametrize(
    "text",
    [
        "In case of emergency please contact: Minh Vu, spouse, 503-555-0190",
        "In case of emergency call Minh Vu (husband) at 503-555-0190",
        "In an emergency notify ____Minh Vu____ Relationship ___Brother___ Phone 503-555-0190",
        "Emergency contact: Minh Vu - Spouse - 503-555-0190",
        "Emergency contact (name and relationship): Minh Vu, Spouse Phone: 503-555-0190",
        "Emergency contact: Minh Vu / Brother / 503-555-0190",
    ],
)
def test_name_kinship_and_telephone_in_one_line(text: str) -> None:
    found = facts((66, [(40, text)]))

    assert found["emergency.name"] == "Minh Vu"
    assert found["emergency.phone"] == "503-555-0190"
    assert found["patient.name"] == "Lan Vu"
    assert "patient.phone" not in found


@pytest.mark.parametrize(
    "rows",
    [
        [
            (66, [(40, "Person to contact in an emergency"), (300, "Phone number")]),
            (78, [(40, "Minh Vu"), (300, "503-555-0190")]),
        ],
        [
            (66, [(40, "EMERGENCY CONTACT")]),
            (78, [(40, "Name: Minh Vu"), (200, "Relationship: Spouse"),
                  (400, "Phone: 503-555-0190")]),
        ],
    ],
)  # fmt: skip
def test_telephone_in_the_row_of_another_s_name_is_theirs(rows: list[Row]) -> None:
    found = facts(*rows)

    assert found["emergency.name"] == "Minh Vu"
    assert found["emergency.phone"] == "503-555-0190"
    assert "patient.phone" not in found


@pytest.mark.parametrize(
    "text", ["In an emergency, call 911.", "Emergency contact: ______________ Phone: ________"]
)
def test_nobody_to_call(text: str) -> None:
    assert not {n for n in facts((66, [(40, text)])) if n.startswith("emergency.")}
