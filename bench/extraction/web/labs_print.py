"""Laboratory results as American laboratories, hospitals and portals print them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import cell, day, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.analytes import Result, number
from documents.samples.labs import LabCase, lab_case, printed_range
from documents.samples.people import Person
from documents.samples.places import HOSPITALS, LABORATORIES
from documents.samples.sheet import Fact

US = "%m/%d/%Y"
NARROW = "body { font-family: 'Liberation Sans', sans-serif; font-size: 8.5pt }"


def padded(html: str, text: str, width: int) -> str:
    """HTML that prints as ``text`` in a column of so many characters."""
    return html + " " * max(1, width - len(text))


def rows_of(case: LabCase) -> list[Result]:
    """The results of every panel."""
    return [row for _title, rows in case.panels for row in rows]


def other_day(row: Result, rng: Random) -> Result:
    """The same test on another day, flagged by its own value."""
    text = number(float(row.value) * rng.uniform(0.82, 1.18), row.decimals)
    value = float(text)
    low = row.low is not None and value < row.low
    high = row.high is not None and value > row.high
    flag = "L" if low else "H" if high else ""
    return Result(row.name, text, row.unit, row.low, row.high, row.decimals, flag)


def _doctor(page: Page, case: LabCase, name: str = "provider.ordering") -> str:
    return page.f(Fact(name, case.provider.display, case.provider.name))


def _lines(entries: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<div><b>{label}</b> {value}</div>" for label, value in entries)


def national(page: Page, rng: Random, person: Person) -> str:
    """A national laboratory: three blocks of details, performing sites keyed at the foot."""
    case = lab_case(rng, person)
    w = who(page, person, US, "name dob s mrn phone", last_first=True)
    street = page.f(Fact("patient.address", f"{person.street}, {person.city}"))
    sites = rng.sample(LABORATORIES, 3)
    rows = []
    for title, results in case.panels:
        rows.append([f"<b>{escape(title)}</b>", "", "", "", "", ""])
        for row in results:
            raw = printed_range(row, "plain")
            word = {"H": "High", "L": "Low", "A": "Abnormal"}.get(row.flag, "")
            rows.append([f"&nbsp;&nbsp;{escape(row.name)}", cell(page, row, case.collected, raw),
                         word, escape(row.unit), escape(raw), f"0{rng.randrange(1, 3)}"])  # fmt: skip
    keyed = "".join(
        f"<tr><td>0{n}</td><td>{code}</td><td>"
        f"{page.f(Fact('facility', site.name, attrs={'optional': True}))}<br>{site.street}, {site.city}"
        f"</td><td>Dir: R. Castellano, PhD</td></tr>"
        for n, (code, site) in enumerate(zip(("BN", "CB"), sites[1:], strict=True), 1)
    )
    patient = _lines((("DOB:", w["dob"]), ("Gender:", w["s"]), ("Patient ID:", w["mrn"]),
                      ("Phone:", w["phone"]), ("Address:", street)))  # fmt: skip
    specimen = _lines((
        ("Date collected:", f"{day(page, 'doc.date_collected', case.collected, US)} 0815 Local"),
        ("Date received:", f"{case.collected:{US}}"), ("Date entered:", f"{case.collected:{US}}"),
        ("Date reported:", f"{day(page, 'doc.date_reported', case.reported, US)} 1406 ET"),
        ("Specimen ID:", page.f(Fact("doc.accession", case.accession))),
    ))  # fmt: skip
    sent = _lines((("Ordering:", _doctor(page, case)),
                   ("NPI:", page.f(Fact("provider.npi", case.provider.npi))),
                   ("Client:", page.f(Fact("facility", case.clinic.name, attrs={"optional": True})))))  # fmt: skip
    return (
        f"<div class=bar><span class=logo>&#9670;</span> <b>{page.f(Fact('facility', sites[0].name))}</b>"
        f"<span class=r>Patient Report</span></div><div class=n>Patient: <b>{w['name']}</b></div>"
        f"<table class=three><tr><th>Patient Details</th><th>Specimen Details</th><th>Physician Details"
        f"</th></tr><tr><td>{patient}</td><td>{specimen}</td><td>{sent}</td></tr></table>"
        f"<p><b>Ordered Items:</b> {'; '.join(escape(title) for title, _ in case.panels)}</p><br>"
        + table(("TESTS", "RESULT", "FLAG", "UNITS", "REFERENCE INTERVAL", "LAB"), rows, "res")
        + f"<br><table class=foot>{keyed}</table><p class=s>For inquiries, the physician may contact "
        "Branch: 800-555-0119 Lab: 800-555-0120</p><p class=s>FINAL REPORT &nbsp; Page 1 of 1 &nbsp; "
        "This document contains private and confidential health information protected by law.</p>"
    )


def mainframe(page: Page, rng: Random, person: Person) -> str:
    """A hospital's line printer: columns of characters, H and L beside the value."""
    case = lab_case(rng, person, rng.choice((("metabolic", "blood"), ("blood", "thyroid"))))
    place = rng.choice(HOSPITALS)
    w = who(page, person, "%m/%d/%y", "name dob s mrn", last_first=True)
    name = person.name_last_first
    lines = [
        f"{page.f(Fact('facility', place.name))}  DEPARTMENT OF LABORATORY MEDICINE",
        f"{place.street}  {place.city}",
        "=" * 86,
        f"PATIENT: {padded(w['name'], name, 34)}MR#: {padded(w['mrn'], person.mrn, 14)}SEX: {w['s']}",
        f"DOB:     {padded(w['dob'], 'mm/dd/yy', 34)}LOC: 4 WEST    "
        f"ACCT: {page.f(Fact('patient.account', f'V{rng.randrange(10**9, 10**10)}'))}",
        f"ORD DR:  {_doctor(page, case)}",
        f"COLL: {day(page, 'doc.date_collected', case.collected, '%m/%d/%y')} 0540   "
        f"RECD: {case.collected:%m/%d/%y} 0612   ACC#: {page.f(Fact('doc.accession', case.accession))}",
        "=" * 86,
    ]
    for title, results in case.panels:
        lines += ["", f"*** {escape(title.upper())} ***",
                  f"{'TEST':<40}{'RESULT':<14}{'REFERENCE':<16}UNITS", "-" * 86]  # fmt: skip
        for row in results:
            raw = printed_range(row, "plain")
            value = cell(page, row, case.collected, raw)
            flagged = f"{value} {row.flag}" if row.flag else value
            text = f"{row.value} {row.flag}" if row.flag else row.value
            lines.append(
                f"{padded(escape(row.name), row.name, 40)}{padded(flagged, text, 14)}"
                f"{padded(escape(raw), raw, 16)}{escape(row.unit)}"
            )
    lines += ["-" * 86, "H = HIGH  L = LOW", "", f"{'*** END OF REPORT ***':^86}"]
    return f"<pre>{'<br>'.join(lines)}</pre>"


