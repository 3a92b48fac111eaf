"""The baseline reads: exact words of a text layer, and Tesseract where it is installed."""

from __future__ import annotations

import pytest

from bench.extraction.plain import read_plain, tesseract
from bench.extraction.plain_rules import extract_plain
from bench.extraction.run import cpu
from bench.extraction.scoring import score
from documents.pipeline.types import PageText, Word
from documents.samples.build import make
from documents.samples.people import person


def page_of(*lines: str) -> PageText:
    words = []
    for number, line in enumerate(lines):
        y = 0.1 + number * 0.03
        for at, text in enumerate(line.split()):
            words.append(Word(text, (0.1 + at * 0.1, y, 0.19 + at * 0.1, y + 0.02), 0.8, "ocr"))
    return PageText(1, 612, 792, "absent", tuple(words))


def test_rules_take_a_lab_row_and_the_patient_with_boxes_and_the_weakest_words_score():
    page = page_of(
        "Patient: Jane Doe DOB: 04/13/1971",
        "Collected: 10/22/2026 Reference Specimen",
        "Glucose 112 H mg/dL 70-99",
    )

    found = extract_plain([page])

    by_name = {f["name"]: f for f in found["fields"]}
    assert found["document"]["kind"]["value"] == "lab"
    assert by_name["patient.dob"]["value"] == "1971-04-13"
    assert by_name["doc.date_collected"]["value"] == "2026-10-22"
    lab = by_name["lab"]
    assert (lab["label"], lab["value"], lab["unit"]) == ("Glucose", "112", "mg/dL")
    assert lab["ref_range"] == {"raw": "70-99", "low": 70.0, "high": 99.0}
    assert lab["flag"]["normalized"] == "H"
    assert lab["bbox"] == pytest.approx([0.2, 0.16, 0.29, 0.18])
    assert lab["confidence"] == 0.8


def test_text_layer_is_read_with_boxes_that_score(tmp_path):
    made = make("lab-classic", person("alex-rodriguez"), "text", 3)
    path = tmp_path / "lab.pdf"
    path.write_bytes(made.data)

    pages, _ = read_plain(path, None, cpu)
    scored = score(made.truth, extract_plain(pages))

    right = [j for j in scored.judged if j.outcome == "right"]
    assert pages[0].text_layer == "trusted"
    assert any(j.family == "identity" for j in right)
    assert all(j.box_hit for j in right if j.box_hit is not None)


@pytest.mark.skipif(tesseract() is None, reason="no tesseract")
def test_picture_is_recognised_and_kept(tmp_path):
    made = make("card-band", person("maria-garcia"), "fax", 3)
    path = tmp_path / f"card{made.suffix}"
    path.write_bytes(made.data)

    pages, spent = read_plain(path, tmp_path / "words", cpu)

    assert pages[0].text_layer == "absent"
    assert pages[0].words
    again, kept = read_plain(path, tmp_path / "words", cpu)
    assert kept == round(spent, 4) > 0
    assert [w.text for w in again[0].words] == [w.text for w in pages[0].words]
