"""Cards, claims, consents and letters: labels in narrow boxes, in two languages, of two things."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Extraction, Field


def read(rows: list[Row]) -> Extraction:
    return extract([page(rows)], locale=HERE)


def named(rows: list[Row]) -> dict[str, Field]:
    return {f.name: f for f in read(rows).fields}


CARD: list[Row] = [
    (20, [(40, "Evergreen Mutual Health Plan"), (400, "PPO")]),
    (40, [(40, "Member ID: XEM449102837")]),
    (52, [(40, "Group Number: G-55120")]),
]


def test_group_behind_pharmacy_numbers_is_the_pharmacys() -> None:
    found = named([*CARD, (64, [(40, "RX BIN: 004336 PCN: ADV GRP: RX8834")])])

    assert found["insurance.group"].value == "G-55120"
    assert found["insurance.rx_group"].value == "RX8834"


def test_label_of_two_pharmacy_numbers_gives_each_its_own() -> None:
    found = named([*CARD, (64, [(40, "BIN / PCN"), (200, "087666 / A4")])])

    assert found["insurance.rx_bin"].value == "087666"
    assert found["insurance.rx_pcn"].value == "A4"


def test_two_pharmacy_numbers_with_a_stroke_between_are_two() -> None:
    found = named([*CARD, (64, [(40, "RXBIN/PCN:"), (200, "004336/MEDDADV")])])

    assert found["insurance.rx_bin"].value == "004336"
    assert found["insurance.rx_pcn"].value == "MEDDADV"


def test_only_person_of_a_card_is_member_and_subscriber() -> None:
    found = named([*CARD, (64, [(40, "Subscriber: Carla Mendoza")])])

    assert found["patient.name"].value == "Carla Mendoza"
    assert found["insurance.subscriber"].value == "Carla Mendoza"
    assert found["patient.name"].features["far_value"] == 0.3


def test_label_in_two_languages() -> None:
    rows: list[Row] = [
        (20, [(40, "MEDICARE HEALTH INSURANCE")]),
        (40, [(40, "Medicare Number/Número de Medicare")]),
        (52, [(40, "1EG4-TE5-MK72")]),
    ]

    assert named(rows)["insurance.member_id"].value == "1EG4-TE5-MK72"


CLAIM: list[Row] = [(20, [(40, "HEALTH INSURANCE CLAIM FORM")])]


def test_empty_boxes_are_nobodys_name() -> None:
    rows: list[Row] = [
        *CLAIM,
        (40, [(40, "1a. INSURED'S I.D. NUMBER"), (250, "2. PATIENT'S NAME")]),
        (80, [(40, "28. TOTAL CHARGE"), (250, "33. BILLING PROVIDER")]),
        (90, [(40, "$"), (250, "INFO & PH #")]),
    ]

    assert read(rows).fields == ()


def test_number_of_a_card_in_groups_without_a_colon() -> None:
    rows: list[Row] = [*CARD[:1], (40, [(40, "Identification Number DSI 4471 90228")])]

    assert named(rows)["insurance.member_id"].value == "DSI 4471 90228"


def test_consent_signed_beside_the_word() -> None:
    rows: list[Row] = [
        (20, [(40, "Telehealth Informed Consent")]),
        (40, [(40, "Client name: Marisol Vega"), (300, "Birthdate: 06/15/1987")]),
        (52, [(40, "I understand the risks and agree to receive services by video.")]),
        (90, [(40, "Signed:"), (300, "Date signed: 03/03/2026")]),
    ]
    found = named(rows)

    assert found["consent.signed"].value == "true"
    assert found["consent.signed_date"].value == "2026-03-03"


def test_label_on_two_lines_of_a_box_takes_the_value_below() -> None:
    rows: list[Row] = [
        *CLAIM,
        (40, [(40, "1a. INSURED'S I.D. NUMBER"), (250, "11. INSURED'S POLICY GROUP OR")]),
        (50, [(40, "ZGP118290"), (250, "FECA NUMBER"), (420, "HUGH TANAKA")]),
        (60, [(250, "88120")]),
    ]

    found = named(rows)
    assert found["insurance.group"].value == "88120"
    assert found["insurance.member_id"].value == "ZGP118290"


@pytest.mark.parametrize(
    ("boxes", "sex"), [("M F", None), ("M [ ] F [ ]", None), ("M X F", "M"), ("M F X", "F")]
)
def test_sex_with_both_letters_needs_a_mark(boxes: str, sex: str | None) -> None:
    rows: list[Row] = [*CLAIM, (40, [(40, "Patient Name: Brenda Oakes"), (300, f"SEX: {boxes}")])]

    found = named(rows).get("patient.sex")
    assert (found.value if found else None) == sex


def test_consent_date_under_its_title_is_not_the_birth_date_above() -> None:
    rows: list[Row] = [
        (20, [(40, "Informed Consent for Anesthesia")]),
        (40, [(40, "PATIENT NAME"), (200, "DATE OF BIRTH")]),
        (52, [(40, "Ramona Quirk"), (200, "12/12/1971")]),
        (64, [(40, "I consent to the anesthesia plan. I have read this form.")]),
        (80, [(40, "Signature"), (200, "Date / Time")]),
        (98, [(200, "02/11/2025")]),
    ]

    found = named(rows)
    assert found["consent.signed_date"].value == "2025-02-11"
    assert found["patient.dob"].value == "1971-12-12"
    assert "doc.date" not in found


def test_total_row_goes_before_the_first_line_of_the_column() -> None:
    rows: list[Row] = [
        (20, [(40, "Explanation of Benefits")]),
        (34, [(40, "Member: Alton Greer"), (300, "Claim #: E250012349")]),
        (60, [(40, "Date of service"), (160, "Billed"), (240, "Plan paid")]),
        (72, [(40, "02/20/2025"), (160, "$220.00"), (240, "$100.00")]),
        (84, [(40, "02/20/2025"), (160, "$25.00"), (240, "$18.00")]),
        (96, [(40, "Claim totals"), (160, "$245.00"), (240, "$118.00")]),
    ]
    found = named(rows)

    assert found["claim.total"].value_num == 245.0
    assert found["claim.paid"].value_num == 118.0


def test_box_of_birth_date_and_sex() -> None:
    rows: list[Row] = [
        *CLAIM,
        (
            40,
            [
                (40, "2. PATIENT'S NAME (Last Name, First Name)"),
                (300, "3. PATIENT'S BIRTH DATE SEX"),
            ],
        ),
        (52, [(40, "PRUITT, SONIA"), (300, "11 30 1969"), (380, "F")]),
    ]

    assert named(rows)["patient.dob"].value == "1969-11-30"


def test_institution_beside_the_title_of_its_paper() -> None:
    rows: list[Row] = [
        (20, [(40, "Willow Bend Clinic - After Visit Summary")]),
        (40, [(40, "Ophelia Grant (MRN: WB220915) DOB: 7/16/1979")]),
        (60, [(40, "Visit date: 8/20/2025")]),
        (80, [(40, "Diagnoses")]),
        (92, [(40, "Type 2 diabetes mellitus")]),
        (110, [(40, "Medications to continue")]),
        (122, [(40, "Metformin 1000 mg tablet twice daily")]),
        (140, [(40, "Stop taking these medications")]),
        (152, [(40, "Lisinopril 10 mg daily")]),
    ]
    extraction = read(rows)
    told = [(f.name, f.value) for f in extraction.fields]

    assert ("facility", "Willow Bend Clinic") in told
    assert ("patient.mrn", "WB220915") in told
    assert [value for name, value in told if name == "medication"] == ["Metformin 1000 mg"]
    assert [value for name, value in told if name == "diagnosis"] == ["Type 2 diabetes mellitus"]


def test_title_and_examination_are_no_institutions() -> None:
    rows: list[Row] = [
        (20, [(40, "St. Clare Hospital - Radiology")]),
        (40, [(40, "MRI LUMBAR SPINE WITHOUT CONTRAST")]),
        (60, [(40, "Patient: Oscar Benitez"), (300, "Date of birth: 11/08/1963")]),
        (80, [(40, "FINDINGS: Disc bulge at L4-L5.")]),
        (92, [(40, "IMPRESSION: No canal stenosis.")]),
    ]

    assert named(rows)["facility"].value == "St. Clare Hospital"


LETTER: list[Row] = [
    (20, [(40, "Oakridge Family Medicine")]),
    (40, [(40, "Dear Dr. Stein,")]),
    (52, [(40, "Thank you for seeing Mabel Trent (DOB 06/30/1958), referred for chest pain.")]),
    (64, [(40, "Her past medical history includes hypertension, hyperlipidemia and")]),
    (76, [(40, "osteoarthritis. She takes atorvastatin 20 mg daily and losartan 50 mg")]),
    (88, [(40, "daily. She is allergic to penicillin. Her mother has a history of asthma.")]),
]


def test_referral_told_in_sentences() -> None:
    fields = read(LETTER).fields

    def of(name: str) -> list[str | None]:
        return sorted(f.value or "" for f in fields if f.name == name and f.context == "patient")

    assert of("diagnosis") == ["hyperlipidemia", "hypertension", "osteoarthritis"]
    assert of("medication") == ["atorvastatin 20 mg", "losartan 50 mg"]
    assert of("allergy") == ["penicillin"]
    assert of("patient.name") == ["Mabel Trent"]
    relatives = [f.value for f in fields if f.name == "diagnosis" and f.context == "family"]
    assert relatives == ["asthma"]


def test_negated_history_is_negated() -> None:
    rows = [*LETTER[:3], (64.0, [(40.0, "She denies a history of diabetes.")])]

    found = [f for f in read(rows).fields if f.name == "diagnosis"]
    assert all(f.negated for f in found)


def test_numbered_entries_in_a_sentence_are_cut_at_their_numbers() -> None:
    rows: list[Row] = [
        (20, [(40, "Progress Note")]),
        (34, [(40, "Patient: Bridget Farrow"), (300, "Visit date: 04/28/2025")]),
        (50, [(40, "Assessment: 1. Migraine (G43.009). 2. Essential hypertension (I10).")]),
    ]

    found = [f for f in read(rows).fields if f.name == "diagnosis"]
    assert [f.value for f in found] == ["Migraine", "Essential hypertension"]


def test_results_tell_a_laboratory_page_in_any_language() -> None:
    rows: list[Row] = [
        (20, [(40, "Saint-Roch")]),
        (40, [(40, "Glucose"), (200, "98"), (260, "mg/dL"), (320, "70 - 99")]),
        (52, [(40, "Potassium"), (200, "4.1"), (260, "mmol/L"), (320, "3.5 - 5.1")]),
        (64, [(40, "Sodium"), (200, "139"), (260, "mmol/L"), (320, "136 - 145")]),
    ]

    assert read(rows).kind == "lab"


def test_table_of_two_columns_far_apart() -> None:
    rows: list[Row] = [
        (20, [(40, "Keystone Mutual Health")]),
        (34, [(40, "Request for medical records")]),
        (60, [(40, "Patient"), (330, "Orla Devaney")]),
        (74, [(40, "DOB"), (330, "05/29/1973")]),
        (88, [(40, "Member ID"), (330, "KMH8830112")]),
        (102, [(40, "Claim No."), (330, "2026100288")]),
        (130, [(40, "Please send the medical records. We need additional information.")]),
    ]

    found = named(rows)
    assert found["patient.dob"].value == "1973-05-29"
    assert found["insurance.member_id"].value == "KMH8830112"
    assert found["claim.number"].value == "2026100288"


def test_a_plan_that_a_claim_is_sent_to_pays_it() -> None:
    found = named([
        (20, [(40, "Health Insurance Claim Form")]),
        (40, [(40, "Plan: Meridian Trades Benefit Fund")]),
        (54, [(40, "Patient: Jane Doe")]),
        (68, [(40, "Total charge: $120.00")]),
    ])  # fmt: skip

    assert found["insurance.payer"].value == "Meridian Trades Benefit Fund"
    assert "insurance.plan" not in found


def test_a_number_that_goes_on_behind_its_hyphen() -> None:
    found = named([
        *CARD[:1],
        (40, [(40, "Member ID"), (140, "Group"), (240, "Effective")]),
        (52, [(40, "PS0083320-"), (140, "4474-27"), (240, "01/01/2026")]),
        (62, [(40, "02")]),
    ])  # fmt: skip

    assert found["insurance.member_id"].value == "PS0083320-02"
    assert found["insurance.group"].value == "4474-27"


PAYERS_LETTER: list[Row] = [
    (20, [(40, "Northern Plains Medicaid")]),
    (40, [(40, "June 19, 2026")]),
    (60, [(40, "Dear Provider:")]),
    (80, [(40, "We cannot pay claim 8146562962 for Hannah Brown, born November 18, 2001, member")]),
    (
        92,
        [(40, "ID 3334820415. The services of May 15, 2026 were billed at $1,389.33; reason code")],
    ),
    (104, [(40, "CO-50. You may appeal until August 03, 2026.")]),
]


def test_numbers_and_amounts_that_a_payer_tells_in_a_sentence() -> None:
    found = named(PAYERS_LETTER)

    assert found["claim.number"].value == "8146562962"
    assert found["insurance.member_id"].value == "3334820415"
    assert found["claim.total"].value_num == 1389.33


def test_a_sentence_of_two_claims_names_none() -> None:
    found = named([*PAYERS_LETTER, (116, [(40, "It repeats claim 8146560001 of the same day.")])])

    assert "claim.number" not in found


def test_name_and_birth_date_behind_a_payer_are_the_patients() -> None:
    found = named([
        (20, [(40, "Claim Form")]),
        (36, [(40, "Insurer: Lakeland Senior Advantage")]),
        (50, [(40, "Name ....."), (200, "Jean-Luc Beaumont-Leclerc")]),
        (64, [(40, "Birth date ....."), (200, "28 Feb 1954")]),
        (78, [(40, "Sex/Gender ....."), (200, "Male")]),
        (92, [(40, "Total charge: $120.00")]),
    ])  # fmt: skip

    assert found["patient.name"].value == "Jean-Luc Beaumont-Leclerc"
    assert found["patient.dob"].value == "1954-02-28"
    assert found["patient.sex"].value == "Male"


def test_a_client_with_a_birth_date_is_the_patient_and_one_without_is_not() -> None:
    head: list[Row] = [(20, [(40, "Northgate Clinical Laboratory")])]
    patient = named([
        *head, (40, [(40, "Client: Uriel White"), (240, "Birthdate: 10/06/1946")]),
        (54, [(40, "MRN: 04393075")]), (80, [(40, "Sodium 139 mmol/L 134-144")]),
    ])  # fmt: skip
    practice = named([
        *head, (40, [(40, "Client: Karen Whitfield")]), (54, [(40, "Client ID: 88213")]),
        (80, [(40, "Sodium 139 mmol/L 134-144")]),
    ])  # fmt: skip

    assert patient["patient.name"].value == "Uriel White"
    assert patient["patient.mrn"].value == "04393075"
    assert "patient.name" not in practice


def test_an_address_without_its_postal_code_is_not_sure() -> None:
    head: list[Row] = [(20, [(40, "Health History")]), (40, [(40, "Patient: Jane Doe")])]
    whole = named([
        *head,
        (54, [(40, "DOB: 10/17/1991"), (300, "Address: 322 Old Mill Road, Evanston at the")]),
        (64, [(40, "lake, IL 60201")]),
    ])  # fmt: skip
    part = named([*head, (54, [(40, "Address: 322 Old Mill Road")])])

    assert whole["patient.address"].value == "322 Old Mill Road, Evanston at the lake, IL 60201"
    assert part["patient.address"].value == "322 Old Mill Road"
    assert part["patient.address"].confidence < 0.9


def test_a_plan_is_nobodys_name() -> None:
    found = named([*CARD[:1], (40, [(40, "Subscriber: Choice POS")])])

    assert "insurance.subscriber" not in found
    assert "patient.name" not in found


def test_a_medicare_card_is_valid_from_its_parts() -> None:
    found = named([
        (20, [(40, "MEDICARE HEALTH INSURANCE")]),
        (40, [(40, "Name/Nombre")]), (52, [(40, "JOHN L SMITH")]),
        (70, [(40, "Medicare Number/Numero de Medicare")]), (82, [(40, "1EG4-TE5-MK72")]),
        (100, [(40, "HOSPITAL (PART A)"), (240, "03-01-2016")]),
        (112, [(40, "MEDICAL (PART B)"), (240, "03-01-2016")]),
    ])  # fmt: skip

    assert found["insurance.member_id"].value == "1EG4-TE5-MK72"
    assert found["insurance.effective"].value == "2016-03-01"
    assert "doc.date" not in found
