"""Laboratory reports that are not a plain table: wrapped, cumulative, foreign, side by side."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from documents.samples.analytes import GERMAN, LONG_NAMES, Result, draw_result, range_text
from documents.samples.ink import logo
from documents.samples.labs import (
    FLAG_WORDS,
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


def wrapped(sheet: Sheet, rng: Random, person: Person) -> None:
    """Long names on two lines, the range in small print under the name, comments with numbers."""
    case = lab_case(rng, person, ("long", rng.choice(("diabetes", "thyroid", "vitamins"))))
    letterhead(sheet, case.laboratory, rng)
    y = demographics(sheet, case, 92, pattern="%b %d, %Y", style=2) + 14
    for x, title in ((40, "Component"), (300, "Your value"), (400, "Units"), (490, "Flag")):
        sheet.text(x, y, title, size=8.5, style="b")
    sheet.line(40, y + 4, 572, y + 4)
    y += 20
    for _title, rows in case.panels:
        for row in rows:
            raw = printed_range(row, "spaced")
            bottom = sheet.paragraph(40, y, 180, row.name, size=9.5)
            sheet.text(40, bottom - 1, f"Ref: {raw} {row.unit}", size=7.2, color="#444444")
            sheet.text(300, y, lab_fact(row, case.collected, range_raw=raw), size=9.5, style="b")
            sheet.text(400, y, row.unit, size=9.5)
            sheet.text(490, y, FLAG_WORDS["word"][row.flag], size=9.5)
            y = bottom + 11
            if rng.random() < 0.5:
                y = sheet.paragraph(52, y, 480, _comment(rng), size=7.6, style="i") + 4
            sheet.line(40, y - 5, 572, y - 5, width=0.3, color="#bbbbbb")
            y += 10
    footer(sheet, "Results should be read together with the clinical picture.", 1, 1)
    optional_date(sheet, case.reported)


def _comment(rng: Random) -> str:
    return rng.choice(
        (
            "Comment: A value above 225 is seen in about 10 of 100 healthy adults; repeat after "
            "6 weeks if clinically indicated.",
            "Note: Method changed on 03/01/2026. Earlier results read about 4 % higher.",
            "Comment: Values between 5.7 and 6.4 suggest increased risk; 6.5 or higher on two "
            "occasions supports the diagnosis.",
            "Note: Biotin above 5 mg per day may interfere. Draw at least 8 hours after the dose.",
        )
    )


def cumulative(sheet: Sheet, rng: Random, person: Person) -> None:
    """Two result columns of different dates beside one range; stars mark what is out of it."""
    case = lab_case(rng, person)
    earlier = case.collected - timedelta(days=rng.randrange(80, 200))
    letterhead(sheet, case.laboratory, rng)
    y = demographics(sheet, case, 92, pattern="%m/%d/%Y", style=0) + 8
    sheet.text(306, y + 8, "CUMULATIVE SUMMARY REPORT", size=11, style="b", align="center")
    y += 28
    sheet.box(40, y - 11, 532, 15, fill="#eeeeee")
    for x, title in ((46, "Test"), (236, f"{case.collected:%m/%d/%Y}"),
                     (316, f"{earlier:%m/%d/%Y}"), (400, "Units"), (480, "Range")):  # fmt: skip
        sheet.text(x, y, title, size=8.5, style="b")
    y += 16
    for title, rows in case.panels:
        sheet.text(46, y, title, size=8.5, style="b")
        y += 12.5
        for row in rows:
            raw = printed_range(row, "plain")
            sheet.text(54, y, row.name, size=8.5)
            for x, day, result in ((236, case.collected, row), (316, earlier, _before(row, rng))):
                span = sheet.text(x, y, lab_fact(result, day, range_raw=raw), size=8.5)
                sheet.text(span.x1 + 2, y, FLAG_WORDS["star"][result.flag], size=8.5, style="b")
            sheet.text(400, y, row.unit, size=8.5)
            sheet.text(480, y, raw, size=8.5)
            y += 12
        y += 5
    sheet.text(46, y + 4, "* outside the reference range", size=7.5)
    footer(sheet, f"{case.laboratory.name} - cumulative report", 1, 1)
    optional_date(sheet, case.reported)


def _before(row: Result, rng: Random) -> Result:
    """An earlier value of the same test."""
    if row.words:
        return Result(row.name, row.words, "", None, None, 0, "", row.words)
    value = float(row.value) * rng.uniform(0.85, 1.15)
    text = f"{value:.{row.decimals}f}"
    at = float(text)
    flag = ""
    if row.low is not None and at < row.low:
        flag = "L"
    if row.high is not None and (at > row.high or (row.low is None and at >= row.high)):
        flag = "H"
    if row.low is not None and row.high is None and at == row.low:
        flag = "L"
    return Result(row.name, text, row.unit, row.low, row.high, row.decimals, flag)


def portal(sheet: Sheet, rng: Random, person: Person) -> None:
    """A patient portal print-out: one card per test, words instead of columns."""
    case = lab_case(rng, person, rng.choice((("lipid", "diabetes"), ("thyroid", "vitamins"))))
    who = case.person
    logo(sheet, 40, 30, 22, case.clinic.color, 0)
    sheet.text(70, 46, Fact("facility", case.clinic.name, attrs={"optional": True}), size=12,
               style="b")  # fmt: skip
    sheet.text(572, 46, "MyChartlet test results", size=9, align="right", color="#666666")
    sheet.line(40, 58, 572, 58)
    sheet.text(40, 80, Fact("patient.name", who.name), size=13, style="b")
    sheet.pair(40, 95, "Date of birth:", on("patient.dob", who.dob, "%B %d, %Y"), label_style="")
    sheet.pair(240, 95, "MRN:", Fact("patient.mrn", who.mrn), label_style="")
    sheet.pair(40, 108, "Collected on", on("doc.date_collected", case.collected, "%B %d, %Y"),
               label_style="")  # fmt: skip
    sheet.pair(240, 108, "Ordered by", Fact("provider.ordering", case.provider.display,
                                            case.provider.name), label_style="")  # fmt: skip
    sheet.pair(440, 108, "Lab:", Fact("facility", case.laboratory.name), label_style="", size=7.5)
    y = 132.0
    for _title, rows in case.panels:
        for row in rows:
            y = _portal_card(sheet, row, case.collected.isoformat(), y)
    sheet.text(40, y + 8, f"Printed {case.reported:%m/%d/%Y} 7:41 AM", size=7, color="#666666")
    optional_date(sheet, case.collected)


def _portal_card(sheet: Sheet, row: Result, day: str, y: float) -> float:
    sheet.box(40, y, 532, 50, radius=6, stroke="#bbbbbb")
    sheet.text(52, y + 15, row.name, size=10.5, style="b")
    raw = range_text(row, " - ")
    attrs = {"label": row.name, "unit": row.unit or None, "effective_date": day,
             "ref_range": {"raw": raw, "low": row.low, "high": row.high},
             "flag": row.flag or None}  # fmt: skip
    sheet.text(52, y + 29, f"Normal range: {raw} {row.unit}", size=8, color="#444444")
    label = sheet.text(52, y + 42, "Value", size=8, color="#444444")
    span = sheet.text(label.x1 + 6, y + 42, Fact("lab", row.value, attrs=attrs), size=10, style="b")
    sheet.text(span.x1 + 4, y + 42, row.unit, size=8)
    if row.flag:
        word = FLAG_WORDS["word"][row.flag]
        sheet.box(500, y + 8, 56, 14, fill="#fbe3d6", stroke=None, radius=7)
        sheet.text(528, y + 18, word, size=8, style="b", align="center", color="#9a3412")
    return y + 56


def german(sheet: Sheet, rng: Random, person: Person) -> None:
    """A German laboratory's findings: decimal comma, day first, plus and minus as flags."""
    case = lab_case(rng, person, ("thyroid",))
    rows = [draw_result(a, rng) for a in rng.sample(GERMAN, k=rng.randrange(10, len(GERMAN)))]
    who = case.person
    sheet.text(57, 60, Fact("facility", "MVZ Labor Nordhain GmbH"), size=15, style="b",
               color="#0b5563")  # fmt: skip
    sheet.text(57, 73, "Am Wehr 4, 37412 Nordhain   Tel. 05521 555-0140", size=8)
    sheet.text(57, 108, "Laborbefund", size=14, style="b")
    left: tuple[tuple[str, Fact], ...] = (
        ("Patient:", Fact("patient.name", who.name_last_first, who.name)),
        ("Geburtsdatum:", on("patient.dob", who.dob, "%d.%m.%Y")),
        ("Geschlecht:", Fact("patient.sex", "weiblich" if who.sex == "F" else "männlich",
                             who.sex_word.lower())),
        ("Patienten-Nr.:", Fact("patient.mrn", who.mrn)),
    )  # fmt: skip
    right: tuple[tuple[str, Fact], ...] = (
        ("Einsender:", Fact("provider.ordering", f"Dr. med. {case.provider.name}",
                            case.provider.name)),
        ("Entnahme:", on("doc.date_collected", case.collected, "%d.%m.%Y")),
        ("Befunddatum:", on("doc.date_reported", case.reported, "%d.%m.%Y")),
        ("Auftragsnummer:", Fact("doc.accession", case.accession)),
    )  # fmt: skip
    for x, block in ((57, left), (310, right)):
        for number, (label, fact) in enumerate(block):
            sheet.pair(x, 130 + number * 13, label, fact, gap=88)
    y = 204.0
    for x, title in ((57, "Untersuchung"), (230, "Ergebnis"), (310, "Einheit"),
                     (400, "Referenzbereich")):  # fmt: skip
        sheet.text(x, y, title, style="b")
    sheet.line(57, y + 4, 538, y + 4)
    y += 18
    for row in rows:
        raw = range_text(row, " - ").replace(".", ",").replace("<", "< ").replace(">", "> ")
        sheet.text(57, y, row.name)
        fact = lab_fact(row, case.collected, text=row.value.replace(".", ","), range_raw=raw,
                        decimal_comma=True)  # fmt: skip
        span = sheet.text(262, y, fact, align="right", style="b" if row.flag else "")
        sheet.text(span.x1 + 6, y, FLAG_WORDS["sign"][row.flag], style="b")
        sheet.text(310, y, row.unit)
        sheet.text(400, y, raw)
        y += 14
    sheet.text(57, y + 8, "+ erhöht   - erniedrigt", size=7.5)
    sheet.text(57, y + 22, "Dieser Befund wurde elektronisch freigegeben.", size=7.5)
    optional_date(sheet, case.reported)


