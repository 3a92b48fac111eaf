"""Words kept between runs, and the split of patients."""

from __future__ import annotations

from random import Random

from bench.extraction.words import WordStore
from documents.pipeline.types import PageText, Word
from documents.samples.made_up import anybody, held_out_number, made_up, numbered


def test_store_gives_back_what_was_put_for_these_bytes_and_this_reader(tmp_path):
    page = PageText(1, 612, 792, "none", (Word("LDL", (0.1, 0.2, 0.3, 0.4), 0.97, "ocr"),))
    store = WordStore(tmp_path)
    store.put(b"a fax", [page], 4.25)

    assert store.get(b"a fax") == ([page], 4.25)
    assert store.get(b"another fax") is None
    assert WordStore(tmp_path, "next").get(b"a fax") is None


def test_patients_are_the_same_every_time_and_held_out_ones_are_apart():
    sides = [numbered(Random(n), held_out=held) for n in range(40) for held in (True, False)]

    numbers = [int(who.key.removeprefix("made-")) for who in sides]
    assert [held_out_number(n) for n in numbers] == [True, False] * 40
    assert anybody("made-17") is made_up(17)
    assert anybody("alex-rodriguez").mrn == "100001"