def portal(page: Page, rng: Random, person: Person) -> str:
    """A patient portal printed from the browser: a component, its value, a bar of the range."""
    case = lab_case(rng, person, (rng.choice(("metabolic", "blood", "lipid")),))
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    pcp = page.f(Fact("provider.pcp", case.provider.display, case.provider.name))
    title, results = case.panels[0]
    body = []
    for row in results:
        raw = printed_range(row, "spaced")
        word = {"H": "High", "L": "Low"}.get(row.flag, "")
        mark = f"<span class=hl>{word}</span>" if word else ""
        body.append(
            f"<div class=c><div class=h>{escape(row.name)}</div><div class=g>Normal range: "
            f"{escape(raw)} {escape(row.unit)}</div><div class=axis><i style='left:"
            f"{rng.randrange(12, 80)}%'></i></div><div class=v>Value &nbsp; <b>"
            f"{cell(page, row, case.collected, raw)}</b> {escape(row.unit)} {mark}</div></div>"
        )
    return (
        f"<div class=top><span>MyHealthLink</span><span class=r>Name: {w['name']} | DOB: {w['dob']} | "
        f"MRN: {w['mrn']} | PCP: {pcp}</span></div><h1>{escape(title)} - Details</h1>"
        f"<p class=m>Collected on {day(page, 'doc.date_collected', case.collected, '%B %-d, %Y')} 8:12 AM"
        f"</p><h3>Results</h3>{''.join(body)}<br><p>Resulting agency: "
        f"{page.f(Fact('facility', case.laboratory.name))}</p><p class=m>MyHealthLink&reg; licensed "
        "from Brightwater Systems &copy; 1999 - 2026</p>"
    )


