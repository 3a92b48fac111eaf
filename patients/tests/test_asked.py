"""What people type when they look for somebody."""

from datetime import date

import pytest

from patients.asked import Asked, understand

BIRTHDAY = (date(1980, 1, 15),)


@pytest.mark.parametrize(
    "text",
    [
        "1980-01-15",
        "1980/1/15",
        "01/15/1980",
        "15/01/1980",
        "15.01.1980",
        "1/15/80",
        "15 Jan 1980",
        "15th January 1980",
        "Jan 15, 1980",
        "january 15 1980",
        "19800115",
    ],
)
def test_a_date_of_birth_is_understood_in_common_notations(text):
    asked = understand(text)
    assert asked.dobs == BIRTHDAY
    assert (asked.name, asked.digits, asked.code) == ("", "", "")


def test_a_date_with_two_readings_is_taken_in_both():
    assert understand("03/04/1980").dobs == (date(1980, 3, 4), date(1980, 4, 3))


def test_a_name_beside_a_date_is_kept():
    assert understand("garcia, 1980-01-15") == Asked("garcia", "garcia", "", BIRTHDAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jon smyth", Asked("jon smyth", "", "", ())),
        ("  Garcia   Maria ", Asked("Garcia Maria", "", "", ())),
        ("555-1234", Asked("", "555-1234", "5551234", ())),
        ("+1 (212) 555-0123", Asked("", "", "12125550123", ())),
        ("1234", Asked("", "1234", "1234", ())),
        ("12", Asked("", "12", "", ())),
        ("MRN-100", Asked("", "MRN-100", "100", ())),
        ("ana@example.org", Asked("", "ana@example.org", "", ())),
        ("O'Brien", Asked("O'Brien", "O'Brien", "", ())),
        ("1999-99-99", Asked("", "1999-99-99", "19999999", ())),
        ("", Asked()),
        ("%", Asked("%", "", "", ())),
    ],
)
def test_the_parts_of_a_search(text, expected):
    found = understand(text)
    assert Asked(
        found.name.strip(" -"), *(getattr(found, n) for n in ("code", "digits", "dobs"))
    ) == Asked(expected.name.strip(" -"), expected.code, expected.digits, expected.dobs)
