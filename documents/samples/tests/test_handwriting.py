"""A hurried hand, read by the real recogniser: nothing sure comes of it, and it is never filed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from documents.pipeline.extraction import extract
from documents.pipeline.extraction.confidence import THRESHOLD
from documents.pipeline.extraction.decide import decide
from documents.pipeline.extraction.verify import verify
from documents.pipeline.opening import open_file
from documents.pipeline.reading import read_page
from documents.pipeline.types import Locale
from documents.samples.handwriting import note
from documents.samples.paperfile import jpeg

TODAY = date(2026, 11, 23)


def test_the_same_seed_is_the_same_page_and_another_is_not():
    pages = [note(np.random.default_rng(seed)).pixels for seed in (1, 1, 2)]

    assert np.array_equal(pages[0], pages[1])
    assert not np.array_equal(pages[0], pages[2])
    assert (pages[0] < 120).mean() > 0.002


@pytest.mark.slow
def test_poor_handwriting_abstains(tmp_path):
    path = tmp_path / "note.jpg"
    path.write_bytes(jpeg(note(np.random.default_rng(1))))
    pages = [read_page(page) for page in open_file(path, out_dir=tmp_path / "out").pages]

    extraction = verify(extract(pages, locale=Locale(today=TODAY)), None, today=TODAY)
    decision = decide(extraction, kind_hint=None, has_patient=True)

    assert [f.name for f in extraction.fields if f.confidence >= THRESHOLD] == []
    assert not decision.ingest
