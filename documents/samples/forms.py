"""Consent forms and a claim form of our own design."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from documents.samples.ink import signature, tick_box
from documents.samples.labs import footer, letterhead, optional_date, recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PROVIDERS
from documents.samples.sheet import Fact, Sheet, Span, on

INK = "#1b2a6b"
PROCEDURES = (
    "Colonoscopy",
    "Joint injection, right knee",
    "Skin lesion removal",
    "Upper endoscopy",
)
CONSENT_TEXT = (
    "I give permission to the doctors and staff of this practice to perform the procedure named "
    "above. The purpose, the expected benefits, the risks and the alternatives were explained to "
    "me in words I understand, and my questions were answered.",
    "I understand that no promise has been made about the result. I may withdraw this consent at "
    "any time before the procedure begins.",
    "I agree that the practice may share information about my treatment with my health plan for "
    "payment.",
)


def consent(sheet: Sheet, rng: Random, person: Person) -> None:
    """A signed procedure consent."""
    day, doctor = recent(rng), rng.choice(PROVIDERS)
    _consent_form(sheet, rng)
    what = rng.choice(PROCEDURES)
    for x, y, fact in (
        (130, 128, Fact("patient.name", person.name)),
        (450, 128, on("patient.dob", person.dob, "%m/%d/%Y")),
        (130, 150, Fact("procedure", what, attrs={"optional": True})),
        (130, 172, Fact("provider.rendering", doctor.display, doctor.name, {"optional": True})),
    ):
        sheet.text(x, y, fact, size=10.5, style="i", color=INK)
    tick_box(sheet, 60, 370, True)
    _sign(sheet, rng, 470)
    date = on("consent.signed_date", day, "%m/%d/%Y")
    span = sheet.text(430, 468, date, size=10.5, style="i", color=INK)
    sheet.record(on("doc.date_signed", day, "%m/%d/%Y"), [span], optional=True)
    sheet.text(64, 534, person.name, size=10.5, style="i", color=INK)
    optional_date(sheet, day)


def _sign(sheet: Sheet, rng: Random, y: float) -> None:
    """A signature over the line at ``y``; its box is the answer to consent.signed."""
    signature(sheet, 74, y - 2, 150, rng)
    span = Span(sheet.page, 60, y - 22, 330, y + 14)
    sheet.record(Fact("consent.signed", "Signature of patient", "true"), [span])


def _consent_form(sheet: Sheet, rng: Random) -> None:
    place = CLINICS[rng.randrange(len(CLINICS))]
    letterhead(sheet, place, rng)
    sheet.text(306, 98, "CONSENT FOR PROCEDURE", size=14, style="b", align="center")
    for x, y, label, left, right in (
        (60, 128, "Patient name:", 126, 370), (385, 128, "Date of birth:", 446, 552),
        (60, 150, "Procedure:", 126, 552), (60, 172, "Performed by:", 126, 552),
    ):  # fmt: skip
        sheet.text(x, y, label, size=9.5)
        sheet.line(left, y + 3, right, y + 3, width=0.5)
    below = 208.0
    for text in CONSENT_TEXT:
        below = sheet.paragraph(60, below, 492, text, size=10) + 8
    tick_box(sheet, 60, 370, False)
    sheet.text(76, 370, "I received a copy of the information sheet.", size=10)
    for at, who, when in ((470, "Signature of patient", "Date"), (536, "Printed name", "Witness")):
        sheet.line(60, at + 3, 330, at + 3, width=0.6)
        sheet.line(400, at + 3, 552, at + 3, width=0.6)
        sheet.text(60, at + 14, who, size=8)
        sheet.text(400, at + 14, when, size=8)
    footer(sheet, "Form C-12   rev. 06/2025", 1, 1)


def blank_consent(sheet: Sheet, rng: Random, person: Person) -> None:
    """The consent form before anybody has written on it."""
    _consent_form(sheet, rng)
    sheet.fields.clear()


def telehealth(sheet: Sheet, rng: Random, person: Person) -> None:
    """A short electronic consent: statements, then who signed and when, in print."""
    place, day = rng.choice(CLINICS), recent(rng)
    letterhead(sheet, place, rng)
    sheet.text(40, 100, "Telehealth Consent and Privacy Acknowledgement", size=13, style="b")
    sheet.pair(40, 124, "Patient:", Fact("patient.name", person.name), size=10)
    sheet.pair(300, 124, "DOB:", on("patient.dob", person.dob, "%B %d, %Y"), size=10)
    y = 150.0
    for number, text in enumerate(CONSENT_TEXT, 1):
        y = sheet.paragraph(40, y, 532, f"{number}. {text}", size=10) + 6
    sheet.box(40, y + 6, 532, 64, fill="#f3f6f3", stroke="#7c9a7c")
    span = sheet.text(52, y + 26, f"Electronically signed by {person.name}", size=10, style="b")
    sheet.record(Fact("consent.signed", f"Electronically signed by {person.name}", "true"), [span])
    label = sheet.text(52, y + 42, "Signed on", size=10)
    date = sheet.text(label.x1 + 4, y + 42, on("consent.signed_date", day, "%m/%d/%Y"), size=10)
    sheet.text(date.x1 + 4, y + 42, "at 10:17 AM CST from 192.0.2.44", size=10)
    sheet.record(on("doc.date_signed", day, "%m/%d/%Y"), [date], optional=True)
    sheet.text(52, y + 58, "Document ID 7f3a-22c1-90be", size=8, color="#555555")
    footer(sheet, f"{place.name}", 1, 1)
    optional_date(sheet, day)


BOXES: tuple[tuple[str, float, float, float, float, str], ...] = (
    ("payer", 40, 84, 330, 34, "1  HEALTH PLAN"),
    ("payer_id", 370, 84, 202, 34, "2  PLAN ELECTRONIC ID"),
    ("patient", 40, 118, 250, 34, "3  PATIENT NAME (last, first)"),
    ("dob", 290, 118, 130, 34, "4  BIRTH DATE"),
    ("sex", 420, 118, 152, 34, "5  SEX"),
    ("address", 40, 152, 330, 34, "6  PATIENT ADDRESS"),
    ("phone", 370, 152, 202, 34, "7  PATIENT TELEPHONE"),
    ("subscriber", 40, 186, 250, 34, "8  INSURED NAME"),
    ("member", 290, 186, 160, 34, "9  MEMBER NUMBER"),
    ("group", 450, 186, 122, 34, "10  GROUP"),
    ("claim", 40, 220, 200, 34, "11  CLAIM NUMBER"),
    ("account", 240, 220, 160, 34, "12  PATIENT ACCOUNT"),
    ("submitted", 400, 220, 172, 34, "13  DATE PREPARED"),
    ("dx1", 40, 254, 133, 34, "14a  DIAGNOSIS"),
    ("dx2", 173, 254, 133, 34, "14b  DIAGNOSIS"),
    ("dx3", 306, 254, 133, 34, "14c  DIAGNOSIS"),
    ("dx4", 439, 254, 133, 34, "14d  DIAGNOSIS"),
    ("total", 440, 440, 132, 34, "17  TOTAL CHARGE"),
    ("paid", 308, 440, 132, 34, "16  AMOUNT PAID"),
    ("billing", 40, 474, 320, 34, "18  BILLING PROVIDER"),
    ("npi", 360, 474, 212, 34, "19  BILLING NPI"),
    ("rendering", 40, 508, 320, 34, "20  RENDERING PROVIDER"),
    ("signed", 360, 508, 212, 34, "21  SIGNATURE ON FILE"),
)  # fmt: skip


def _claim_form(sheet: Sheet) -> None:
    sheet.text(40, 54, "PROFESSIONAL SERVICES CLAIM", size=14, style="b", color="#a03a2c")
    sheet.text(572, 54, "Backline form P-1", size=8, align="right", color="#a03a2c")
    sheet.text(40, 72, "Type or print. One patient per form.", size=7.5, color="#a03a2c")
    for _key, x, y, width, height, label in BOXES:
        sheet.box(x, y, width, height, stroke="#a03a2c", line=0.5)
        sheet.text(x + 3, y + 8, label, size=5.8, color="#a03a2c")
    heads = ((40, 90, "15  DATE OF SERVICE"), (130, 70, "PLACE"), (200, 100, "SERVICE CODE"),
             (300, 60, "UNITS"), (360, 80, "DIAG. POINTER"), (440, 132, "CHARGE"))  # fmt: skip
    for x, width, label in heads:
        for row in range(6):
            sheet.box(x, 292 + row * 22, width, 22, stroke="#a03a2c", line=0.5)
        sheet.text(x + 3, 300, label, size=5.8, color="#a03a2c")


def _claim_values(rng: Random, person: Person) -> tuple[dict[str, Fact], str, Fact]:
    """What goes into the boxes, the charge as printed, and the date of service."""
    place, doctor = rng.choice(CLINICS), rng.choice(PROVIDERS)
    day, cover = recent(rng), person.coverage
    cents = rng.randrange(12000, 38000)
    charge = f"${cents / 100:.2f}"
    insured = person.name_last_first.upper()
    values: dict[str, Fact] = {
        "payer": Fact("insurance.payer", cover.payer),
        "payer_id": Fact("insurance.payer_id", cover.payer_id),
        "patient": Fact("patient.name", insured, person.name),
        "dob": on("patient.dob", person.dob, "%m/%d/%Y"),
        "sex": Fact("patient.sex", person.sex, person.sex_word.lower()),
        "address": Fact("patient.address", f"{person.street}, {person.city}"),
        "phone": Fact("patient.phone", person.phone),
        "subscriber": Fact("insurance.subscriber", insured, person.name),
        "member": Fact("insurance.member_id", cover.member_id),
        "group": Fact("insurance.group", cover.group),
        "claim": Fact("claim.number", f"CLM-{day:%Y}-{rng.randrange(10000, 99999)}"),
        "account": Fact("patient.account", f"AC{rng.randrange(100000, 999999)}"),
        "submitted": on("doc.date", day + timedelta(days=3), "%m/%d/%Y"),
        "total": Fact("claim.total", charge, charge[1:]),
        "paid": Fact("claim.paid", "$0.00", "0.00", {"optional": True}),
        "billing": Fact("provider.billing", place.name),
        "npi": Fact("provider.npi", doctor.npi),
        "rendering": Fact("provider.rendering", doctor.display, doctor.name),
    }
    for number, condition in enumerate(person.conditions[:4], 1):
        attrs = {"code": condition.code}
        values[f"dx{number}"] = Fact("diagnosis", condition.code, condition.code, attrs)
    return values, charge, on("doc.date_service", day, "%m/%d/%Y")


def claim(sheet: Sheet, rng: Random, person: Person) -> None:
    """A filled claim form: values in typewriter blue-black inside red boxes."""
    values, charge, served = _claim_values(rng, person)
    _claim_form(sheet)
    for key, x, y, _width, height, _label in BOXES:
        if key in values:
            sheet.text(x + 6, y + height - 8, values[key], size=10, color=INK)
    row = 292 + 22 + 15
    sheet.text(46, row, served, size=10, color=INK)
    sheet.text(222, row, Fact("procedure", "99214"), size=10, color=INK)
    for x, text in ((150, "11"), (322, "1"), (390, "A")):
        sheet.text(x, row, text, size=10, color=INK)
    sheet.text(560, row, charge, size=10, align="right", color=INK)
    sheet.text(370, 534, "SIGNATURE ON FILE", size=10, color=INK)


def fillable_claim(sheet: Sheet, rng: Random, person: Person) -> None:
    """The claim form as an interactive PDF: the values stand in form fields, not in the text."""
    values, charge, served = _claim_values(rng, person)
    _claim_form(sheet)
    for key, x, y, width, height, _label in BOXES:
        sheet.widget(key, x + 3, y + 11, width - 6, height - 13, values.get(key))
    sheet.widget("service_date", 43, 315, 84, 18, served)
    sheet.widget("place", 133, 315, 64, 18, "11")
    sheet.widget("service_code", 203, 315, 94, 18, Fact("procedure", "99214"))
    sheet.widget("charge", 443, 315, 126, 18, charge)


def blank_claim(sheet: Sheet, rng: Random, person: Person) -> None:
    """The claim form with empty boxes."""
    _claim_form(sheet)
