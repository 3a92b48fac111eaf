"""Labels under what was filled in."""

from __future__ import annotations

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.tests.paper import HERE, Row, page

TITLE: Row = (30, [(40, "Health History")])


def found(rows: list[Row]) -> dict[str, str | None]:
    return {f.name: f.value for f in extract([page(rows)], locale=HERE).fields}


def test_labels_under_their_values_take_what_stands_over_them() -> None:
    names = found([
        TITLE,
        (50, [(40, "Aaron Young"), (240, "01/08/1996")]),
        (64, [(40, "Patient Name"), (240, "Date of Birth")]),
        (78, [(40, "07/29/2026"), (240, "(309) 555-0109")]),
        (92, [(40, "Date of visit"), (240, "Home phone")]),
    ])  # fmt: skip

    assert names["patient.name"] == "Aaron Young"
    assert names["patient.dob"] == "1996-01-08"
    assert names["doc.date_service"] == "2026-07-29"
    assert names["patient.phone"] == "(309) 555-0109"


def test_labels_over_their_values_keep_what_stands_below_them() -> None:
    names = found([
        TITLE,
        (50, [(40, "Patient Name"), (240, "Date of Birth")]),
        (64, [(40, "Aaron Young"), (240, "01/08/1996")]),
        (78, [(40, "Date of visit"), (240, "Home phone")]),
        (92, [(40, "07/29/2026"), (240, "(309) 555-0109")]),
    ])  # fmt: skip

    assert names["patient.name"] == "Aaron Young"
    assert names["patient.dob"] == "1996-01-08"
    assert names["doc.date_service"] == "2026-07-29"
    assert names["patient.phone"] == "(309) 555-0109"


def test_a_list_of_one_vital_sign_a_line_needs_no_heading() -> None:
    rows: list[Row] = [
        (30, [(40, "Discharge Summary")]),
        (50, [(40, "Objective")]),
        (64, [(40, "BP"), (90, "151/96 mmHg")]),
        (78, [(40, "Pulse"), (90, "70 bpm")]),
        (92, [(40, "Temp"), (90, "98.0 °F")]),
        (106, [(40, "SpO2"), (90, "98 %")]),
    ]
    signs = [f.value for f in extract([page(rows)], locale=HERE).fields if f.name == "vital"]

    assert signs == ["151/96", "70", "98.0", "98"]
