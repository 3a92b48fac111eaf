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
