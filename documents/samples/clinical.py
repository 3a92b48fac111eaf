"""Pieces of clinical writing that several kinds of document share, each with its facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from documents.samples.people import Allergy, Condition, Medication, Person
from documents.samples.sheet import Fact, Sheet, on


@dataclass(frozen=True, slots=True)
class Vital:
    """One measurement under the label printed for it."""

    label: str
    value: str
    unit: str


def vitals(rng: Random, person: Person, *, long: bool = False) -> list[Vital]:
    """A plausible set for an adult; ``long`` spells the labels out."""
    high = rng.randrange(108, 152)
    inches = rng.randrange(61, 75)
    pounds = round(rng.uniform(20.5, 34.0) * inches**2 / 703)
    bmi = pounds * 703 / inches**2
    names = (
        ("Blood Pressure", "Heart Rate", "Temperature", "Resp. Rate", "SpO2", "Weight", "BMI")
        if long
        else ("BP", "Pulse", "Temp", "RR", "SpO2", "Wt", "BMI")
    )
    low = high - rng.randrange(38, 56)
    values = (
        (f"{high}/{low}", "mmHg"),
        (str(rng.randrange(56, 98)), "bpm"),
        (f"{rng.uniform(97.2, 99.1):.1f}", "°F"),
        (str(rng.randrange(12, 19)), "/min"),
        (str(rng.randrange(94, 100)), "%"),
        (str(pounds), "lb"),
        (f"{bmi:.1f}", "kg/m2"),
    )
    return [Vital(name, *value) for name, value in zip(names, values, strict=True)]


def vital_fact(vital: Vital) -> Fact:
    """The value of a measurement."""
    return Fact("vital", vital.value, attrs={"label": vital.label, "unit": vital.unit})


def diagnosis_fact(condition: Condition, style: str = "paren") -> Fact:
    """A diagnosis with its code behind it, before it, or without one."""
    text = {
        "paren": f"{condition.name} ({condition.code})",
        "before": f"{condition.code} {condition.name}",
        "dash": f"{condition.name} - {condition.code}",
        "bare": condition.name,
    }[style]
    attrs = {} if style == "bare" else {"code": condition.code}
    return Fact("diagnosis", text, condition.name, attrs)


def medication_fact(drug: Medication, style: str = "full") -> Fact:
    """A drug with strength; ``full`` adds form and directions."""
    text = f"{drug.name} {drug.strength}"
    if style == "full":
        text = f"{text} {drug.form}, {drug.directions}"
    if style == "dash":
        text = f"{text} - {drug.directions}"
    return Fact("medication", text, f"{drug.name} {drug.strength}")


def allergy_fact(allergy: Allergy, style: str = "paren") -> Fact:
    """A substance with what it does."""
    text = {
        "paren": f"{allergy.substance} ({allergy.reaction})",
        "dash": f"{allergy.substance} - {allergy.reaction}",
        "bare": allergy.substance,
    }[style]
    return Fact("allergy", text, allergy.substance)


def family_facts(person: Person) -> list[str | Fact]:
    """Relatives' diseases: on the page, but not the patient's own."""
    out: list[str | Fact] = []
    for relative, disease in person.family:
        attrs = {"context": "family", "optional": True}
        out += [f"{relative}:", Fact("diagnosis", disease, attrs=attrs), "."]
    return out or ["Noncontributory."]


def bullets(
    sheet: Sheet, x: float, y: float, width: float, facts: Sequence[str | Fact], mark: str = "-",
    size: float = 9,
) -> float:  # fmt: skip
    """A list, numbered when ``mark`` is ``1``; returns the next free baseline."""
    for number, fact in enumerate(facts, 1):
        sheet.text(x, y, f"{number}." if mark == "1" else mark, size=size)
        y = sheet.paragraph(x + 14, y, width - 14, [fact], size=size) + 1
    return y


def run_in(facts: Sequence[Fact], separator: str = ";") -> list[str | Fact]:
    """Facts as one flowing sentence."""
    out: list[str | Fact] = []
    for number, fact in enumerate(facts):
        out += [separator, fact] if number else [fact]
    return [*out, "."]


def heading(sheet: Sheet, x: float, y: float, text: str, style: int, color: str) -> float:
    """A section title as plain, ruled or filled; returns the baseline of what follows."""
    if style == 0:
        sheet.text(x, y, f"{text.upper()}:", size=9.5, style="b")
    elif style == 1:
        sheet.text(x, y, text, size=11, style="b", color=color)
        sheet.line(x, y + 3.5, sheet.width - x, y + 3.5, width=0.7, color=color)
    else:
        sheet.box(x - 3, y - 10, sheet.width - 2 * x + 6, 14, fill=color, stroke=None)
        sheet.text(x + 2, y, text, size=9.5, style="b", color="#ffffff")
    return y + 15


def identity(sheet: Sheet, x: float, y: float, person: Person, pattern: str, style: int) -> float:
    """Name, birth date, sex and number in one of four arrangements."""
    who = person
    facts = {
        "name": Fact("patient.name", who.name_last_first if style == 1 else who.name, who.name),
        "dob": on("patient.dob", who.dob, pattern),
        "sex": Fact("patient.sex", who.sex_word if style != 1 else who.sex, who.sex_word.lower()),
        "mrn": Fact("patient.mrn", who.mrn),
        "phone": Fact("patient.phone", who.phone),
    }
    if style == 0:
        sheet.pair(x, y, "Patient:", facts["name"], gap=66)
        sheet.pair(x, y + 13, "DOB:", facts["dob"], gap=66)
        sheet.pair(x + 240, y, "Sex:", facts["sex"], gap=50)
        sheet.pair(x + 240, y + 13, "MRN:", facts["mrn"], gap=50)
        return y + 26
    if style == 1:
        sheet.box(x - 4, y - 12, sheet.width - 2 * x + 8, 34, stroke="#777777")
        spots = ((0, "Patient Name", "name"), (200, "Date of Birth", "dob"),
                 (300, "Sex", "sex"), (350, "MRN", "mrn"), (430, "Phone", "phone"))  # fmt: skip
        for dx, label, key in spots:
            sheet.text(x + dx, y - 2, label, size=6.8, color="#555555")
            sheet.text(x + dx, y + 12, facts[key], size=9.5)
        return y + 38
    if style == 2:
        span = sheet.text(x, y, "RE:", style="b")
        span = sheet.text(span.x1 + 5, y, facts["name"], style="b")
        for label, key in (("DOB", "dob"), ("MRN", "mrn")):
            span = sheet.text(span.x1 + 12, y, f"{label}:")
            span = sheet.text(span.x1 + 4, y, facts[key])
        return y + 14
    for number, (label, key) in enumerate(
        (("Name", "name"), ("Birth date", "dob"), ("Gender", "sex"), ("Record no.", "mrn"),
         ("Telephone", "phone"))
    ):  # fmt: skip
        sheet.pair(x, y + number * 12.5, f"{label}:", facts[key], gap=72, label_style="")
    return y + 5 * 12.5
