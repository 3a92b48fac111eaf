"""Laboratory reports by lot: order of columns, units, flags, ranges, panels, tiles, languages."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import day, table
from bench.extraction.web.labs import FRENCH, METRIC
from bench.extraction.web.page import Page
from bench.extraction.web.varied import Habits, block, patient
from documents.samples.analytes import Analyte, Result, draw_result
from documents.samples.labs import LabCase, lab_case, lab_fact, printed_range
from documents.samples.people import Person
from documents.samples.sheet import Fact, on

GERMAN = (
    Analyte(("Leukozyten",), ("Tsd/µl",), 4.0, 10.0, 1), Analyte(("Hämoglobin",), ("g/dl",), 12.0, 16.0, 1),
    Analyte(("Kreatinin",), ("mg/dl",), 0.5, 1.1, 2), Analyte(("Glukose nüchtern",), ("mg/dl",), 70, 99),
    Analyte(("Kalium",), ("mmol/l",), 3.5, 5.1, 1), Analyte(("Cholesterin",), ("mg/dl",), None, 200),
    Analyte(("Ferritin",), ("µg/l",), 15, 150), Analyte(("TSH",), ("mU/l",), 0.4, 4.0, 2),
)  # fmt: skip
SPANISH = (
    Analyte(("Hemoglobina",), ("g/dL",), 12.0, 16.0, 1), Analyte(("Leucocitos",), ("10^3/µL",), 4.0, 10.0, 1),
    Analyte(("Glucosa",), ("mg/dL",), 70, 100), Analyte(("Creatinina",), ("mg/dL",), 0.5, 1.2, 2),
    Analyte(("Colesterol total",), ("mg/dL",), None, 200), Analyte(("Triglicéridos",), ("mg/dL",), None, 150),
    Analyte(("Potasio",), ("mmol/L",), 3.5, 5.1, 1), Analyte(("Sodio",), ("mmol/L",), 136, 145),
)  # fmt: skip
ABROAD = {
    "de": (GERMAN, "Untersuchung", "Ergebnis", "Einheit", "Referenzbereich"),
    "es": (SPANISH, "Prueba", "Resultado", "Unidades", "Valores de referencia"),
    "fr": (FRENCH, "Analyse", "Résultat", "Unité", "Valeurs de référence"),
}
HEADS = {
    "name": ("Test", "Test Name", "Component", "Analyte", "Procedure", "Name"),
    "value": ("Result", "Value", "Your result", "Results", "Current Result"),
    "unit": ("Units", "Unit", "UOM"),
    "flag": ("Flag", "Flags", "Abn", ""),
    "range": ("Reference Range", "Ref Range", "Reference Interval", "Normal Range", "Limits",
              "Expected"),
    "method": ("Method", "Site", "Lab"),
}  # fmt: skip
FLAGS = (
    {"H": "H", "L": "L", "A": "A"},
    {"H": "High", "L": "Low", "A": "Abnormal"},
    {"H": "HIGH", "L": "LOW", "A": "ABN"},
    {"H": "(H)", "L": "(L)", "A": "(A)"},
    {"H": "H*", "L": "L*", "A": "A*"},
)
NOTES = (
    "Fasting status: 12 hours.", "Repeated at 10:42 and verified.", "See note 3 below.",
    "Desirable below 200; borderline 200 to 239.", "Method changed on 03/01/2026.",
)  # fmt: skip


def _panels(rng: Random, person: Person, language: str) -> list[tuple[str, list[Result]]]:
    if language in ABROAD:
        tests = rng.sample(ABROAD[language][0], 6)
        return [("", [draw_result(test, rng) for test in tests])]
    if language == "metric":
        return [("", [draw_result(test, rng) for test in rng.sample(METRIC, 6)])]
    return lab_case(rng, person).panels


def lab(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A report whose columns, units, flags and ranges are this layout's own."""
    language = chance.choice(("en", "en", "en", "en", "en", "metric", "de", "es", "fr"))
    case = lab_case(rng, person)
    order = ["name", *chance.sample(("value", "unit", "flag", "range"), 4)]
    if chance.random() < 0.12:
        order[0], order[1] = order[1], order[0]
    if chance.random() < 0.15:
        order.append("method")
    shape = chance.choice(("table", "table", "table", "table", "tiles", "lines", "two"))
    units = chance.choice(("column", "column", "column", "glued", "name", "range"))
    flags = chance.choice(("column", "column", "behind", "before", "none"))
    ranges = chance.choice(("column", "column", "column", "below", "brackets", "none"))
    if units != "column":
        order.remove("unit")
    if flags != "column":
        order.remove("flag")
    if ranges != "column":
        order.remove("range")
    how = chance.choice(("plain", "spaced", "endash", "to"))
    words = chance.choice(FLAGS)
    headed = chance.random() < 0.85
    heads = {k: chance.choice(v) for k, v in HEADS.items()}
    if language in ABROAD:
        heads |= dict(zip(("name", "value", "unit", "range"), ABROAD[language][1:], strict=True))
    noted = chance.random() < 0.3
    comma = language in ABROAD
    stars = chance.random() < 0.2

    def cells(row: Result) -> dict[str, str]:
        raw = printed_range(row, how)
        if comma:
            raw = raw.replace(".", ",")
        flag = words.get(row.flag, "") if flags != "none" else ""
        fact = lab_fact(
            row, case.collected, range_raw=raw if ranges != "none" else None,
            text=row.value.replace(".", ",") if comma else None, decimal_comma=comma,
            flagged=flags != "none",
        )  # fmt: skip
        value = page.f(fact)
        if stars and flag and flags != "column":
            flag = "*"
        value = (
            f"{value} {flag}"
            if flags == "behind"
            else f"{flag} {value}"
            if flags == "before"
            else value
        )
        name = escape(row.name)
        if units == "glued":
            value += f" {escape(row.unit)}"
        if units == "name" and row.unit:
            name += f" ({escape(row.unit)})"
        tail = f" {escape(row.unit)}" if units == "range" else ""
        if ranges == "brackets" and raw:
            value += f" [{escape(raw)}{tail}]"
        if ranges == "below" and raw:
            name += f"<br><small>{heads['range']}: {escape(raw)}{tail}</small>"
        return {"name": name, "value": value, "unit": escape(row.unit), "flag": flag,
                "range": escape(raw) + tail, "method": chance_site}  # fmt: skip

    chance_site = chance.choice(("01", "BN", "Immunoassay"))
    out = [_head(page, style, chance, case, person)]
    for title, rows in _panels(rng, person, language):
        out.append(f"<h4>{escape(title)}</h4>" if title else "<br>")
        ready = [cells(row) for row in rows]
        if shape == "tiles":
            out += [f"<div><b>{c['name']}</b><br>" + " ".join(c[k] for k in order if k != "name")
                    + "</div>" for c in ready]  # fmt: skip
        elif shape == "lines":
            out += ["<p>" + " &nbsp;&nbsp; ".join(c[k] for k in order) + "</p>" for c in ready]
        else:
            body = [[c[k] for k in order] for c in ready]
            if shape == "two" and len(body) > 3:
                half = (len(body) + 1) // 2
                right = body[half:] + [[""] * len(order)] * (2 * half - len(body))
                body = [a + b for a, b in zip(body[:half], right, strict=True)]
            top = [heads[k] for k in order] * (2 if shape == "two" and len(ready) > 3 else 1)
            out.append(table(top if headed else (), body, "g"))
        if noted:
            out.append(f"<p><small>{rng.choice(NOTES)}</small></p>")
    return "".join(out)


