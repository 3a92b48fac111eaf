"""Laboratory reports in columns: the layouts that American laboratories print most."""

from __future__ import annotations

from random import Random

from documents.samples.analytes import Result
from documents.samples.ink import barcode, logo
from documents.samples.labs import (
    FLAG_WORDS,
    LabCase,
    demographics,
    footer,
    lab_case,
    lab_fact,
    letterhead,
    optional_date,
    printed_range,
)
from documents.samples.people import Person
from documents.samples.sheet import Fact, Sheet, on


def classic(sheet: Sheet, rng: Random, person: Person) -> None:
    """Test, Result, Flag, Units, Reference Interval; a bold title over each panel."""
    case = lab_case(rng, person)
    letterhead(sheet, case.laboratory, rng)
    barcode(sheet, 470, 34, 100, 22, rng)
    y = demographics(sheet, case, 92, pattern="%m/%d/%Y", style=0) + 10
    columns = (40, 250, 320, 372, 460)
    sheet.box(40, y - 11, 532, 15, fill="#e6eaee", stroke=None)
    for x, title in zip(
        columns, ("Tests", "Result", "Flag", "Units", "Reference Interval"), strict=True
    ):
        sheet.text(x + 2, y, title, size=8, style="b")
    y += 17
    for title, rows in case.panels:
        sheet.text(42, y, title, size=9, style="b")
        y += 13
        for row in rows:
            sheet.text(50, y, row.name, size=8.5)
            bold = "b" if row.flag else ""
            raw = printed_range(row, "plain")
            sheet.text(252, y, lab_fact(row, case.collected, range_raw=raw), size=8.5, style=bold)
            sheet.text(322, y, FLAG_WORDS["word"][row.flag], size=8.5, style="b")
            sheet.text(374, y, row.unit, size=8.5)
            sheet.text(462, y, raw, size=8.5)
            y += 12.2
        y += 7
    sheet.paragraph(
        42, y + 2, 500, "Fasting status reported by the patient: 12 hours. Reference intervals "
        "apply to adults 18 years and older.", size=7.5, style="i",
    )  # fmt: skip
    footer(sheet, f"{case.laboratory.name}  |  Laboratory Director: S. Levinson, MD, PhD", 1, 1)
    optional_date(sheet, case.reported)


def grid(sheet: Sheet, rng: Random, person: Person) -> None:
    """A ruled table; the flag stands behind the value and the unit is glued to the range."""
    case = lab_case(rng, person)
    place = case.laboratory
    sheet.text(306, 44, Fact("facility", place.name.upper(), place.name), size=14, style="b",
               align="center")  # fmt: skip
    sheet.text(306, 57, f"{place.street} - {place.city} - {place.phone}", size=8, align="center")
    sheet.text(306, 78, "LABORATORY REPORT", size=11, style="b", align="center")
    sheet.box(40, 88, 532, 62)
    y = demographics(sheet, case, 102, pattern="%d-%b-%Y", style=1, indent=6) + 18
    widths = (212, 110, 150, 60)
    style = rng.choice(("plain", "spaced", "to"))
    for title, rows in case.panels:
        sheet.box(40, y - 11, 532, 15, fill="#d8e2dc")
        sheet.text(46, y, title.upper(), size=8.5, style="b")
        y += 15
        _grid_row(sheet, y, widths, ("TEST", "RESULT", "NORMAL RANGE", "STATUS"), "b")
        for row in rows:
            y += 14.5
            raw = printed_range(row, style)
            with_unit = f"{raw} {row.unit}".strip() if not row.words else raw
            _grid_row(sheet, y, widths, (row.name, "", with_unit, "Final"), "")
            span = sheet.text(258, y, lab_fact(row, case.collected, range_raw=raw), size=8.5,
                              style="b" if row.flag else "")  # fmt: skip
            sheet.text(span.x1 + 5, y, FLAG_WORDS["letter"][row.flag], size=8.5, style="b")
        y += 22
    sheet.text(40, y, "H = above range   L = below range   A = abnormal", size=7)
    footer(sheet, f"Report {case.accession}  printed {case.reported:%d-%b-%Y}", 1, 1)
    optional_date(sheet, case.reported)


def _grid_row(
    sheet: Sheet, y: float, widths: tuple[int, ...], cells: tuple[str, ...], style: str
) -> None:
    x = 40.0
    for width, cell in zip(widths, cells, strict=True):
        sheet.box(x, y - 10.5, width, 14.5, line=0.4)
        sheet.text(x + 6, y, cell, size=8.5, style=style)
        x += width