def flow_sheet(page: Page, rng: Random, person: Person) -> str:
    """Tests down the side, four days across, the newest day first; flags ride on the values."""
    case = lab_case(rng, person, rng.choice((("metabolic",), ("blood",), ("lipid", "diabetes"))))
    w = who(page, person, US, "name dob sex mrn", last_first=True)
    days = [case.collected - timedelta(days=n * 92 + rng.randrange(9)) for n in range(4)]
    tops = [day(page, "doc.date_collected", days[0], "%m/%d/%y")]
    tops += [f"{when:%m/%d/%y}" for when in days[1:]]
    rows = []
    for row in rows_of(case):
        raw = printed_range(row, "plain")
        entries = []
        for number_, when in enumerate(days):
            seen = row if number_ == 0 else other_day(row, rng)
            mark = f" ({seen.flag})" if seen.flag else ""
            entries.append(cell(page, seen, when, raw) + mark)
        rows.append([escape(row.name), *entries, escape(raw), escape(row.unit)])
    return (
        f"<h3>{page.f(Fact('facility', case.clinic.name))}</h3><p class=t>Lab Flowsheet</p>"
        f"<p>{w['name']} &nbsp;|&nbsp; DOB {w['dob']} &nbsp;|&nbsp; {w['sex']} &nbsp;|&nbsp; MRN "
        f"{w['mrn']} &nbsp;|&nbsp; Provider: {_doctor(page, case)}</p><br>"
        + table(("Component", *tops, "Ref Range", "Units"), rows, "g")
        + "<p class=s>(H) above range, (L) below range. Values outside the panel are not shown.</p>"
    )


def doctor_letter(page: Page, rng: Random, person: Person) -> str:
    """A results letter to the patient with a small table and advice full of numbers."""
    case = lab_case(rng, person, ("lipid", "diabetes"))
    w = who(page, person, "%B %-d, %Y", "name dob")
    home = page.parts(Fact("patient.address", f"{person.street} {person.city}"),
                      [person.street, person.city])  # fmt: skip
    rows = []
    for row in rows_of(case):
        raw = printed_range(row, "to")
        word = {"H": "high", "L": "low"}.get(row.flag, "normal")
        rows.append([escape(row.name), f"{cell(page, row, case.collected, raw)} {escape(row.unit)}",
                     escape(raw), word])  # fmt: skip
    place = case.clinic
    return (
        f"<div class=lh><h2>{page.f(Fact('facility', place.name))}</h2>{place.street}<br>{place.city}"
        f"<br>T {place.phone} &nbsp; F {place.fax}</div><p>"
        f"{page.f(Fact('doc.date', f'{case.reported:%B %-d, %Y}', case.reported.isoformat()), 'doc.date_reported')}"
        f"</p><br><p>{w['name']}<br>{home[0]}<br>{home[1]}</p><br><p>DOB: {w['dob']}</p><br>"
        f"<p>Dear {'Ms.' if person.sex == 'F' else 'Mr.'} {escape(person.last_name)},</p><br>"
        "<p>Enclosed are the results of your tests from "
        f"{day(page, 'doc.date_collected', case.collected, '%B %-d, %Y')}.</p><br>"
        f"{table(('Test', 'Your result', 'Goal or normal', ''), rows, 'l')}<br>"
        "<p>Please keep walking 30 minutes on 5 days of the week and limit salt to 2,000 mg a day. "
        "We would like to repeat these tests in 3 months; come fasting for 10 hours.</p><br>"
        f"<p>Sincerely,</p><br><p>{_doctor(page, case, 'provider.author')}</p>"
    )


