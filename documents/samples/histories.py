"""Referral letters and history forms that patients fill in."""

from __future__ import annotations

from random import Random

from documents.samples.clinical import (
    allergy_fact,
    diagnosis_fact,
    family_facts,
    heading,
    identity,
    medication_fact,
    run_in,
)
from documents.samples.ink import signature, tick_box
from documents.samples.labs import footer, letterhead, optional_date, recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PHYSICIANS, PROVIDERS
from documents.samples.sheet import Fact, Sheet, on

SPECIALTIES = (
    "Cardiology",
    "Endocrinology",
    "Gastroenterology",
    "Neurology",
    "Orthopedic Surgery",
)
ASKED = (
    "High blood pressure",
    "Diabetes",
    "Asthma",
    "Thyroid disease",
    "Heart attack",
    "Stroke",
    "Kidney disease",
    "Cancer",
    "Seizures",
    "Depression",
)
MATCHES = {
    "I10": "High blood pressure",
    "E11.9": "Diabetes",
    "J45.20": "Asthma",
    "E03.9": "Thyroid disease",
    "N18.31": "Kidney disease",
}


def referral(sheet: Sheet, rng: Random, person: Person) -> None:
    """A letter from one doctor to another, diagnoses and medicines in the running text."""
    place, day = rng.choice(CLINICS), recent(rng)
    doctor, other = rng.sample(PHYSICIANS, 2)
    letterhead(sheet, place, rng)
    y = 100.0
    sheet.text(60, y, on("doc.date", day, "%B %d, %Y"), size=10)
    for line in (other.display, f"Department of {rng.choice(SPECIALTIES)}", "Springfield, IL"):
        y += 14
        sheet.text(60, y, line, size=10)
    y = identity(sheet, 60, y + 30, person, "%m/%d/%Y", 2)
    y = sheet.paragraph(60, y + 10, 492, f"Dear Dr. {other.last},", size=10)
    y = sheet.paragraph(
        60, y + 6, 492,
        ["Thank you for seeing", f"{'Mr.' if person.sex == 'M' else 'Ms.'} {person.last_name},",
         f"a {person.age(day)}-year-old patient of our practice, for evaluation and advice. "
         "The problems are as follows:", *run_in([diagnosis_fact(c) for c in person.conditions])],
        size=10,
    )  # fmt: skip
    sections: list[tuple[str, list[str | Fact]]] = [
        ("Current medications:", run_in([medication_fact(m, "dash") for m in person.medications])),
        ("Allergies:", run_in([allergy_fact(a) for a in person.allergies])
         if person.allergies else ["none known."]),
        ("Past surgical history:", run_in([
            Fact("procedure", f"{what} {year}", what, {"effective_date": year})
            for what, year in person.procedures]) if person.procedures else ["none."]),
        ("Family history:", family_facts(person)),
    ]  # fmt: skip
    for title, body in sections:
        y = sheet.paragraph(60, y + 7, 492, [title, *body], size=10)
    y = sheet.paragraph(
        60, y + 7, 492, "There is no history of heart attack or stroke. Please send your report to "
        f"fax {place.fax}. The patient prefers appointments after 3 pm.", size=10,
    )  # fmt: skip
    y = sheet.paragraph(60, y + 8, 492, "Sincerely,", size=10)
    signature(sheet, 66, y + 24, 120, rng)
    sheet.text(60, y + 42, Fact("provider.author", doctor.display, doctor.name), size=10)
    sheet.pair(60, y + 55, "NPI", Fact("provider.npi", doctor.npi), size=9, label_style="")
    footer(sheet, f"{place.name} - {place.phone}", 1, 1)


def intake(sheet: Sheet, rng: Random, person: Person) -> None:
    """A filled-in history form with tick boxes, ruled answers and an emergency contact."""
    day = recent(rng)
    _intake_form(sheet, rng)
    who = person
    street, city = who.street, who.city
    answers: tuple[tuple[float, float, Fact], ...] = (
        (110, 108, Fact("patient.name", who.name)),
        (450, 108, on("patient.dob", who.dob, "%m/%d/%Y")),
        (110, 146, Fact("patient.phone", who.phone)),
        (450, 146, Fact("patient.sex", who.sex_word, who.sex_word.lower())),
        (160, 165, Fact("emergency.name", who.emergency[0])),
        (450, 165, Fact("emergency.phone", who.emergency[2])),
        (110, 184, Fact("insurance.payer", who.coverage.payer)),
        (450, 184, Fact("insurance.member_id", who.coverage.member_id)),
        (110, 697, on("doc.date_signed", day, "%m/%d/%Y")),
    )
    for x, y, fact in answers:
        sheet.text(x, y, fact, size=10, style="i", color="#1b2a6b")
    sheet.text(110, 127, Fact("patient.address", f"{street}, {city}"), size=10, style="i",
               color="#1b2a6b")  # fmt: skip
    _intake_ticks(sheet, person)
    y = 372.0
    for drug in who.medications:
        sheet.text(52, y, medication_fact(drug, "dash"), size=10, style="i", color="#1b2a6b")
        y += 19
    y = 482.0
    for allergy in who.allergies or ():
        sheet.text(52, y, allergy_fact(allergy, "dash"), size=10, style="i", color="#1b2a6b")
        y += 19
    y = 562.0
    for what, year in who.procedures:
        fact = Fact("procedure", f"{what}, {year}", what, {"effective_date": year})
        sheet.text(52, y, fact, size=10, style="i", color="#1b2a6b")
        y += 19
    signature(sheet, 330, 695, 130, rng)
    optional_date(sheet, day)


