"""Pages of words for tests: rows of text laid out as a printer would."""

from __future__ import annotations

from datetime import date

from documents.pipeline.types import Locale, PageText, Source, Word

WIDTH, HEIGHT = 612.0, 792.0
TODAY = date(2026, 11, 20)
HERE = Locale(today=TODAY)
Row = tuple[float, list[tuple[float, str]]]


def page(
    rows: list[Row],
    *,
    number: int = 1,
    size: float = 9.0,
    score: float = 1.0,
    skew: float = 0.0,
    converging: float = 0.0,
) -> PageText:
    """A page of ``(y, [(x, text), ...])`` rows in points; ``score`` below 1 means OCR.

    ``skew`` is the slope of the page's middle row, ``converging`` how it changes to the bottom.

    What would stand beyond its right edge is cut off there, as in the words of a real page.
    """
    source: Source = "pdf" if score == 1.0 else "ocr"
    step = size * 0.5
    words: list[Word] = []
    for y, cells in rows:
        for x, text in cells:
            at = x
            for part in text.split():
                if at >= WIDTH:
                    break
                right = min(at + len(part) * step, WIDTH)
                drop = (skew + converging * (y / HEIGHT - 0.5)) * (at + right) / 2
                box = (at / WIDTH, (y + drop) / HEIGHT, right / WIDTH, (y + drop + size) / HEIGHT)
                words.append(Word(part, box, score, source))
                at = right + step * 0.55
    layer = "trusted" if score == 1.0 else "absent"
    return PageText(number, WIDTH, HEIGHT, layer, tuple(words))


HEAD: list[Row] = [
    (30, [(40, "Riverside Medical Laboratory")]),
    (50, [(40, "Patient: DOE, JANE Q"), (300, "Date of Birth: 04/13/1971")]),
    (62, [(40, "Collected: 10/22/2026 07:40"), (300, "Reported: 10/23/2026")]),
]
COLUMNS = [40, 220, 290, 340, 420]
TITLES = ["TEST", "RESULT", "FLAG", "UNITS", "REFERENCE INTERVAL"]


def table(*rows: list[str], titles: list[str] = TITLES, top: float = 100.0) -> list[Row]:
    """A result table under a header."""
    made: list[Row] = [(top, list(zip(COLUMNS, titles, strict=False)))]
    for index, row in enumerate(rows, start=1):
        cells = [(x, text) for x, text in zip(COLUMNS, row, strict=False) if text]
        made.append((top + 13 * index, cells))
    return made


def lab_page(
    *rows: list[str], score: float = 1.0, skew: float = 0.0, converging: float = 0.0
) -> PageText:
    """A whole laboratory report of one page."""
    return page(HEAD + table(*rows), score=score, skew=skew, converging=converging)
