from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.confidence import THRESHOLD, probability, scored
from documents.pipeline.extraction.decide import BLOCKING, decide
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.tests.paper import HERE, Row, lab_page, page
from documents.pipeline.types import Field

WORDS = st.sampled_from(
    [
        "Patient:",
        "Name",
        "DOB:",
        "MRN:",
        "Jane",
        "DOE,",
        "04/13/1971",
        "1971-04-13",
        "Glucose",
        "98",
        "mg/dL",
        "70-99",
        "H",
        "*",
        "<5",
        "Negative",
        "Collected:",
        "10/22/2026",
        "Allergies:",
        "NKDA",
        "Penicillin",
        "Medications:",
        "Lisinopril",
        "10",
        "mg",
        "Page",
        "1",
        "of",
        "2",
        "(217)",
        "555-0100",
        "Impression:",
        "BP",
        "122/82",
        "Group",
        "$25",
        "the",
        "and",
        "I10",
        "Signature",
        "Date",
        "Result",
        "Units",
        "Test",
        "Claim",
        "CO-197",
        ":",
        ";",
        "-",
        "•",
        "X",
    ]
)
CELL = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
ROWS = st.lists(
    st.lists(st.tuples(st.sampled_from([40, 180, 300, 420]), CELL), min_size=1, max_size=3),
    max_size=14,
)


def laid_out(rows: list[list[tuple[int, str]]]) -> list[Row]:
    return [
        (40 + 14 * i, [(float(x), text) for x, text in sorted(dict(cells).items())])
        for i, cells in enumerate(rows)
    ]


def shows(field: Field) -> bool:
    """Whether the excerpt holds the raw value; dates are printed in another form than ISO."""
    excerpt, value = field.excerpt or "", field.value or ""
    if field.value_type == "date":
        return any(found.iso == value for found in find_dates(excerpt, HERE)) or any(
            found.iso == value for found in find_dates(excerpt, replace(HERE, day_first=True))
        )
    return field.value_type == "boolean" or value in excerpt


@given(rows=ROWS, score=st.sampled_from([1.0, 0.97, 0.8]))
@settings(max_examples=120, deadline=None)
def test_every_value_is_proven(rows: list[list[tuple[int, str]]], score: float) -> None:
    extraction = extract([page(laid_out(rows), score=score)], locale=HERE)

    for field in extraction.fields:
        assert field.value
        assert field.page == 1
        assert field.bbox is not None
        assert field.bbox[0] <= field.bbox[2]
        assert shows(field), (field.name, field.value, field.excerpt)
        assert 0.0 < field.confidence < 1.0
        assert score > 0.85 or field.confidence < THRESHOLD
    assert len({f.id for f in extraction.fields}) == len(extraction.fields)


@given(rows=ROWS, hint=st.sampled_from([None, "lab"]), filed=st.booleans())
@settings(max_examples=80, deadline=None)
def test_filing_implies_certainty(
    rows: list[list[tuple[int, str]]], hint: str | None, filed: bool
) -> None:
    extraction = extract([page(laid_out(rows))], locale=HERE)
    decision = decide(extraction, kind_hint=hint, has_patient=filed)

    if decision.ingest:
        assert decision.confidence >= THRESHOLD
        assert decision.reasons == ()
        assert filed
        assert not any(BLOCKING & set(f.warnings) - {"rival_value"} for f in extraction.fields)
    weak = {f.id for f in extraction.fields if f.confidence < THRESHOLD}
    assert weak <= set(decision.needs_review)


@given(st.dictionaries(st.sampled_from(["recognised", "label_doubt", "unlisted"]),
                       st.floats(0, 1)))  # fmt: skip
def test_no_box_is_never_certain(features: dict[str, float]) -> None:
    field = Field("f1", "lab", "98", features=features)

    assert scored(field).confidence < THRESHOLD
    assert probability({**features, "engine_doubt": 1.0}) < THRESHOLD


def test_same_pages_give_the_same_answer() -> None:
    paper = lab_page(["Glucose", "98", "", "mg/dL", "70-99"])

    assert extract([paper], locale=HERE) == extract([paper], locale=HERE)