def in_out(sheet: Sheet, rng: Random, person: Person) -> None:
    """In Range and Out of Range columns, the range with its unit at the right."""
    case = lab_case(rng, person)
    place = case.laboratory
    logo(sheet, 42, 34, 34, place.color, 1)
    sheet.text(86, 50, Fact("facility", place.name), size=13, style="b")
    sheet.text(86, 62, f"{place.street}, {place.city}", size=7.5)
    sheet.text(572, 46, "PATIENT INFORMATION", size=8, style="b", align="right")
    who = case.person
    sheet.text(
        572,
        60,
        Fact("patient.name", who.name_last_first.upper(), who.name),
        size=9.5,
        style="b",
        align="right",
    )
    y = 76.0
    rows: tuple[tuple[str, Fact], ...] = (
        ("DOB:", on("patient.dob", who.dob, "%m/%d/%Y")),
        ("GENDER:", Fact("patient.sex", who.sex, who.sex_word.lower())),
        ("ID:", Fact("patient.mrn", who.mrn)),
        ("PHONE:", Fact("patient.phone", who.phone)),
    )
    for label, fact in rows:
        sheet.pair(420, y, label, fact, gap=50, size=8, label_style="")
        y += 11
    left: tuple[tuple[str, Fact], ...] = (
        ("SPECIMEN:", Fact("doc.accession", case.accession)),
        ("COLLECTED:", on("doc.date_collected", case.collected, "%m/%d/%Y")),
        ("REPORTED:", on("doc.date_reported", case.reported, "%m/%d/%Y")),
        ("REQUESTED BY:", Fact("provider.ordering", case.provider.display, case.provider.name)),
    )
    for number, (label, fact) in enumerate(left):
        sheet.pair(42, 84 + number * 11, label, fact, gap=78, size=8, label_style="")
    y = 138.0
    sheet.box(40, y - 10, 532, 14, fill="#222222", stroke=None)
    for x, title in ((46, "Test Name"), (246, "In Range"), (326, "Out Of Range"),
                     (424, "Reference Range"), (540, "Lab")):  # fmt: skip
        sheet.text(x, y, title, size=8, style="b", color="#ffffff")
    y += 16
    for title, results in case.panels:
        sheet.text(46, y, title.upper(), size=8.5, style="b")
        y += 12
        for row in results:
            y = _in_out_row(sheet, case, row, y)
        y += 6
    sheet.paragraph(
        46, y + 4, 500, "For patients with diabetes and one additional risk factor, treating to a "
        "non-HDL goal of <100 mg/dL (LDL of <70 mg/dL) is considered an option.", size=7.2,
    )  # fmt: skip
    footer(sheet, "PERFORMING SITE: EN  " + place.name.upper(), 1, 1)
    optional_date(sheet, case.reported)


def _in_out_row(sheet: Sheet, case: LabCase, row: Result, y: float) -> float:
    raw = printed_range(row, "orequal")
    sheet.text(56, y, row.name.upper(), size=8.2)
    fact = lab_fact(row, case.collected, range_raw=raw)
    span = sheet.text(336 if row.flag else 256, y, fact, size=8.2, style="b" if row.flag else "")
    if row.flag:
        sheet.text(span.x1 + 6, y, row.flag, size=8.2, style="b")
    sheet.text(426, y, f"{raw} {row.unit}".strip(), size=8.2)
    sheet.text(544, y, "EN", size=8.2)
    return y + 11.6


def typewriter(sheet: Sheet, rng: Random, person: Person) -> None:
    """Fixed-width print-out with dot leaders and starred flags, as old systems send it."""
    case = lab_case(rng, person)
    who, size = case.person, 9.0
    step = sheet.measure("0", size)
    sheet.text(40, 46, Fact("facility", case.laboratory.name.upper(), case.laboratory.name),
               size=size, style="b")  # fmt: skip
    sheet.text(40, 57, f"{case.laboratory.street}  {case.laboratory.city}", size=size)
    sheet.text(40, 68, "=" * 88, size=size)
    sheet.pair(
        40, 82, "NAME:", Fact("patient.name", who.name_last_first.upper(), who.name), size=size
    )
    sheet.pair(330, 82, "MRN:", Fact("patient.mrn", who.mrn), size=size)
    sheet.pair(40, 93, "DOB:", on("patient.dob", who.dob, "%m/%d/%Y"), size=size)
    sheet.pair(330, 93, "SEX:", Fact("patient.sex", who.sex, who.sex_word.lower()), size=size)
    sheet.pair(40, 104, "DR:", Fact("provider.ordering", case.provider.display.upper(),
                                    case.provider.name), size=size)  # fmt: skip
    sheet.pair(330, 104, "ACC#:", Fact("doc.accession", case.accession), size=size)
    sheet.pair(40, 115, "COLLECTED:", on("doc.date_collected", case.collected, "%m/%d/%Y"),
               size=size)  # fmt: skip
    sheet.pair(330, 115, "REPORTED:", on("doc.date_reported", case.reported, "%m/%d/%Y"), size=size)
    sheet.text(40, 126, "=" * 88, size=size)
    y = 142.0
    columns = {"value": 40 + 40 * step, "flag": 40 + 50 * step, "unit": 40 + 56 * step,
               "range": 40 + 71 * step}  # fmt: skip
    for x, title in ((40.0, "TEST"), (columns["value"], "RESULT"), (columns["flag"], "FLAG"),
                     (columns["unit"], "UNITS"), (columns["range"], "RANGE")):  # fmt: skip
        sheet.text(x, y, title, size=size)
    y += 14
    flags = FLAG_WORDS[rng.choice(("star", "paren", "star_letter"))]
    for title, rows in case.panels:
        sheet.text(40, y, f"** {title.upper()} **", size=size)
        y += 12
        for row in rows:
            dots = "." * max(2, 37 - len(row.name))
            sheet.text(40, y, f"{row.name} {dots}", size=size)
            raw = printed_range(row, "plain")
            sheet.text(columns["value"], y, lab_fact(row, case.collected, range_raw=raw), size=size)
            sheet.text(columns["flag"], y, flags[row.flag], size=size)
            sheet.text(columns["unit"], y, row.unit, size=size)
            sheet.text(columns["range"], y, raw, size=size)
            y += 11.4
        y += 6
    sheet.text(40, y + 6, "COMMENT: SPECIMEN SLIGHTLY HEMOLYZED. REPEAT IN 14 DAYS IF K > 5.5",
               size=size)  # fmt: skip
    sheet.text(40, y + 24, "*** END OF REPORT ***", size=size)
    optional_date(sheet, case.reported)
