"""Summaries as text: what is told, in which order, and what is not."""

from datetime import date, datetime
from uuid import UUID

import pytest

from patients.chart import Chart, Item, Source
from patients.summary import Facts, Measured, trend, write_summary

PAPER, OTHER = UUID(int=1), UUID(int=2)
MARCH, JUNE, NOVEMBER = date(2025, 3, 4), date(2025, 6, 1), date(2025, 11, 2)


def source(document=PAPER, page=1, top=0.1, excerpt="as read", bbox=...):
    box = [0.1, top, 0.5, top + 0.02] if bbox is ... else bbox
    return Source(document, "f1", page, box, excerpt, "lab", "", datetime(2025, 1, 1), 0.98)


def item(label, top=0.1, **more):
    day = more.pop("date", None)
    return Item(label, "", day, more.pop("source", source(top=top)), **more)


def lab(label, number, day, *, unit="mg/dL", flag="", low=None, high=None, where=..., text=""):
    where = source(top=0.3 + number / 10_000) if where is ... else where
    return Measured(
        label.lower(), label, text or f"{number:g}", number, unit, flag,
        f"{low:g}-{high:g}" if high is not None and low is not None else "", low, high, day, where,
    )  # fmt: skip


def test_it_reads_as_a_doctor_wants_it():
    facts = Facts(
        chart=Chart(
            problems=[item("Type 2 diabetes", 0.1, date=MARCH), item("Hypertension", 0.2)],
            allergies=[item("Penicillin", 0.3, reaction="rash")],
            medications=[item("Metformin 500 mg", 0.4, dose="twice daily")],
            vitals=[item("Blood pressure", 0.5, value="148/92", unit="mmHg", date=NOVEMBER)],
        ),
        labs=[
            lab("HbA1c", 7.4, NOVEMBER, unit="%", flag="H", low=4, high=5.6),
            lab("Sodium", 140, NOVEMBER, unit="mmol/L", low=135, high=145),
            lab("HbA1c", 6.8, JUNE, unit="%", low=4, high=5.6),
            lab("HbA1c", 6.1, MARCH, unit="%", low=4, high=5.6),
        ],
    )
    written = write_summary(facts)
    assert written.sentences == [
        "Problems: Type 2 diabetes (4 Mar 2025) [1]; Hypertension [2].",
        "Allergies: Penicillin: rash [3].",
        "Medications: Metformin 500 mg twice daily [4].",
        "Out of range: HbA1c 7.4 % (high, range 4-5.6, 2 Nov 2025) [5].",
        "Trends: HbA1c rising: 6.1 % on 4 Mar 2025 [6], 6.8 % on 1 Jun 2025 [7],"
        " 7.4 % on 2 Nov 2025 [5].",
        "Latest vital signs: Blood pressure 148/92 mmHg (2 Nov 2025) [8].",
    ]
    assert len(written.citations) == 8
    assert written.citations[2] == {
        "document_id": str(PAPER), "field_id": "f1", "kind": "lab", "page": 1, "excerpt": "as read",
        "bbox": [0.1, 0.3, 0.5, 0.32],
    }  # fmt: skip


def test_an_empty_chart_says_so_and_cites_nothing():
    written = write_summary(Facts(Chart()))
    assert written.sentences == ["Nothing is charted from a document yet."]
    assert written.citations == []


def test_what_has_no_place_in_a_document_is_counted_and_not_told():
    facts = Facts(
        chart=Chart(
            problems=[item("Gout", source=None), item("Asthma")],
            allergies=[item("Latex", source=source(bbox=None))],
            medications=[item("Aspirin", source=source(page=None))],
        ),
        labs=[lab("LDL", 190, MARCH, flag="H", where=None)],
    )
    assert write_summary(facts).sentences == [
        "Problems: Asthma [1].",
        "Charted without a place in a document, and not told here: 1 problem, 1 allergy,"
        " 1 medication, 1 lab result.",
    ]


def test_no_known_allergies_is_told_from_its_statement_only():
    stated = Facts(Chart(problems=[item("Gout")]), no_allergies=[item("NKDA", 0.4, date=MARCH)])
    assert write_summary(stated).sentences[1:] == [
        "No allergies, as stated: NKDA (4 Mar 2025) [2].",
        "Not charted: medications, lab results.",
    ]
    unasked = write_summary(Facts(Chart(problems=[item("Gout")]))).sentences
    assert unasked[1:] == ["Not charted: allergies, medications, lab results."]


def test_labs_within_range_are_one_sentence_that_cites_each_paper():
    labs = [
        lab("Sodium", 140, NOVEMBER, low=135, high=145, where=source(OTHER)),
        lab("Potassium", 4, NOVEMBER, low=3.5, high=5.1, where=source(OTHER, top=0.2)),
        lab("LDL", 90, MARCH, low=0, high=99),
    ]
    assert write_summary(Facts(Chart(), labs)).sentences[0] == (
        "Labs: None of 3 tests on file is out of its range at its latest result [1][2]."
    )


def test_the_same_problem_on_two_papers_is_told_once_with_evidence():
    twice = Chart(problems=[item("Gout", source=None), item("gout", 0.2), item("GOUT", 0.3)])
    assert write_summary(Facts(twice)).sentences[0] == "Problems: gout [1]."


@pytest.mark.parametrize(
    ("numbers", "flag", "told"),
    [
        ([100, 120], "H", True),
        ([100, 109], "H", False),
        ([100, 120], "", False),
        ([100, 126], "", True),
        ([130, 100], "", False),
        ([140, 100], "", True),
        ([100, 150, 130], "H", False),
        ([500, 100, 120, 150], "H", True),
        ([100], "H", False),
    ],
)
def test_a_trend_goes_one_way_and_far_enough(numbers, flag, told):
    days = [date(2025, month, 1) for month in range(1, len(numbers) + 1)]
    labs = [lab("LDL", n, day, flag=flag) for n, day in zip(numbers, days, strict=True)][::-1]
    assert bool(trend(labs[0], labs)) is told


def test_other_units_and_two_values_of_one_day_make_no_trend():
    labs = [lab("LDL", 180, NOVEMBER, flag="H"), lab("LDL", 4, MARCH, unit="mmol/L")]
    assert trend(labs[0], labs) == []
    labs = [lab("LDL", 180, NOVEMBER, flag="H"), lab("LDL", 100, NOVEMBER)]
    assert trend(labs[0], labs) == []
