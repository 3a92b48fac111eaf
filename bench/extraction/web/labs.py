"""Laboratory reports as browsers print them: portals, registers, sentences, receipts."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import CONDENSED, MONO, SANS, SERIF, cell, day, pairs, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.analytes import Analyte, Result, draw_result, number
from documents.samples.labs import LabCase, lab_case, printed_range
from documents.samples.people import Person
from documents.samples.sheet import A4, Fact

RULED = " td, th { border-bottom: .5pt solid #bbb } "
GRID = " .g td, .g th { border: .6pt solid #444 } "
FRENCH = (
    Analyte(("Hémoglobine",), ("g/dL",), 12.0, 16.0, 1),
    Analyte(("Leucocytes",), ("G/L",), 4.0, 10.0, 1),
    Analyte(("Plaquettes",), ("G/L",), 150, 400),
    Analyte(("Glycémie à jeun",), ("g/L",), 0.7, 1.1, 2),
    Analyte(("Créatinine",), ("mg/L",), 6.0, 12.0, 1),
    Analyte(("Cholestérol total",), ("g/L",), 1.5, 2.0, 2),
    Analyte(("Triglycérides",), ("g/L",), 0.4, 1.5, 2),
    Analyte(("Potassium",), ("mmol/L",), 3.5, 5.0, 1),
    Analyte(("Sodium",), ("mmol/L",), 136, 145),
    Analyte(("TSH",), ("mUI/L",), 0.4, 4.0, 2),
)
METRIC = (
    Analyte(("Glucose",), ("mmol/L",), 3.9, 5.5, 1),
    Analyte(("Creatinine",), ("umol/L",), 60, 110),
    Analyte(("Total cholesterol",), ("mmol/L",), None, 5.2, 1),
    Analyte(("HDL cholesterol",), ("mmol/L",), 1.0, None, 1),
    Analyte(("Potassium",), ("mmol/L",), 3.5, 5.1, 1),
    Analyte(("Urea",), ("mmol/L",), 2.5, 7.8, 1),
    Analyte(("Haemoglobin",), ("g/L",), 120, 170),
    Analyte(("Platelets",), ("x10^9/L",), 150, 400),
    Analyte(("White cells",), ("x10^9/L",), 4.0, 11.0, 1),
    Analyte(("Ferritin",), ("ug/L",), 15, 200),
)
SWABS = ("SARS-CoV-2 RNA", "Influenza A", "Influenza B", "RSV", "Group A Streptococcus")
REMARKS = (
    "Values of 100 to 125 mg/dL suggest impaired fasting glucose.",
    "Reference range revised 01/15/2026; earlier reports used 70-110.",
    "Repeat in 3 months. Verified by repeat analysis at 10:42.",
    "Desirable <200, borderline 200-239, high 240 or more.",
)


def _flat(case: LabCase) -> list[Result]:
    return [row for _title, rows in case.panels for row in rows]


def _parties(page: Page, case: LabCase) -> tuple[str, str]:
    """Laboratory and ordering provider."""
    lab = page.f(Fact("facility", case.laboratory.name))
    return lab, page.f(Fact("provider.ordering", case.provider.display, case.provider.name))


def tiles(page: Page, rng: Random, person: Person) -> str:
    """A portal: each result a tile, value large, range in words below."""
    case = lab_case(rng, person)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%b %d, %Y", "name dob mrn")
    out = [
        f"<h2>Test results</h2><p>{w['name']} &nbsp; DOB: {w['dob']} &nbsp; MRN: {w['mrn']}</p>"
        f"<p>Collected on {day(page, 'doc.date_collected', case.collected, '%b %d, %Y')} &nbsp;"
        f" Authorizing provider: {doctor} &nbsp; Resulting lab: {lab}</p><div class=w>"
    ]
    for row in _flat(case):
        raw = printed_range(row, "spaced")
        flag = {"H": "High", "L": "Low"}.get(row.flag, "")
        out.append(
            f"<div class=t><b>{escape(row.name)}</b><div class=s>Normal range: {escape(raw)} "
            f"{escape(row.unit)}</div><div class=v>{cell(page, row, case.collected, raw)} "
            f"<small>{escape(row.unit)}</small> <em>{flag}</em></div></div>"
        )
    return "".join(out) + "</div>"


TILES = SANS + (
    " .w { margin-top: 8pt } .t { display: inline-block; width: 48%; border: .6pt solid #bbb;"
    " border-radius: 5pt; padding: 5pt 8pt; margin: 3pt; vertical-align: top; break-inside: avoid }"
    " .s { font-size: 7.5pt; color: #444 } .v { font-size: 15pt } em { font-size: 9pt; color: #a00 }"
)


def transposed(page: Page, rng: Random, person: Person) -> str:
    """A cumulative sheet with a row per day and a column per test; units under the names."""
    case = lab_case(rng, person, (rng.choice(("lipid", "thyroid")),))
    rows = _flat(case)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%Y-%m-%d", "name dob s mrn", last_first=True)
    days = [case.collected - timedelta(days=n * rng.randrange(85, 110)) for n in range(3)]
    heads = ["Date", *(f"{escape(r.name)}<br><small>{escape(r.unit)}</small>" for r in rows)]
    limits = ["<i>Reference</i>", *(f"<i>{escape(printed_range(r, 'plain'))}</i>" for r in rows)]
    lines = []
    for index, when in enumerate(days):
        entries = []
        for row in rows:
            seen = row if index == 0 else _redrawn(row, rng)
            star = "*" if seen.flag else ""
            entries.append(cell(page, seen, when, printed_range(row, "plain")) + star)
        first = (
            day(page, "doc.date_collected", when, "%Y-%m-%d") if index == 0 else f"{when:%Y-%m-%d}"
        )
        lines.append([first, *entries])
    return (
        f"<h1>{lab}</h1><p>Cumulative report</p>"
        f"<p>Patient {w['name']}, born {w['dob']}, sex {w['s']}, ID {w['mrn']}. "
        f"Requested by {doctor}.</p><br>{table(heads, [limits, *lines], 'g')}"
        "<p><small>* outside the reference limits</small></p>"
    )


def _redrawn(row: Result, rng: Random) -> Result:
    """The same test another day, flagged by its own value."""
    text = number(float(row.value) * rng.uniform(0.85, 1.15), row.decimals)
    value = float(text)
    low = row.low is not None and value < row.low
    high = row.high is not None and value > row.high
    flag = "L" if low else "H" if high else ""
    return Result(row.name, text, row.unit, row.low, row.high, row.decimals, flag)


def sentences(page: Page, rng: Random, person: Person) -> str:
    """A letter that tells the results in prose."""
    case = lab_case(rng, person, (rng.choice(("diabetes", "thyroid", "lipid")),))
    w = who(page, person, "%B %d, %Y", "name dob")
    told = []
    for row in _flat(case):
        raw = printed_range(row, "to")
        word = {"H": "high", "L": "low"}.get(row.flag, "normal")
        told.append(
            f"{escape(row.name)} was {cell(page, row, case.collected, raw)} {escape(row.unit)}, "
            f"which is {word} (reference {escape(raw)})."
        )
    author = page.f(Fact("provider.author", case.provider.display, case.provider.name))
    return (
        f"<h2>{page.f(Fact('facility', case.clinic.name))}</h2><p>{case.clinic.street}</p><br>"
        f"<p>{day(page, 'doc.date_reported', case.reported, '%B %d, %Y')}</p><br>"
        f"<p>Re: {w['name']}, date of birth {w['dob']}</p><br><p>Dear colleague,</p><br>"
        f"<p>Blood was drawn on {day(page, 'doc.date_collected', case.collected, '%B %d, %Y')}. "
        f"{' '.join(told)} We will see the patient again in 6 weeks.</p><br><p>Sincerely,</p><br>"
        f"<p>{author}</p>"
    )


def coded(page: Page, rng: Random, person: Person) -> str:
    """Order codes before the names, ISO dates, zebra stripes, units last."""
    case = lab_case(rng, person)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%Y-%m-%d", "name dob sex mrn")
    rows = []
    for title, results in case.panels:
        rows.append([f"<b>{escape(title)}</b>", "", "", "", "", ""])
        for row in results:
            raw = printed_range(row, "plain")
            rows.append([f"{rng.randrange(1000, 9999)}", escape(row.name),
                         cell(page, row, case.collected, raw), row.flag, escape(raw),
                         escape(row.unit)])  # fmt: skip
    left = pairs((("Patient", w["name"]), ("Born", w["dob"]), ("Sex", w["sex"]), ("MRN", w["mrn"])))
    right = pairs((
        ("Collected", day(page, "doc.date_collected", case.collected, "%Y-%m-%d")),
        ("Reported", day(page, "doc.date_reported", case.reported, "%Y-%m-%d")),
        ("Accession", page.f(Fact("doc.accession", case.accession))), ("Ordered by", doctor),
    ))  # fmt: skip
    heads = ("Code", "Component", "Result", "Flag", "Ref. interval", "Units")
    return (
        f"<h2>{lab}</h2>{table((), [[left, right]])}<br>{table(heads, rows, 'z')}"
        "<p><small>Page 1 of 1. Codes are the laboratory's own.</small></p>"
    )


def french(page: Page, rng: Random, person: Person) -> str:
    """A French laboratory: decimal comma, limits in brackets, out-of-range values bold."""
    case = lab_case(rng, person, ("thyroid",))
    w = who(page, person, "%d/%m/%Y", "name dob mrn")
    rows = []
    for analyte in rng.sample(FRENCH, k=8):
        row = draw_result(analyte, rng)
        raw = printed_range(row, "to").replace(" to ", " à ").replace(".", ",")
        value = cell(page, row, case.collected, raw, text=row.value.replace(".", ","),
                     decimal_comma=True, flagged=False)  # fmt: skip
        bold = f"<b>{value}</b>" if row.flag else value
        rows.append([escape(row.name), bold, escape(row.unit), f"({escape(raw)})"])
    taken = day(page, "doc.date_collected", case.collected, "%d/%m/%Y")
    sex = "F" if person.sex == "F" else "M"
    return (
        f"<h2>{page.f(Fact('facility', 'Laboratoire de Biologie Médicale des Tilleuls'))}</h2>"
        "<p>8 rue des Tilleuls, 99100 Valbourg &nbsp; Tél. 01 99 00 00 12</p><br>"
        f"<p>Patient : {w['name']} &nbsp; Né(e) le : {w['dob']} &nbsp; Sexe : "
        f"{page.f(Fact('patient.sex', sex, person.sex_word.lower()))} &nbsp; Dossier : {w['mrn']}</p>"
        f"<p>Prélèvement du : {taken} &nbsp; Prescripteur : "
        f"{page.f(Fact('provider.ordering', f'Dr {case.provider.name}', case.provider.name))}</p><br>"
        f"{table(('Analyse', 'Résultat', 'Unité', 'Valeurs de référence'), rows, 'r')}"
    )


def value_first(page: Page, rng: Random, person: Person) -> str:
    """Result and unit stand before the name of the test."""
    case = lab_case(rng, person)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%m/%d/%y", "name dob s mrn", last_first=True)
    rows = []
    for row in _flat(case):
        raw = printed_range(row, "plain")
        rows.append([cell(page, row, case.collected, raw), row.flag, escape(row.unit),
                     escape(row.name), escape(raw)])  # fmt: skip
    return (
        f"<h3>{lab}</h3><p>NAME {w['name']} &nbsp;&nbsp; DOB {w['dob']} &nbsp;&nbsp; SEX {w['s']} "
        f"&nbsp;&nbsp; CHART {w['mrn']}</p><p>DRAWN "
        f"{day(page, 'doc.date_collected', case.collected, '%m/%d/%y')} &nbsp;&nbsp; DR {doctor}</p><br>"
        + table(("Result", "", "Units", "Test", "Normal"), rows, "r")
    )


def range_below(page: Page, rng: Random, person: Person) -> str:
    """The range in small print under the name, the value at the right edge with an arrow."""
    case = lab_case(rng, person)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    rows = []
    for row in _flat(case):
        raw = printed_range(row, "endash")
        arrow = {"H": "▲", "L": "▼"}.get(row.flag, "")
        rows.append([f"{escape(row.name)}<br><small>Ref: {escape(raw)} {escape(row.unit)}</small>",
                     f"{cell(page, row, case.collected, raw)} {escape(row.unit)} {arrow}"])  # fmt: skip
    return (
        f"<h2>{lab}</h2><p><b>{w['name']}</b></p><p>Date of birth {w['dob']} &nbsp; Chart no. "
        f"{w['mrn']}</p><p>Specimen taken {day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')}"
        f" &nbsp; Requested by {doctor}</p><br>{table((), rows, 'x')}"
    )


def remarked(page: Page, rng: Random, person: Person) -> str:
    """Remarks full of numbers between the rows; range before result; performing-site codes."""
    case = lab_case(rng, person)
    lab, doctor = _parties(page, case)
    w = who(page, person, "%m/%d/%Y", "name dob sex mrn phone", last_first=True)
    rows = []
    for row in _flat(case):
        raw = printed_range(row, "plain")
        flag = {"H": "HIGH", "L": "LOW"}.get(row.flag, "")
        rows.append([escape(row.name), escape(raw), cell(page, row, case.collected, raw), flag,
                     escape(row.unit), rng.choice(("01", "02", "BN"))])  # fmt: skip
        if rng.random() < 0.25:
            rows.append([f"<i>{rng.choice(REMARKS)}</i>", "", "", "", "", ""])
    body = "".join(
        f"<tr><td colspan=6>{r[0]}</td></tr>" if r[0].startswith("<i>")
        else "<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in rows
    )  # fmt: skip
    heads = "".join(
        f"<th>{h}</th>" for h in ("TEST", "REFERENCE", "RESULT", "FLAG", "UNITS", "LAB")
    )
    return (
        f"<table class=g><tr><td>PATIENT<br>{w['name']}</td><td>DOB<br>{w['dob']}</td><td>SEX<br>"
        f"{w['sex']}</td><td>PATIENT ID<br>{w['mrn']}</td><td>PHONE<br>{w['phone']}</td></tr>"
        f"<tr><td>COLLECTED<br>{day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')}</td><td>"
        f"REPORTED<br>{day(page, 'doc.date_reported', case.reported, '%m/%d/%Y')}</td><td colspan=2>"
        f"PHYSICIAN<br>{doctor}</td><td>LABORATORY<br>{lab}</td></tr></table><br>"
        f"<table><tr>{heads}</tr>{body}</table>"
    )


def two_columns(page: Page, rng: Random, person: Person) -> str:
    """A letter set in two newspaper columns with a list of results."""
    case = lab_case(rng, person, ("lipid", "diabetes"))
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    listed = []
    for row in _flat(case):
        raw = printed_range(row, "plain")
        word = {"H": " - high", "L": " - low"}.get(row.flag, "")
        listed.append(f"<li>{escape(row.name)}: {cell(page, row, case.collected, raw)} "
                      f"{escape(row.unit)} (normal {escape(raw)}){word}</li>")  # fmt: skip
    author = page.f(Fact("provider.author", case.provider.display, case.provider.name))
    return (
        f"<h2>{page.f(Fact('facility', case.clinic.name))}</h2><div class=c><p>"
        f"{page.f(Fact('doc.date', f'{case.reported:%m/%d/%Y}', case.reported.isoformat()))}</p>"
        f"<p>Patient: {w['name']}<br>DOB: {w['dob']}<br>Record number: {w['mrn']}</p><br>"
        "<p>Thank you for coming in. Your samples of "
        f"{day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')} have been analysed. Please "
        "read the list in this letter and keep it with your papers. Call us between 8 and 5 when "
        "something is unclear, or write through the portal.</p><br>"
        f"<h3>Your results</h3><ul>{''.join(listed)}</ul><br><p>Kind regards</p><p>{author}</p></div>"
    )


def metric(page: Page, rng: Random, person: Person) -> str:
    """SI units in brackets behind the name, month in letters, the flag before the value."""
    case = lab_case(rng, person, ("thyroid",))
    lab, doctor = _parties(page, case)
    w = who(page, person, "%d-%b-%Y", "name dob sex mrn", last_first=True)
    rows = []
    for analyte in rng.sample(METRIC, k=8):
        row = draw_result(analyte, rng)
        raw = printed_range(row, "spaced")
        rows.append([f"{escape(row.name)} ({escape(row.unit)})", row.flag,
                     cell(page, row, case.collected, raw), escape(raw)])  # fmt: skip
    return (
        f"<p class=k>{lab}</p>{pairs((('Surname, forename', w['name']), ('D.O.B.', w['dob']), ('Gender', w['sex']), ('Hospital no.', w['mrn']), ('Requesting doctor', doctor), ('Sample date', day(page, 'doc.date_collected', case.collected, '%d-%b-%Y'))))}"
        f"<br>{table(('Investigation', '', 'Result', 'Normal limits'), rows, 'g')}"
    )


def receipt(page: Page, rng: Random, person: Person) -> str:
    """A strip from an instrument at the bedside."""
    case = lab_case(rng, person, ("metabolic",))
    w = who(page, person, "%m/%d/%Y", "name dob mrn", last_first=True)
    rows = [
        [escape(r.name), cell(page, r, case.collected, None, flagged=True), escape(r.unit), r.flag]
        for r in _flat(case)[:9]
    ]
    return (
        f"<p>{page.f(Fact('facility', case.clinic.name))}</p><p>CHEM ANALYZER 4 S/N 20119</p>"
        f"<p>{day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')} 07:41</p>"
        f"<p>PT: {w['name']}</p><p>DOB: {w['dob']}</p><p>ID: {w['mrn']}</p><p>-----</p>"
        f"{table((), rows)}<p>-----</p><p>QC OK &nbsp; LOT 77120</p>"
    )


def ticked(page: Page, rng: Random, person: Person) -> str:
    """Swabs with a mark in the column Negative or Positive."""
    case = lab_case(rng, person, ("thyroid",))
    lab, doctor = _parties(page, case)
    w = who(page, person, "%m/%d/%Y", "name dob sex mrn")
    rows = []
    for test in rng.sample(SWABS, k=4):
        found = rng.random() < 0.3
        attrs = {"label": test, "effective_date": case.collected.isoformat()}
        mark = page.f(Fact("lab", "X", "Positive" if found else "Negative", attrs))
        rows.append([test, "" if found else mark, mark if found else ""])
    return (
        f"<h2>{lab}</h2><p>Name: {w['name']}</p><p>DOB: {w['dob']} &nbsp; Sex: {w['sex']} &nbsp; "
        f"MRN: {w['mrn']}</p><p>Collected: "
        f"{day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')} &nbsp; Provider: {doctor}</p><br>"
        + table(("Test", "Negative", "Positive"), rows, "g")
    )


LAYOUTS = (
    WebLayout("web-lab-tiles", "lab", tiles, TILES),
    WebLayout("web-lab-transposed", "lab", transposed, CONDENSED + GRID, held_out=True),
    WebLayout("web-lab-sentences", "lab", sentences, SERIF, margin=60, held_out=True),
    WebLayout("web-lab-coded", "lab", coded, SANS + " .z { width: 100%; font-size: 9pt } .z tr:nth-child(even) { background: #eee }"),
    WebLayout("web-lab-french", "lab", french, SANS + RULED + " table { width: 100% }", A4, language="fr", held_out=True),
    WebLayout("web-lab-valuefirst", "lab", value_first, MONO + " body { font-size: 8.5pt }"),
    WebLayout("web-lab-rangebelow", "lab", range_below, SANS + RULED + " .x { width: 100% } .x td + td { text-align: right } small { color: #555; font-size: 7pt }", held_out=True),
    WebLayout("web-lab-remarked", "lab", remarked, CONDENSED + GRID + " body { font-size: 9pt } table { width: 100% }"),
    WebLayout("web-lab-twocolumns", "lab", two_columns, SERIF + " .c { columns: 2; column-gap: 26pt; margin-top: 12pt }"),
    WebLayout("web-lab-metric", "lab", metric, SANS + GRID + " .k { font-size: 16pt; text-align: right }", A4, held_out=True),
    WebLayout("web-lab-receipt", "lab", receipt, MONO + " body { font-size: 8pt }", (227, 380), 10),
    WebLayout("web-lab-ticked", "lab", ticked, SERIF + GRID),
)  # fmt: skip
