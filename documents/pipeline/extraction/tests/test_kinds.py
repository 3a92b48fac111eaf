from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Extraction, Field


def read(rows: list[Row]) -> tuple[Extraction, dict[str, Field]]:
    extraction = extract([page(rows)], locale=HERE)
    return extraction, {f.name: f for f in extraction.fields}


def test_insurance_card() -> None:
    extraction, found = read([
        (30, [(40, "Harbor Mutual Health Plan")]),
        (60, [(40, "Member name: Jane Doe"), (300, "Group No. 70118-C")]),
        (74, [(40, "Member ID: XEB 7712 0394"), (300, "Payer ID BSH01")]),
        (88, [(40, "RxBIN 610099"), (160, "RxPCN ADV"), (260, "RxGrp RX4417")]),
        (102, [(40, "Effective 01/01/2026"), (300, "PCP $25 ER $250")]),
    ])  # fmt: skip

    assert extraction.kind == "insurance_card"
    assert found["insurance.payer"].value == "Harbor Mutual Health Plan"
    assert found["insurance.member_id"].value == "XEB 7712 0394"
    assert found["insurance.group"].value == "70118-C"
    assert found["insurance.payer_id"].value == "BSH01"
    assert [found[f"insurance.rx_{k}"].value for k in ("bin", "pcn", "group")] == [
        "610099", "ADV", "RX4417"]  # fmt: skip
    assert found["insurance.subscriber"].value == "Jane Doe"


def test_denial_letter() -> None:
    extraction, found = read([
        (40, [(60, "Blue Shield Health Plan")]), (60, [(60, "January 9, 2026")]),
        (90, [(60, "NOTICE OF CLAIM DENIAL")]),
        (110, [(60, "Patient: Jane Doe"), (300, "Claim number: 253322253152")]),
        (124, [(60, "Billed amount: $1,422.36"), (300, "Amount paid: $0.00")]),
        (150, [(60, "We cannot pay the claim. Reason code CO-197: prior approval was required.")]),
        (164, [(60, "You may appeal in writing. We must receive the appeal by July 08, 2026.")]),
    ])  # fmt: skip

    assert extraction.kind == "payer_letter"
    assert found["claim.denial_code"].value == "CO-197"
    assert found["claim.number"].value == "253322253152"
    assert (found["claim.total"].value, found["claim.total"].value_num) == ("$1,422.36", 1422.36)
    assert found["doc.due_date"].value == "2026-07-08"
    assert found["doc.date"].value == "2026-01-09"


def test_signed_consent() -> None:
    extraction, found = read([
        (40, [(60, "INFORMED CONSENT")]), (60, [(60, "Patient: Jane Doe")]),
        (80, [(60, "I understand the risks and I consent to treatment.")]),
        (120, [(60, "Electronically signed by Jane Doe")]),
        (134, [(60, "Signed on 10/22/2026 at 10:17 AM")]),
    ])  # fmt: skip

    assert extraction.kind == "consent_form"
    assert found["consent.signed"].value == "true"
    assert found["consent.signed_date"].value == "2026-10-22"


def test_unsigned_consent_says_nothing_of_a_signature() -> None:
    _, found = read([
        (40, [(60, "INFORMED CONSENT")]), (60, [(60, "Patient: Jane Doe")]),
        (80, [(60, "I understand the risks and I consent to treatment.")]),
        (120, [(60, "Signature of patient"), (300, "Date")]),
    ])  # fmt: skip

    assert "consent.signed" not in found


def test_bone_density_with_an_assessment() -> None:
    extraction, found = read([
        (40, [(60, "DXA BONE DENSITOMETRY")]), (60, [(60, "Name: Lucille Barrow")]),
        (80, [(60, "Scan date: 09/08/2025")]),
        (100, [(60, "Region"), (200, "BMD (g/cm2)"), (320, "T-score")]),
        (112, [(60, "Femoral neck"), (200, "0.655"), (320, "-2.6")]),
        (140, [(60, "ASSESSMENT: Osteoporosis at the femoral neck.")]),
    ])  # fmt: skip

    assert extraction.kind == "imaging"
    assert found["imaging.exam"].value == "DXA BONE DENSITOMETRY"
    assert found["imaging.impression"].value == "Osteoporosis at the femoral neck."