def two_up(sheet: Sheet, rng: Random, person: Person) -> None:
    """Two panels side by side in narrow columns, an arrow-like mark as flag."""
    case = lab_case(rng, person, ("blood", "metabolic"))
    letterhead(sheet, case.laboratory, rng)
    y = demographics(sheet, case, 92, pattern="%m/%d/%y", style=1) + 16
    flags = FLAG_WORDS["caret"]
    bottom = y
    for x, (title, rows) in zip((40, 312), case.panels, strict=True):
        at = y
        sheet.box(x, at - 11, 260, 15, fill="#e8e3f0", stroke=None)
        sheet.text(x + 4, at, title, size=8.5, style="b")
        at += 13
        for dx, head in ((4, "Test"), (104, "Result"), (152, "Range"), (206, "Units")):
            sheet.text(x + dx, at, head, size=7, color="#555555")
        for row in rows:
            at += 12.5
            raw = printed_range(row, "plain")
            sheet.text(x + 4, at, row.name, size=7.8)
            span = sheet.text(x + 104, at, lab_fact(row, case.collected, range_raw=raw), size=7.8,
                              style="b" if row.flag else "")  # fmt: skip
            sheet.text(span.x1 + 3, at, flags[row.flag], size=7.8, style="b")
            sheet.text(x + 152, at, raw, size=7.8)
            sheet.text(x + 206, at, row.unit, size=7.8)
        bottom = max(bottom, at)
    sheet.text(40, bottom + 22, "^ above range    v below range", size=7.5)
    footer(sheet, "Electronically signed by the laboratory director", 1, 1)
    optional_date(sheet, case.reported)


