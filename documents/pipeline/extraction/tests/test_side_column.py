"""A report with the patient's details in a narrow column beside its text."""

from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page


def test_titles_in_a_side_column_have_their_values_under_them() -> None:
    side = ["PATIENT", "Lan Vu", "DATE OF BIRTH", "12/01/1980", "MRN", "44120", "EXAM DATE",
            "10/02/2026", "REFERRED BY", "Paul Okafor, MD"]  # fmt: skip
    text = [
        "MRI RIGHT KNEE WITHOUT CONTRAST",
        "HISTORY: Knee pain after a fall.",
        "TECHNIQUE: Multiplanar sequences were acquired.",
        "FINDINGS: The medial meniscus shows a complex tear.",
        "The ligaments are intact.",
        "IMPRESSION:",
        "1. Complex tear of the medial meniscus.",
        "2. Small joint effusion.",
        "Electronically signed by Ruth Adler, MD",
        "10/02/2026 16:20",
    ]
    rows: list[Row] = [(30, [(40, "Harbor Radiology Group")])]
    rows += [
        (54 + 12 * n, [(40, a), (220, b)]) for n, (a, b) in enumerate(zip(side, text, strict=True))
    ]

    found = {f.name: f.value for f in extract([page(rows)], locale=HERE).fields}

    assert found["patient.name"] == "Lan Vu"
    assert found["patient.dob"] == "1980-12-01"
    assert found["patient.mrn"] == "44120"
    assert found["doc.date_service"] == "2026-10-02"
    assert found["provider.ordering"] == "Paul Okafor, MD"
    assert found["imaging.impression"] == (
        "1. Complex tear of the medial meniscus. 2. Small joint effusion."
    )


def test_sections_beside_titles_over_values_are_read() -> None:
    side = ["PATIENT", "Lan Vu", "DOB", "12/01/1980", "VISIT DATE", "10/02/2026", "MRN",
            "44120"]  # fmt: skip
    text = [
        "Chief complaint: cough for 2 weeks",
        "HPI: Cough since the end of September.",
        "ASSESSMENT",
        "1. Acute bronchitis",
        "2. Essential hypertension",
        "PLAN",
        "ALLERGIES",
        "Penicillin",
    ]
    rows: list[Row] = [(30, [(40, "Ridgeway Family Clinic"), (220, "OFFICE VISIT NOTE")])]
    rows += [
        (54 + 12 * n, [(40, a), (220, b)]) for n, (a, b) in enumerate(zip(side, text, strict=True))
    ]

    fields = extract([page(rows)], locale=HERE).fields

    assert [f.value for f in fields if f.name == "diagnosis"] == [
        "Acute bronchitis",
        "Essential hypertension",
    ]
    assert [f.value for f in fields if f.name == "allergy"] == ["Penicillin"]
    assert [f.value for f in fields if f.name == "patient.name"] == ["Lan Vu"]


def test_examination_and_conclusion_of_a_report_told_as_a_letter() -> None:
    lines = [
        "Harbor Radiology Group",
        "October 5, 2026",
        "",
        "Re: Lan Vu, DOB 12/01/1980",
        "MRI of the right knee without contrast",
        "",
        "Dear Dr. Okafor,",
        "Thank you for referring Lan Vu for imaging, performed on October 2, 2026. There is a tear",
        "of the medial meniscus. In summary, there is a complex tear of the medial meniscus with a",
        "small joint effusion.",
        "Sincerely,",
        "Ruth Adler, MD",
    ]
    rows: list[Row] = [(30 + 12 * n, [(40, line)]) for n, line in enumerate(lines) if line]

    found = {f.name: f.value for f in extract([page(rows)], locale=HERE).fields}

    assert found["imaging.exam"] == "MRI of the right knee without contrast"
    assert found["imaging.impression"] == (
        "there is a complex tear of the medial meniscus with a small joint effusion."
    )
