"""Who and when without labels, or with labels that name several things at once."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page, table
from documents.pipeline.types import Field

ROWS = table(
    ["Glucose", "98", "", "mg/dL", "70-99"],
    ["Sodium", "139", "", "mmol/L", "136-145"],
    top=200,
)


def facts(head: list[Row]) -> dict[str, Field]:
    rows = [(30.0, [(40.0, "Riverside Medical Laboratory")]), *head, *ROWS]
    return {f.name: f for f in extract([page(rows)], locale=HERE).fields}


def values(head: list[Row], *names: str) -> list[str | None]:
    found = facts(head)
    return [found[name].value if name in found else None for name in names]


WHO = ("patient.name", "patient.dob", "patient.sex")


@pytest.mark.parametrize(
    "line",
    [
        "Walter Finch DOB 07/07/1953 Male",
        "Flowsheet - Walter Finch - DOB 07/07/1953 (72 yrs) M",
        "Name Walter Finch | Birthdate Jul 7, 1953 | Sex Male",
        "Results for: Walter Finch (M), born July 7, 1953",
    ],
)
def test_who_in_a_line(line: str) -> None:
    name, born, sex = values([(50, [(40, line)])], *WHO)

    assert (name, born) == ("Walter Finch", "1953-07-07")
    assert sex in {"M", "Male"}


def test_name_over_the_birth_date() -> None:
    head: list[Row] = [(50, [(40, "Theo Ramaswamy")]), (62, [(40, "Date of Birth 10/14/1996")])]

    assert values(head, "patient.name", "patient.dob") == ["Theo Ramaswamy", "1996-10-14"]


def test_label_of_two_things_gives_both() -> None:
    head: list[Row] = [
        (50, [(40, "Patient"), (160, "HOLLOWAY, GRETA M")]),
        (62, [(40, "DOB / Sex"), (160, "04/19/1957 / F")]),
    ]

    assert values(head, *WHO) == ["HOLLOWAY, GRETA M", "1957-04-19", "F"]


def test_labels_in_other_languages() -> None:
    head: list[Row] = [
        (50, [(40, "Nom : LEFEVRE Camille"), (300, "Prélevé le : 15/09/2025 à 07h45")]),
        (62, [(40, "Né(e) le : 03/11/1978"), (300, "Édité le : 16/09/2025")]),
        (74, [(40, "Sexe : Féminin"), (300, "N° dossier : M4471209")]),
    ]

    found = facts(head)
    assert found["patient.name"].value == "LEFEVRE Camille"
    assert found["patient.dob"].value == "1978-11-03"
    assert found["patient.sex"].value == "female"
    assert found["patient.mrn"].value == "M4471209"
    assert found["doc.date_collected"].value == "2025-09-15"
    assert found["doc.date_reported"].value == "2025-09-16"


def test_titles_over_values_without_a_wide_gap_are_cut_by_the_row_below() -> None:
    head: list[Row] = [
        (50, [(40, "DATE OF BIRTH"), (106, "GENDER"), (142, "MEDICAL RECORD #")]),
        (62, [(40, "1975/12/24"), (106, "Male"), (142, "PS-881")]),
    ]

    names = ("patient.dob", "patient.sex", "patient.mrn")
    assert values(head, *names) == ["1975-12-24", "Male", "PS-881"]


def test_courtesy_title_is_no_part_of_the_name() -> None:
    field = facts([(50, [(40, "Patient Name : Mrs. Kavita Menon")])])["patient.name"]

    assert field.value == "Kavita Menon"
    assert field.excerpt is not None
    assert "Kavita Menon" in field.excerpt


def test_test_names_are_not_patients() -> None:
    head: list[Row] = [(40, [(40, "Cholesterol, Total")]), (50, [(40, "DOB: 01/02/1970")])]

    assert values(head, "patient.name") == [None]


def test_a_relatives_birth_date_names_no_patient() -> None:
    head: list[Row] = [(50, [(40, "Subscriber: Otis Barrow"), (300, "Subscriber DOB: 01/02/1970")])]

    assert "patient.name" not in facts(head)


def test_name_before_the_record_number() -> None:
    head: list[Row] = [(50, [(40, "Odom, Terrence MRN: E2209817 DOB: 1/30/1957")])]

    assert values(head, "patient.name", "patient.mrn") == ["Odom, Terrence", "E2209817"]


def test_places_and_titles_of_forms_are_no_people() -> None:
    head: list[Row] = [
        (50, [(40, "Chestnut Hill Endocrinology")]),
        (62, [(40, "DOB 10/14/1996")]),
        (74, [(40, "Patient Intake Questionnaire")]),
    ]

    assert values(head, "patient.name", "patient.dob") == [None, "1996-10-14"]


def test_captions_under_the_lines_of_a_form_take_what_stands_on_them() -> None:
    head: list[Row] = [
        (50, [(40, "Noreen Pike"), (300, "02/02/1952")]),
        (61, [(40, "Print name"), (300, "Date of birth")]),
        (100, [(300, "09/30/2026")]),
    ]

    assert values(head, "patient.name", "patient.dob") == ["Noreen Pike", "1952-02-02"]


def test_title_over_its_value_stays_with_it() -> None:
    head: list[Row] = [
        (50, [(40, "Name"), (300, "Date of birth")]),
        (61, [(40, "Noreen Pike"), (300, "02/02/1952")]),
        (74, [(40, "MRN"), (300, "Collected")]),
        (85, [(40, "NP-1182"), (300, "09/30/2026")]),
    ]

    assert values(head, "patient.name", "patient.dob", "doc.date_collected") == [
        "Noreen Pike", "1952-02-02", "2026-09-30",
    ]  # fmt: skip


def test_telephone_of_a_client_is_not_the_patients() -> None:
    head: list[Row] = [
        (50, [(40, "Acct #: 20117765"), (300, "Phone: (336) 555-0110")]),
        (62, [(40, "Patient: Walter Finch"), (300, "DOB: 07/07/1953")]),
    ]

    assert values(head, "patient.name", "patient.phone") == ["Walter Finch", None]


def test_name_that_only_stands_where_names_stand_goes_to_a_person() -> None:
    name = facts([(50, [(40, "Walter Finch")]), (74, [(40, "Collected: 07/07/2026")])])

    assert name["patient.name"].value == "Walter Finch"
    assert name["patient.name"].confidence <= 0.85
