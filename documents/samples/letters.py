"""Letters from payers: denial, request for information, authorisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from documents.samples.ink import logo, signature
from documents.samples.labs import footer, recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PROVIDERS, Facility
from documents.samples.sheet import Fact, Sheet, on

REASONS = (
    ("CO-197", "prior approval was required for this service and none was found on file"),
    ("CO-50", "the records we received do not show that the service was medically necessary"),
    ("CO-29", "the claim reached us after the time allowed for filing had passed"),
    ("CO-16", "the claim lacks information that is needed to process it"),
)


def _head(sheet: Sheet, rng: Random, person: Person, day: date, clinic: Facility) -> float:
    cover = person.coverage
    logo(sheet, 60, 40, 26, "#24476b", rng.randrange(3))
    sheet.text(94, 58, Fact("insurance.payer", cover.payer), size=15, style="b", color="#24476b")
    sheet.text(94, 70, "Claims Department   P.O. Box 5550   Fairview, IL 62999", size=7.5)
    sheet.text(60, 108, on("doc.date", day, "%B %d, %Y"), size=10)
    y = 134.0
    for line in (clinic.street, clinic.city):
        y += 13
        sheet.text(60, y, line, size=10)
    sheet.text(60, 134, Fact("provider.billing", clinic.name), size=10)
    return y + 28


def _facts(sheet: Sheet, y: float, rows: Sequence[tuple[str, str | Fact]]) -> float:
    for label, what in rows:
        sheet.pair(60, y, label, what, gap=130, size=10)
        y += 14
    return y + 8


def _close(sheet: Sheet, rng: Random, y: float) -> None:
    y = sheet.paragraph(60, y + 8, 492, "Sincerely,", size=10)
    signature(sheet, 64, y + 26, 100, rng)
    sheet.text(60, y + 42, "Provider Relations", size=10)
    footer(sheet, "Provider line 1-800-555-0102   Fax (800) 555-0103", 1, 1)


def _case(rng: Random, person: Person) -> tuple[date, date, str, int]:
    """Letter date, service date, claim number, charge in cents."""
    day = recent(rng)
    served = day - timedelta(days=rng.randrange(20, 60))
    return day, served, f"{served:%y%j}{rng.randrange(10**6, 10**7)}", rng.randrange(12000, 250000)


def denial(sheet: Sheet, rng: Random, person: Person) -> None:
    """A claim is refused, with the code, the amounts and the last day of appeal."""
    day, served, claim, cents = _case(rng, person)
    code, reason = rng.choice(REASONS)
    y = _head(sheet, rng, person, day, rng.choice(CLINICS))
    sheet.text(60, y, "NOTICE OF CLAIM DENIAL", size=12, style="b")
    y = _facts(
        sheet, y + 22,
        (("Patient:", Fact("patient.name", person.name)),
         ("Date of birth:", on("patient.dob", person.dob, "%m/%d/%Y")),
         ("Member ID:", Fact("insurance.member_id", person.coverage.member_id)),
         ("Claim number:", Fact("claim.number", claim)),
         ("Date of service:", on("doc.date_service", served, "%m/%d/%Y")),
         ("Billed amount:", Fact("claim.total", f"${cents / 100:,.2f}", f"{cents / 100:.2f}")),
         ("Amount paid:", Fact("claim.paid", "$0.00", "0.00"))),
    )  # fmt: skip
    y = sheet.paragraph(
        60, y, 492,
        ["We reviewed the claim named above and cannot pay it. Reason code",
         Fact("claim.denial_code", code), f": {reason}."], size=10,
    )  # fmt: skip
    due = day + timedelta(days=180)
    y = sheet.paragraph(
        60, y + 8, 492,
        ["You may appeal in writing. We must receive the appeal by",
         on("doc.due_date", due, "%B %d, %Y"),
         ". Send the medical records and a copy of this letter. "
         "A decision is made within 30 days."], size=10,
    )  # fmt: skip
    _close(sheet, rng, y)


def request(sheet: Sheet, rng: Random, person: Person) -> None:
    """The payer wants records before it decides."""
    day, served, claim, cents = _case(rng, person)
    y = _head(sheet, rng, person, day, rng.choice(CLINICS))
    sheet.text(60, y, "Request for additional information", size=12, style="b")
    y = _facts(
        sheet, y + 22,
        (("Member name:", Fact("patient.name", person.name_last_first, person.name)),
         ("Member number:", Fact("insurance.member_id", person.coverage.member_id)),
         ("Group number:", Fact("insurance.group", person.coverage.group)),
         ("Claim no.:", Fact("claim.number", claim)),
         ("Service date:", on("doc.date_service", served, "%m/%d/%Y")),
         ("Total charge:", Fact("claim.total", f"${cents / 100:,.2f}", f"{cents / 100:.2f}"))),
    )  # fmt: skip
    due = day + timedelta(days=45)
    y = sheet.paragraph(
        60, y, 492,
        ["To finish processing this claim we need the office notes and any test results of the "
         "visit. Please send them no later than", on("doc.due_date", due, "%m/%d/%Y"),
         ". If nothing is received the claim will be closed without payment."], size=10,
    )  # fmt: skip
    _close(sheet, rng, y)


def authorisation(sheet: Sheet, rng: Random, person: Person) -> None:
    """A service is approved for a period and a number of visits."""
    day, _served, claim, _cents = _case(rng, person)
    doctor = rng.choice(PROVIDERS)
    y = _head(sheet, rng, person, day, rng.choice(CLINICS))
    sheet.text(60, y, "Prior Authorization Approval", size=12, style="b")
    y = _facts(
        sheet, y + 22,
        (("Member:", Fact("patient.name", person.name)),
         ("DOB:", on("patient.dob", person.dob, "%m/%d/%Y")),
         ("ID number:", Fact("insurance.member_id", person.coverage.member_id)),
         ("Authorization no.:", Fact("claim.number", f"PA{claim}", attrs={"optional": True})),
         ("Requested by:", Fact("provider.ordering", doctor.display, doctor.name)),
         ("Approved service:", "MRI of the lumbar spine, 1 visit"),
         ("Valid:", f"{day:%m/%d/%Y} through {day + timedelta(days=90):%m/%d/%Y}")),
    )  # fmt: skip
    y = sheet.paragraph(
        60, y, 492, "This approval confirms that the service meets our clinical criteria. It is "
        "not a promise of payment; benefits depend on coverage on the day of service.", size=10,
    )  # fmt: skip
    _close(sheet, rng, y)
