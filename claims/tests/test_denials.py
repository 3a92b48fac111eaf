"""Codes of letters in words."""

import pytest

from claims.denials import UNKNOWN, UNRECORDED, meaning_of, tidy_code


@pytest.mark.parametrize(
    ("text", "tidy"),
    [("co16", "CO-16"), ("CO 16", "CO-16"), ("co-197", "CO-197"), ("pr - 1", "pr - 1"),
     ("N130", "N130"), ("  other ", "other")],
)  # fmt: skip
def test_codes_are_written_in_one_way(text, tidy):
    assert tidy_code(text) == tidy


@pytest.mark.parametrize("text", ["CO-16", "co 16", "16", "016", "CO16"])
def test_the_same_code_means_the_same_however_it_is_written(text):
    assert meaning_of(text).words == "Something on the claim is missing or wrong"


def test_unknown_and_missing_codes_are_told_apart():
    assert meaning_of("CO-999") == UNKNOWN
    assert meaning_of("") == UNRECORDED
