"""Names asked for in two cells."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field

HEAD: Row = (30, [(40, "New Patient Health History")])
FOOT: list[Row] = [(110, [(40, "Date of birth: 04/13/1971")]), (130, [(40, "Allergies")]),
                   (144, [(40, "Penicillin (rash)")])]  # fmt: skip


def found(*rows: Row) -> dict[str, Field]:
    return {f.name: f for f in extract([page([HEAD, *rows, *FOOT])], locale=HERE).fields}


@pytest.mark.parametrize(
    "rows",
    [
        [(50, [(40, "Last name: Vu"), (240, "First name: Lan")])],
        [(50, [(40, "First name: Lan Last name: Vu")])],
        [(50, [(40, "Surname"), (140, "Vu")]), (62, [(40, "Forename"), (140, "Lan")])],
        [(50, [(40, "Last Name"), (200, "First Name"), (360, "MI")]),
         (62, [(40, "Vu"), (200, "Lan"), (360, "T")])],
        [(50, [(40, "Patient last name: Vu"), (240, "Patient first name: Lan")])],
    ],
)  # fmt: skip
def test_first_and_last_name_are_one_name(rows: list[Row]) -> None:
    name = found(*rows)["patient.name"]

    assert name.value == "Lan Vu"
    assert name.value in (name.excerpt or "")


def test_names_of_others_are_not_the_patients() -> None:
    names = found(
        (50, [(40, "Patient: Jane Doe")]),
        (70, [(40, "Insured's last name: Vu"), (240, "Insured's first name: Lan")]),
    )

    assert names["patient.name"].value == "Jane Doe"


def test_empty_cells_are_nobodys_name() -> None:
    names = found((50, [(40, "Last name: ________"), (240, "First name: ________")]))

    assert "patient.name" not in names


@pytest.mark.parametrize(
    "below",
    [("Address", "City"), ("Date of birth", "Sex"), ("Street", "Zip code"), ("Phone", "Email")],
)
def test_what_the_next_row_of_an_empty_form_asks_is_no_name(below: tuple[str, str]) -> None:
    rows: list[Row] = [
        HEAD,
        (50, [(40, "Last Name"), (240, "First Name")]),
        (62, [(40, below[0]), (240, below[1])]),
        (74, [(40, "Employer"), (240, "Occupation")]),
    ]

    assert extract([page(rows)], locale=HERE).fields == ()
