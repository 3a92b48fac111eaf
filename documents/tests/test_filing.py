"""Which fields of a paper become entries of a chart, and what each entry keeps."""

from datetime import date

import pytest

from clinic.ids import uuid7
from documents.filing import chart_entries
from documents.models import Document, DocumentKind
from documents.pipeline.types import Field
from patients.models import (
    AllergyIntolerance,
    Condition,
    Coverage,
    Immunization,
    LabResult,
    MedicationStatement,
    Procedure,
    VitalSign,
)

BOX = (0.1, 0.2, 0.3, 0.25)


def made(*fields, kind="lab", doubtful=(), least=0.9, **reviews):
    """The entries; ``f1="removed"`` gives the review state of a field."""
    facts = []
    for number, (name, value, more) in enumerate(fields, 1):
        known = {"confidence": 0.95, "page": 2, "bbox": BOX, "excerpt": f"x {value} y"} | more
        fact = Field(f"f{number}", name, value, **known).as_dict()
        fact["review"] = {**fact["review"], "state": reviews.get(fact["id"], "none")}
        facts.append(fact)
    document = Document(pk=uuid7(), kind=kind)
    extracted = {"fields": facts, "needs_review": list(doubtful)}
    return chart_entries(document, extracted, least=least, accepted="Alice", user_id=uuid7())


def lab(value="148", **more):
    return ("lab", value, {"label": "LDL", "unit": "mg/dL", "value_num": 148.0, **more})


def test_a_result_keeps_its_range_its_flag_and_where_it_stands():
    (entry,) = made(
        lab(
            comparator=">",
            ref_range={"raw": "40-100", "low": 40.0, "high": 100.0},
            flag={"raw": "H", "normalized": "H", "derived": "H"},
            code={"system": "http://loinc.org", "code": "13457-7", "confidence": 0.9},
        )
    )
    assert isinstance(entry, LabResult)
    assert (entry.name, entry.value, entry.value_num, entry.unit) == ("LDL", "148", 148.0, "mg/dL")
    assert (entry.range_text, entry.range_low, entry.range_high) == ("40-100", 40.0, 100.0)
    assert (entry.comparator, entry.flag) == (">", "H")
    assert (entry.code_system, entry.code) == ("http://loinc.org", "13457-7")
    assert (entry.source_field, entry.page, tuple(entry.box)) == ("f1", 2, BOX)
    assert (entry.excerpt, entry.confidence, entry.accepted_label) == ("x 148 y", 0.95, "Alice")
    assert entry.accepted_by_id is not None


@pytest.mark.parametrize(
    ("flag", "kept"),
    [
        (None, ""),
        ({"raw": None, "normalized": None, "derived": "L"}, "L"),
        ({"raw": "*", "normalized": "A", "derived": "H"}, "A"),
        ({"raw": None, "normalized": None, "derived": "N"}, ""),
        ({"raw": "N", "normalized": "N", "derived": "H"}, ""),
    ],
)
def test_a_flag_is_the_papers_or_else_that_of_the_range_and_normal_is_none(flag, kept):
    (entry,) = made(lab(flag=flag))
    assert entry.flag == kept


@pytest.mark.parametrize(
    ("confidence", "state", "charted"),
    [
        (0.9, "none", True),
        (0.89, "none", False),
        (0.1, "corrected", True),
        (0.1, "added", True),
        (0.1, "accepted", False),
        (0.99, "removed", False),
    ],
)
def test_what_is_sure_or_was_seen_by_a_person_is_charted(confidence, state, charted):
    assert bool(made(lab(confidence=confidence), f1=state)) is charted


def test_what_is_doubtful_empty_or_about_somebody_else_is_not_charted():
    assert made(lab(), doubtful=["f1"]) == []
    assert made(lab(value="")) == made(lab(value=None)) == []
    assert made(("diagnosis", "Stroke", {"context": "family"}), kind="summary") == []
    assert made(("diagnosis", "Stroke", {"context": "other_patient"}), kind="summary") == []


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_papers_that_state_no_clinical_facts_chart_none(kind):
    silent = {"consent_form", "claim_form", "payer_letter"}
    assert bool(made(lab(), kind=kind)) is (kind not in silent)


