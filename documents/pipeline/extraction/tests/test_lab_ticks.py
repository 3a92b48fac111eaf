"""Outcomes that were ticked, and boxes that nobody touched."""

from __future__ import annotations

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HEAD, HERE, Row, page
from documents.pipeline.types import Field


def labs(rows: list[Row]) -> list[Field]:
    return [f for f in extract([page(HEAD + rows)], locale=HERE).fields if f.name == "lab"]


def told(rows: list[Row]) -> list[tuple[str | None, str | None]]:
    return [(f.label, f.value) for f in labs(rows)]


@pytest.mark.parametrize(
    ("empty", "full"), [("[ ]", "[X]"), ("☐", "☒"), ("□", "☑"), ("( )", "(x)"), ("[]", "[x]")]
)
def test_the_ticked_outcome_is_the_result(empty: str, full: str) -> None:
    found = told(
        [
            (100, [(40, "Influenza A"), (220, f"{full} Positive"), (330, f"{empty} Negative")]),
            (113, [(40, "Influenza B"), (220, f"{empty} Positive"), (330, f"{full} Negative")]),
            (126, [(40, "RSV"), (220, f"{empty} Positive"), (330, f"{full} Not Detected")]),
        ]
    )

    assert found == [
        ("Influenza A", "Positive"), ("Influenza B", "Negative"), ("RSV", "Not Detected"),
    ]  # fmt: skip


def test_boxes_may_stand_behind_their_outcomes() -> None:
    found = told(
        [
            (100, [(40, "Strep A"), (220, "Positive [X]"), (330, "Negative [ ]")]),
            (113, [(40, "RSV"), (220, "Positive [ ]"), (330, "Negative [X]")]),
        ]
    )

    assert found == [("Strep A", "Positive"), ("RSV", "Negative")]


def test_marks_in_columns_of_outcomes() -> None:
    found = told(
        [
            (100, [(40, "Test"), (220, "Positive"), (300, "Negative"), (380, "Invalid")]),
            (113, [(40, "Influenza A"), (230, "[ ]"), (310, "[X]"), (390, "[ ]")]),
            (126, [(40, "Influenza B"), (234, "X")]),
            (139, [(40, "RSV"), (230, "☐"), (310, "☐"), (390, "☐")]),
            (152, [(40, "Strep A"), (230, "☐"), (310, "☐"), (390, "☒")]),
        ]
    )

    assert sorted(found) == [("Influenza A", "Negative"), ("Influenza B", "Positive")]


def test_empty_and_contradictory_boxes_say_nothing() -> None:
    assert (
        told(
            [
                (100, [(40, "Influenza A"), (220, "[ ] Positive"), (330, "[ ] Negative")]),
                (113, [(40, "SARS-CoV-2 antigen"), (220, "[X] Positive"), (330, "[X] Negative")]),
                (126, [(40, "RSV"), (220, "[ ] Positive")]),
                (139, [(40, "Strep A"), (220, "[X] Invalid"), (330, "[ ] Negative")]),
            ]
        )
        == []
    )


def test_a_result_and_its_range_are_no_header_of_outcomes() -> None:
    found = told(
        [
            (100, [(40, "Test"), (220, "Result"), (330, "Reference")]),
            (113, [(40, "HIV Ag/Ab"), (220, "Negative"), (330, "Negative")]),
            (126, [(40, "RPR"), (220, "Reactive"), (330, "Nonreactive")]),
        ]
    )

    assert found == [("HIV Ag/Ab", "Negative"), ("RPR", "Reactive")]
