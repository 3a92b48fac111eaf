"""Notes and letters of other languages and other houses: headings, closing words, side panels."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Extraction


def read(*lines: str | list[tuple[float, str]]) -> Extraction:
    rows: list[Row] = [
        (30 + 14 * at, line if isinstance(line, list) else [(40, line)])
        for at, line in enumerate(lines)
    ]
    return extract([page(rows)], locale=HERE)


def values(extraction: Extraction, name: str) -> list[str | None]:
    return [f.value for f in extraction.fields if f.name == name]


@pytest.mark.parametrize(
    ("title", "headings", "none_known"),
    [
        (
            "Informe de alta",
            ("Diagnóstico principal", "Tratamiento al alta", "Alergias"),
            "No alergias conocidas",
        ),
        (
            "Compte rendu d'hospitalisation",
            ("Antécédents médicaux", "Traitement de sortie", "Allergies connues"),
            "Aucune allergie connue",
        ),
        (
            "Entlassungsbericht",
            ("Entlassungsdiagnosen", "Entlassungsmedikation", "Allergien"),
            "Keine bekannten Allergien",
        ),
    ],
)
def test_sections_of_another_language(
    title: str, headings: tuple[str, str, str], none_known: str
) -> None:
    found = read(
        "Hospital Central", title, headings[0], "Asthma bronchiale", headings[1],
        "Metformin 500 mg", headings[2], none_known,
    )  # fmt: skip

    assert values(found, "diagnosis") == ["Asthma bronchiale"]
    assert values(found, "medication") == ["Metformin 500 mg"]
    assert [(f.value, f.negated) for f in found.fields if f.name == "allergy"] == [
        (none_known, True)
    ]


def test_who_signs_a_letter_is_no_entry_of_its_last_list() -> None:
    found = read(
        "Reason for referral", "Chest pain", "Allergies", "Aspirin (wheezing)", "Sincerely,",
        "Priya Raman, MD", "Samuel Levinson, MD, PhD",
    )  # fmt: skip

    assert values(found, "allergy") == ["Aspirin"]


def test_a_note_under_letters_and_abbreviations() -> None:
    found = read(
        "OFFICE NOTE", "CC: refills", "S: Feels well.", "MEDS: Hydrochlorothiazide 12.5 mg",
        "ALL: Penicillin (rash)", "O: BP 123/76 mmHg, Pulse 57 bpm. Lungs CTA bilat.", "A/P:",
        "1. Hyperlipidemia, unspecified - stable, continue current management.",
    )  # fmt: skip

    assert found.kind == "summary"
    assert values(found, "medication") == ["Hydrochlorothiazide 12.5 mg"]
    assert values(found, "allergy") == ["Penicillin"]
    assert values(found, "diagnosis") == ["Hyperlipidemia, unspecified"]


def test_how_somebody_is_at_discharge_is_no_diagnosis() -> None:
    found = read(
        "Discharge Summary", "Principal diagnosis: Psoriasis vulgaris", "Condition: Good",
        "Discharge meds: Losartan 50 mg daily", "Pending", "Blood cultures x2",
    )  # fmt: skip

    assert values(found, "diagnosis") == ["Psoriasis vulgaris"]
    assert values(found, "medication") == ["Losartan 50 mg"]


def test_vital_signs_in_a_panel_beside_the_text() -> None:
    found = read(
        "After Visit Summary",
        [(40, "You were seen for a cough that has lasted a week."), (420, "Blood Pressure")],
        [(40, "Drink water and rest. Call if you get worse."), (420, "128/76")],
        [(40, "Your next visit is in two weeks."), (420, "Pulse")],
        [(40, "Bring your list of questions."), (420, "72")],
        [(40, "Thank you for coming in."), (420, "Weight")],
        [(40, "We are here to help."), (420, "188 lb")],
    )

    assert values(found, "vital") == ["128/76", "72", "188"]


def test_a_name_before_the_birth_date_of_a_sentence() -> None:
    found = read(
        "Blue Shield", "Dear Provider:",
        "We cannot pay claim 4064135542 for Chloe Castillo, born 04/11/1999. Reason code CO-16.",
    )  # fmt: skip

    assert values(found, "patient.name") == ["Chloe Castillo"]
    assert values(found, "patient.dob") == ["1999-04-11"]


def test_a_dash_parts_a_label_from_its_value() -> None:
    found = read(
        "Radiology Report", "Patient - Jane Doe", "DOB - 04/13/1971",
        "Examination - CT head without contrast", "Impression: Normal.",
    )  # fmt: skip

    assert values(found, "patient.name") == ["Jane Doe"]
    assert values(found, "imaging.exam") == ["CT head without contrast"]


def test_whom_a_letter_is_written_to_ordered_nothing() -> None:
    found = read(
        "Millbrook Surgery", "Dr Tomás Ibáñez", "Outpatient Department", "Dear Dr Ibáñez",
        "Re: Omar Castillo DOB: 21/12/1991", "I would be grateful for your opinion.",
        "Active problems", "Obesity, unspecified", "Yours sincerely", "Dr Samuel Levinson",
    )  # fmt: skip

    assert found.kind == "medical_history"
    assert values(found, "provider.ordering") == []
    assert values(found, "diagnosis") == ["Obesity, unspecified"]


def test_the_doctor_a_report_is_written_to_asked_for_it() -> None:
    found = read(
        "Capital Imaging Associates", "Nina Feld, MD", "12 Main Street, Springfield, IL 62701",
        "Dear Dr. Feld:", "RE: Jane Doe, DOB 04/13/1971", "MRI LUMBAR SPINE WITHOUT CONTRAST",
        "FINDINGS: Disc bulge at L4-L5.", "IMPRESSION: No canal stenosis.", "Sincerely,",
        "Helen Okafor, DO",
    )  # fmt: skip

    assert values(found, "provider.ordering") == ["Nina Feld"]


def test_at_whose_request_somebody_was_seen() -> None:
    found = read(
        "Consultation Note", "Patient: Jane Doe", "Date of service: 03/04/2026",
        "I saw this patient at the request of Nina Feld, NP for her back pain.",
    )  # fmt: skip

    assert values(found, "provider.ordering") == ["Nina Feld, NP"]


def test_a_plan_in_a_referral_is_of_care() -> None:
    found = read(
        "Referral Letter", "Patient: Jane Doe", "Insurance: Aetna", "Plan: Follow up in two weeks",
    )  # fmt: skip

    assert values(found, "insurance.plan") == []


def test_the_day_an_approval_is_valid_from_is_no_day_of_service() -> None:
    found = read(
        "Prior Authorization Approval", "July 03, 2026", "Member: Jane Doe",
        [(40, "Approved service:"), (200, "MRI of the lumbar spine, 1 visit")],
        [(40, "Valid:"), (200, "07/03/2026 through 10/01/2026")],
    )  # fmt: skip

    assert values(found, "doc.date_service") == []
    assert values(found, "doc.date") == ["2026-07-03"]


def test_a_title_over_the_head_of_a_paper_begins_no_list() -> None:
    found = read(
        "Medical History",
        [(40, "Siobhan OConnor"), (240, "12/03/1991")],
        [(40, "Name"), (240, "Date of Birth")],
        [(40, "04/10/2026"), (240, "Female")],
        [(40, "Dated"), (240, "Sex")],
        "Allergies", "Ibuprofen (wheezing)", "Medical conditions", "Migraine without aura",
    )  # fmt: skip

    assert values(found, "patient.name") == ["Siobhan OConnor"]
    assert values(found, "diagnosis") == ["Migraine without aura"]


def test_the_value_of_a_label_at_the_end_of_a_full_line() -> None:
    found = read(
        "Claim Form", "Payer: Aetna", "Patient: Jane Doe",
        [(40, "Billing provider: Backline Family Medicine"), (260, "NPI: 2072256094"),
         (420, "Rendering provider:")],
        "Anil Deshpande, MD", "Total charge: $120.00",
    )  # fmt: skip

    assert values(found, "provider.rendering") == ["Anil Deshpande, MD"]


def test_a_name_behind_two_strokes_signs_a_consent() -> None:
    found = read(
        "Consent for Telehealth Visits", "I have read this form and I agree.",
        [(40, "Patient name James Smith"), (260, "Date of birth 11/05/1962")],
        [(40, "Signed /s/ James Smith"), (260, "Date 07/15/2026")],
    )  # fmt: skip

    assert values(found, "consent.signed") == ["true"]
    assert values(found, "consent.signed_date") == ["2026-07-15"]


def test_what_a_doctor_is_belongs_to_no_name() -> None:
    found = read(
        "Radiology Report", "Patient: Jane Doe", "Impression: Normal.",
        "Reported by: Dr Anil Deshpande, Consultant Radiologist, GMC 0000000",
    )  # fmt: skip

    assert values(found, "provider.author") == ["Dr Anil Deshpande"]


def test_an_examination_broken_within_its_column() -> None:
    rows: list[Row] = [
        (30, [(40, "Radiologischer Befund")]),
        (50, [(40, "Patient"), (140, "Jane Doe")]),
        (64, [(40, "Untersuchung"), (140, "MRT der Lendenwirbelsäule")]),
        (74, [(140, "ohne Kontrastmittel")]),
        (94, [(40, "Beurteilung: Kein Prolaps.")]),
    ]

    assert values(extract([page(rows)], locale=HERE), "imaging.exam") == [
        "MRT der Lendenwirbelsäule ohne Kontrastmittel"
    ]


def test_conditions_of_somebody_told_in_a_sentence() -> None:
    found = read(
        "Referral Letter", "Re: Maria Gomez, DOB 04/05/1966", "Dear Dr. Patel,",
        "Thank you for seeing this 60-year-old woman with hypertension and type 2 diabetes who has",
        "chest pain. She also has asthma. Her mother has hyperlipidemia.",
        "She has no history of gout.",
        "Sincerely,", "Nora Hall, MD",
    )  # fmt: skip
    told = {(f.value, f.negated) for f in found.fields if f.name == "diagnosis"}

    assert {("hypertension", False), ("type 2 diabetes", False), ("asthma", False)} <= told
    assert ("hyperlipidemia", False) not in told
    assert ("gout", False) not in told