def urinalysis(sheet: Sheet, rng: Random, person: Person) -> None:
    """Words as results: colour, negative, trace, 2+."""
    case = lab_case(rng, person, ("urine",))
    extra = [draw_result(rng.choice(LONG_NAMES[2:]), rng)]
    letterhead(sheet, case.laboratory, rng)
    y = demographics(sheet, case, 92, pattern="%m/%d/%Y", style=0) + 18
    for x, title in ((60, "PROCEDURE"), (260, "RESULT"), (350, "EXPECTED"), (450, "ABN")):
        sheet.text(x, y, title, size=8.5, style="b")
    y += 6
    for title, rows in [*case.panels, ("Send-out", extra)]:
        y += 16
        sheet.text(60, y, title.upper(), size=8.5, style="b")
        sheet.line(60, y + 3, 540, y + 3, width=0.4)
        y += 2
        for row in rows:
            y += 14
            raw = printed_range(row, "endash")
            sheet.text(70, y, row.name)
            span = sheet.text(260, y, lab_fact(row, case.collected, range_raw=raw))
            sheet.text(span.x1 + 4, y, row.unit)
            sheet.text(350, y, raw)
            sheet.text(450, y, FLAG_WORDS["letter"][row.flag], style="b")
    footer(sheet, f"{case.laboratory.name}  CLIA no. 14D0000000", 1, 1)
    optional_date(sheet, case.reported)
