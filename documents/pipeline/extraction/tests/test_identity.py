from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field, Locale


def fields(rows: list[Row], locale: Locale = HERE) -> dict[str, Field]:
    return {f.name: f for f in extract([page(rows)], locale=locale).fields}


def test_label_left_of_its_value() -> None:
    found = fields([(80, [(40, "Patient Name: Smith, John A"), (320, "DOB: 02/14/1965")]),
                    (92, [(40, "MRN: 884201"), (320, "Sex: M")])])  # fmt: skip

    assert found["patient.name"].value == "Smith, John A"
    assert found["patient.dob"].value == "1965-02-14"
    assert found["patient.mrn"].value == "884201"
    assert found["patient.sex"].code is not None
    assert found["patient.sex"].code["code"] == "male"


def test_label_above_its_value() -> None:
    found = fields([(80, [(40, "Patient Name"), (240, "Date of Birth"), (340, "MRN")]),
                    (92, [(40, "Doe, Jane"), (240, "04/13/1971"), (340, "100398")])])  # fmt: skip

    assert (found["patient.name"].value, found["patient.dob"].value) == ("Doe, Jane", "1971-04-13")
    assert found["patient.mrn"].value == "100398"


def test_phone_of_the_laboratory_is_not_the_patients() -> None:
    found = fields([(30, [(40, "Acme Laboratory")]), (42, [(40, "Phone: (217) 555-0100")]),
                    (80, [(40, "Patient: Jane Doe")]), (92, [(40, "DOB: 04/13/1971")]),
                    (120, [(40, "Ordering Provider: Ann Roe, MD")]),
                    (132, [(40, "Phone: (217) 555-0199")])])  # fmt: skip

    assert "patient.phone" not in found


def test_phone_among_the_patients_details_is_the_patients() -> None:
    found = fields([(80, [(40, "Patient: Jane Doe")]), (92, [(40, "DOB: 04/13/1971")]),
                    (104, [(40, "Phone: (217) 555-0142")]),
                    (130, [(40, "Emergency contact: Tom Doe"), (300, "Phone: (217) 555-0143")])
                    ])  # fmt: skip

    assert found["patient.phone"].value == "(217) 555-0142"
    assert found["emergency.phone"].value == "(217) 555-0143"


def test_label_without_value_gives_nothing() -> None:
    assert fields([(80, [(40, "Patient Name:"), (320, "DOB:")]),
                   (92, [(40, "MRN:"), (320, "Sex:")])]) == {}  # fmt: skip


def test_dates_follow_the_clinic_unless_the_page_shows_otherwise() -> None:
    rows: list[Row] = [(80, [(40, "Patient: Jane Doe")]), (92, [(40, "DOB: 03/04/1971")])]

    assert fields(rows)["patient.dob"].value == "1971-03-04"
    assert fields(rows, Locale(day_first=True))["patient.dob"].value == "1971-04-03"

    rows.append((104, [(40, "Collected: 25/10/2026")]))
    contested = fields(rows)["patient.dob"]
    assert (contested.value, contested.warnings) == ("1971-04-03", ("ambiguous_date",))
    assert contested.confidence < 0.9


def test_wrong_npi_check_digit_is_doubted() -> None:
    found = fields([(80, [(40, "Patient: Jane Doe")]), (92, [(40, "NPI: 1234567890")])])

    assert found["provider.npi"].warnings == ("npi_check_digit",)
    assert found["provider.npi"].confidence < 0.9