def side_by_side(page: Page, rng: Random, person: Person) -> str:
    """Two panels beside each other, each with its own columns; values out of range in bold."""
    case = lab_case(rng, person, ("metabolic", "blood"))
    w = who(page, person, US, "name dob s mrn", last_first=True)
    halves = []
    for title, results in case.panels:
        rows = []
        for row in results:
            raw = printed_range(row, "plain")
            value = cell(page, row, case.collected, raw)
            rows.append([escape(row.name), f"<b>{value} {row.flag}</b>" if row.flag else value,
                         escape(row.unit), escape(raw)])  # fmt: skip
        halves.append(f"<h4>{escape(title)}</h4>"
                      + table(("Test", "Result", "Units", "Range"), rows, "p"))  # fmt: skip
    return (
        f"<div class=head><h2>{page.f(Fact('facility', case.laboratory.name))}</h2>"
        f"{case.laboratory.street}, {case.laboratory.city} &nbsp; CLIA 14D0000000</div>"
        f"<table class=who><tr><td>Patient<br><b>{w['name']}</b></td><td>DOB<br>{w['dob']}</td><td>Sex"
        f"<br>{w['s']}</td><td>Patient #<br>{w['mrn']}</td><td>Collected<br>"
        f"{day(page, 'doc.date_collected', case.collected, US)}</td><td>Reported<br>"
        f"{day(page, 'doc.date_reported', case.reported, US)}</td><td>Physician<br>"
        f"{_doctor(page, case)}</td></tr></table><table class=two><tr><td>{halves[0]}</td>"
        f"<td>{halves[1]}</td></tr></table>"
    )


def across(page: Page, rng: Random, person: Person) -> str:
    """Turned round: a column per test, rows for the result, the flag, the unit and the range."""
    case = lab_case(rng, person, (rng.choice(("lipid", "thyroid")), "diabetes"))
    rows = rows_of(case)
    w = who(page, person, "%d-%b-%Y", "name dob sex mrn")
    raws = [printed_range(row, "plain") for row in rows]
    lines = [
        ["<b>Result</b>", *(cell(page, r, case.collected, raw)
                            for r, raw in zip(rows, raws, strict=True))],
        ["<b>Flag</b>", *(r.flag for r in rows)],
        ["<b>Units</b>", *(escape(r.unit) for r in rows)],
        ["<b>Reference</b>", *(escape(raw) for raw in raws)],
    ]  # fmt: skip
    return (
        f"<h2>{page.f(Fact('facility', case.laboratory.name))}</h2><p>{w['name']}, {w['sex']}, born "
        f"{w['dob']} (ID {w['mrn']})</p><p>Drawn "
        f"{day(page, 'doc.date_collected', case.collected, '%d-%b-%Y')} for {_doctor(page, case)}</p><br>"
        + table(("", *(escape(row.name) for row in rows)), lines, "g")
    )


def bedside(page: Page, rng: Random, person: Person) -> str:
    """A slip of a blood gas analyser: names, values with arrows, units; no ranges."""
    case = lab_case(rng, person, ("metabolic",))
    w = who(page, person, "%m-%d-%Y", "name dob mrn", last_first=True)
    lines = []
    for row in rows_of(case)[:8]:
        value = cell(page, row, case.collected, None)
        arrow = {"H": "&uarr;", "L": "&darr;"}.get(row.flag, "&nbsp;")
        lines.append(f"{padded(escape(row.name), row.name, 24)}{arrow} "
                     f"{padded(value, row.value, 7)}{escape(row.unit)}")  # fmt: skip
    return (
        f"<pre>{page.f(Fact('facility', case.clinic.name))}<br>POINT OF CARE CHEMISTRY<br>"
        f"Analyzer 0417   SW 3.12.1<br>------------------------------------<br>"
        f"Name: {w['name']}<br>Pt ID: {w['mrn']}<br>DOB: {w['dob']}<br>Date: "
        f"{day(page, 'doc.date_collected', case.collected, '%m-%d-%Y')}  Time: 09:47<br>"
        "Sample: venous   Cartridge lot W26114<br>------------------------------------<br>"
        + "<br>".join(lines)
        + "<br>------------------------------------<br>Operator 2214   QC pass<br></pre>"
    )


def urinalysis(page: Page, rng: Random, person: Person) -> str:
    """A dipstick on a pre-printed office form; expected findings in brackets, no units."""
    case = lab_case(rng, person, ("urine",))
    w = who(page, person, US, "name dob s mrn")
    rows = []
    for row in rows_of(case):
        raw = printed_range(row, "plain")
        star = " *" if row.flag else ""
        rows.append([escape(row.name), f"{cell(page, row, case.collected, raw)}{star}",
                     f"({escape(raw)})"])  # fmt: skip
    return (
        f"<h3>{page.f(Fact('facility', case.clinic.name))}</h3><h2>URINALYSIS - In-Office Laboratory"
        f"</h2><table class=who><tr><td>Name: {w['name']}</td><td>DOB: {w['dob']}</td><td>Sex: {w['s']}"
        f"</td></tr><tr><td>Chart #: {w['mrn']}</td><td>Collected: "
        f"{day(page, 'doc.date_collected', case.collected, US)}</td><td>Ordered by: {_doctor(page, case)}"
        f"</td></tr></table><br>{table(('', 'Result', 'Expected'), rows, 'd')}"
        "<p class=s>* not as expected. Strips: lot 50122, exp. 08/2027. Clean catch, midstream.</p>"
    )


