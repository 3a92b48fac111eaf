"""What several browser layouts share: patient blocks, tables, lists, and one result's parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from bench.extraction.web.page import Page
from documents.samples.analytes import Result
from documents.samples.labs import lab_fact
from documents.samples.people import Person
from documents.samples.sheet import Fact, on

SANS = "body { font-family: 'DejaVu Sans', sans-serif }"
SERIF = "body { font-family: 'DejaVu Serif', serif }"
MONO = "body { font-family: 'DejaVu Sans Mono', monospace }"
CONDENSED = "body { font-family: 'DejaVu Sans Condensed', 'DejaVu Sans', sans-serif }"

SIGNATURE = (
    '<svg width="150" height="34" viewBox="0 0 150 34"><path d="M4 26 C14 2 24 2 22 20 S34 30 40 14'
    ' 52 28 58 18 70 4 74 22 92 24 98 12 112 26 146 10" fill="none" stroke="#1b2a6b" '
    'stroke-width="1.6"/></svg>'
)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of ready HTML cells."""
    top = "".join(f"<th>{head}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return (
        f'<table class="{kind}">{f"<thead><tr>{top}</tr></thead>" if heads else ""}{body}</table>'
    )


def items(entries: Iterable[str], tag: str = "ul") -> str:
    """A list of ready HTML."""
    return f"<{tag}>{''.join(f'<li>{entry}</li>' for entry in entries)}</{tag}>"


def who(
    page: Page, person: Person, pattern: str, keys: str, *, last_first: bool = False
) -> dict[str, str]:
    """The patient's facts by key, each named once; ``keys`` such as "name dob sex mrn"."""
    wanted = keys.split()
    facts = {
        "name": Fact("patient.name", person.name_last_first if last_first else person.name, person.name),
        "dob": on("patient.dob", person.dob, pattern),
        "sex": Fact("patient.sex", person.sex_word, person.sex_word.lower()),
        "s": Fact("patient.sex", person.sex, person.sex_word.lower()),
        "mrn": Fact("patient.mrn", person.mrn),
        "phone": Fact("patient.phone", person.phone),
        "address": Fact("patient.address", f"{person.street}, {person.city}"),
    }  # fmt: skip
    return {key: page.f(facts[key]) for key in wanted}


def day(page: Page, name: str, when: date, pattern: str) -> str:
    """A date that may also be found as the document's date."""
    return page.f(on(name, when, pattern), *(() if name == "doc.date" else ("doc.date",)))


def pairs(entries: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Labels and values as a two-column table."""
    return table((), ((f"<b>{label}</b>", value) for label, value in entries), kind)


def drugs(page: Page, person: Person) -> list[list[str]]:
    """Rows of name, strength, form and directions; name and strength are one fact."""
    out = []
    for drug in person.medications:
        fact = Fact("medication", f"{drug.name} {drug.strength}")
        name, strength = page.parts(fact, [drug.name, drug.strength])
        out.append([name, strength, escape(drug.form), escape(drug.directions)])
    return out


def run(page: Page, facts: Sequence[Fact], separator: str = "; ", none: str = "None") -> str:
    """Facts in one line."""
    return separator.join(page.f(fact) for fact in facts) or none


def allergies(page: Page, person: Person, none: str = "No known drug allergies") -> str:
    """Substances with reactions in brackets."""
    return (
        "; ".join(
            f"{page.f(Fact('allergy', a.substance))} ({escape(a.reaction)})"
            for a in person.allergies
        )
        or none
    )


def cell(page: Page, row: Result, when: date, raw: str | None, **more: object) -> str:
    """The value of a result; the truth of the whole row hangs on it."""
    return page.f(lab_fact(row, when, range_raw=raw, **more))  # type: ignore[arg-type]


def cover(page: Page, person: Person, keys: str, pattern: str = "%m/%d/%Y") -> dict[str, str]:
    """Coverage facts by key, each named once; ``pattern`` is how the card writes its day."""
    c = person.coverage
    facts = {
        "payer": Fact("insurance.payer", c.payer), "payer_id": Fact("insurance.payer_id", c.payer_id),
        "plan": Fact("insurance.plan", c.plan), "member": Fact("insurance.member_id", c.member_id),
        "group": Fact("insurance.group", c.group), "bin": Fact("insurance.rx_bin", c.rx_bin),
        "pcn": Fact("insurance.rx_pcn", c.rx_pcn), "rxgrp": Fact("insurance.rx_group", c.rx_group),
        "since": on("insurance.effective", c.effective, pattern),
    }  # fmt: skip
    return {key: page.f(facts[key]) for key in keys.split()}


def holder(page: Page, person: Person, text: str) -> str:
    """The name on a card is the subscriber's, and may be taken for the patient's."""
    return page.f(Fact("patient.name", text, person.name), "insurance.subscriber")
