"""The review form names only what a person changed."""

import pytest
from django.http import QueryDict

from documents.corrections import Answer, ReviewRefused
from documents.forms import approval, rejection, shown_value
from documents.pipeline.types import Field


def field(field_id, value, **more):
    return Field(id=field_id, name=more.pop("name", "lab"), value=value, **more).as_dict()


EXTRACTED = {
    "document": {"kind": {"value": "lab", "confidence": 0.9}},
    "fields": [
        field("f1", "148", label="LDL", unit="mg/dL"),
        field("f2", "0.5", label="CRP", unit="mg/L", comparator="<"),
        field("f3", "line one\nline two", name="imaging.impression"),
    ],
}
UNTOUCHED = (
    "kind=lab&value-f1=148&unit-f1=mg%2FdL&value-f2=%3C0.5&unit-f2=mg%2FL"
    "&value-f3=line+one%0D%0Aline+two"
)


def answer(query):
    return approval(QueryDict(query), EXTRACTED)


def test_an_untouched_form_confirms_everything():
    assert answer(UNTOUCHED) == Answer(status="approved")


def test_a_browser_that_drops_line_ends_changes_nothing():
    assert answer("value-f3=line+oneline+two").corrections == []


def test_a_changed_value_and_a_changed_unit_are_named():
    changed = answer(UNTOUCHED.replace("value-f1=148", "value-f1=+147+"))
    assert changed.corrections == [{"id": "f1", "value": "147"}]
    changed = answer(UNTOUCHED.replace("unit-f1=mg%2FdL", "unit-f1=mmol%2FL"))
    assert changed.corrections == [{"id": "f1", "value": "148", "unit": "mmol/L"}]


def test_the_comparator_is_part_of_what_is_shown():
    assert shown_value(EXTRACTED["fields"][1]) == "<0.5"
    changed = answer("value-f2=0.5&unit-f2=mg%2FL")
    assert changed.corrections == [{"id": "f2", "value": "0.5"}]


def test_a_removed_field_is_not_corrected_too():
    changed = answer("value-f1=9&remove-f1=1")
    assert (changed.removals, changed.corrections) == (["f1"], [])


def test_another_kind_is_named():
    assert answer("kind=imaging").kind == "imaging"


def test_added_rows_are_taken_and_empty_ones_left():
    changed = answer(
        "add-name=lab&add-label=HDL&add-value=50&add-unit=mg%2FdL&add-page=1"
        "&add-name=diagnosis&add-label=Asthma&add-value=&add-unit=&add-page=x"
        "&add-name=lab&add-label=&add-value=&add-unit=&add-page=1"
    )
    assert changed.additions == [
        {"name": "lab", "label": "HDL", "value": "50", "unit": "mg/dL", "page": 1},
        {"name": "diagnosis", "label": "Asthma", "value": "Asthma", "unit": None, "page": None},
    ]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("add-name=lab&add-label=&add-value=5&add-unit=&add-page=1", "add-label"),
        ("add-name=vital&add-label=Pulse&add-value=&add-unit=&add-page=1", "add-value"),
        ("add-name=claim.total&add-label=a&add-value=5&add-unit=&add-page=1", "add-name"),
    ],
)
def test_an_incomplete_row_is_refused_by_name(row, wrong):
    with pytest.raises(ReviewRefused) as refused:
        answer(row)
    assert list(refused.value.errors) == [wrong]


def test_a_rejection_carries_its_reason():
    given = QueryDict("reason=+sent+twice+&value-f1=1")
    assert rejection(given) == Answer(status="rejected", reason="sent twice")
