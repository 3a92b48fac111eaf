"""What boxes with a mark say, and notes told under letters."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field


def read(rows: list[Row]) -> list[Field]:
    return list(extract([page(rows)], locale=HERE).fields)


def values(rows: list[Row], name: str) -> set[str | None]:
    return {f.value for f in read(rows) if f.name == name and f.context == "patient"}


HEAD: list[Row] = [
    (20, [(40, "New Patient Health History")]),
    (40, [(40, "Name: Theodore Lindgren"), (300, "Date of Birth: 01/15/1978")]),
]


@pytest.mark.parametrize(("yes", "no"), [("☒", "☐"), ("[X]", "[ ]"), ("☑", "□"), ("(x)", "( )")])
def test_ticked_conditions_are_diagnoses(yes: str, no: str) -> None:
    rows: list[Row] = [
        *HEAD,
        (60, [(40, "Have you ever had any of the following? (check all that apply)")]),
        (74, [(40, f"{yes} Asthma"), (200, f"{no} Diabetes"), (380, f"{no} Stroke")]),
        (88, [(40, f"{no} Gout"), (200, f"{yes} Hypertension"), (380, f"{no} Seizures")]),
    ]

    assert values(rows, "diagnosis") == {"Asthma", "Hypertension"}


def test_ticks_of_the_family_and_of_what_is_wanted_are_not_the_patients() -> None:
    rows: list[Row] = [
        *HEAD,
        (60, [(40, "Do any relatives have the following?")]),
        (74, [(40, "☒ Asthma"), (200, "☐ Diabetes")]),
        (110, [(40, "Please include: ☒ Labs ☐ ECG")]),
    ]

    assert values(rows, "diagnosis") == set()


def test_boxes_behind_a_heading_in_its_line() -> None:
    rows: list[Row] = [
        (20, [(40, "REFERRAL FORM")]),
        (40, [(40, "Patient name: Rufus Calloway"), (300, "DOB: 10/11/1967")]),
        (60, [(40, "Diagnosis: [X] Chest pain [ ] Palpitations [X] Syncope")]),
        (74, [(40, "Please include: [X] Last office note [ ] ECG")]),
        (88, [(40, "Allergies: [X] NKDA")]),
    ]

    assert values(rows, "diagnosis") == {"Chest pain", "Syncope"}
    assert [f.negated for f in read(rows) if f.name == "allergy"] == [True]


def test_superbill_gives_only_the_codes_that_are_ticked() -> None:
    rows: list[Row] = [
        (20, [(40, "SUPERBILL")]),
        (40, [(40, "Patient: Beau Whitcomb"), (300, "DOB: 02/11/2016")]),
        (54, [(40, "Diagnosis codes")]),
        (68, [(40, "☒"), (60, "J02.0"), (120, "Strep pharyngitis")]),
        (82, [(40, "☐"), (60, "H66.90"), (120, "Otitis media")]),
        (110, [(40, "Total charges: $145.00"), (300, "Paid today: $20.00")]),
    ]

    assert values(rows, "diagnosis") == {"J02.0"}
    assert values(rows, "claim.paid") == {"$20.00"}


NOTE: list[Row] = [
    (20, [(40, "Progress Note"), (300, "DOS: 10/06/2026")]),
    (40, [(40, "Pt: Everett Stroud"), (300, "DOB: 08/08/1959")]),
]


def test_note_under_letters() -> None:
    rows: list[Row] = [
        *NOTE,
        (60, [(40, "S: Here for follow up. Feels well, no chest pain.")]),
        (74, [(40, "O: BP 138/84, P 72, Wt 188 lb. Lungs clear.")]),
        (88, [(40, "A: 1) Essential hypertension 2) Hyperlipidemia")]),
        (102, [(40, "P: Continue amlodipine 5 mg daily. Start rosuvastatin 10 mg nightly.")]),
    ]

    assert values(rows, "diagnosis") == {"Essential hypertension", "Hyperlipidemia"}
    assert values(rows, "medication") == {"amlodipine 5 mg", "rosuvastatin 10 mg"}
    assert values(rows, "vital") == {"138/84", "72", "188"}


def test_single_letters_elsewhere_head_nothing() -> None:
    rows: list[Row] = [
        *NOTE,
        (60, [(40, "P: 555-0133 for appointments")]),
        (74, [(40, "A: Main Street entrance")]),
    ]

    assert values(rows, "diagnosis") == set()


def test_code_beside_a_mark_of_something_else_is_no_diagnosis() -> None:
    rows: list[Row] = [
        (20, [(40, "HEALTH INSURANCE CLAIM FORM")]),
        (40, [(40, "Patient's name: Ostrander, Philip"), (300, "Sex: M X F")]),
        (54, [(40, "Other plan? YES NO X"), (300, "Group G20"), (400, "Total charge $ 165.00")]),
    ]

    assert values(rows, "diagnosis") == set()


def test_questions_answered_in_columns_of_yes_and_no() -> None:
    rows: list[Row] = [
        *HEAD,
        (60, [(40, "Have you ever had"), (200, "Yes"), (240, "No"), (300, "Have you ever had"),
              (460, "Yes"), (500, "No")]),
        (74, [(40, "Asthma"), (200, "X"), (300, "Diabetes"), (500, "X")]),
        (88, [(40, "Migraine"), (240, "X"), (300, "High blood pressure"), (460, "X")]),
        (102, [(40, "Stroke"), (300, "Gout"), (460, "X"), (500, "X")]),
    ]  # fmt: skip

    assert values(rows, "diagnosis") == {"Asthma", "High blood pressure"}


@pytest.mark.parametrize("title", ["Has a relative had", "Mother or father"])
def test_answers_about_relatives_are_not_the_patients(title: str) -> None:
    rows: list[Row] = [
        *HEAD,
        (60, [(40, title), (200, "Yes"), (240, "No")]),
        (74, [(40, "Asthma"), (200, "X")]),
        (88, [(40, "Migraine"), (240, "X")]),
    ]

    assert values(rows, "diagnosis") == set()
