"""Reading pictures with the real engine; one shared reader keeps the file quick."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from documents.pipeline import cleanup
from documents.pipeline.opening import open_file
from documents.pipeline.reader import Reader, lies_sideways, shared_reader
from documents.pipeline.reader_words import _Character, _divided
from documents.pipeline.reading import read_page, upright
from documents.pipeline.types import OpenedPage, PageText, Word

from .opening_samples import PAPER_LINES, near, paper, paper_box, pdf, scan_pdf, word
from .test_cleanup import photograph

TEXTS = [text for _, _, line in PAPER_LINES for text in line.split()]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return shared_reader()


def page_of(picture: Image.Image, tmp_path: Path) -> OpenedPage:
    picture.save(tmp_path / "page.png")
    return open_file(tmp_path / "page.png", out_dir=tmp_path / "out").pages[0]


def read(picture: Image.Image, tmp_path: Path, reader: Reader) -> PageText:
    return read_page(page_of(picture, tmp_path), reader)


def share_read(result: PageText) -> float:
    found = {item.text for item in result.words}
    return sum(text in found for text in TEXTS) / len(TEXTS)


def test_trusted_words_are_taken_as_they_are(tmp_path: Path) -> None:
    page = open_file(pdf(tmp_path / "a.pdf"), out_dir=tmp_path / "out").pages[0]
    result = read_page(page)
    assert result.words == page.words
    assert (result.text_layer, result.quality) == ("trusted", {})


def test_blank_pages_have_no_words(tmp_path: Path, reader: Reader) -> None:
    assert read_page(OpenedPage(1, 612, 792, "absent")).words == ()
    assert read(Image.new("L", (1275, 1650), 250), tmp_path, reader).words == ()


def test_upright_page(tmp_path: Path, reader: Reader) -> None:
    result = read(paper(), tmp_path, reader)
    assert share_read(result) >= 0.9
    assert near(word(result.words, "Glucose").bbox, paper_box("Glucose"))
    assert near(word(result.words, "105").bbox, paper_box("105"))
    assert {item.source for item in result.words} == {"ocr"}
    assert result.quality["rotation"] == 0
    assert result.quality["mean_score"] > 0.95
    assert upright(result)[2] == tuple(item.bbox for item in result.words)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_page(tmp_path: Path, reader: Reader, turn: int) -> None:
    """Turned counter-clockwise on the glass; boxes lie on the page as it is displayed."""
    result = read(paper().rotate(turn, expand=True), tmp_path, reader)
    assert share_read(result) >= 0.9
    assert result.quality["rotation"] == turn
    x0, y0, x1, y1 = paper_box("Potassium")
    shown = {90: (y0, 1 - x1, y1, 1 - x0), 180: (1 - x1, 1 - y1, 1 - x0, 1 - y0)}
    shown[270] = (1 - y1, x0, 1 - y0, x1)
    assert near(word(result.words, "Potassium").bbox, shown[turn])
    width, height, boxes = upright(result)
    assert width < height
    index = [item.text for item in result.words].index("Potassium")
    assert near(boxes[index], paper_box("Potassium"))


def test_skewed_page_has_level_lines_upright(tmp_path: Path, reader: Reader) -> None:
    result = read(paper().rotate(-3, expand=True, fillcolor=255), tmp_path, reader)
    assert share_read(result) >= 0.9
    assert result.quality["skew_deg"] == pytest.approx(3, abs=0.2)
    row = ("Potassium", "4.2", "mmol/L")
    shown = [word(result.words, text).bbox for text in row]
    assert shown[2][1] - shown[0][1] > 0.015  # slanted where it is displayed
    boxes = dict(zip((item.text for item in result.words), upright(result)[2], strict=True))
    tops = [boxes[text][1] + boxes[text][3] for text in row]
    assert max(tops) - min(tops) < 0.006


def test_photograph(tmp_path: Path, reader: Reader) -> None:
    image, matrix = photograph(np.asarray(paper(), dtype=np.uint8))
    result = read(Image.fromarray(image), tmp_path, reader)
    assert result.quality["perspective"] == 1
    assert share_read(result) >= 0.9
    x0, y0, x1, y1 = paper_box("Glucose")
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) * [1275, 1650]
    shown = cleanup.transform(corners, matrix) / [1600, 2000]
    expected = (*shown.min(axis=0), *shown.max(axis=0))
    assert near(word(result.words, "Glucose").bbox, expected, 0.015)


def test_scan_with_a_wrong_hidden_layer(tmp_path: Path, reader: Reader) -> None:
    page = open_file(
        scan_pdf(tmp_path / "a.pdf", "Patlent: D0E, JAHE Gluc0se"), out_dir=tmp_path / "out"
    ).pages[0]
    result = read_page(page, reader)
    assert result.text_layer == "untrusted"
    assert "Glucose" in [item.text for item in result.words]
    assert result.quality["layer_agreement"] == 0.0


def test_form_values_over_a_scan_are_words(tmp_path: Path, reader: Reader) -> None:
    """A form whose values only the viewer draws: no text layer and no ink has them."""
    opened = page_of(paper(), tmp_path)
    size = {"width": 612.0, "height": 792.0}
    fields = (
        ("name", "Rosa Alvarez", (0.5, 0.5, 0.8, 0.52)),
        ("lab", "Glucose", paper_box("Glucose")),
        ("agree", "Yes", (0.1, 0.6, 0.13, 0.6232)),
    )
    result = read_page(replace(opened, widgets=fields, **size), reader)
    texts = [item.text for item in result.words]
    assert texts[-3:] == ["Rosa", "Alvarez", "\u2612"]
    assert texts.count("Glucose") == 1
    assert word(result.words, "Glucose").source == "ocr"


def test_second_opinion_on_a_cell(tmp_path: Path, reader: Reader) -> None:
    turned = paper().rotate(90, expand=True)
    result = read(turned, tmp_path, reader)
    image = np.asarray(turned, dtype=np.uint8)
    text, score = reader.reread(image, word(result.words, "105").bbox, result)
    assert text == "105"
    assert score > 0.9
    assert reader.reread(image, (0.5, 0.5, 0.5, 0.5), result)[0] == ""


def test_page_survives_storage(tmp_path: Path, reader: Reader) -> None:
    result = read(paper().rotate(180), tmp_path, reader)
    again = PageText.from_dict(result.as_dict())
    for ours, theirs in zip(upright(result)[2], upright(again)[2], strict=True):
        assert near(ours, theirs, 0.0001)


def test_cost(tmp_path: Path, reader: Reader) -> None:
    page = page_of(paper(), tmp_path)
    started = time.process_time()
    result = read_page(page, reader)
    spent = time.process_time() - started
    peak = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    cores = os.cpu_count()
    print(f"{len(result.words)} words in {spent:.2f} CPU s, {cores} cores, {peak}")  # noqa: T201
    assert spent < 8


def test_engine_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Reader(threads=1).detect(np.full((100, 100), 255, dtype=np.uint8))
    assert capfd.readouterr() == ("", "")


def quad(width: float, height: float) -> np.ndarray:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)


def test_sideways_is_judged_by_length() -> None:
    assert lies_sideways([quad(20, 300), quad(20, 100), quad(60, 20)])
    assert not lies_sideways([quad(300, 20), quad(20, 100), quad(15, 60)])
    assert not lies_sideways([])


@pytest.mark.parametrize(
    ("text", "gaps", "parts"),
    [
        ("ROSAM", [2, 2, 2, 10], ["ROSA", "M"]),
        ("2025083", [3, 3, 3, 11, 3, 3], ["2025", "083"]),
        ("2011", [3, 3, 9], ["2011"]),
        ("147.0", [3, 3, 8, 8], ["147.0"]),
        ("08:14", [3, 8, 9, 3], ["08:14"]),
        ("MRN:4471", [2, 2, 4, 14, 3, 3, 3], ["MRN:", "4471"]),
        ("NPI100", [2, 2, 10, 6, 3], ["NPI", "100"]),
        ("W I D E", [9, 9, 9], ["WIDE"]),
        ("opril", [2, 2, 2, 10], ["opril"]),
        ("withfood", [2, 2, 2, 10, 2, 2, 2], ["with", "food"]),
        ("takea", [2, 2, 2, 10], ["take", "a"]),
    ],
)
def test_missing_spaces_are_seen_in_the_ink(text: str, gaps: list[int], parts: list[str]) -> None:
    """Characters ten pixels wide at 28 pixels an em, with these gaps between them."""
    letters = text.replace(" ", "")
    columns, ink = [], np.zeros(400, dtype=bool)
    x = 5
    for index in range(len(letters)):
        ink[x : x + 10] = True
        columns.append(x + 5.0)
        x += 10 + (gaps[index] if index < len(gaps) else 0)
    characters = [_Character(ch, at, 1.0) for ch, at in zip(letters, columns, strict=True)]
    found = _divided(characters, ink[:x], 28.0)
    assert ["".join(ch.text for ch in part) for part in found] == parts


def test_word_rows_keep_their_source() -> None:
    item = Word("105", (0.1, 0.2, 0.3, 0.4), 0.98765, "ocr")
    assert Word.from_list(item.as_list()) == Word("105", (0.1, 0.2, 0.3, 0.4), 0.9877, "ocr")
