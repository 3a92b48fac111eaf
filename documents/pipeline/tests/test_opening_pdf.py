"""Words of PDF pages: their boxes on the displayed page, and whether the layer is believed."""

from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from documents.pipeline.layer_trust import LayerFacts, garbled, judge
from documents.pipeline.opening import open_file, render_page
from documents.pipeline.types import OpenedPage

from .opening_samples import SENTENCES, near, pdf, raw_pdf, scan_pdf, word

HELVETICA = pikepdf.Dictionary(
    Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
)
TEXT = b" ".join(
    b"1 0 0 1 72 %d Tm (%s) Tj" % (700 - 20 * row, line.encode())
    for row, line in enumerate(SENTENCES)
)


def first(path: Path) -> OpenedPage:
    return open_file(path, out_dir=path.parent / "out").pages[0]


def typed(path: Path, content: bytes) -> Path:
    return raw_pdf(path, content, Font=pikepdf.Dictionary(F=HELVETICA))


def dark_box(picture: Path) -> tuple[float, float, float, float]:
    """The bounds of all ink of a page picture, in fractions."""
    image = Image.open(picture).convert("L")
    bounds = image.point(lambda v: 255 if v < 128 else 0).getbbox()
    assert bounds is not None
    w, h = image.size
    return bounds[0] / w, bounds[1] / h, bounds[2] / w, bounds[3] / h


def test_words_with_boxes(tmp_path: Path) -> None:
    page = first(pdf(tmp_path / "a.pdf"))
    assert (page.text_layer, page.width, page.height, page.image) == ("trusted", 612, 792, None)
    assert [w.text for w in page.words[:13]] == SENTENCES[0].split()[:13]
    box = word(page.words, "laboratory").bbox
    start = 72 + 11 * sum((0.722, 0.556, 0.5, 0.556, 0.222, 0.278, 0.5, 0.278)) + 11 * 0.556
    assert box[1] < (792 - 680) / 792 < box[3]
    assert start / 612 < box[0] < (start + 40) / 612


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 40, 500, 760)])
def test_box_agrees_with_the_displayed_page(
    tmp_path: Path, turn: int, crop: tuple[int, ...] | None
) -> None:
    """One word on the page: its box must lie where the page picture has ink."""
    path = typed(tmp_path / "a.pdf", b"BT /F 40 Tf 1 0 0 1 120 600 Tm (Hxxxxxxxxxxxxp) Tj ET")
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.pages[0].Rotate = turn
        if crop:
            document.pages[0].CropBox = list(crop)
        document.save(path)
    page = open_file(path, out_dir=tmp_path / "out").pages[0]
    picture = render_page(path, 1, out=tmp_path / "p.png")
    size = Image.open(picture).size
    width, height = (450, 720) if crop else (612, 792)
    shown = (width, height) if turn in (0, 180) else (height, width)
    assert (page.width, page.height) == shown
    assert abs(size[0] / size[1] - shown[0] / shown[1]) < 0.01
    boxes = [item.bbox for item in page.words]
    around = (
        *(min(box[i] for box in boxes) for i in (0, 1)),
        *(max(b[i] for b in boxes) for i in (2, 3)),
    )
    assert near(around, dark_box(picture), 0.03)
    assert len(boxes) == 1 or turn in (90, 270)
    if turn in (90, 180, 270):
        assert page.image is not None  # text on its side must be read upright


def test_landscape_page_stored_on_its_side_is_trusted(tmp_path: Path) -> None:
    """Text drawn upwards with /Rotate 90 is upright on the displayed page."""
    path = typed(
        tmp_path / "a.pdf", b"BT /F 11 Tf 0 1 -1 0 300 72 Tm (" + b"The patient " * 5 + b") Tj ET"
    )
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.pages[0].Rotate = 90
        document.save(path)
    page = first(path)
    assert page.text_layer == "trusted"
    assert [w.text for w in page.words[:4]] == ["The", "patient", "The", "patient"]
    assert near(page.words[0].bbox, (72 / 792, 289 / 612, 90 / 792, 302 / 612))


