from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page
from documents.pipeline.types import Field

HEAD: list[Row] = [
    (30, [(40, "PROGRESS NOTE")]),
    (50, [(40, "Patient: Jane Doe"), (300, "DOB: 04/13/1971")]),
    (62, [(40, "Visit date: 10/22/2026")]),
]


def named(rows: list[Row], name: str) -> list[Field]:
    return [f for f in extract([page(HEAD + rows)], locale=HERE).fields if f.name == name]


def listed(title: str, *items: str) -> list[Row]:
    return [(100, [(40, title)]), *((114 + 13 * i, [(44, t)]) for i, t in enumerate(items))]


def test_medications_give_name_and_strength() -> None:
    found = named(listed("Current Medications", "- Lisinopril 10 mg - 1 tablet by mouth daily",
                         "- Metformin 500 mg twice daily"), "medication")  # fmt: skip

    assert [f.value for f in found] == ["Lisinopril 10 mg", "Metformin 500 mg"]


def test_allergies_leave_the_reaction_out() -> None:
    found = named(listed("Allergies:", "Penicillin (rash); Peanuts - anaphylaxis"), "allergy")

    assert [f.value for f in found] == ["Penicillin", "Peanuts"]


def test_no_known_allergies_is_a_denial() -> None:
    (field,) = named(listed("Allergies:", "NKDA"), "allergy")

    assert (field.value, field.negated) == ("NKDA", True)


def test_diagnoses_carry_their_printed_code() -> None:
    (field,) = named(listed("Assessment:", "1. Essential hypertension (I10)"), "diagnosis")

    assert field.value == "Essential hypertension"
    assert field.code is not None
    assert field.code["code"] == "I10"


def test_family_history_is_not_the_patients() -> None:
    found = named(listed("Family History:", "Father: stroke at age 70. Mother: asthma."),
                  "diagnosis")  # fmt: skip

    assert [(f.value, f.context) for f in found] == [
        ("stroke at age 70", "family"), ("asthma", "family")]  # fmt: skip


def test_denied_condition_is_negated() -> None:
    (field,) = named(listed("Past Medical History", "No history of diabetes"), "diagnosis")

    assert (field.value, field.negated) == ("diabetes", True)


def test_vitals_in_one_line() -> None:
    found = named([(100, [(40, "BP: 122/82 mmHg Pulse: 73 bpm Temp: 98.5 °F SpO2: 94 %")])],
                  "vital")  # fmt: skip

    assert [(f.label, f.value, f.unit) for f in found] == [
        ("BP", "122/82", "mmHg"), ("Pulse", "73", "bpm"), ("Temp", "98.5", "°F"),
        ("SpO2", "94", "%")]  # fmt: skip


def test_medication_table() -> None:
    rows: list[Row] = [
        (100, [(40, "Medications")]),
        (114, [(40, "Medication"), (190, "Dose"), (270, "Frequency")]),
        (127, [(40, "Atorvastatin"), (190, "20 mg"), (270, "once daily")]),
    ]

    assert [f.value for f in named(rows, "medication")] == ["Atorvastatin 20 mg"]
