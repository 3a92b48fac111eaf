"""Whose a name, a number or a day is: the client's, the patient's, a table's, a state's."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page, table
from documents.pipeline.types import Field

RESULTS = table(["Sodium", "139", "", "mmol/L", "134-144"], top=300)


def facts(rows: list[Row]) -> dict[str, Field]:
    return {f.name: f for f in extract([page(rows)], locale=HERE).fields}


def value(rows: list[Row], name: str) -> str | None:
    found = facts(rows).get(name)
    return found.value if found else None


PATIENT: list[Row] = [(150, [(40, "Patient: TREVINO, MARISOL"), (300, "DOB: 02/08/1971")])]


@pytest.mark.parametrize("heading", ["Client", "Submitter:", "ORDERING FACILITY", "Report to"])
def test_practice_that_ordered_is_not_the_laboratory(heading: str) -> None:
    rows: list[Row] = [
        (30, [(40, "Cascadia Reference Laboratories"), (360, heading)]),
        (42, [(40, "2200 NW Front Ave, Portland, OR"), (360, "Willow Creek Family Practice")]),
        (54, [(360, "Acct # 40028817")]),
        *PATIENT,
        *RESULTS,
    ]

    found = facts(rows)
    assert found["facility"].value == "Cascadia Reference Laboratories"
    assert "patient.account" not in found
    assert "patient.mrn" not in found


def test_client_with_a_birth_date_is_the_patient() -> None:
    rows: list[Row] = [
        (30, [(40, "Harmony Behavioral Health")]),
        (50, [(40, "Client")]),
        (62, [(40, "Chart # 77120")]),
        (74, [(40, "Date of Birth: 11/02/2001")]),
    ]

    assert value(rows, "patient.mrn") == "77120"


@pytest.mark.parametrize("town", ["Boise, ID 83702", "BOISE ID 83702-1104"])
def test_state_of_an_address_is_no_label(town: str) -> None:
    rows: list[Row] = [(30, [(40, "Valley Pulmonary Specialists")]), (42, [(40, town)]), *PATIENT]

    assert "patient.mrn" not in facts([*rows, *RESULTS])


def test_id_label_stays_one_without_a_town() -> None:
    rows: list[Row] = [*PATIENT, (162, [(40, "ID 837020"), (300, "Sex: F")]), *RESULTS]

    assert value(rows, "patient.mrn") == "837020"


def test_first_day_of_a_column_is_not_the_documents() -> None:
    rows: list[Row] = [
        (30, [(40, "Prairie Diabetes Clinic")]),
        (50, [(40, "Patient: Yolanda Reyes"), (300, "DOB: 10/22/1983")]),
        (80, [(40, "Date"), (150, "Glucose (mg/dL)"), (300, "Hemoglobin A1c (%)")]),
        (94, [(40, "04/10/2026"), (150, "156"), (300, "7.9")]),
        (108, [(40, "07/14/2026"), (150, "141"), (300, "7.4")]),
    ]

    assert "doc.date" not in facts(rows)


def test_same_day_twice_under_a_title_is_the_day() -> None:
    rows: list[Row] = [
        (20, [(40, "MEDICARE HEALTH INSURANCE")]),
        (40, [(40, "Medicare Number"), (200, "Effective Date")]),
        (52, [(40, "1EG4-TE5-MK72"), (200, "03/01/2016")]),
        (64, [(200, "03/01/2016")]),
    ]

    assert value(rows, "insurance.effective") == "2016-03-01"


@pytest.mark.parametrize(
    "words",
    [
        "Records for dates of service from 01/01/2024 to 06/30/2026",
        "Dates of treatment: 01/01/2024 - 06/30/2026",
        "Service dates: 01/01/2024 through 06/30/2026",
    ],
)
def test_days_whose_records_are_released_are_no_visit(words: str) -> None:
    rows: list[Row] = [
        (20, [(40, "AUTHORIZATION FOR RELEASE OF HEALTH INFORMATION")]),
        (40, [(40, "Patient Name: Renata Kowalczyk"), (300, "DOB: 08/25/1976")]),
        (60, [(40, "I authorize the release of my medical records.")]),
        (80, [(40, words)]),
        (100, [(40, "I may revoke this authorization in writing at any time.")]),
    ]

    assert "doc.date_service" not in facts(rows)


def test_id_behind_the_payer_is_the_members() -> None:
    rows: list[Row] = [
        (20, [(40, "REFERRAL FORM")]),
        (40, [(40, "Patient name: Rufus Calloway"), (300, "DOB: 10/11/1967")]),
        (52, [(40, "Insurance: Prairie Health"), (300, "ID#: PH7712004")]),
        (70, [(40, "Reason for referral: palpitations")]),
    ]

    found = facts(rows)
    assert found["insurance.member_id"].value == "PH7712004"
    assert "patient.mrn" not in found
