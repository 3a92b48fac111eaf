"""Pictures and Word documents: pages as displayed, boxes where the picture has the words."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from documents.pipeline.opening import open_file, render_page
from documents.pipeline.types import OpenedFile, Rejected

from .opening_samples import docx, paper, paragraph, word


def opened(path: Path) -> OpenedFile:
    return open_file(path, out_dir=path.parent / "out")


def marked(mode: str = "RGB") -> Image.Image:
    """Wide picture with a black corner at the top left."""
    picture = Image.new(mode, (400, 200), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 60, 60), fill="black")
    return picture


def corner(path: Path) -> tuple[bool, ...]:
    """Which corners are black: top left, top right, bottom right, bottom left."""
    image = Image.open(path).convert("L")
    w, h = image.size
    points = ((5, 5), (w - 5, 5), (w - 5, h - 5), (5, h - 5))
    return tuple(int(image.getpixel(point)) < 100 for point in points)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA", "I;16"])
def test_png_of_every_mode(tmp_path: Path, mode: str) -> None:
    source = marked("L")
    if mode == "I;16":
        picture = Image.new("I;16", source.size, 65535)
        picture.paste(0, (0, 0, 61, 61))
    else:
        picture = source.convert("RGB").convert(mode)
    picture.save(tmp_path / "a.png")
    (page,) = opened(tmp_path / "a.png").pages
    assert (page.width, page.height, page.text_layer) == (400, 200, "absent")
    assert page.image is not None
    assert corner(page.image) == (True, False, False, False)


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "a.png")
    image = opened(tmp_path / "a.png").pages[0].image
    assert image is not None
    assert Image.open(image).convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("orientation", "size", "black"),
    [(1, (400, 200), 0), (3, (400, 200), 2), (6, (200, 400), 1), (8, (200, 400), 3)],
)
def test_exif_orientation(
    tmp_path: Path, orientation: int, size: tuple[int, int], black: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    marked().save(tmp_path / "a.jpg", exif=exif, quality=90)
    (page,) = opened(tmp_path / "a.jpg").pages
    assert (page.width, page.height) == size
    assert page.image is not None
    assert corner(page.image).index(True) == black
    picture = render_page(tmp_path / "a.jpg", 1, out=tmp_path / "p.png")
    assert corner(picture).index(True) == black


def test_heic(tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.from_pillow(marked()).save(tmp_path / "a.heic")
    found = opened(tmp_path / "a.heic")
    assert found.mime == "image/heic"
    assert (found.pages[0].width, found.pages[0].height) == (400, 200)


def test_fax_has_square_pixels_after_opening(tmp_path: Path) -> None:
    page = paper("1").resize((1728, 1078))
    page.save(
        tmp_path / "a.tif",
        save_all=True,
        append_images=[page],
        compression="group4",
        dpi=(204, 98),
    )
    found = opened(tmp_path / "a.tif")
    assert len(found.pages) == 2
    first = found.pages[0]
    assert (first.width, first.height) == (1728, round(1078 * 204 / 98))
    assert first.dpi == 204


def test_stated_resolution_of_a_phone_is_not_believed(tmp_path: Path) -> None:
    marked().save(tmp_path / "a.jpg", dpi=(72, 72))
    assert opened(tmp_path / "a.jpg").pages[0].dpi is None
    marked().save(tmp_path / "b.jpg", dpi=(300, 300))
    assert opened(tmp_path / "b.jpg").pages[0].dpi == 300


def test_huge_photograph_is_reduced(tmp_path: Path) -> None:
    Image.new("L", (6000, 3000), 255).save(tmp_path / "a.png")
    (page,) = opened(tmp_path / "a.png").pages
    assert (page.width, page.height) == (4000, 2000)


TABLE = (
    '<w:tbl><w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="1000"/></w:tblGrid>'
    "<w:tr><w:tc>" + paragraph("Glucose") + "</w:tc><w:tc>" + paragraph("105") + "</w:tc></w:tr>"
    "</w:tbl>"
)


def test_word_document_has_boxes_where_the_picture_has_words(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", paragraph("") * 4 + paragraph("Wxxxxxxxxxxxxp") + TABLE)
    found = opened(path)
    (page,) = found.pages
    assert (page.width, page.height, page.text_layer) == (612, 792, "trusted")
    box = word(page.words, "Wxxxxxxxxxxxxp").bbox
    image = Image.open(render_page(path, 1, dpi=144, out=tmp_path / "p.png")).convert("L")
    assert image.size == (1224, 1584)
    area = (box[0] * 1224 - 4, box[1] * 1584 - 2, box[2] * 1224 + 4, box[3] * 1584 + 2)
    ink = image.crop(tuple(round(v) for v in area)).point(lambda v: 255 if v < 128 else 0).getbbox()
    assert ink is not None
    assert ink[2] - ink[0] > 0.75 * (area[2] - area[0])
    glucose, value = word(page.words, "Glucose").bbox, word(page.words, "105").bbox
    assert glucose[1] == value[1]
    assert value[0] * 612 == pytest.approx(54 + 0.75 * 504, abs=0.01)
    assert {w.source for w in page.words} == {"docx"}


def test_word_document_parts(tmp_path: Path) -> None:
    body = (
        "<w:sdt><w:sdtContent>" + paragraph("Control") + "</w:sdtContent></w:sdt>"
        "<w:p><w:r><w:tab/><w:t>Tabbed</w:t><w:br/><w:t>Below</w:t></w:r></w:p>"
        '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>Agree</w:t></w:r></w:p>'
        "<w:p><w:del><w:r><w:delText>Deleted</w:delText><w:t>Gone</w:t></w:r></w:del></w:p>"
        '<w:p><w:r><w:br w:type="page"/><w:t>Second</w:t></w:r></w:p>'
    )
    header = (
        b'<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        + paragraph("Letterhead").encode()
        + b"</w:hdr>"
    )
    found = opened(docx(tmp_path / "a.docx", body, header1_xml=header, vbaProject_bin=b"x"))
    texts = [[w.text for w in page.words] for page in found.pages]
    assert texts == [["Letterhead", "Control", "Tabbed", "Below", "\u2612Agree"], ["Second"]]
    assert found.flags == ("active_content",)


def test_rows_of_an_inner_table_are_not_doubled(tmp_path: Path) -> None:
    inner = f"<w:tbl><w:tr><w:tc>{TABLE}{paragraph('Outer')}</w:tc></w:tr></w:tbl>"
    (page,) = opened(docx(tmp_path / "a.docx", inner)).pages
    assert sorted(w.text for w in page.words) == ["105", "Glucose", "Outer"]


def test_scan_pasted_into_a_word_document_is_a_page(tmp_path: Path) -> None:
    paper().save(tmp_path / "s.png")
    data = (tmp_path / "s.png").read_bytes()
    path = docx(tmp_path / "a.docx", paragraph("See below"), media__a_png=data)
    first, second = opened(path).pages
    assert (first.text_layer, second.text_layer) == ("trusted", "absent")
    assert (second.width, second.height) == (1275, 1650)
    assert Image.open(render_page(path, 2, out=tmp_path / "p.png")).size == (935, 1210)


def test_deeply_nested_word_document_is_refused(tmp_path: Path) -> None:
    body = "<w:sdt>" * 500 + paragraph("x") + "</w:sdt>" * 500
    with pytest.raises(Rejected) as caught:
        opened(docx(tmp_path / "a.docx", body))
    assert caught.value.code == "resource_limit"
