"""How alike names are."""

import pytest

from patients.matching import name_likeness, words


@pytest.mark.parametrize(
    ("wanted", "name", "least"),
    [
        ("john smith", "John Smith", 0.99),
        ("smith john", "John Smith", 0.99),
        ("jon smyth", "John Smith", 0.82),
        ("garcia maria", "María García", 0.99),
        ("gar", "Maria Garcia", 0.9),
        ("o'brien", "James O'Brien", 0.97),
        ("jhon", "John Smith", 0.8),
    ],
)
def test_the_same_person_written_otherwise_is_alike(wanted, name, least):
    assert name_likeness(words(wanted), words(name)) >= least


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("jon smyth", "Maria Garcia"), ("ana", "Robert King"), ("", "Ana"), ("ana", "")],
)
def test_another_person_is_not(wanted, name):
    assert name_likeness(words(wanted), words(name)) < 0.6


def test_the_nearer_name_is_ahead():
    def score(name):
        return name_likeness(words("jon smyth"), words(name))

    assert score("Jon Smyth") > score("John Smith") > score("Joan Smalley")