def test_hyphen_ligature_and_narrow_columns(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for row in range(8):
            canvas.drawString(72, 700 - 12 * row, f"Follow-up{row}")
            canvas.drawString(72 + 44 + 9, 700 - 12 * row, "<0.5")
            canvas.drawString(72 + 44 + 9 + 22, 700 - 12 * row, "mg/dL")

    page = first(pdf(tmp_path / "a.pdf", draw))
    assert [w.text for w in page.words[:3]] == ["Follow-up0", "<0.5", "mg/dL"]


def test_letters_placed_one_by_one_side_by_side_are_joined_to_words(tmp_path: Path) -> None:
    left, right = ("Dolores Keane", "05/19/1974", "KD-22910"), ("Office visit", "Plan", "Return")

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for x, y, lines in ((72.0, 730.0, left * 10), (300.0, 721.5, right * 10)):
            for row, line in enumerate(lines):
                at = x
                for letter in line:
                    canvas.drawString(at, y - 17 * row, letter.strip())
                    at += canvas.stringWidth(letter, "Helvetica", 11)

    def rows(*lines: str) -> list[str]:
        return [part for line in lines * 10 for part in line.split()]

    assert [w.text for w in first(pdf(tmp_path / "a.pdf", draw)).words] == [
        *rows(*left), *rows(*right),
    ]  # fmt: skip


def test_scanned_page_is_rendered(tmp_path: Path) -> None:
    page = first(scan_pdf(tmp_path / "a.pdf"))
    assert (page.text_layer, page.words) == ("absent", ())
    assert page.image is not None
    assert Image.open(page.image).mode == "L"
    assert 195 < (page.dpi or 0) < 205


def test_invisible_layer_over_a_scan_is_not_trusted(tmp_path: Path) -> None:
    page = first(scan_pdf(tmp_path / "a.pdf", "Patlent: D0E, JAHE Glucose 705 mg/dL"))
    assert page.text_layer == "untrusted"
    assert page.image is not None
    assert "705" in [w.text for w in page.words]  # kept for comparison, not used as words


def test_fax_header_over_a_scan_does_not_make_it_text(tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "a.pdf")
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        page = document.pages[0]
        page.Resources.Font = pikepdf.Dictionary(F=HELVETICA)
        page.contents_add(b"BT /F 9 Tf 1 0 0 1 40 780 Tm (From: 555-0100 Page 1 of 3) Tj ET")
        document.save(path)
    assert first(path).text_layer == "untrusted"


def test_hidden_text_beside_visible_text_is_dropped(tmp_path: Path) -> None:
    hidden = b" 3 Tr 1 0 0 1 72 500 Tm (Ignore this patient) Tj"
    page = first(typed(tmp_path / "a.pdf", b"BT /F 11 Tf " + TEXT + hidden + b" ET"))
    assert page.text_layer == "trusted"
    assert "Ignore" not in [w.text for w in page.words]


def test_letters_drawn_as_outlines_are_read_as_a_picture(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for row in range(6):
            canvas.drawString(72, 700 - 30 * row, "Patient name and date:")
            path = canvas.beginPath()
            for letter in range(25):
                x, y = 220 + 8 * letter, 700 - 30 * row
                path.moveTo(x, y)
                for step in range(9):
                    path.curveTo(x + step, y + 3, x + 2, y + step, x + 4, y + 7)
                path.close()
            canvas.drawPath(path, fill=1)

    page = first(pdf(tmp_path / "a.pdf", draw))
    assert page.text_layer == "untrusted"
    assert page.image is not None


def test_blank_page_needs_no_picture(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    document.save(tmp_path / "a.pdf")
    page = first(tmp_path / "a.pdf")
    assert (page.text_layer, page.words, page.image) == ("absent", (), None)


def form(path: Path) -> Path:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for row, sentence in enumerate(SENTENCES):
            canvas.drawString(72, 700 - 20 * row, sentence)
        canvas.drawString(72, 600, "Patient name:")
        box = {"width": 200, "height": 18, "borderWidth": 0, "fontSize": 10}
        canvas.acroForm.textfield(name="patient", x=160, y=596, value="Jane Doe", **box)
        canvas.acroForm.textfield(name="empty", x=160, y=560, value="", **box)
        canvas.acroForm.checkbox(name="agree", x=72, y=500, checked=True)
        canvas.acroForm.checkbox(name="decline", x=72, y=470, checked=False)

    return pdf(path, draw)


@pytest.mark.parametrize("drawn", [True, False])
def test_form_values_are_words_once(tmp_path: Path, drawn: bool) -> None:
    """With or without appearance streams, which many programs leave to the viewer."""
    path = form(tmp_path / "a.pdf")
    if not drawn:
        with pikepdf.open(path, allow_overwriting_input=True) as document:
            for annotation in document.pages[0].Annots:
                if annotation.get("/FT") == "/Tx":
                    del annotation["/AP"]
            document.save(path)
    page = first(path)
    assert page.text_layer == "trusted"
    assert [w.text for w in page.words].count("Jane") == 1
    assert [w.text for w in page.words].count("Doe") == 1
    jane = word(page.words, "Jane").bbox
    assert 160 / 612 <= jane[0] < 175 / 612
    assert (792 - 616) / 792 <= jane[1] < jane[3] <= (792 - 594) / 792
    assert near(word(page.words, "\u2612").bbox, (72 / 612, 272 / 792, 92 / 612, 292 / 792))
    values = {name: value for name, value, _ in page.widgets}
    assert values == {"patient": "Jane Doe", "agree": "Yes"}


def test_many_full_pages_come_in_one_round(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for row in range(60):
            canvas.drawString(40, 760 - 12 * row, "Some text of the patient and the lab " * 3)

    path = pdf(tmp_path / "a.pdf", draw, pages=40)
    opened = open_file(path, out_dir=tmp_path / "out")
    assert [len(page.words) for page in opened.pages] == [60 * 24] * 40


def facts(text: str, **more: float) -> LayerFacts:
    texts = text.split()
    return LayerFacts(texts=texts, characters=len("".join(texts)), **more)  # type: ignore[arg-type]


PLAIN = " ".join(SENTENCES)


@pytest.mark.parametrize(
    ("page", "layer", "reason"),
    [
        (facts(PLAIN), "trusted", "text"),
        (facts(""), "absent", "no_text"),
        (facts("Page 1"), "absent", "no_text"),
        (facts(PLAIN, bad=12), "untrusted", "no_unicode"),
        (facts(PLAIN, invisible=400), "untrusted", "invisible"),
        (facts(PLAIN, image_cover=0.95), "untrusted", "picture"),
        (facts(PLAIN, image_cover=0.1), "trusted", "text"),
        (facts(PLAIN, outline_glyphs=90, outline_lines=6), "untrusted", "outlines"),
        (facts(PLAIN, outline_glyphs=90, outline_lines=1), "trusted", "text"),
        (facts(PLAIN, sideways=0.9), "untrusted", "sideways"),
        (facts(PLAIN, sideways=0.1), "trusted", "text"),
        (
            facts("7KH SDWLHQW ZDV VHHQ" + " LQ#WKH$ FO!QLF% WR'GD\\ IRU=D" * 4),
            "untrusted",
            "garbled",
        ),
    ],
)
def test_verdict(page: LayerFacts, layer: str, reason: str) -> None:
    assert (judge(page).layer, judge(page).reason) == (layer, reason)


@pytest.mark.parametrize(
    "text",
    [
        "WBC 7.2 10^3/uL 4.0-11.0 RBC 4.81 M/uL 4.20-5.80 HGB 14.1 g/dL 13.0-17.0 eGFR >60",
        "Glucose, 105 H mg/dL (70-99) HbA1c: 6.1% A1c/eAG MRN#: 00123456 DOB: 03/14/1962",
        "RxBIN: 610014 RxPCN: MEDDPRIME Grp#: 0012-A ID: XYZ123456789 www.example.org a@b.org",
        "El paciente fue visto en la clínica. Resultados revisados; presión normal.",
        "Der Befund wurde am 03.04.2025 erstellt: Hämoglobin 14,1 g/dl (13,5–17,5)",
        "____________ ............ ------------ Name: ______ Date: __/__/____ [ ] Yes [ ] No",
    ],
)
def test_medical_text_is_not_garbled(text: str) -> None:
    assert not garbled(text.split())


def test_long_text_without_a_known_word_is_garbled() -> None:
    assert garbled(("wkh sdwlhqw zdv vhhq lq wkh folqlf wrgdb " * 10).split())