def _intake_ticks(sheet: Sheet, person: Person) -> None:
    """Cross the diseases the patient has; the printed choice becomes the answer."""
    has = {MATCHES[c.code] for c in person.conditions if c.code in MATCHES}
    for number, name in enumerate(ASKED):
        x, y = 52 + (number % 4) * 132, 238 + (number // 4) * 22
        tick_box(sheet, x, y, name in has)
        if name in has:
            sheet.text(x + 14, y, Fact("diagnosis", name))
        else:
            sheet.text(x + 14, y, name)


def _intake_form(sheet: Sheet, rng: Random) -> None:
    """The printed part of the form."""
    place = CLINICS[0]
    sheet.text(306, 50, Fact("facility", place.name), size=14, style="b", align="center")
    sheet.text(306, 66, "PATIENT MEDICAL HISTORY FORM", size=12, style="b", align="center")
    labels = (
        (40, 108, "Full name", 110, 380), (390, 108, "Birth date", 446, 572),
        (40, 127, "Address", 110, 572),
        (40, 146, "Phone", 110, 380), (390, 146, "Sex", 446, 572),
        (40, 165, "Emergency contact", 150, 380), (390, 165, "Phone", 446, 572),
        (40, 184, "Insurance", 110, 380), (390, 184, "Member ID", 446, 572),
        (40, 697, "Date", 110, 220), (270, 697, "Signature", 326, 572),
    )  # fmt: skip
    for x, y, label, left, right in labels:
        sheet.text(x, y, label, size=9)
        sheet.line(left, y + 3, right, y + 3, width=0.5)
    for y, title in (
        (214, "Have you ever been told that you have: (check all that apply)"),
        (348, "List your medications"),
        (458, "List your allergies and what happens"),
        (538, "Surgeries and hospital stays, with year"),
    ):
        sheet.text(40, y, title, size=10, style="b")
    for top, rows in ((375, 4), (485, 2), (565, 3)):
        for row in range(rows):
            sheet.line(48, top + row * 19, 572, top + row * 19, width=0.4, color="#777777")
    sheet.text(40, 660, "I have answered to the best of my knowledge.", size=9)
    footer(sheet, "Form MH-4   rev. 02/2025", 1, 1)


def blank_intake(sheet: Sheet, rng: Random, person: Person) -> None:
    """The history form with nothing filled in."""
    _intake_form(sheet, rng)
    for number, name in enumerate(ASKED):
        x, y = 52 + (number % 4) * 132, 238 + (number // 4) * 22
        tick_box(sheet, x, y, False)
        sheet.text(x + 14, y, name)
    sheet.fields.clear()


def problem_list(sheet: Sheet, rng: Random, person: Person) -> None:
    """A chart summary from another practice: tables of problems, medicines and allergies."""
    place, doctor, day = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    letterhead(sheet, place, rng)
    sheet.text(40, 92, "MEDICAL HISTORY SUMMARY", size=12, style="b")
    sheet.pair(420, 92, "Printed:", on("doc.date", day, "%m/%d/%Y"))
    y = identity(sheet, 40, 114, person, "%m/%d/%Y", 3)
    sheet.pair(320, 114, "Primary care:", Fact("provider.pcp", doctor.display, doctor.name))
    y = heading(sheet, 40, y + 14, "Active problems", 1, place.color) + 2
    for condition in person.conditions:
        code_at = sheet.text(44, y, condition.code)
        name_at = sheet.text(110, y, condition.name)
        sheet.text(420, y, f"since {rng.randrange(2008, 2024)}", size=8)
        fact = Fact("diagnosis", f"{condition.code} {condition.name}", condition.name,
                    {"code": condition.code})  # fmt: skip
        sheet.record(fact, [code_at, name_at])
        y += 14
    y = heading(sheet, 40, y + 10, "Medications", 1, place.color) + 2
    for drug in person.medications:
        sheet.text(44, y, medication_fact(drug))
        y += 14
    y = heading(sheet, 40, y + 10, "Allergies and intolerances", 1, place.color) + 2
    for allergy in person.allergies:
        sheet.text(44, y, Fact("allergy", allergy.substance))
        sheet.text(180, y, allergy.reaction)
        y += 14
    if not person.allergies:
        sheet.text(44, y, "NKDA")
        y += 14
    y = heading(sheet, 40, y + 10, "Immunizations", 1, place.color) + 2
    for name in rng.sample(("Influenza", "Tdap", "Pneumococcal PCV20", "Shingrix", "COVID-19"), 3):
        when = recent(rng)
        sheet.text(44, y, Fact("immunization", name, attrs={"effective_date": when.isoformat()}))
        sheet.text(200, y, f"{when:%m/%d/%Y}")
        y += 14
    y = heading(sheet, 40, y + 10, "Family history", 1, place.color) + 2
    sheet.paragraph(44, y, 520, family_facts(person))
    footer(sheet, f"{place.name}", 1, 1)
