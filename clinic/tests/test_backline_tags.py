"""Words, dates and pictures of the pages, and the order in which a person checks a document."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from clinic.templatetags import backline_tags as tags
from clinic.templatetags.review import build_review, reason_sentence, warning_sentence
from clinic.templatetags.sparkline import draw_sparkline
from clinic.templatetags.words import STATUSES


def render(source: str, **context: Any) -> str:
    return Template("{% load backline_tags %}" + source).render(Context(context))


def test_chip_tells_a_status_by_word_shape_and_tone() -> None:
    html = render("{% chip status %}", status="not_ingested")

    assert "Needs review" in html
    assert "chip-warn" in html
    assert "#eye" in html


def test_chip_shows_an_unknown_status_and_escapes_it() -> None:
    html = render("{% chip status %}", status="<b>odd_one")

    assert "&lt;b&gt;odd one" in html
    assert "<b>" not in html


def test_chip_of_nothing_is_empty() -> None:
    assert render("{% chip status %}", status=None) == ""


def test_every_status_has_a_word_of_its_own_shape_and_tone() -> None:
    for code, word in STATUSES.items():
        assert word.label, code
        assert word.tone in {"neutral", "info", "ok", "warn", "bad", "muted"}, code
        assert word.icon, code


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(1945, 7, 14), "14 Jul 1945"),
        ("2026-11-02", "2 Nov 2026"),
        (datetime(2026, 1, 1, 3, 0, tzinfo=UTC), "31 Dec 2025"),
        (None, "—"),
        ("yesterday", "—"),
    ],
)
def test_human_date_has_the_month_in_letters(value: Any, shown: str) -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert tags.human_date(value) == shown


def test_human_datetime_is_in_the_active_time_zone() -> None:
    moment = datetime(2026, 7, 14, 13, 30, tzinfo=UTC)

    with timezone.override(ZoneInfo("America/New_York")):
        assert tags.human_datetime(moment) == "14 Jul 2026, 09:30"


def test_age_of_adult_child_and_newborn() -> None:
    today = timezone.localdate()

    assert tags.age(date(today.year - 40, 1, 1)) == "40 y"
    assert tags.age(today - timedelta(days=100)) == "3 mo"
    assert tags.age(today - timedelta(days=9)) == "9 d"


def test_age_is_said_to_be_unknown_when_it_is() -> None:
    assert tags.age(None) == "age unknown"
    assert tags.age(timezone.localdate() + timedelta(days=2)) == "age unknown"


def test_age_counts_a_birthday_only_when_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 7, 13))
    assert tags.age(date(1996, 7, 14)) == "29 y"

    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 7, 14))
    assert tags.age(date(1996, 7, 14)) == "30 y"


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (None, ""),
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (200, "3 h 20 min"),
        (605, "10 h"),
        (1500, "1 d 1 h"),
        (2880, "2 d"),
        (4400, "3 days"),
        (-5, "0 min"),
    ],
)
def test_waiting_uses_the_largest_units(minutes: int | None, shown: str) -> None:
    assert tags.waiting(minutes) == shown


@pytest.mark.parametrize(
    ("cents", "shown"),
    [(250000, "$2,500.00"), (-1205, "-$12.05"), (0, "$0.00"), (None, "—")],
)
def test_money_from_integer_cents(cents: int | None, shown: str) -> None:
    assert tags.money(cents) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(12, "12 B"), (2048, "2 KB"), (3_250_586, "3.1 MB"), (None, "—")],
)
def test_file_size_as_people_say_it(size: int | None, shown: str) -> None:
    assert tags.file_size(size) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Morales", "AM"),
        ("Sukarno", "S"),
        ("", "?"),
        ("ana@example.org", "AE"),
        ("Ødegård", "Ø"),
    ],
)
def test_initials_of_any_name(name: str, shown: str) -> None:
    assert tags.initials(name) == shown


@pytest.mark.parametrize(
    ("value", "word", "level", "shown"),
    [
        (0.97, "Sure", "sure", "97 %"),
        (0.9, "Sure", "sure", "90 %"),
        (0.8999, "Check", "check", "89 %"),
        (0.59, "Doubtful", "doubtful", "59 %"),
        (0.0, "Doubtful", "doubtful", "0 %"),
        (None, "Not read", "none", "—"),
    ],
)
def test_confidence_never_looks_better_than_it_is(
    value: float | None, word: str, level: str, shown: str
) -> None:
    assert tags.confidence_word(value) == word
    assert tags.confidence_level(value) == level
    assert tags.percent(value) == shown


def test_flag_accepts_the_contract_and_says_nothing_of_a_normal_value() -> None:
    assert "High" in tags.flag({"raw": "*", "normalized": "H", "derived": "H"})
    assert tags.flag({"raw": "N", "normalized": "N"}) == ""
    assert tags.flag(None) == ""


def test_highlight_marks_words_and_escapes_the_rest() -> None:
    assert tags.highlight("Anna <Lee>", "lee an") == "<mark>An</mark>na &lt;<mark>Lee</mark>&gt;"
    assert tags.highlight("Anna", "") == "Anna"


def test_highlight_of_letters_that_change_length_does_not_shift() -> None:
    assert tags.highlight("İpek Demir", "demir") == "İpek Demir"


def test_sparkline_needs_two_points() -> None:
    assert draw_sparkline([{"value": 4.1}], None, None) == ""
    assert draw_sparkline([], 1, 2) == ""


def test_sparkline_tells_its_trend_and_marks_a_value_outside_the_range() -> None:
    svg = draw_sparkline([{"value": 120}, {"value": 147}], 0, 99, 'LDL "calc"')

    assert 'aria-label="LDL &quot;calc&quot; trend of 2 results, last 147, up"' in svg
    assert "spark-out" in svg
    assert "style=" not in svg


def test_sparkline_of_equal_values_is_a_flat_line() -> None:
    svg = draw_sparkline([{"value": 5}, {"value": 5}], None, None)

    assert 'points="4,24 116,24"' in svg
    assert "unchanged" in svg


def a_field(key: str, name: str, **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": key,
        "name": name,
        "label": None,
        "value": "147",
        "unit": "mg/dL",
        "comparator": None,
        "confidence": 0.95,
        "page": 1,
        "bbox": [0.4, 0.5, 0.5, 0.52],
        "excerpt": "LDL 147",
        "ref_range": {"raw": "0-99"},
        "flag": {"normalized": "H"},
        "warnings": [],
        "review": {"state": "none", "by": None, "at": None, "original": None},
    }
    return base | changes


PAGES = [{"number": 1, "width": 850, "height": 1100}]


def test_review_puts_doubtful_fields_first_and_groups_the_rest_in_reading_order() -> None:
    extracted = {
        "fields": [
            a_field("f1", "lab", label="LDL"),
            a_field("f2", "patient.name", value="SMITH, JAMES"),
            a_field("f3", "provider.ordering"),
            a_field("f4", "lab", label="HDL", confidence=0.4),
        ],
        "needs_review": ["f4"],
    }

    review = build_review(extracted, PAGES)

    assert [f.id for f in review.doubtful] == ["f4"]
    assert [(g.key, [f.id for f in g.fields]) for g in review.groups] == [
        ("patient", ["f2"]),
        ("doc", ["f3"]),
        ("lab", ["f1"]),
    ]
    assert review.total == 4


def test_review_shows_every_field_exactly_once() -> None:
    names = ["lab", "patient.dob", "facility", "mystery.field", "allergy", "insurance.group"]
    extracted = {
        "fields": [a_field(f"f{i}", name) for i, name in enumerate(names)],
        "needs_review": ["f1"],
    }

    review = build_review(extracted, PAGES)

    shown = [f.id for f in review.doubtful] + [f.id for g in review.groups for f in g.fields]
    assert sorted(shown) == [f"f{i}" for i in range(len(names))]


def test_review_doubts_nothing_that_a_person_answered_or_that_is_read_only() -> None:
    answered = a_field("f1", "lab", review={"state": "confirmed", "original": None})
    extracted = {"fields": [answered], "needs_review": ["f1"]}

    assert build_review(extracted, PAGES).doubtful == ()
    unanswered = {"fields": [a_field("f1", "lab")], "needs_review": ["f1"]}
    assert build_review(unanswered, PAGES, editable=False).doubtful == ()


def test_review_keeps_what_a_person_typed_in_a_refused_form() -> None:
    posted = {"value-f1": "148", "unit-f1": "mmol/L", "remove-f1": "1"}

    review = build_review({"fields": [a_field("f1", "lab")]}, PAGES, posted=posted)

    kept = review.groups[0].fields[0]
    assert (kept.value, kept.unit, kept.removed) == ("148", "mmol/L", True)


def test_review_shows_the_comparator_once() -> None:
    fields = [
        a_field("f1", "lab", value="5", comparator="<"),
        a_field("f2", "lab", value="<5", comparator="<"),
    ]

    shown = build_review({"fields": fields}, PAGES).groups[0].fields

    assert [f.value for f in shown] == ["<5", "<5"]


def test_review_boxes_are_thousandths_and_a_field_without_a_box_has_none() -> None:
    fields = [a_field("f1", "lab"), a_field("f2", "lab", bbox=None, page=None)]

    review = build_review({"fields": fields}, PAGES)

    assert [f.id for f in review.on_page(1)] == ["f1"]
    assert review.on_page(1)[0].box == (396.0, 497.0, 108.0, 26.0)
    assert review.on_page(2) == []


def test_review_crop_stays_inside_the_page() -> None:
    corner = a_field("f1", "lab", bbox=[0.98, 0.99, 1.0, 1.0])

    crop = build_review({"fields": [corner]}, PAGES).fields[0].crop

    assert crop is not None
    left, top, width, height = (float(v) for v in crop.view_box.split())
    assert left >= 0
    assert top >= 0
    assert left + width <= 850.1
    assert top + height <= 1100.1


def test_review_of_nothing_is_empty() -> None:
    review = build_review({}, [])

    assert (review.doubtful, review.groups, review.total) == ((), (), 0)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("low_confidence:lab", "Lab result could not be read with certainty"),
        ("missing:patient.dob", "Date of birth was not found on the page"),
        ("blank", "The pages look blank"),
        ("brand_new_code:thing", "Brand new code: thing"),
    ],
)
def test_reason_as_a_sentence(reason: str, sentence: str) -> None:
    assert reason_sentence(reason) == sentence


def test_warning_as_a_sentence_known_and_unknown() -> None:
    assert warning_sentence("future_date") == "This date is in the future."
    assert warning_sentence("odd_thing") == "Odd thing."


def test_review_says_an_iso_date_as_people_write_it() -> None:
    fields = [a_field("f1", "patient.dob", value="1945-07-14"), a_field("f2", "lab", value="147")]

    review = build_review({"fields": fields}, PAGES)

    assert [f.spoken for f in review.fields] == ["14 Jul 1945", ""]
