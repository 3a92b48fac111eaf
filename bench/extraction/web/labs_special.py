"""A culture with sensitivities, a serology screen, and a British pathology report."""

from __future__ import annotations

from html import escape
from random import Random

from bench.extraction.web.common import cell, day, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.analytes import Analyte, Result, draw_result
from documents.samples.labs import lab_case, printed_range
from documents.samples.people import Person
from documents.samples.places import HOSPITALS
from documents.samples.sheet import A4, Fact

US = "%m/%d/%Y"
ORGANISMS = ("Escherichia coli", "Klebsiella pneumoniae", "Proteus mirabilis")
DRUGS = (
    ("Ampicillin", ("<=2", "4", "8"), ("32", ">=64")),
    ("Cefazolin", ("<=4", "8"), (">=64",)),
    ("Ceftriaxone", ("<=0.25", "1"), ("16", ">=64")),
    ("Ciprofloxacin", ("<=0.06", "0.25"), ("2", ">=4")),
    ("Gentamicin", ("<=1", "2"), (">=16",)),
    ("Nitrofurantoin", ("<=16", "32"), ("128",)),
    ("Trimethoprim/Sulfamethoxazole", ("<=20", "40"), (">=320",)),
    ("Tobramycin", ("<=1",), ("8", ">=16")),
)
SCREENS = (
    ("Hepatitis B Surface Antigen", "Non-Reactive", "Reactive"),
    ("Hepatitis B Core Antibody, Total", "Non-Reactive", "Reactive"),
    ("Hepatitis C Antibody", "Non-Reactive", "Reactive"),
    ("HIV Ag/Ab, 4th Generation", "Non-Reactive", "Reactive"),
    ("Treponema pallidum Antibody", "Non-Reactive", "Reactive"),
    ("Rubella IgG", "Immune", "Not Immune"),
    ("Varicella Zoster IgG", "Positive", "Negative"),
    ("Chlamydia trachomatis, NAA", "Not Detected", "Detected"),
    ("Neisseria gonorrhoeae, NAA", "Not Detected", "Detected"),
)
BRITISH: tuple[tuple[str, tuple[Analyte, ...]], ...] = (
    ("Urea and electrolytes", (
        Analyte(("Serum sodium",), ("mmol/L",), 133, 146),
        Analyte(("Serum potassium",), ("mmol/L",), 3.5, 5.3, 1),
        Analyte(("Serum urea level",), ("mmol/L",), 2.5, 7.8, 1),
        Analyte(("Serum creatinine",), ("umol/L",), 45, 110),
    )),
    ("Full blood count", (
        Analyte(("Haemoglobin estimation",), ("g/L",), 115, 165),
        Analyte(("Total white cell count",), ("10*9/L",), 4.0, 11.0, 1),
        Analyte(("Platelet count",), ("10*9/L",), 150, 450),
        Analyte(("Mean corpuscular volume",), ("fL",), 80.0, 100.0, 1),
    )),
    ("Haemoglobin A1c level - IFCC standardised", (
        Analyte(("Haemoglobin A1c level - IFCC",), ("mmol/mol",), 20, 41),
    )),
)  # fmt: skip


def culture(page: Page, rng: Random, person: Person) -> str:
    """A urine culture: prose on top, then each antibiotic with its MIC and S or R."""
    case = lab_case(rng, person, ("urine",))
    w = who(page, person, US, "name dob s mrn", last_first=True)
    when = case.collected.isoformat()
    grown = Fact("lab", rng.choice(ORGANISMS), None,
                 {"label": "Organism", "effective_date": when, "optional": True})  # fmt: skip
    rows = []
    for drug, low, high in sorted(rng.sample(DRUGS, 6)):
        resistant = rng.random() < 0.3
        mic = rng.choice(high if resistant else low)
        attrs = {"label": drug, "unit": "ug/mL", "effective_date": when}
        mark = {"label": drug, "effective_date": when, "optional": True}
        letter = Fact("lab", "R" if resistant else "S", None, mark)
        rows.append([drug, page.f(Fact("lab", mic, None, attrs)), page.f(letter)])
    return (
        f"<div class=h><b>{page.f(Fact('facility', rng.choice(HOSPITALS).name))}</b> &nbsp; Microbiology"
        f"</div><table class=two><tr><td>Patient: {w['name']}<br>MRN: {w['mrn']}<br>DOB: {w['dob']} "
        f"&nbsp; Sex: {w['s']}</td><td>Accession: {page.f(Fact('doc.accession', case.accession))}<br>"
        f"Collected: {day(page, 'doc.date_collected', case.collected, US)} 14:20<br>Final: "
        f"{day(page, 'doc.date_reported', case.reported, US)} 09:05</td><td>Ordered by:<br>"
        f"{page.f(Fact('provider.ordering', case.provider.display, case.provider.name))}</td></tr></table>"
        "<h3>CULTURE, URINE</h3><p>Source: Urine, clean catch</p><p>Status: FINAL</p><br>"
        f"<p>&gt;100,000 CFU/mL {page.f(grown)}</p><br><h4>Susceptibility</h4>"
        + table(("Antibiotic", "MIC (ug/mL)", "Interp"), rows, "g")
        + "<p class=s>S = Susceptible, I = Intermediate, R = Resistant. Cefazolin predicts oral "
        "cephalosporins for uncomplicated UTI.</p>"
    )


