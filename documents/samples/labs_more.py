"""Laboratory reports with traps: earlier results, split ranges, units in the name, Spanish."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from documents.samples.analytes import Analyte, Result, draw_result, number
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

SPANISH = (
    Analyte(("Glucosa en ayunas",), ("mg/dL",), 70, 100),
    Analyte(("Urea",), ("mg/dL",), 15, 43),
    Analyte(("Creatinina",), ("mg/dL",), 0.6, 1.2, 2),
    Analyte(("Ácido úrico",), ("mg/dL",), 2.4, 7.0, 1),
    Analyte(("Colesterol total",), ("mg/dL",), None, 200),
    Analyte(("Colesterol HDL",), ("mg/dL",), 40, None),
    Analyte(("Triglicéridos",), ("mg/dL",), None, 150),
    Analyte(("Hemoglobina",), ("g/dL",), 12.0, 17.5, 1),
    Analyte(("Hematocrito",), ("%",), 36.0, 52.0, 1),
    Analyte(("Sodio",), ("mEq/L",), 135, 145),
    Analyte(("Potasio",), ("mEq/L",), 3.5, 5.1, 1),
    Analyte(("TSH",), ("µUI/mL",), 0.4, 4.0, 2),
)


def previous(sheet: Sheet, rng: Random, person: Person) -> None:
    """Two pages; a column of the previous result and its date beside the current one."""
    case = lab_case(rng, person, ("metabolic", "lipid", "blood", "thyroid"))
    earlier = case.collected - timedelta(days=rng.randrange(90, 400))
    letterhead(sheet, case.laboratory, rng)
    demographics(sheet, case, 92, pattern="%m/%d/%Y", style=1)
    _previous_panels(sheet, case, case.panels[:2], earlier, 158, rng)
    footer(sheet, f"{case.person.name_last_first}   {case.accession}", 1, 2)
    optional_date(sheet, case.reported)
    sheet.new_page()
    sheet.pair(40, 44, "Patient:", case.person.name_last_first, size=8)
    sheet.pair(240, 44, "DOB:", f"{case.person.dob:%m/%d/%Y}", size=8)
    sheet.pair(400, 44, "Specimen ID:", case.accession, size=8)
    _previous_panels(sheet, case, case.panels[2:], earlier, 74, rng)
    footer(sheet, f"{case.person.name_last_first}   {case.accession}", 2, 2)


def _previous_panels(
    sheet: Sheet,
    case: LabCase,
    panels: list[tuple[str, list[Result]]],
    earlier: date,
    y: float,
    rng: Random,
) -> None:
    for x, title in (
        (40, "Test"),
        (200, "Current Result and Flag"),
        (318, "Previous Result and Date"),
        (440, "Units"),
        (506, "Reference Interval"),
    ):
        sheet.text(x, y, title, size=7.6, style="b")
    sheet.line(40, y + 4, 572, y + 4)
    for title, rows in panels:
        y += 18
        sheet.text(40, y, title, size=9, style="b")
        for row in rows:
            y += 12.4
            raw = printed_range(row, "plain")
            sheet.text(48, y, row.name, size=8.3)
            span = sheet.text(
                206, y, lab_fact(row, case.collected, range_raw=raw), size=8.3,
                style="b" if row.flag else "",
            )  # fmt: skip
            sheet.text(span.x1 + 10, y, FLAG_WORDS["word"][row.flag], size=8.3, style="b")
            if rng.random() < 0.6:
                value = number(float(row.value) * rng.uniform(0.93, 1.07), row.decimals)
                old = replace(row, value=value, flag="")
                fact = lab_fact(old, earlier, range_raw=raw)
                at = sheet.text(322, y, replace(fact, attrs={**fact.attrs, "optional": True}),
                                size=8.3)  # fmt: skip
                sheet.text(at.x1 + 10, y, f"{earlier:%m/%d/%Y}", size=8.3)
            sheet.text(440, y, row.unit, size=8.3)
            sheet.text(510, y, raw, size=8.3)


def split_range(sheet: Sheet, rng: Random, person: Person) -> None:
    """The flag in the first column, lower and upper limit in columns of their own."""
    case = lab_case(rng, person, rng.choice((("blood", "thyroid"), ("metabolic",))))
    letterhead(sheet, case.laboratory, rng)
    y = demographics(sheet, case, 92, pattern="%Y-%m-%d", style=2) + 20
    heads = (
        (40, "Flag"), (76, "Analyte"), (300, "Measured"), (370, "Low"), (420, "High"),
        (470, "Unit"),
    )  # fmt: skip
    for x, title in heads:
        sheet.text(x, y, title, style="b")
    sheet.line(40, y + 4, 572, y + 4)
    for _title, rows in case.panels:
        for row in rows:
            y += 15
            sheet.text(44, y, {"H": "HI", "L": "LO", "": ""}[row.flag], style="b")
            sheet.text(76, y, row.name)
            low = "" if row.low is None else number(row.low, row.decimals)
            high = "" if row.high is None else number(row.high, row.decimals)
            sheet.text(300, y, lab_fact(row, case.collected, range_raw=f"{low} {high}".strip()))
            sheet.text(370, y, low)
            sheet.text(420, y, high)
            sheet.text(470, y, row.unit)
            sheet.line(40, y + 4, 572, y + 4, width=0.2, color="#aaaaaa")
        y += 6
    footer(sheet, "HI above, LO below the limits of this laboratory", 1, 1)
    optional_date(sheet, case.reported)


def brackets(sheet: Sheet, rng: Random, person: Person) -> None:
    """The unit in brackets behind the name, the range in square brackets behind the value."""
    case = lab_case(rng, person)
    who = case.person
    sheet.text(60, 56, Fact("facility", case.laboratory.name), size=13, style="b")
    sheet.text(60, 74, "Final report", size=10, style="i")
    rows = (
        ("Name", Fact("patient.name", who.name)),
        ("Date of birth", on("patient.dob", who.dob, "%B %d, %Y")),
        ("Medical record number", Fact("patient.mrn", who.mrn)),
        ("Sex", Fact("patient.sex", who.sex_word, who.sex_word.lower())),
        ("Date of collection", on("doc.date_collected", case.collected, "%B %d, %Y")),
        ("Date of report", on("doc.date_reported", case.reported, "%B %d, %Y")),
        ("Physician", Fact("provider.ordering", case.provider.display, case.provider.name)),
    )
    y = 100.0
    for label, fact in rows:
        sheet.pair(60, y, label, fact, gap=130, label_style="")
        y += 13
    y += 12
    for title, results in case.panels:
        sheet.text(60, y, title, size=10, style="b")
        y += 14
        for row in results:
            raw = printed_range(row, "endash")
            unit = f" ({row.unit})" if row.unit else ""
            sheet.text(70, y, f"{row.name}{unit}")
            fact = lab_fact(row, case.collected, range_raw=raw)
            span = sheet.text(330, y, fact, style="b" if row.flag else "")
            span = sheet.text(span.x1 + 4, y, FLAG_WORDS["paren"][row.flag], style="b")
            sheet.text(390, y, f"[{raw}]")
            y += 13
        y += 8
    sheet.text(
        60, y + 6, "Results in bold are outside the limits given in square brackets.", size=8
    )
    optional_date(sheet, case.reported)


def spanish(sheet: Sheet, rng: Random, person: Person) -> None:
    """A report in Spanish: day first, decimal comma, asterisks."""
    case = lab_case(rng, person, ("thyroid",))
    who = case.person
    sheet.text(50, 56, Fact("facility", "Laboratorio Clínico del Valle"), size=15, style="b")
    sheet.text(50, 70, "Avenida de la Fuente 12, 28999 Valdehoyo   Tel. 91 555 01 20", size=8)
    sheet.text(297, 100, "INFORME DE ANÁLISIS CLÍNICOS", size=12, style="b", align="center")
    left: tuple[tuple[str, Fact], ...] = (
        ("Paciente:", Fact("patient.name", who.name)),
        ("Fecha de nacimiento:", on("patient.dob", who.dob, "%d/%m/%Y")),
        ("Sexo:", Fact("patient.sex", "Mujer" if who.sex == "F" else "Hombre",
                       who.sex_word.lower())),
        ("N.º de historia:", Fact("patient.mrn", who.mrn)),
    )  # fmt: skip
    right: tuple[tuple[str, Fact], ...] = (
        ("Médico solicitante:", Fact("provider.ordering", f"Dr. {case.provider.name}",
                                     case.provider.name)),
        ("Fecha de toma:", on("doc.date_collected", case.collected, "%d/%m/%Y")),
        ("Fecha de informe:", on("doc.date_reported", case.reported, "%d/%m/%Y")),
        ("Petición:", Fact("doc.accession", case.accession)),
    )  # fmt: skip
    for x, block in ((50, left), (310, right)):
        for row_number, (label, fact) in enumerate(block):
            sheet.pair(x, 126 + row_number * 13, label, fact, gap=104)
    y = 200.0
    for x, title in (
        (50, "Prueba"), (230, "Resultado"), (310, "Unidades"), (400, "Valores de referencia"),
    ):  # fmt: skip
        sheet.text(x, y, title, style="b")
    sheet.line(50, y + 4, 545, y + 4)
    for analyte in rng.sample(SPANISH, k=rng.randrange(8, len(SPANISH))):
        row = draw_result(analyte, rng)
        y += 15
        raw = printed_range(row, "spaced").replace(".", ",")
        sheet.text(50, y, row.name)
        fact = lab_fact(row, case.collected, text=row.value.replace(".", ","), range_raw=raw,
                        decimal_comma=True)  # fmt: skip
        span = sheet.text(236, y, fact)
        sheet.text(span.x1 + 3, y, FLAG_WORDS["star"][row.flag], style="b")
        sheet.text(310, y, row.unit)
        sheet.text(400, y, raw)
    sheet.text(50, y + 26, "* Fuera del intervalo de referencia.", size=8)
    optional_date(sheet, case.reported)


def results_letter(sheet: Sheet, rng: Random, person: Person) -> None:
    """A clinic's letter to the patient: expected range before the result, flag in words."""
    case = lab_case(rng, person, rng.choice((("lipid", "diabetes"), ("thyroid", "vitamins"))))
    who = case.person
    letterhead(sheet, case.clinic, rng)
    sheet.text(60, 96, on("doc.date", case.reported, "%d %B %Y"), size=10)
    sheet.text(60, 120, Fact("patient.name", who.name), size=10)
    lines = [sheet.text(60, 133, who.street, size=10), sheet.text(60, 146, who.city, size=10)]
    address = Fact("patient.address", f"{who.street} {who.city}", attrs={"optional": True})
    sheet.record(address, lines)
    sheet.pair(60, 172, "Chart number", Fact("patient.mrn", who.mrn), size=10)
    sheet.pair(240, 172, "Born", on("patient.dob", who.dob, "%d %B %Y"), size=10)
    y = sheet.paragraph(
        60, 196, 492,
        ["Here are the results of your blood test of",
         on("doc.date_collected", case.collected, "%d %B %Y"), "."], size=10,
    )  # fmt: skip
    y += 12
    for x, title in ((60, "Test"), (270, "Expected"), (370, "You"), (450, "What it means")):
        sheet.text(x, y, title, size=10, style="b")
    for _title, rows in case.panels:
        for row in rows:
            y += 18
            raw = printed_range(row, "to")
            sheet.box(56, y - 12, 500, 18, stroke="#bbbbbb", line=0.3)
            sheet.text(60, y, row.name, size=9)
            sheet.text(270, y, raw, size=9)
            span = sheet.text(370, y, lab_fact(row, case.collected, range_raw=raw), size=9)
            sheet.text(span.x1 + 3, y, row.unit, size=9)
            sheet.text(450, y, {"H": "Too high", "L": "Too low", "": "Normal"}[row.flag], size=9)
    y = sheet.paragraph(60, y + 30, 492, "Please call us if you have questions.", size=10)
    sheet.text(60, y + 30, Fact("provider.author", case.provider.display, case.provider.name),
               size=10)  # fmt: skip
