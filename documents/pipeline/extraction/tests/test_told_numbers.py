"""What payers' letters say in sentences, and whom they are written to."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field

HEAD: list[Row] = [
    (30, [(40, "Northwind Health Plan")]),
    (54, [(40, "October 5, 2026")]),
]
FOOT: list[Row] = [
    (140, [(40, "We denied the claim with reason code CO-50. You may file an appeal.")]),
    (164, [(40, "Sincerely, Appeals Department")]),
]


def facts(*lines: str) -> dict[str, Field]:
    rows: list[Row] = [(78 + 12 * n, [(40, line)]) for n, line in enumerate(lines)]
    return {f.name: f for f in extract([page([*HEAD, *rows, *FOOT])], locale=HERE).fields}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Your member ID is NWH2291088.", "insurance.member_id", "NWH2291088"),
        ("He is covered under member number NWH2291088 since May.", "insurance.member_id",
         "NWH2291088"),
        ("We looked at this again; the claim number is 26441008.", "claim.number", "26441008"),
        ("Your group number is 77120 and has not changed.", "insurance.group", "77120"),
    ],
)  # fmt: skip
def test_number_named_in_a_sentence(text: str, name: str, value: str) -> None:
    assert facts("Dear Oscar Villanueva,", text)[name].value == value


def test_two_numbers_of_a_kind_are_no_number() -> None:
    found = facts("Your old member ID is NWH2291088, your new member ID is NWH5500199.")

    assert "insurance.member_id" not in found


def test_member_a_letter_is_written_to() -> None:
    found = facts("Dear Oscar Villanueva,", "This is about the care you received in August.")

    assert found["patient.name"].value == "Oscar Villanueva"


@pytest.mark.parametrize("who", ["Provider", "Claims Manager", "Dr. Paul Okafor"])
def test_letter_to_a_practice_names_no_patient(who: str) -> None:
    assert "patient.name" not in facts(f"Dear {who},", "Your claim was not complete.")


def test_member_named_in_a_sentence() -> None:
    found = facts(
        "We need records for our member Oscar Villanueva (member number NWH2291088),",
        "who was treated at your office.",
    )

    assert found["patient.name"].value == "Oscar Villanueva"
    assert found["insurance.member_id"].value == "NWH2291088"