def test_imaging_report_with_a_title_and_a_name_over_the_signature() -> None:
    extraction, found = read([
        (40, [(60, "Cedar Falls Hospital")]), (60, [(60, "Patient: Jane Doe")]),
        (80, [(60, "Carotid Duplex Ultrasound, Bilateral")]), (100, [(60, "Indication: Bruit.")]),
        (114, [(60, "Findings: Plaque is seen on both sides.")]),
        (140, [(60, "Impression: Stenosis of the right internal carotid artery.")]),
        (160, [(60, "Colin Baptiste, MD")]),
        (172, [(60, "Electronically signed 10/04/2025 08:14")]),
    ])  # fmt: skip

    assert extraction.kind == "imaging"
    assert found["imaging.exam"].value == "Carotid Duplex Ultrasound, Bilateral"
    assert found["provider.author"].value == "Colin Baptiste, MD"


def test_imaging_report() -> None:
    extraction, found = read([
        (40, [(60, "RADIOLOGY REPORT")]), (60, [(60, "Patient: Jane Doe")]),
        (80, [(60, "Exam: CT CHEST WITHOUT CONTRAST")]), (100, [(60, "FINDINGS:")]),
        (114, [(60, "The lungs are clear. There is a 4 mm nodule.")]),
        (140, [(60, "IMPRESSION:")]), (154, [(60, "Stable 4 mm pulmonary nodule.")]),
    ])  # fmt: skip

    assert extraction.kind == "imaging"
    assert found["imaging.exam"].value == "CT CHEST WITHOUT CONTRAST"
    assert found["imaging.impression"].value == "Stable 4 mm pulmonary nodule."


INSURED: list[Row] = [
    (30, [(40, "Meridian Health Plan")]),
    (54, [(40, "Member Name: Vu, Lan"), (300, "Member ID: MHP7720033")]),
    (66, [(40, "DOB: 12/01/1980"), (300, "Group Number: 44120")]),
]


@pytest.mark.parametrize(
    "rows",
    [
        [
            (42, [(40, "Records Request")]),
            (78, [(40, "Claim #: 881200334"), (300, "Date of service: 07/14/2026")]),
            (90, [(40, "Please submit office notes, imaging report and insurance card copies.")]),
        ],
        [
            (42, [(40, "Prior Authorization Approval")]),
            (78, [(40, "Service: CT abdomen with contrast"), (300, "Date: 07/03/2026")]),
            (90, [(40, "The requested service has been approved.")]),
        ],
        [
            (78, [(40, "Dear Lan Vu,")]),
            (90, [(40, "We could not approve the request of your doctor. Read our decision.")]),
        ],
    ],
)
def test_who_is_insured_on_a_page_about_a_claim_makes_no_card(rows: list[Row]) -> None:
    extraction, found = read(sorted([*INSURED, *rows]))

    assert extraction.kind == "payer_letter"
    assert found["insurance.member_id"].value == "MHP7720033"


def test_who_is_insured_over_sentences_about_a_claim_is_a_letter() -> None:
    sentences: list[Row] = [
        (
            78,
            [(40, "We are not able to pay for the visit that you made to this clinic in August.")],
        ),
        (90, [(40, "You have the right to file an appeal within half a year of this letter.")]),
    ]

    assert read([*INSURED, *sentences])[0].kind == "payer_letter"


def test_back_of_a_card_stays_a_card() -> None:
    back: list[Row] = [
        (78, [(40, "This card is for identification and does not by itself prove that you are "
                   "insured.")]),
        (90, [(40, "Your doctor must ask for approval before a stay in a hospital that was "
                   "planned.")]),
    ]  # fmt: skip

    assert read([*INSURED, *back])[0].kind == "insurance_card"


def test_who_is_insured_alone_is_a_card() -> None:
    assert read([*INSURED, (78, [(40, "Office visit copay $25")])])[0].kind == "insurance_card"


def test_specialist_s_answer_is_no_payer_s_letter() -> None:
    extraction, _ = read([
        (30, [(40, "Harbor Cardiology")]),
        (54, [(40, "October 5, 2026")]),
        (78, [(40, "Dear Paul,")]),
        (90, [(40, "Thank you for asking me to see this 45-year-old woman with hypertension.")]),
        (102, [(40, "She takes lisinopril 10 mg daily and is allergic to penicillin.")]),
        (126, [(40, "Yours sincerely,")]),
    ])  # fmt: skip

    assert extraction.kind == "medical_history"
