"""Visit notes, after-visit summaries and discharge summaries."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from documents.samples.clinical import (
    allergy_fact,
    bullets,
    diagnosis_fact,
    family_facts,
    heading,
    identity,
    medication_fact,
    run_in,
    vital_fact,
    vitals,
)
from documents.samples.ink import signature
from documents.samples.labs import footer, letterhead, optional_date, recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, HOSPITALS, PHYSICIANS, PROVIDERS
from documents.samples.sheet import Fact, Sheet, on

NO_ALLERGIES = "No known drug allergies."


def note(sheet: Sheet, rng: Random, person: Person) -> None:
    """A progress note: subjective, objective, assessment, plan."""
    place, doctor, day = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    letterhead(sheet, place, rng)
    sheet.text(572, 84, "PROGRESS NOTE", size=11, style="b", align="right")
    y = identity(sheet, 40, 100, person, "%m/%d/%Y", 0)
    sheet.pair(40, y, "Visit date:", on("doc.date_service", day, "%m/%d/%Y"), gap=66)
    sheet.pair(280, y, "Provider:", Fact("provider.rendering", doctor.display, doctor.name),
               gap=50)  # fmt: skip
    y = heading(sheet, 40, y + 28, "Subjective", 0, place.color)
    y = sheet.paragraph(
        40, y, 532,
        f"{person.age(day)}-year-old {person.sex_word.lower()} seen for follow-up. Takes "
        "medicines as prescribed. Denies chest pain, shortness of breath or fever. "
        "Walks 30 minutes 3 times a week.",
    )  # fmt: skip
    y = heading(sheet, 40, y + 6, "Allergies", 0, place.color)
    allergies = [allergy_fact(a) for a in person.allergies]
    y = sheet.paragraph(40, y, 532, run_in(allergies) if allergies else NO_ALLERGIES)
    y = heading(sheet, 40, y + 6, "Current medications", 0, place.color)
    y = bullets(sheet, 40, y, 532, [medication_fact(m) for m in person.medications])
    y = heading(sheet, 40, y + 6, "Family history", 0, place.color)
    y = sheet.paragraph(40, y, 532, family_facts(person))
    y = heading(sheet, 40, y + 6, "Objective", 0, place.color)
    x = 40.0
    for vital in vitals(rng, person):
        span = sheet.text(x, y, f"{vital.label}:")
        span = sheet.text(span.x1 + 3, y, vital_fact(vital))
        span = sheet.text(span.x1 + 2, y, vital.unit)
        x = span.x1 + 10
    y = sheet.paragraph(
        40, y + 14, 532, "General: well appearing, no distress. Heart: regular, no murmur. "
        "Lungs: clear on both sides. Extremities: no edema.",
    )  # fmt: skip
    y = heading(sheet, 40, y + 6, "Assessment", 0, place.color)
    y = bullets(sheet, 40, y, 532, [diagnosis_fact(c) for c in person.conditions], "1")
    y = heading(sheet, 40, y + 6, "Plan", 0, place.color)
    y = sheet.paragraph(
        40, y, 532, "Continue current treatment. Repeat laboratory tests in 3 months. "
        "Return in 12 weeks or sooner if symptoms worsen.",
    )  # fmt: skip
    sheet.pair(40, y + 24, "Electronically signed by:", Fact("provider.author", doctor.display,
               doctor.name), label_style="i")  # fmt: skip
    footer(sheet, f"{place.name} - confidential", 1, 1)
    optional_date(sheet, day)


def after_visit(sheet: Sheet, rng: Random, person: Person) -> None:
    """What the patient takes home: boxes in two columns."""
    place, doctor, day = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    sheet.box(0, 0, sheet.width, 64, fill=place.color, stroke=None)
    sheet.text(40, 32, "After Visit Summary", size=18, style="b", color="#ffffff")
    sheet.text(40, 50, Fact("facility", place.name), size=10, color="#ffffff")
    sheet.text(572, 32, Fact("patient.name", person.name), size=12, style="b", align="right",
               color="#ffffff")  # fmt: skip
    sheet.text(572, 50, f"Questions? Call {place.phone}", size=8, align="right", color="#ffffff")
    sheet.pair(40, 88, "Date of visit:", on("doc.date_service", day, "%B %d, %Y"))
    sheet.pair(250, 88, "Seen by:", Fact("provider.rendering", doctor.display, doctor.name))
    sheet.pair(40, 103, "Date of birth:", on("patient.dob", person.dob, "%m/%d/%Y"))
    sheet.pair(250, 103, "MRN:", Fact("patient.mrn", person.mrn))
    y = 128.0
    sheet.text(40, y, "Your vitals", size=11, style="b", color=place.color)
    for number, vital in enumerate(vitals(rng, person, long=True)):
        row = y + 16 + number * 14
        sheet.box(40, row - 10, 240, 14, stroke="#cccccc")
        sheet.text(46, row, vital.label)
        span = sheet.text(160, row, vital_fact(vital), style="b")
        sheet.text(span.x1 + 4, row, vital.unit)
    sheet.text(306, y, "Reason for today's visit", size=11, style="b", color=place.color)
    bullets(sheet, 306, y + 16, 266, [diagnosis_fact(c, "bare") for c in person.conditions], "•")
    y += 136
    sheet.text(40, y, "Allergies", size=11, style="b", color=place.color)
    allergies: list[str | Fact] = [allergy_fact(a, "dash") for a in person.allergies]
    bullets(sheet, 40, y + 16, 240, allergies or [NO_ALLERGIES], "•")
    sheet.text(306, y, "Your medications", size=11, style="b", color=place.color)
    below = bullets(
        sheet, 306, y + 16, 266, [medication_fact(m, "dash") for m in person.medications], "•"
    )
    y = max(below, y + 60) + 14
    sheet.text(40, y, "What to do next", size=11, style="b", color=place.color)
    back = day + timedelta(days=84)
    bullets(
        sheet, 40, y + 16, 532,
        [f"Come back for a follow-up visit on {back:%B %d, %Y} at 9:20 AM.",
         "Have your blood drawn 1 week before the visit. Do not eat for 8 hours before.",
         "Call us if your temperature is above 101 °F."], "•",
    )  # fmt: skip
    footer(sheet, f"{place.name}, {place.street}, {place.city}", 1, 1)
    optional_date(sheet, day)


def discharge(sheet: Sheet, rng: Random, person: Person) -> None:
    """A hospital discharge summary of two pages."""
    place, doctor = rng.choice(HOSPITALS), rng.choice(PHYSICIANS)
    out = recent(rng)
    into = out - timedelta(days=rng.randrange(2, 7))
    letterhead(sheet, place, rng)
    sheet.text(306, 84, "DISCHARGE SUMMARY", size=13, style="b", align="center")
    y = identity(sheet, 44, 108, person, "%m/%d/%Y", 1)
    sheet.pair(40, y, "Admitted:", on("doc.date_admitted", into, "%m/%d/%Y"))
    sheet.pair(180, y, "Discharged:", on("doc.date_discharged", out, "%m/%d/%Y"))
    sheet.pair(340, y, "Attending:", Fact("provider.author", doctor.display, doctor.name))
    y = heading(sheet, 40, y + 28, "Discharge diagnoses", 2, place.color) + 2
    y = bullets(sheet, 40, y, 532, [diagnosis_fact(c, "dash") for c in person.conditions], "1")
    y = heading(sheet, 40, y + 10, "Hospital course", 2, place.color) + 2
    stay = (out - into).days
    y = sheet.paragraph(
        40, y, 532,
        f"The patient is a {person.age(into)}-year-old {person.sex_word.lower()} who presented "
        f"with weakness and dizziness. There was no evidence of stroke or myocardial infarction. "
        f"Intravenous fluids were given and blood pressure improved from 92/58 to 124/76 mmHg. "
        f"The patient walked 200 feet without help on day {stay} and was discharged home in "
        "stable condition.",
    )  # fmt: skip
    y = heading(sheet, 40, y + 10, "Past surgical history", 2, place.color) + 2
    surgeries = [
        Fact("procedure", f"{what} ({year})", what, {"effective_date": year})
        for what, year in person.procedures
    ]
    y = sheet.paragraph(40, y, 532, run_in(surgeries) if surgeries else "None.")
    y = heading(sheet, 40, y + 10, "Allergies", 2, place.color) + 2
    allergies = [allergy_fact(a) for a in person.allergies]
    y = sheet.paragraph(40, y, 532, run_in(allergies) if allergies else NO_ALLERGIES)
    y = heading(sheet, 40, y + 10, "Vital signs at discharge", 2, place.color) + 2
    x = 40.0
    for vital in vitals(rng, person)[:5]:
        span = sheet.text(x, y, vital.label, style="b")
        span = sheet.text(span.x1 + 4, y, vital_fact(vital))
        x = sheet.text(span.x1 + 2, y, vital.unit).x1 + 14
    footer(sheet, f"{place.name}   {person.name_last_first}   MRN {person.mrn}", 1, 2)
    optional_date(sheet, out)
    sheet.new_page()
    _discharge_orders(sheet, rng, person)
    footer(sheet, f"{place.name}   {person.name_last_first}   MRN {person.mrn}", 2, 2)


def _discharge_orders(sheet: Sheet, rng: Random, person: Person) -> None:
    y = heading(sheet, 40, 60, "Discharge medications", 2, "#444444") + 6
    columns = (44, 190, 270, 340)
    for x, title in zip(columns, ("Medication", "Strength", "Form", "Directions"), strict=True):
        sheet.text(x, y, title, style="b", size=8.5)
    for drug in person.medications:
        y += 15
        sheet.line(40, y - 11, 572, y - 11, width=0.3, color="#999999")
        name = sheet.text(columns[0], y, drug.name)
        strength = sheet.text(columns[1], y, drug.strength)
        sheet.text(columns[2], y, drug.form)
        sheet.text(columns[3], y, drug.directions)
        value = f"{drug.name} {drug.strength}"
        sheet.record(Fact("medication", value), [name, strength])
    y = heading(sheet, 40, y + 34, "Follow-up", 2, "#444444") + 4
    y = sheet.paragraph(
        40, y, 532, "See your family doctor within 7 days. Bring this summary and all medicine "
        "bottles. Pending at discharge: urine culture.",
    )  # fmt: skip
    signature(sheet, 60, y + 40, 120, rng)
    sheet.line(40, y + 44, 260, y + 44)
    sheet.text(40, y + 55, "Attending physician", size=8)
