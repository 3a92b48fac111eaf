"""Forms filled in on printed lines, and whose date is whose where a page bears several."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field


def facts(rows: list[Row]) -> dict[str, Field]:
    return {f.name: f for f in extract([page(rows)], locale=HERE).fields}


LINE = "_" * 20
CONSENT: list[Row] = [
    (30, [(40, "Ridgeway Family Clinic")]),
    (42, [(40, "CONSENT FOR TREATMENT")]),
    (54, [(40, "I, Lan Vu, date of birth 12/01/1980, consent to care and treatment.")]),
]


def test_underscores_are_the_line_and_not_the_value() -> None:
    found = facts(
        [
            (30, [(40, "Patient Health History")]),
            (42, [(40, "Name: ______Lan Vu_______"), (300, "Date of Birth: __12/01/1980__")]),
            (54, [(40, "Today's date: __10/02/2026__"), (300, "Phone: __503-555-0144__")]),
            (66, [(40, "Current medications: Lisinopril 10 mg daily")]),
        ]
    )

    assert found["patient.name"].value == "Lan Vu"
    assert found["patient.dob"].value == "1980-12-01"
    assert found["doc.date"].value == "2026-10-02"
    assert found["patient.phone"].value == "503-555-0144"
    assert "facility" not in found  # the form's title is no place


def test_empty_lines_of_a_form_say_nothing() -> None:
    rows: list[Row] = [
        (30, [(40, "Patient Health History")]),
        (42, [(40, f"Name: {LINE}"), (300, "Date of Birth: ____/____/____")]),
        (54, [(40, f"Emergency contact: {LINE}"), (300, "Phone: (___) ________")]),
        (66, [(40, f"Patient signature: X{LINE}"), (300, f"Date: {LINE}")]),
    ]

    assert facts(rows) == {}


def test_date_over_the_patients_caption_is_not_the_witness_s() -> None:
    found = facts(
        [
            *CONSENT,
            (90, [(40, "Lan Vu"), (330, "10/02/2026")]),
            (102, [(40, LINE), (330, LINE)]),
            (114, [(40, "Signature of patient"), (330, "Date")]),
            (138, [(40, "Paul Okafor"), (330, "10/03/2026")]),
            (150, [(40, LINE), (330, LINE)]),
            (162, [(40, "Witness"), (330, "Date")]),
        ]
    )

    assert found["patient.name"].value == "Lan Vu"
    assert found["consent.signed"].value == "true"
    assert found["consent.signed_date"].value == "2026-10-02"
    assert "doc.date" not in found


def test_signature_and_its_date_written_on_one_printed_line() -> None:
    found = facts(
        [
            *CONSENT,
            (90, [(40, "Signature X ___Lan Vu___________ Date ____10/02/2026_____")]),
            (102, [(40, "Witness ___Ann Bell_____ Date ___10/03/2026____")]),
        ]
    )

    assert found["consent.signed"].value == "true"
    assert found["consent.signed_date"].value == "2026-10-02"
    assert "doc.date" not in found


def test_a_notice_s_effective_day_is_no_coverage_s() -> None:
    notice: Row = (66, [(40, "Notice of Privacy Practices (effective date: 04/01/2024)")])

    assert "insurance.effective" not in facts([*CONSENT, notice])


def test_a_form_completed_is_not_reported() -> None:
    found = facts(
        [
            (30, [(40, "PATIENT INTAKE FORM - MEDICAL HISTORY")]),
            (42, [(40, "Patient name"), (250, "Birth date"), (400, "Date completed")]),
            (54, [(40, "Lan Vu"), (250, "12/01/1980"), (400, "10/02/2026")]),
            (66, [(40, "Current medications: Lisinopril 10 mg daily")]),
        ]
    )

    assert found["doc.date"].value == "2026-10-02"
    assert "doc.date_reported" not in found


LETTER: list[Row] = [
    (30, [(40, "Summit Mutual Insurance")]),
    (42, [(40, "Notice of Prior Authorization Approval")]),
    (54, [(40, "Date: 07/03/2026")]),
    (66, [(40, "Member: Delia Marchand"), (300, "Member ID: SM5512094")]),
]


@pytest.mark.parametrize(
    "rows",
    [
        [(90, [(40, "The services requested on 06/28/2026 have been approved.")])],
        [(90, [(40, "Your request for this service was approved on 07/03/2026.")])],
        [(90, [(40, "Services are authorized from 07/03/2026 to 09/30/2026.")])],
        [
            (90, [(40, "Approved service:"), (200, "MRI of the lumbar spine, 1 visit")]),
            (102, [(40, "Valid:"), (200, "07/03/2026 through 10/01/2026")]),
        ],
    ],
)
def test_what_was_decided_about_a_service_is_not_its_day(rows: list[Row]) -> None:
    assert "doc.date_service" not in facts([*LETTER, *rows])


@pytest.mark.parametrize(
    "text",
    [
        "This is about the care you received on August 2, 2026 in our network.",
        "The member was treated at your office from August 2, 2026 onwards.",
        "We were billed for services on 08/02/2026.",
    ],
)
def test_the_day_of_care_in_a_sentence(text: str) -> None:
    assert facts([*LETTER, (90, [(40, text)])])["doc.date_service"].value == "2026-08-02"


def test_an_appointment_to_come_is_no_visit() -> None:
    referral: list[Row] = [
        (30, [(40, "REFERRAL REQUEST")]),
        (42, [(40, "Date: 10/02/2026"), (300, "Appointment date: 10/20/2026")]),
        (54, [(40, "Patient: Lan Vu"), (300, "DOB: 12/01/1980")]),
        (66, [(40, "Reason for referral: palpitations")]),
    ]

    assert "doc.date_service" not in facts(referral)


def test_the_day_a_card_was_issued_is_no_report_s() -> None:
    card: list[Row] = [
        (30, [(40, "Evergreen Mutual Health Plan")]),
        (42, [(40, "Member: LAN VU"), (300, "RxBIN 015581")]),
        (54, [(40, "Member ID: XEM449102837"), (300, "Issued: 12/15/2025")]),
    ]

    assert "doc.date_reported" not in facts(card)


def test_the_hour_of_the_next_visit_is_no_vaccine() -> None:
    summary: list[Row] = [
        (30, [(40, "AFTER VISIT SUMMARY")]),
        (42, [(40, "Patient: Lan Vu"), (300, "DOB: 12/01/1980")]),
        (66, [(40, "IMMUNIZATIONS")]),
        (78, [(40, "Influenza 10/02/2026")]),
        (90, [(40, "NEXT VISIT")]),
        (102, [(40, "11/13/2026 9:00 AM")]),
    ]

    assert facts(summary)["immunization"].value == "Influenza"


def test_the_name_of_somebody_s_is_not_the_patient_s() -> None:
    form: list[Row] = [
        (30, [(40, "PATIENT REGISTRATION AND HEALTH HISTORY")]),
        (42, [(40, "Date of Birth: 12/01/1980"), (220, "Sex: F")]),
        (54, [(40, "Spouse's name: Minh Vu"), (300, "Employer: Acme Co")]),
        (66, [(40, "Medical history: asthma, hypertension")]),
    ]

    assert "patient.name" not in facts(form)


@pytest.mark.parametrize("step", ["Decision Date", "Payment date", "Date processed"])
def test_the_day_of_a_letter_goes_before_a_step_s(step: str) -> None:
    letter: list[Row] = [
        (30, [(40, "Crestline Health Plan")]),
        (54, [(40, "09/14/2026")]),
        (78, [(40, "RE: Member Name: Oscar Villanueva")]),
        (90, [(40, "Member ID: CRA2291088"), (300, f"{step}: 09/13/2026")]),
        (114, [(40, "Dear Provider: we have approved the request listed above.")]),
    ]

    assert facts(letter)["doc.date"].value == "2026-09-14"


def test_the_day_of_a_statement_goes_before_the_payment_s() -> None:
    statement: list[Row] = [
        (30, [(40, "Claim Statement")]),
        (42, [(40, "Crestline Health Plan"), (300, "Statement prepared 10/02/2026")]),
        (54, [(40, "Payment date 09/28/2026"), (300, "Claim number: 264410082")]),
        (66, [(40, "Patient: Oscar Villanueva"), (300, "Member ID: CRA2291088")]),
    ]

    assert facts(statement)["doc.date"].value == "2026-10-02"


def test_a_plan_alone_is_no_payer() -> None:
    card: list[Row] = [
        (30, [(40, "BlueCross BlueShield of Idaho"), (300, "Plan PPO")]),
        (54, [(40, "Member: LAN VU"), (300, "RxBIN 015581")]),
        (66, [(40, "Member ID: XEM449102837"), (300, "Office Visit copay $30")]),
    ]

    assert facts(card)["insurance.payer"].value == "BlueCross BlueShield of Idaho"