def _head(page: Page, style: Habits, chance: Random, case: LabCase, person: Person) -> str:
    keys = ["name", "dob", *chance.sample(("sex", "mrn", "phone"), chance.randrange(1, 4))]
    entries = patient(page, style, person, keys)
    more = [
        ("collected", day(page, "doc.date_collected", case.collected, style.date)),
        ("ordering", page.f(Fact("provider.ordering", case.provider.display, case.provider.name))),
    ]
    if chance.random() < 0.6:
        more.append(
            ("reported", page.f(on("doc.date_reported", case.reported, style.date), "doc.date"))
        )
    if chance.random() < 0.5:
        more.append(("accession", page.f(Fact("doc.accession", case.accession))))
    chance.shuffle(more)
    head = page.f(Fact("facility", case.laboratory.name))
    tag = chance.choice(("h1", "h2", "h3"))
    return (
        f"<{tag}>{head}</{tag}><p><small>{case.laboratory.street}, {case.laboratory.city} "
        f"Tel {case.laboratory.phone}</small></p>"
        f"<p>{chance.choice(('Laboratory Report', 'Final Report', 'Test Results', 'LABORATORY RESULTS'))}</p>"
        f"{block(style, entries + more)}"
    )


def cumulative(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """Several days side by side, newest first or last; the range at either end."""
    case = lab_case(rng, person, (chance.choice(("lipid", "metabolic", "blood")),))
    days = [
        case.collected - timedelta(days=n * rng.randrange(60, 120))
        for n in range(chance.choice((2, 3, 4)))
    ]
    newest_first = chance.random() < 0.6
    shown = days if newest_first else days[::-1]
    how, first = chance.choice(("plain", "spaced")), chance.random() < 0.4
    star = chance.choice(("*", " H/L", ""))
    flags = {"*": "*"}
    rows = []
    for row in (r for _t, some in case.panels for r in some if r.low is not None or r.high):
        raw = printed_range(row, how)
        values = {}
        for when in days:
            seen = row if when == days[0] else _again(row, rng)
            mark = (
                (star if star in flags else (" " + seen.flag if star else "")) if seen.flag else ""
            )
            values[when] = page.f(lab_fact(seen, when, range_raw=raw, flagged=bool(star))) + mark
        ends = [escape(row.unit), escape(raw)]
        middle = [values[when] for when in shown]
        rows.append([escape(row.name), *(ends + middle if first else middle + ends)])
    ends = ["Units", "Reference"]
    dates = [
        day(page, "doc.date_collected", when, style.date)
        if when == days[0]
        else f"{when:{style.date}}"
        for when in shown
    ]
    heads = ["Test", *(ends + dates if first else dates + ends)]
    entries = patient(page, style, person, ("name", "dob", "mrn"))
    lab_name = page.f(Fact("facility", case.laboratory.name))
    return f"<h2>{lab_name}</h2><p>Cumulative results</p>{block(style, entries)}<br>{table(heads, rows, 'g')}"


def _again(row: Result, rng: Random) -> Result:
    """The same test on another day."""
    analyte = Analyte((row.name,), (row.unit,), row.low, row.high, row.decimals)
    return draw_result(analyte, rng)
