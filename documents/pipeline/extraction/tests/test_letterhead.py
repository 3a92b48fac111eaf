"""Whose paper it is by its head, and who signed it at its foot."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.institution import bare_name, without_code
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field


def facts(rows: list[Row]) -> dict[str, Field]:
    return {f.name: f for f in extract([page(rows)], locale=HERE).fields}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Desert Valley Radiology · 4410 E Camelback Rd, Phoenix, AZ", "Desert Valley Radiology"),
        ("Riverbend Family Medicine, 33 Mill Road, Ashland, OR 97520", "Riverbend Family Medicine"),
        ("Bluebonnet Family Health | 210 Lamar St | (512) 555-0133", "Bluebonnet Family Health"),
        ("Elm Street Clinic PO Box 118, Dover, NH 03820", "Elm Street Clinic"),
        ("Cascadia Laboratories, Portland, OR", "Cascadia Laboratories"),
        ("St. Mary's Hospital Tel 503-555-0172", "St. Mary's Hospital"),
        ("Women's Imaging Center of Tulsa", "Women's Imaging Center of Tulsa"),
        ("First Street Family Practice", "First Street Family Practice"),
        ("Heartland Diagnostics, Inc.", "Heartland Diagnostics, Inc."),
    ],
)
def test_name_is_what_stands_before_the_address(line: str, name: str) -> None:
    assert bare_name(line) == name


def test_code_of_a_performing_laboratory_is_not_its_name() -> None:
    assert without_code("01 Cascadia Reference Laboratories") == "Cascadia Reference Laboratories"
    assert without_code("24 Hour Fitness") == "24 Hour Fitness"


NOTE: list[Row] = [
    (60, [(40, "Progress Note")]),
    (80, [(40, "Patient: Delia Marchand"), (300, "DOB: 05/16/1953")]),
    (92, [(40, "Date of service: 08/27/2026")]),
    (120, [(40, "Chief complaint: cough for two weeks.")]),
    (132, [(40, "Past Medical History: COPD, osteoporosis.")]),
    (144, [(40, "Medications: tiotropium 18 mcg inhaled daily")]),
    (156, [(40, "Allergies: Aspirin")]),
    (168, [(40, "Family History: Mother with breast cancer.")]),
    (180, [(40, "Social History: Former smoker.")]),
]


def test_letterhead_on_one_line() -> None:
    head: Row = (30, [(40, "Riverbend Family Medicine, 33 Mill Road, Ashland, OR 97520")])

    assert facts([head, *NOTE])["facility"].value == "Riverbend Family Medicine"


def test_patient_in_the_head_is_no_institution() -> None:
    head: Row = (30, [(40, "Marchand, Delia")])

    assert "facility" not in facts([head, *NOTE])


def test_place_named_like_an_exam_over_its_address() -> None:
    head: list[Row] = [
        (20, [(40, "Bayview Open MRI")]),
        (31, [(40, "1180 Shore Blvd")]),
        (42, [(40, "Clearwater, FL 33755")]),
    ]

    assert facts([*head, *NOTE])["facility"].value == "Bayview Open MRI"


@pytest.mark.parametrize(
    "foot",
    [
        [(210, [(40, "With thanks,")]), (236, [(40, "Elaine Brodsky, MD")])],
        [(210, [(40, "Kind regards")]), (236, [(40, "Elaine Brodsky, MD")])],
        [(210, [(40, "Signed: Elaine Brodsky, MD 08/27/2026 21:14")])],
        [(210, [(40, "Electronically signed: Elaine Brodsky, MD")])],
        [(210, [(40, "Elaine Brodsky, MD")]), (222, [(40, "Board Certified Cardiologist")])],
        [(230, [(40, "Elaine Brodsky, MD")])],
    ],
)
def test_signer_at_the_foot(foot: list[Row]) -> None:
    assert facts([*NOTE, *foot])["provider.author"].value == "Elaine Brodsky, MD"


def test_patient_who_signed_is_no_author() -> None:
    foot: Row = (210, [(40, "Signed: Delia Marchand")])

    assert "provider.author" not in facts([*NOTE, foot])


def test_half_of_a_letterhead_that_an_engine_parted_is_not_sure() -> None:
    rows: list[Row] = [
        (20, [(40, "Backline Family"), (120, "Medicine")]),
        (40, [(40, "Patient: Jane Doe"), (300, "DOB: 04/13/1971")]),
        (60, [(40, "Sodium 139 mmol/L 134-144")]),
    ]
    facility = next(
        f for f in extract([page(rows, score=0.98)], locale=HERE).fields if f.name == "facility"
    )

    assert facility.confidence < 0.9


@pytest.mark.parametrize("first", ["URINALYSIS", "Na 139 (136-145)", "Your Visit"])
def test_what_a_paper_holds_is_no_facility(first: str) -> None:
    rows: list[Row] = [
        (20, [(40, first)]),
        (40, [(40, "Patient: Jane Doe"), (300, "DOB: 04/13/1971")]),
        (60, [(40, "Sodium 139 mmol/L 134-144")]),
    ]

    assert "facility" not in facts(rows)
