"""The docs page: what the plot shows, which mistakes are picked, and where they are drawn."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from bench.extraction.docs import worst
from bench.extraction.pictures import bins_of, piece, reliability
from bench.extraction.run import Run
from bench.extraction.scoring import Judged, Scored
from documents.samples.truth import Truth, TruthField

BOX = (0.4, 0.4, 0.5, 0.42)
FACT = TruthField("patient.mrn", "100001", 1, BOX, "100001")


def of_layout(name: str, *judged: Judged, held_out: bool = False) -> tuple[Run, Scored]:
    truth = Truth("lab", name, "scan", None, 1, (FACT,), held_out=held_out)
    extracted = {"fields": [{"id": "f1", "page": 1, "bbox": list(BOX)}]}
    run = Run(name, truth, (), extracted, {}, False, (), 0.0, 0.0, {}, 0.0, (b"", ".pdf"))
    return run, Scored(truth, "lab", list(judged))


def wrong(confidence: float, name: str = "patient.mrn") -> Judged:
    return Judged("identity", name, "wrong", confidence, found="1", field="f1")


def test_bins_are_of_equal_mass_with_their_accuracy():
    found = bins_of([(0.5, False), (0.6, True), (0.9, True), (0.95, True)], 2)

    assert [(round(c, 3), a, n) for c, a, _l, _h, n in found] == [(0.55, 0.5, 2), (0.925, 1.0, 2)]


def test_plot_names_its_series_with_their_counts():
    drawn = reliability([("unseen layouts", [(0.5, True)] * 20), ("known", [(0.9, True)] * 30)])

    assert "unseen layouts (20)" in drawn
    assert "known (30)" in drawn
    assert drawn.count("<circle") == 22


def test_most_confident_first_once_a_layout_and_never_of_an_unseen_one():
    missed = Judged("identity", "patient.mrn", "missed", fact=FACT)
    pairs = [
        of_layout("known-a", wrong(0.7), wrong(0.9), missed),
        of_layout("known-b", wrong(0.95, "patient.dob")),
        of_layout("unseen", wrong(0.99), held_out=True),
    ]

    found = worst([r for r, _ in pairs], [s for _, s in pairs])

    told = [(m.run.truth.layout, m.judged.outcome, m.judged.confidence) for m in found]
    assert told == [
        ("known-b", "wrong", 0.95), ("known-a", "wrong", 0.9), ("known-a", "missed", None),
    ]  # fmt: skip


def test_piece_shows_the_surroundings_with_the_box_drawn():
    page = Image.new("RGB", (1000, 1000), "#ffffff")

    cut = Image.open(io.BytesIO(piece(page, BOX, "#c0261c")))

    assert cut.width < 760
    assert cut.height < 300
    pixels = np.asarray(cut.convert("RGB"))
    assert ((pixels[..., 0] > 150) & (pixels[..., 1] < 120)).any()
