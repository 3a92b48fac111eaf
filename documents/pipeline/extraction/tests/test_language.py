"""The language of a paper, and the habits that follow from it."""

from dataclasses import replace

import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.language import language_of, locale_of
from documents.pipeline.extraction.tests.paper import HERE, page

GERMAN = "Befund vom Labor\nErgebnis Einheit Referenzbereich\nProbe und Entnahme der Untersuchung"
SPANISH = "Fecha de la muestra\nResultado Unidades\nInforme del paciente\nlos valores"
FRENCH = "Résultat de l'analyse\nUnité et valeurs\nprélèvement du laboratoire"
ENGLISH = "Report of the patient\nResults and units\nReference range"


@pytest.mark.parametrize(
    ("text", "language"), [(GERMAN, "de"), (SPANISH, "es"), (FRENCH, "fr"), (ENGLISH, "en")]
)
def test_a_paper_is_known_by_its_common_words(text: str, language: str) -> None:
    assert language_of([text], otherwise="xx") == language


def test_too_few_words_leave_it_to_the_clinic() -> None:
    assert language_of(["Befund und Labor"], otherwise="en") == "en"
    assert language_of(["Befund und Labor Probe"], otherwise="en") == "de"


def test_two_languages_on_a_page_leave_it_to_the_clinic() -> None:
    assert language_of([GERMAN, ENGLISH, FRENCH], otherwise="xx") == "xx"


def test_a_word_repeated_in_its_line_counts_once() -> None:
    assert language_of(["Labor " * 20], otherwise="en") == "en"


def test_another_language_brings_its_order_of_dates_and_its_comma() -> None:
    assert locale_of([GERMAN], HERE) == replace(
        HERE, language="de", day_first=True, decimal_comma=True
    )
    assert locale_of([SPANISH], HERE) == replace(HERE, language="es", day_first=True)


def test_the_clinics_own_language_and_english_keep_the_clinics_order() -> None:
    abroad = replace(HERE, language="de", day_first=True, decimal_comma=True)
    assert locale_of([GERMAN], replace(abroad, day_first=False)).day_first is False
    assert locale_of([ENGLISH], abroad) == replace(abroad, language="en", decimal_comma=False)


def test_a_date_on_a_german_paper_is_read_day_first() -> None:
    rows = [
        (30.0, [(40.0, "Laborbericht der Praxis")]),
        (50.0, [(40.0, "Name: Weber, Anna"), (300.0, "Geburtsdatum: 04/03/1971")]),
        (70.0, [(40.0, "Ergebnis und Einheit"), (300.0, "Referenzbereich")]),
    ]
    found = extract([page(rows)], locale=HERE)
    assert found.language == "de"
    assert [f.value for f in found.fields if f.name == "patient.dob"] == ["1971-03-04"]
