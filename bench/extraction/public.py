"""``--data DIR``: laboratory reports made of public synthetic records (Synthea, FHIR R4 bundles).

The records bring tests, units, values and patients that nobody here has thought of. They are not
part of the repository; without the folder there is nothing to make.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path
from random import Random
from typing import Any

from bench.extraction.web.common import day, table
from bench.extraction.web.page import Page, Printer, WebLayout
from bench.extraction.web.varied import block, habits
from documents.samples.build import Made, captured, rng_for
from documents.samples.people import PEOPLE, Person
from documents.samples.places import LABORATORIES
from documents.samples.sheet import Fact, on

LEAST = 4
PRINTED = {"{score}": "", "10*3/uL": "10^3/uL", "10*6/uL": "10^6/uL", "[IU]/L": "IU/L"}


@dataclass(frozen=True, slots=True)
class Report:
    """Results of one day of one record: (test, value, unit)."""

    name: str
    born: date
    sex: str
    number: str
    when: date
    results: tuple[tuple[str, str, str], ...]


def reports(folder: Path) -> Iterator[Report]:
    """The newest day with enough results of every record in ``folder/synthea``."""
    for path in sorted((folder / "synthea").glob("*.json")):
        bundle = json.loads(path.read_text(encoding="utf-8"))
        resources = [entry["resource"] for entry in bundle.get("entry", [])]
        patient = next((r for r in resources if r["resourceType"] == "Patient"), None)
        if patient is None:
            continue
        days: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for row in resources:
            if row["resourceType"] == "Observation" and (found := _result(row)):
                days[row["effectiveDateTime"][:10]].append(found)
        enough = [when for when, some in days.items() if len(some) >= LEAST]
        if enough:
            yield _report(patient, max(enough), days)


def _report(
    patient: dict[str, Any], when: str, days: dict[str, list[tuple[str, str, str]]]
) -> Report:
    given = patient["name"][0]
    first = re.sub(r"\d", "", given["given"][0])
    last = re.sub(r"\d", "", given["family"])
    return Report(
        f"{first} {last}", date.fromisoformat(patient["birthDate"]), patient["gender"],
        patient["id"][:8].upper(), date.fromisoformat(when), tuple(dict.fromkeys(days[when])),
    )  # fmt: skip


def _result(row: dict[str, Any]) -> tuple[str, str, str] | None:
    """Test, value and unit of a numeric laboratory observation."""
    groups = json.dumps(row.get("category", ""))
    quantity = row.get("valueQuantity")
    if "laboratory" not in groups or not quantity:
        return None
    name = re.sub(r"\s*\[.*", "", row["code"]["text"])
    unit = PRINTED.get(quantity["unit"], quantity["unit"])
    return name, f"{quantity['value']:.2f}", unit


def layout(report: Report, number: int) -> WebLayout:
    """The report in habits by lot; ranges and flags are not in the records, so not printed."""
    chance = rng_for("public", number)
    style = habits(chance)
    heads = [chance.choice(("Test", "Component")), chance.choice(("Result", "Value")), "Units"]

    def html(page: Page, rng: Random, person: Person) -> str:
        entries = [
            ("name", page.f(Fact("patient.name", report.name))),
            ("dob", page.f(on("patient.dob", report.born, style.date))),
            ("sex", page.f(Fact("patient.sex", report.sex.capitalize(), report.sex))),
            ("mrn", page.f(Fact("patient.mrn", report.number))),
            ("collected", day(page, "doc.date_collected", report.when, style.date)),
        ]
        rows = []
        for test, value, unit in report.results:
            attrs = {"label": test, "effective_date": report.when.isoformat(), "unit": unit}
            rows.append([escape(test), page.f(Fact("lab", value, value, attrs)), escape(unit)])
        place = page.f(Fact("facility", rng.choice(LABORATORIES).name))
        return f"<h2>{place}</h2><p>Laboratory report</p>{block(style, entries)}<br>" + table(
            heads, rows, "g"
        )

    return WebLayout(f"public-lab-{number}", "lab", html, held_out=True)


def public_documents(
    folder: Path, counts: dict[str, int], seed: int
) -> Iterator[tuple[str, Made]]:  # fmt: skip
    """So many documents of each capture; the chart says nothing of their patients."""
    found = list(reports(folder))
    with Printer() as printer:
        for variant, count in counts.items():
            for number, report in enumerate(found[:count]):
                pdf, truth = printer.draw(layout(report, number), PEOPLE[0], seed)
                made = captured(pdf, replace(truth, patient=None), variant, seed)
                yield f"public-lab-{number}-{variant}", made