SMALL = " .s { font-size: 6.5pt; color: #555 } .r { float: right } "
GRID = " .g td, .g th { border: .6pt solid #555 } "
LAYOUTS = (
    WebLayout("print-lab-national", "lab", national, NARROW + SMALL + " .bar { border-bottom: 1.5pt solid #003a70; font-size: 13pt } .logo { color: #003a70 } .n { margin: 5pt 0; font-size: 11pt } .three { width: 100%; margin-bottom: 5pt } .three th { background: #e7edf3 } .three td, .three th { width: 33%; border: .5pt solid #bbb } .res { width: 100% } .res th { border-bottom: 1pt solid #000 } .res td { padding: 1pt 5pt } .foot { border-top: .6pt solid #000; width: 100%; font-size: 7pt }", held_out=True),
    WebLayout("print-lab-mainframe", "lab", mainframe, "body { font-family: 'Liberation Mono', monospace } pre { font-size: 8.6pt; margin: 0; font-family: inherit }"),
    WebLayout("print-lab-portal", "lab", portal, "body { font-family: 'Liberation Sans' } .top { font-size: 7.5pt; border-bottom: .5pt solid #aaa; padding-bottom: 4pt } .r { float: right } .m { color: #555; font-size: 8.5pt } h1 { font-size: 16pt; margin: 8pt 0 2pt; color: #0a5a7d } .c { border-top: .5pt solid #ccc; padding: 4pt 0; break-inside: avoid } .h { font-weight: bold } .g { font-size: 8pt; color: #444 } .axis { position: relative; width: 220pt; height: 5pt; background: #d9ead3; margin: 3pt 0 } .axis i { position: absolute; top: -2pt; width: 3pt; height: 9pt; background: #333 } .hl { background: #ffe08a; padding: 0 4pt; border-radius: 3pt; font-size: 8pt }", held_out=True),
    WebLayout("print-lab-flowsheet", "lab", flow_sheet, "body { font-family: 'Liberation Sans Narrow', sans-serif; font-size: 9pt }" + SMALL + GRID + " .t { font-size: 15pt } .g th { background: #ddd } .g { width: 100% }"),
    WebLayout("print-lab-letter", "lab", doctor_letter, "body { font-family: 'Liberation Serif', serif; font-size: 11pt } .lh { text-align: right; border-bottom: 1pt solid #7a3e1d; margin-bottom: 16pt; font-size: 9pt } .l td, .l th { border-bottom: .4pt dotted #777; padding-right: 18pt }", margin=62, held_out=True),
    WebLayout("print-lab-sides", "lab", side_by_side, NARROW + " .head { border-bottom: 1pt solid #000 } .who { width: 100%; margin: 6pt 0 } .who td { border: .4pt solid #999; font-size: 7.5pt } .two { width: 100% } .two > tbody > tr > td { width: 50%; padding: 0 6pt } .p { width: 100%; font-size: 7.3pt } .p td { padding: 1.5pt 3pt } .p th { padding: 1.5pt 3pt; border-bottom: .8pt solid #000 }", margin=30),
    WebLayout("print-lab-across", "lab", across, NARROW + GRID + " .g { font-size: 7.6pt }", (792, 612), held_out=True),
    WebLayout("print-lab-bedside", "lab", bedside, "body { font-family: 'DejaVu Sans Mono', monospace } pre { font-size: 7.4pt; margin: 0; font-family: inherit }", (240, 330), 12),
    WebLayout("print-lab-dipstick", "lab", urinalysis, "body { font-family: 'Liberation Serif', serif; font-size: 11pt }" + SMALL + " .who { width: 100%; margin-top: 8pt } .who td { border: .5pt solid #333 } .d td { border-bottom: .4pt solid #999; width: 150pt; padding: 4pt }", held_out=True),
)  # fmt: skip
