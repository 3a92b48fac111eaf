"""What makes two papers one, and what makes them two."""

from collections import Counter
from dataclasses import replace

import pytest

from documents.pipeline.likeness import Likeness, Paper, keys_of, likeness

WORDS = Counter({f"word{chr(97 + n)}": 1 for n in range(20)})
FIGURES = Counter({str(n): 1 for n in range(100, 120)})
FACTS = {
    "patient.name": ("Alex Rodriguez", 0.95),
    "patient.dob": ("1979-03-14", 0.95),
    "doc.date_collected": ("2026-10-22", 0.95),
    "doc.date_reported": ("2026-10-23", 0.95),
    "doc.accession": ("RM2604411", 0.95),
}
VALUES = {"2345-7@2026-10-22": ("95", 0.95)}
PAPER = Paper("lab", WORDS, FIGURES, frozenset({"2026-10-22"}), False, FACTS, VALUES)
UNNUMBERED = replace(PAPER, facts={k: v for k, v in FACTS.items() if k != "doc.accession"})


def told(name: str, value: str, confidence: float = 0.95, paper: Paper = PAPER) -> Paper:
    return replace(paper, facts={**paper.facts, name: (value, confidence)})


def misread(figures: Counter[str], count: int) -> Counter[str]:
    changed = [f"9{figure}" if n < count else figure for n, figure in enumerate(figures)]
    return Counter(changed)


def test_the_same_paper_is_a_rescan() -> None:
    assert likeness(PAPER, PAPER) == Likeness("rescan", 1.0)


@pytest.mark.parametrize(("wrong", "same"), [(3, True), (4, False)])
def test_a_few_misread_figures_are_forgiven(wrong: int, same: bool) -> None:
    other = replace(PAPER, figures=misread(FIGURES, wrong))
    assert (likeness(PAPER, other) is not None) is same


@pytest.mark.parametrize(("wrong", "same"), [(5, True), (6, False)])
def test_a_few_misread_words_are_forgiven(wrong: int, same: bool) -> None:
    other = replace(PAPER, words=misread(WORDS, wrong))
    assert (likeness(PAPER, other) is not None) is same


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patient.dob", "1979-03-15"),
        ("patient.name", "Ana Rodriguez"),
        ("patient.mrn", "100002"),
        ("doc.date_collected", "2026-11-22"),
        ("doc.accession", "RM2604412"),
    ],
)
def test_a_sure_difference_of_person_day_or_number_makes_two_papers(name: str, value: str) -> None:
    base = told("patient.mrn", "100001")
    assert likeness(base, told(name, value, paper=base)) is None
    unsure = told(name, value, 0.74, base)
    assert likeness(base, unsure) == Likeness("rescan", 1.0)
    assert likeness(base, told(name, value, 0.75, base)) is None


def test_the_order_of_a_name_is_no_difference() -> None:
    assert likeness(PAPER, told("patient.name", "RODRIGUEZ, ALEX")) == Likeness("rescan", 1.0)


def test_a_date_instead_of_another_makes_two_papers_and_one_more_does_not() -> None:
    header = replace(PAPER, dates=PAPER.dates | {"2026-10-25"})
    assert likeness(PAPER, header) == Likeness("rescan", 1.0)
    assert likeness(PAPER, replace(PAPER, dates=frozenset({"2026-11-22"}))) is None


def test_another_value_without_a_common_number_makes_two_papers() -> None:
    other = replace(UNNUMBERED, values={"2345-7@2026-10-22": ("96", 0.95)})
    assert likeness(UNNUMBERED, other) is None
    unsure = replace(UNNUMBERED, values={"2345-7@2026-10-22": ("96", 0.6)})
    assert likeness(UNNUMBERED, unsure) == Likeness("rescan", 1.0)


def test_too_little_text_is_no_evidence() -> None:
    few = replace(PAPER, words=Counter({f"word{chr(97 + n)}": 1 for n in range(11)}))
    assert likeness(few, few) is None
    blank = replace(PAPER, figures=Counter({"1": 4}))
    assert likeness(blank, blank) is None


def test_a_version_says_so_or_is_reported_later_or_differs() -> None:
    said = replace(PAPER, issued_again=True)
    later = told("doc.date_reported", "2026-10-24")
    differs = replace(PAPER, values={"2345-7@2026-10-22": ("96", 0.95)})
    assert likeness(said, PAPER) == Likeness("amended", 1.0)
    assert likeness(PAPER, said) == Likeness("amended_by", 1.0)
    assert likeness(later, PAPER) == Likeness("amended", 1.0)
    assert likeness(PAPER, later) == Likeness("amended_by", 1.0)
    assert likeness(differs, PAPER) == Likeness("amended", 1.0)


def test_without_a_number_only_one_that_says_so_is_a_version() -> None:
    said = replace(UNNUMBERED, issued_again=True)
    later = told("doc.date_reported", "2026-10-24", paper=UNNUMBERED)
    assert likeness(said, UNNUMBERED) == Likeness("amended", 1.0)
    assert likeness(later, UNNUMBERED) == Likeness("rescan", 1.0)


def test_a_number_used_for_another_specimen_or_kind_is_no_version() -> None:
    assert likeness(told("doc.date_collected", "2026-11-22"), PAPER) is None
    assert likeness(replace(PAPER, kind="imaging", issued_again=True), PAPER) == Likeness(
        "rescan", 1.0
    )


def test_papers_are_found_by_number_and_by_patient_and_day() -> None:
    fields = [
        {
            "name": name,
            "value": value,
            "confidence": sure,
            "context": "patient",
            "review": {"state": "none"},
        }
        for name, (value, sure) in FACTS.items()
    ]
    assert keys_of({"fields": fields}) == {
        "number:rm2604411",
        "patient.dob:1979-03-14:2026-10-22",
    }
    other = [{**field, "context": "other_patient"} for field in fields]
    assert keys_of({"fields": other}) == frozenset()
