"""Text found at a place, on words made by hand."""

from __future__ import annotations

from bench.extraction.legible import text_at
from documents.pipeline.types import Word

WORDS = (
    Word("Glucose,", (0.10, 0.10, 0.18, 0.12)),
    Word("Serum", (0.19, 0.10, 0.25, 0.12)),
    Word("147", (0.40, 0.101, 0.43, 0.121)),
    Word("139", (0.40, 0.125, 0.43, 0.145)),
)


def test_text_at_takes_the_words_of_the_box_only():
    assert text_at(WORDS, (0.399, 0.1, 0.431, 0.121)) == "147"
    assert text_at(WORDS, (0.1, 0.1, 0.26, 0.12)) == "glucoseserum"
    assert text_at(WORDS, (0.6, 0.1, 0.7, 0.12)) == ""


def test_text_at_reads_a_box_of_two_lines_in_order():
    assert text_at(WORDS, (0.39, 0.1, 0.44, 0.145)) == "147139"