def serology(page: Page, rng: Random, person: Person) -> str:
    """Words instead of numbers, the expected word in the reference column, methods below."""
    case = lab_case(rng, person, ("urine",))
    w = who(page, person, "%b %-d, %Y", "name dob sex mrn")
    rows = []
    for name, normal, abnormal in rng.sample(SCREENS, 6):
        odd = rng.random() < 0.25
        row = Result(
            name, abnormal if odd else normal, "", None, None, 0, "A" if odd else "", normal
        )
        rows.append([
            f"{escape(name)}<br><small>{rng.choice(('CMIA', 'Chemiluminescence', 'PCR'))}</small>",
            cell(page, row, case.collected, normal), "ABNORMAL" if odd else "", normal, "Final",
        ])  # fmt: skip
    return (
        f"<h2>{page.f(Fact('facility', case.laboratory.name))}</h2><p>Infectious Disease Serology</p><hr>"
        f"<dl><dt>Patient</dt><dd>{w['name']}</dd><dt>Date of birth</dt><dd>{w['dob']}</dd><dt>Sex</dt>"
        f"<dd>{w['sex']}</dd><dt>Chart ID</dt><dd>{w['mrn']}</dd><dt>Collection date</dt><dd>"
        f"{day(page, 'doc.date_collected', case.collected, '%b %-d, %Y')}</dd><dt>Report date</dt><dd>"
        f"{day(page, 'doc.date_reported', case.reported, '%b %-d, %Y')}</dd><dt>Requesting provider</dt>"
        f"<dd>{page.f(Fact('provider.ordering', case.provider.display, case.provider.name))}</dd></dl><hr>"
        + table(("Assay", "Result", "Flag", "Expected", "Status"), rows, "w")
        + "<br><p class=s>A reactive screen is not a diagnosis. Confirm before treatment. Specimens "
        "are kept for 7 days.</p>"
    )


def british(page: Page, rng: Random, person: Person) -> str:
    """A hospital trust's report to a practice: SI units, limits in brackets, a star before."""
    case = lab_case(rng, person, ("thyroid",))
    pattern = "%d-%b-%Y"
    born = who(page, person, pattern, "dob sex mrn")
    surname = f"{person.last_name.upper()}, {person.first_name}"
    body = []
    for title, analytes in BRITISH:
        body.append(f"<tr><td colspan=4 class=t>{title} &nbsp; <i>(Serum/blood)</i></td></tr>")
        for analyte in analytes:
            row = draw_result(analyte, rng)
            raw = printed_range(row, "spaced")
            star = "*" if row.flag else ""
            body.append(f"<tr><td>{escape(row.name)}</td><td>{star}</td><td>"
                        f"{cell(page, row, case.collected, raw)} {escape(row.unit)}</td><td>"
                        f"[{escape(raw)}]</td></tr>")  # fmt: skip
    numbers = f"{rng.randrange(400, 799)} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
    return (
        f"<p class=k>{page.f(Fact('facility', 'Wexcombe Hospitals NHS Foundation Trust'))}</p><p class=e>"
        "Department of Pathology, Level 2 &nbsp; Tel. 01632 960117</p><table class=who><tr><td>Name "
        f"<b>{page.f(Fact('patient.name', surname, person.name))}</b></td><td>Date of birth {born['dob']}"
        f"</td><td>Sex {born['sex']}</td></tr><tr><td>NHS No. "
        f"{page.f(Fact('patient.mrn', numbers, None, {'optional': True}))}</td><td>Hospital No. "
        f"{born['mrn']}</td><td>Lab No. {page.f(Fact('doc.accession', case.accession))}</td></tr><tr><td>"
        f"Requested by {page.f(Fact('provider.ordering', f'Dr {case.provider.name}', case.provider.name))}"
        f"</td><td>Collected {day(page, 'doc.date_collected', case.collected, pattern)}</td><td>Reported "
        f"{day(page, 'doc.date_reported', case.reported, pattern)}</td></tr></table><br>"
        f"<table class=res>{''.join(body)}</table><br><p>Clinical details: tired, ?anaemia. Telephoned to "
        "practice: no. Authorised electronically.</p>"
    )


LAYOUTS = (
    WebLayout("print-lab-culture", "lab", culture, "body { font-family: 'Liberation Sans', sans-serif; font-size: 9.5pt } .h { border: 1pt solid #000; padding: 5pt; font-size: 12pt } .two { width: 100%; margin: 6pt 0 } .g td, .g th { padding: 2pt 26pt 2pt 0 } .s { font-size: 7pt; color: #555; margin-top: 8pt } h3 { margin-top: 10pt }"),
    WebLayout("print-lab-serology", "lab", serology, "body { font-family: 'DejaVu Serif', serif; font-size: 9.5pt } dl { display: grid; grid-template-columns: 110pt 150pt 110pt 150pt; margin: 5pt 0 } dt { color: #555 } .w { width: 100% } .w th { text-align: left; border-bottom: 1pt solid #222 } .w td { border-bottom: .3pt solid #aaa } small { font-size: 6.5pt; color: #666 } .s { font-size: 7.5pt }", held_out=True),
    WebLayout("print-lab-british", "lab", british, "body { font-family: 'Liberation Sans', sans-serif; font-size: 9pt } .k { font-size: 13pt; text-align: right; color: #005eb8; font-weight: bold } .e { text-align: right; font-size: 8pt } .who { width: 100%; margin-top: 10pt } .who td { border: .5pt solid #666; padding: 4pt } .res { width: 85% } .t { font-weight: bold; padding-top: 9pt }", A4),
)  # fmt: skip
