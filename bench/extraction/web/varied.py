"""Layouts drawn by lot, for fitting: habits of writing combined at random, a number a layout.

None of them is measured. Up to 2026.11.5 no rule of extraction was written against them, so the
confidence fitted to them knew how often the rules are right on paper they were not written for;
since then numbers 2000 and up have taught rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.extraction.web.common import CONDENSED, MONO, SANS, SERIF, table
from bench.extraction.web.page import Page, WebLayout
from documents.samples.build import rng_for
from documents.samples.people import Person
from documents.samples.sheet import A4, LETTER, Fact, on

DATES = ("%m/%d/%Y", "%m/%d/%Y", "%m-%d-%Y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y",
         "%d-%b-%Y")  # fmt: skip
LABELS = {
    "name": ("Patient", "Patient Name", "Name", "Pt. Name", "Patient's name", "Name of patient",
             "Client", "Pt"),
    "dob": ("DOB", "Date of Birth", "Birth date", "Born", "D.O.B.", "Birthdate", "Date of birth"),
    "sex": ("Sex", "Gender", "Sex/Gender", "Legal sex"),
    "mrn": ("MRN", "Medical Record No.", "Med Rec #", "Chart #", "Patient ID", "Record number",
            "MR#", "Chart number"),
    "phone": ("Phone", "Tel", "Telephone", "Home phone", "Contact number"),
    "address": ("Address", "Home address", "Mailing address"),
    "collected": ("Collected", "Date Collected", "Collection date", "Specimen collected",
                  "Drawn", "Date drawn", "Collected on", "Sample date"),
    "reported": ("Reported", "Date Reported", "Report date", "Final report", "Issued", "Resulted"),
    "ordering": ("Ordering provider", "Ordered by", "Requesting physician", "Referring doctor",
                 "Physician", "Requested by", "Provider"),
    "accession": ("Accession", "Accession #", "Specimen ID", "Lab no.", "Order number"),
    "service": ("Date of Service", "Visit date", "DOS", "Date of visit", "Seen on", "Exam date",
                "Encounter date"),
    "rendering": ("Provider", "Seen by", "Clinician", "Attending", "Treating provider"),
    "date": ("Date", "Letter date", "Dated", "Printed"),
    "member": ("Member ID", "ID", "Member No.", "Subscriber ID", "Policy number",
               "Identification No.", "Member #"),
    "group": ("Group", "Group No.", "Grp #", "Group Number"),
    "claim": ("Claim number", "Claim #", "Claim ID", "Reference", "Claim no."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """How one author writes: dates, labels, and the shape of a block of labelled values."""

    date: str
    labels: dict[str, str]
    block: str
    colon: str
    bold: bool
    upper: bool
    last_first: bool
    columns: int

    def label(self, key: str) -> str:
        """The author's word for it."""
        text = self.labels[key]
        return text.upper() if self.upper else text


def habits(rng: Random) -> Habits:
    """Habits by lot."""
    return Habits(
        rng.choice(DATES),
        {key: rng.choice(words) for key, words in LABELS.items()},
        rng.choice(("pairs", "inline", "grid", "above", "rows", "lines", "below")),
        rng.choice((":", ":", ":", "", " -", " .....")),
        rng.random() < 0.5,
        rng.random() < 0.2,
        rng.random() < 0.35,
        rng.choice((2, 3, 4)),
    )


def block(style: Habits, entries: Sequence[tuple[str, str]]) -> str:
    """Labels with values in the author's shape; a label is a key of ``LABELS`` or a text."""
    named = [(style.label(k) if k in LABELS else k, v) for k, v in entries]

    def shown(text: str, colon: str = style.colon) -> str:
        return f"<b>{text}{colon}</b>" if style.bold else f"{text}{colon}"

    n = style.columns
    if style.block == "inline":
        return "<p>" + " &nbsp; ".join(f"{shown(k)} {v}" for k, v in named) + "</p>"
    if style.block == "lines":
        return "".join(f"<p>{shown(k)} {v}</p>" for k, v in named)
    if style.block == "grid":
        heads = [shown(k, "") for k, _ in named]
        parts = range(0, len(named), n)
        return "".join(
            table(heads[i : i + n], [[v for _, v in named[i : i + n]]], "g") for i in parts
        )
    if style.block in ("above", "below"):
        cells = [f"<small>{k}</small><br>{v}" if style.block == "above" else
                 f"<u>{v}</u><br><small>{k}</small>" for k, v in named]  # fmt: skip
        return table(
            (), [cells[i : i + n] for i in range(0, len(cells), n)], "g" if style.bold else ""
        )
    if style.block == "rows":
        flat = [x for k, v in named for x in (shown(k), v)]
        return table(
            (), [flat[i : i + 4] for i in range(0, len(flat), 4)], "g" if style.upper else ""
        )
    return table((), [[shown(k), v] for k, v in named])


def patient(
    page: Page, style: Habits, person: Person, keys: Sequence[str]
) -> list[tuple[str, str]]:
    """The patient's facts as labelled values."""
    shown = person.name_last_first if style.last_first else person.name
    facts = {
        "name": Fact("patient.name", shown, person.name),
        "dob": on("patient.dob", person.dob, style.date),
        "sex": Fact("patient.sex", person.sex if style.upper else person.sex_word,
                    person.sex_word.lower()),
        "mrn": Fact("patient.mrn", person.mrn),
        "phone": Fact("patient.phone", person.phone),
        "address": Fact("patient.address", f"{person.street}, {person.city}"),
    }  # fmt: skip
    return [(key, page.f(facts[key])) for key in keys]


Body = Callable[[Page, Random, Person, Habits, Random], str]
"""(page, chance of the document, patient, habits, chance of the layout) to HTML."""


def layout(kind: str, number: int, body: Body) -> WebLayout:
    """The layout of this kind and number; the same number is the same layout."""
    name = f"varied-{kind}-{number}"
    chance = rng_for(name)
    style = habits(chance)
    css = chance.choice((SANS, SERIF, MONO, CONDENSED))
    css += f" body {{ font-size: {chance.choice((8, 9, 10, 11))}pt }} small {{ font-size: 7pt }}"
    css += chance.choice(
        (
            " .g td, .g th { border: .6pt solid #555 } ",
            " .g td { border-bottom: .4pt solid #aaa } ",
            " ",
        )
    )
    css += chance.choice((" .g { width: 100% } ", " .w { width: 100% } ", " "))
    size = chance.choice((LETTER, LETTER, A4))
    margin = chance.choice((36, 45, 60))
    key = chance.getrandbits(32)

    def html(page: Page, rng: Random, person: Person) -> str:
        return body(page, rng, person, style, rng_for(key))

    return WebLayout(name, kind, html, css, size, margin)
