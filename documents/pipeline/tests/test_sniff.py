import io
import zipfile

import pytest
from PIL import Image

from documents.pipeline.sniff import (
    DOCX,
    EMPTY,
    HEIC,
    JPEG,
    PDF,
    PNG,
    TIFF,
    UnsupportedType,
    misnamed,
    sniff,
)


def kind(data: bytes) -> str:
    return sniff(data[:8192], len(data))


def picture(form: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, form)
    return stream.getvalue()


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(("form", "mime"), [("PNG", PNG), ("JPEG", JPEG), ("TIFF", TIFF)])
def test_pictures_are_known_by_content(form: str, mime: str) -> None:
    assert kind(picture(form)) == mime


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"heix"])
def test_heif_brands(brand: bytes) -> None:
    assert kind(b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1heic") == HEIC


def test_avif_is_not_heic() -> None:
    with pytest.raises(UnsupportedType):
        kind(b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf")


def test_pdf_with_junk_in_front() -> None:
    assert kind(b"%PDF-1.7\n") == PDF
    assert kind(b"\r\n" * 200 + b"%PDF-1.4\n") == PDF
    assert kind(b"x" * 1024 + b"%PDF-1.4\n") == PDF
    with pytest.raises(UnsupportedType):
        kind(b"x" * 1100 + b"%PDF-1.4\n")


def test_web_page_that_contains_a_pdf_mark_is_refused() -> None:
    with pytest.raises(UnsupportedType):
        kind(b"<html><script>alert(1)</script>%PDF-1.4")


def test_word_document_and_other_archives() -> None:
    assert kind(archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")) == DOCX
    for names in (("a.txt",), ("[Content_Types].xml", "xl/workbook.xml"), ("ppt/a.xml",)):
        with pytest.raises(UnsupportedType):
            kind(archive(*names))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"<!DOCTYPE html><html></html>", "text/html"),
        (b"\n  <svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg onload='x()'/>", "image/svg+xml"),
    ],
)
def test_markup_is_refused_by_name(data: bytes, found: str) -> None:
    with pytest.raises(UnsupportedType) as refusal:
        kind(data)
    assert (refusal.value.code, refusal.value.found) == ("unsupported_type", found)
    assert "PDF" in refusal.value.message


@pytest.mark.parametrize(
    "data", [b"MZ\x90\x00" + b"\x00" * 60, b"\x7fELF\x02\x01\x01", b"#!/bin/sh\n", b"GIF89a", b"hi"]
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedType):
        kind(data)


def test_empty_file_has_a_kind_of_its_own() -> None:
    assert sniff(b"", 0) == EMPTY


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("scan.pdf", False),
        ("SCAN.PDF", False),
        ("scan.jpg", True),
        ("scan.html", True),
        ("scan.pdf.exe", True),
        ("exe.pdf", False),
        ("scan", False),
        ("pdf", False),
        ("exe", False),
        ("letter of Dr. Smith", False),
        ("scan.2024", False),
    ],
)
def test_a_name_that_ends_like_another_kind_is_noticed(name: str, differs: bool) -> None:
    assert misnamed(name, PDF) is differs
