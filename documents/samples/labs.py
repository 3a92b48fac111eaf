"""What every laboratory layout shares: the case, the letterhead, the facts of one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from documents.samples.analytes import Result, range_text, report
from documents.samples.ink import logo
from documents.samples.people import Person
from documents.samples.places import CLINICS, LABORATORIES, PROVIDERS, Facility, Provider
from documents.samples.sheet import Fact, Sheet, on

FLAG_WORDS = {
    "letter": {"H": "H", "L": "L", "A": "A", "": ""},
    "word": {"H": "High", "L": "Low", "A": "Abnormal", "": ""},
    "star": {"H": "*", "L": "*", "A": "*", "": ""},
    "paren": {"H": "(H)", "L": "(L)", "A": "(A)", "": ""},
    "caret": {"H": "^", "L": "v", "A": "*", "": ""},
    "sign": {"H": "+", "L": "-", "A": "*", "": ""},
    "star_letter": {"H": "H*", "L": "L*", "A": "A*", "": ""},
}
PANEL_CHOICES: tuple[tuple[str, ...], ...] = (
    ("lipid", "diabetes"),
    ("metabolic", "lipid"),
    ("blood", "thyroid"),
    ("metabolic", "diabetes", "thyroid"),
    ("blood", "vitamins"),
    ("lipid", "thyroid", "vitamins"),
)


@dataclass(frozen=True, slots=True)
class LabCase:
    """One report to print: who, where, when, and the panels with their results."""

    person: Person
    laboratory: Facility
    clinic: Facility
    provider: Provider
    collected: date
    reported: date
    accession: str
    panels: list[tuple[str, list[Result]]]


def recent(rng: Random) -> date:
    """A working day of 2026 before the middle of November."""
    day = date(2026, 1, 6) + timedelta(days=rng.randrange(305))
    return day - timedelta(days=max(0, day.weekday() - 4))


def lab_case(rng: Random, person: Person, panels: Sequence[str] | None = None) -> LabCase:
    """Draw a report for the patient."""
    collected = recent(rng)
    return LabCase(
        person=person,
        laboratory=rng.choice(LABORATORIES),
        clinic=rng.choice(CLINICS),
        provider=rng.choice(PROVIDERS),
        collected=collected,
        reported=collected + timedelta(days=rng.choice((1, 1, 2, 3))),
        accession=f"{rng.choice('NSHT')}{collected:%y%j}{rng.randrange(1000, 9999)}",
        panels=report(panels or rng.choice(PANEL_CHOICES), rng),
    )


def lab_fact(
    result: Result,
    day: date,
    *,
    text: str | None = None,
    range_raw: str | None = None,
    flagged: bool = True,
    decimal_comma: bool = False,
) -> Fact:
    """The value cell of a result; the truth of the whole row hangs on it.

    ``range_raw`` None means that the layout prints no range, ``flagged`` False no flag.
    """
    attrs: dict[str, Any] = {"label": result.name, "effective_date": day.isoformat()}
    if result.unit:
        attrs["unit"] = result.unit
    if range_raw:
        attrs["ref_range"] = {"raw": range_raw, "low": result.low, "high": result.high}
    if flagged and result.flag:
        attrs["flag"] = result.flag
    printed = text or result.value
    value = printed.replace(",", ".") if decimal_comma else printed
    return Fact("lab", printed, value, attrs)


def printed_range(result: Result, style: str) -> str:
    """A range as laboratories differ in writing it."""
    if style == "spaced":
        return range_text(result, " - ")
    if style == "endash":
        return range_text(result, "\u2013")
    if style == "to":
        return range_text(result, " to ")
    if style == "orequal" and not result.words:
        plain = range_text(result, "-")
        return {"<": "< or = ", ">": "> or = "}.get(plain[:1], "") + plain.lstrip("<>")
    return range_text(result, "-")


def letterhead(sheet: Sheet, place: Facility, rng: Random, *, y: float = 30) -> None:
    """Sign, name, address and telephone at the top left."""
    logo(sheet, 40, y, 30, place.color, rng.randrange(3))
    sheet.text(78, y + 14, Fact("facility", place.name), size=15, style="b", color=place.color)
    sheet.text(
        78, y + 27, f"{place.street}, {place.city}   Tel {place.phone}   Fax {place.fax}", size=7.5
    )


def footer(sheet: Sheet, text: str, page: int, pages: int) -> None:
    """A rule, a sentence and the page count at the foot."""
    foot = sheet.height - 34
    sheet.line(40, foot - 10, sheet.width - 40, foot - 10, width=0.4, color="#888888")
    sheet.text(40, foot, text, size=6.5, color="#555555")
    sheet.text(
        sheet.width - 40, foot, f"Page {page} of {pages}", size=6.5, align="right", color="#555555"
    )


def optional_date(sheet: Sheet, day: date) -> None:
    """The report's main date may also be given as doc.date; that is neither asked nor wrong."""
    for printed in list(sheet.fields):
        if printed.name.startswith("doc.date") and printed.value == day.isoformat():
            sheet.fields.append(
                type(printed)(
                    name="doc.date",
                    value=printed.value,
                    raw=printed.raw,
                    page=printed.page,
                    bbox=printed.bbox,
                    optional=True,
                )
            )
            return


def demographics(
    sheet: Sheet, case: LabCase, y: float, *, pattern: str, style: int, indent: float = 0
) -> float:
    """Patient, specimen and provider in three columns; returns the next free baseline."""
    who = case.person
    name = who.name_last_first if style % 2 == 0 else who.name
    left: list[tuple[str, str | Fact]] = [
        ("Patient:" if style != 2 else "PATIENT NAME", Fact("patient.name", name, who.name)),
        ("DOB:" if style != 1 else "Date of Birth:", on("patient.dob", who.dob, pattern)),
        ("Sex:" if style != 1 else "Gender:", Fact("patient.sex", who.sex, who.sex_word.lower())),
        ("MRN:" if style != 2 else "Patient ID", Fact("patient.mrn", who.mrn)),
    ]
    middle: list[tuple[str, str | Fact]] = [
        ("Collected:", on("doc.date_collected", case.collected, pattern)),
        ("Received:", f"{case.collected:{pattern}}"),
        ("Reported:", on("doc.date_reported", case.reported, pattern)),
        ("Accession:" if style != 1 else "Specimen ID:", Fact("doc.accession", case.accession)),
    ]
    right: list[tuple[str, str | Fact]] = [
        ("Ordering Provider:" if style else "Ordered by:",
         Fact("provider.ordering", case.provider.display, case.provider.name)),
        ("NPI:", Fact("provider.npi", case.provider.npi)),
        ("Client:", Fact("facility", case.clinic.name, attrs={"optional": True})),
        ("Phone:", case.clinic.phone),
    ]  # fmt: skip
    gaps = (72, 62, 84)
    for column, (x, rows) in enumerate(((40, left), (228, middle), (366, right))):
        for number, (label, what) in enumerate(rows):
            sheet.pair(x + indent, y + number * 12.5, label, what, gap=gaps[column], size=7.8)
    return y + len(left) * 12.5