def test_each_kind_of_fact_has_its_entry_and_what_was_denied_stays_so():
    entries = made(
        ("vital", "120/80", {"label": "BP", "unit": "mmHg"}),
        ("diagnosis", "Asthma", {"negated": True}),
        ("allergy", "Latex", {"negated": True}),
        ("allergy", "Penicillin", {}),
        ("immunization", "Tdap", {}),
        ("procedure", "Appendectomy", {}),
        ("patient.name", "Ana Lima", {}),
        kind="summary",
    )
    assert [(type(one), one.name) for one in entries] == [
        (VitalSign, "BP"),
        (Condition, "Asthma"),
        (AllergyIntolerance, "Latex"),
        (AllergyIntolerance, "Penicillin"),
        (Immunization, "Tdap"),
        (Procedure, "Appendectomy"),
    ]
    assert [one.negated for one in entries[1:4]] == [True, True, False]
    assert (entries[0].value, entries[0].unit) == ("120/80", "mmHg")


@pytest.mark.parametrize(
    ("excerpt", "dosage"),
    [
        ("Metformin 500 mg tablet, 1 twice daily", "tablet, 1 twice daily"),
        ("Metformin 500 mg - 1 daily; Lisinopril 10 mg - 2 daily", "1 daily"),
        ("Metformin 500 mg.", ""),
        ("METFORMIN 500 MG daily", ""),
        (None, ""),
    ],
)
def test_how_a_medicine_is_taken_is_what_follows_it_on_its_line(excerpt, dosage):
    (entry,) = made(("medication", "Metformin 500 mg", {"excerpt": excerpt}), kind="summary")
    assert isinstance(entry, MedicationStatement)
    assert (entry.name, entry.dosage) == ("Metformin 500 mg", dosage)


DATES = {
    "doc.date_discharged": "2026-01-05",
    "doc.date_reported": "2026-01-04",
    "doc.date": "2026-01-03",
    "doc.date_service": "2026-01-02",
    "doc.date_collected": "2026-01-01",
}


@pytest.mark.parametrize("first", range(len(DATES)))
def test_a_result_without_a_day_of_its_own_has_the_papers(first):
    """Of several the day nearest to the measurement; a day that cannot be read is none."""
    known = list(DATES.items())[: first + 1]
    (entry,) = made(lab(), *((name, day, {}) for name, day in known))
    assert entry.effective_date == date.fromisoformat(known[-1][1])
    (own,) = made(lab(effective_date="2025-12-24"), ("doc.date", "2026-01-03", {}))
    assert own.effective_date == date(2025, 12, 24)
    (none,) = made(lab(), ("doc.date", "soon", {}))
    assert none.effective_date is None


def test_a_history_has_no_day_of_the_paper():
    facts = [(name, "x", {}) for name in ("diagnosis", "allergy", "procedure", "medication")]
    entries = made(*facts, ("vital", "70", {"label": "Pulse"}), ("doc.date", "2026-01-03", {}))
    assert [one.effective_date for one in entries] == [None] * 4 + [date(2026, 1, 3)]


def test_a_card_is_one_entry_that_its_number_proves():
    facts = {
        "insurance.payer": "Aetna",
        "insurance.payer_id": "AET60",
        "insurance.plan": "Choice",
        "insurance.member_id": "W1",
        "insurance.group": "G2",
        "insurance.subscriber": "James Smith",
        "insurance.rx_bin": "610502",
        "insurance.rx_pcn": "ADV",
        "insurance.rx_group": "RXAET",
        "insurance.subscriber_dob": "1962-11-05",
        "doc.date": "2026-01-03",
    }
    (card,) = made(*((name, value, {}) for name, value in facts.items()), kind="insurance_card")
    assert isinstance(card, Coverage)
    assert (
        card.payer, card.payer_id, card.plan, card.member_id, card.group_number, card.subscriber,
        card.rx_bin, card.rx_pcn, card.rx_group, card.subscriber_dob,
    ) == ("Aetna", "AET60", "Choice", "W1", "G2", "James Smith", "610502", "ADV", "RXAET",
          date(1962, 11, 5))  # fmt: skip
    assert (card.source_field, card.effective_date) == ("f4", date(2026, 1, 3))


def test_a_card_without_a_number_is_none_and_a_long_value_is_cut():
    assert made(("insurance.payer", "Aetna", {}), kind="insurance_card") == []
    (card,) = made(("insurance.member_id", "W" * 90, {}), kind="insurance_card")
    assert (card.payer, card.member_id) == ("", "W" * 60)
