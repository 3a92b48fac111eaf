"""Imaging reports, histories, visits, cards, consents, claims and letters by lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.clinical import _impression
from bench.extraction.web.common import (
    SIGNATURE,
    allergies,
    cover,
    day,
    drugs,
    holder,
    items,
    run,
    table,
)
from bench.extraction.web.office import CARD_CSS
from bench.extraction.web.page import Page
from bench.extraction.web.varied import Habits, block, patient
from documents.samples.clinical import diagnosis_fact, medication_fact, vital_fact, vitals
from documents.samples.imaging import STUDIES
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, HOSPITALS, IMAGING, PHYSICIANS, PROVIDERS, Provider
from documents.samples.sheet import Fact, on


def _doctor(page: Page, name: str, doctor: Provider) -> str:
    return page.f(Fact(name, doctor.display, doctor.name))


def _heading(chance: Random) -> tuple[str, str]:
    """Tags around a heading, the same all over a layout."""
    return chance.choice((("<h3>", "</h3>"), ("<h4>", ":</h4>"), ("<p><b>", ":</b></p>"),
                          ("<p><u>", "</u></p>"), ("<h4>", "</h4>")))  # fmt: skip


def imaging(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """Study facts in a block, sections under headings or run in."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    a, b = _heading(chance)
    run_in = chance.random() < 0.35
    words = {
        "exam": chance.choice(("Exam", "Examination", "Procedure", "Study", "EXAM")),
        "reason": chance.choice(("Indication", "Clinical history", "Reason for exam", "HISTORY")),
        "findings": chance.choice(("Findings", "FINDINGS", "Report", "Description")),
        "impression": chance.choice(("Impression", "IMPRESSION", "Conclusion", "Opinion", "Summary")),
        "signed": chance.choice(("Electronically signed by", "Read by", "Radiologist", "Dictated by",
                                 "Signed")),
    }  # fmt: skip
    exam = page.f(
        Fact("imaging.exam", study.exam if chance.random() < 0.6 else study.exam.capitalize())
    )
    entries = [
        *patient(
            page,
            style,
            person,
            ("name", "dob", *chance.sample(("sex", "mrn"), chance.randrange(1, 3))),
        ),
        ("service", day(page, "doc.date_service", done, style.date)),
        ("ordering", _doctor(page, "provider.ordering", sender)),
    ]
    inside = chance.random() < 0.5
    if inside:
        entries.append((words["exam"], exam))
    parts = [] if inside else [(words["exam"], exam)]
    parts += [(words["reason"], study.reason), (words["findings"], " ".join(study.findings)),
              (words["impression"], _impression(page, study))]  # fmt: skip
    told = (f"<p><b>{k}:</b> {v}</p><br>" if run_in else f"{a}{k}{b}<p>{v}</p>" for k, v in parts)
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><p>{place.street}, {place.city}</p><br>"
        f"{block(style, entries)}<br>{''.join(told)}<br><p>{words['signed']}: {_doctor(page, 'provider.author', reader)}</p>"
    )


def _listed(chance: Random, entries: Sequence[str], none: str) -> str:
    if not entries:
        return f"<p>{none}</p>"
    how = chance.choice(("ul", "ol", "lines", "run"))
    if how == "run":
        return f"<p>{'; '.join(entries)}</p>"
    return "".join(f"<p>{e}</p>" for e in entries) if how == "lines" else items(entries, how)


def _lists(page: Page, person: Person, chance: Random) -> list[str]:
    """Problems, medicines, allergies under this layout's headings, in its order."""
    a, b = _heading(chance)
    style = chance.choice(("paren", "before", "dash", "bare"))
    drug = chance.choice(("full", "dash", ""))
    heads = (
        chance.choice(("Problems", "Diagnoses", "Assessment", "Active Problem List", "Past Medical History",
                       "Medical conditions")),
        chance.choice(("Medications", "Current Medications", "Medicines", "Prescriptions",
                       "Home medications", "Rx")),
        chance.choice(("Allergies", "Allergies and intolerances", "Drug allergies", "ALLERGIES")),
    )  # fmt: skip
    problems = _listed(
        chance, [page.f(diagnosis_fact(c, style)) for c in person.conditions], "None"
    )
    if chance.random() < 0.3:
        meds = table(("Drug", "Strength", "Form", "Directions"), drugs(page, person), "g")
    else:
        meds = _listed(
            chance, [page.f(medication_fact(m, drug)) for m in person.medications], "None"
        )
    parts = [f"{a}{heads[0]}{b}{problems}", f"{a}{heads[1]}{b}{meds}",
             f"{a}{heads[2]}{b}<p>{allergies(page, person)}</p>"]  # fmt: skip
    chance.shuffle(parts)
    return parts


def history(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A history, record or referral."""
    place, when = rng.choice(CLINICS), recent(rng)
    keys = (
        "name",
        "dob",
        *chance.sample(("sex", "mrn", "phone", "address"), chance.randrange(1, 4)),
    )
    entries = patient(page, style, person, keys)
    entries.append(("date", page.f(on("doc.date", when, style.date))))
    title = chance.choice(
        ("Medical History", "Referral", "Patient Record Summary", "Health History")
    )
    letter = title == "Referral"
    opening = "<p>Dear Doctor,</p><p>Thank you for seeing this patient.</p>" if letter else ""
    author = chance.choice(("Referring physician", "Completed by", "Reviewed by", "Sincerely,<br>"))
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><p>{place.street}, {place.city}</p><h3>{title}</h3>{block(style, entries)}<br>{opening}"
        f"{''.join(_lists(page, person, chance))}<br><p>{author} {_doctor(page, 'provider.author', rng.choice(PHYSICIANS))}</p>"
    )


def visit(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A visit note or a discharge summary with vital signs."""
    place, doctor, when = rng.choice((*CLINICS, *HOSPITALS)), rng.choice(PROVIDERS), recent(rng)
    stay = chance.random() < 0.3
    keys = ("name", "dob", *chance.sample(("sex", "mrn", "phone"), chance.randrange(1, 3)))
    entries = patient(page, style, person, keys)
    if stay:
        into = when - timedelta(days=rng.randrange(2, 8))
        entries += [
            (
                chance.choice(("Admitted", "Admission date")),
                page.f(on("doc.date_admitted", into, style.date)),
            ),
            (
                chance.choice(("Discharged", "Discharge date")),
                day(page, "doc.date_discharged", when, style.date),
            ),
        ]
    else:
        entries.append(("service", day(page, "doc.date_service", when, style.date)))
    entries.append(("rendering", _doctor(page, "provider.rendering", doctor)))
    taken = vitals(rng, person, long=chance.random() < 0.5)
    how = chance.choice(("table", "run", "lines", "rows"))
    cells = [(v.label, f"{page.f(vital_fact(v))} {escape(v.unit)}") for v in taken]
    shown = {
        "table": lambda: table([k for k, _ in cells], [[v for _, v in cells]], "g"),
        "run": lambda: "<p>" + ", ".join(f"{k} {v}" for k, v in cells) + "</p>",
        "lines": lambda: "".join(f"<p>{k}: {v}</p>" for k, v in cells),
        "rows": lambda: table((), [[k, v] for k, v in cells]),
    }[how]()
    title = (
        "Discharge Summary"
        if stay
        else chance.choice(
            ("Visit Summary", "Progress Note", "Office Visit", "After Visit Summary")
        )
    )
    a, b = _heading(chance)
    reason = f"{a}{chance.choice(('Reason for visit', 'Chief complaint', 'Subjective'))}{b}<p>Follow-up. Feels well.</p>"
    vital = f"{a}{chance.choice(('Vitals', 'Vital Signs', 'Objective'))}{b}{shown}"
    plan = f"{a}Plan{b}<p>Continue treatment. Return in 3 months.</p>"
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><h3>{title}</h3>{block(style, entries)}<br>{reason}{vital}"
        f"{''.join(_lists(page, person, chance))}{plan}"
    )


def card(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A health plan's card."""
    keys = [
        "member",
        *chance.sample(("group", "plan", "since", "payer_id"), chance.randrange(2, 4)),
    ]
    rx = chance.random() < 0.7
    c = cover(page, person, " ".join(["payer", *keys, *(("bin", "pcn", "rxgrp") if rx else ())]))
    shown = chance.choice((person.name, person.name.upper(), person.name_last_first))
    entries = [
        (
            chance.choice(("Member", "Member name", "Subscriber", "Name", "Insured")),
            holder(page, person, shown),
        )
    ]
    words = {"plan": "Plan", "since": "Effective", "payer_id": "Payer ID"}
    entries += [(k if k in ("member", "group") else words[k], c[k]) for k in keys]
    if rx:
        entries += [("RxBIN", c["bin"]), ("RxPCN", c["pcn"]), ("RxGrp", c["rxgrp"])]
    return f"<style>{CARD_CSS}</style><div class=k><h3>{c['payer']}</h3>{block(style, entries)}<p>Copay: office visit $25, specialist $50</p></div>"


def consent(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A signed consent."""
    place = page.f(Fact("facility", rng.choice(CLINICS).name))
    title = chance.choice(
        (
            "Consent to Treatment",
            "Informed Consent for Procedure",
            "Consent for Telehealth Visits",
            "Authorization to Release Records",
        )
    )
    who = patient(page, style, person, ("name", "dob"))
    if chance.random() < 0.5:
        ink = page.drawn(Fact("consent.signed", "Signature", "true"), SIGNATURE)
    else:
        ink = page.f(Fact("consent.signed", f"/s/ {person.name}", "true"))
    when = page.f(on("consent.signed_date", recent(rng), style.date), "doc.date_signed", "doc.date")
    signs = [(chance.choice(("Signature", "Patient signature", "Signed", "Signature of patient")), ink),
             (chance.choice(("Date", "Date signed")), when)]  # fmt: skip
    text = "<p>I have read this form. I understand the purpose, the risks and the alternatives, and I agree. I may withdraw my consent at any time.</p><br>"
    first = chance.random() < 0.6
    return f"<p>{place}</p><h2>{title}</h2>{block(style, who) if first else ''}<br>{text}{'' if first else block(style, who)}{block(style, signs)}"


def _money(cents: int) -> tuple[str, str]:
    return f"${cents / 100:,.2f}", f"{cents / 100:.2f}"


def claim(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A claim with one or two service lines."""
    c = cover(page, person, "payer member group")
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    parts = [rng.randrange(8000, 30000) for _ in range(chance.choice((1, 2)))]
    total, value = _money(sum(parts))
    entries = [*patient(page, style, person, ("name", "dob", "sex")), ("member", c["member"]), ("group", c["group"]),
               ("claim", page.f(Fact("claim.number", f"{rng.choice('CKX')}{rng.randrange(10**7, 10**8)}")))]  # fmt: skip
    served = [page.f(on("doc.date_service", when, style.date)), f"{when:{style.date}}"]
    codes = run(
        page, [Fact("diagnosis", d.code, d.code, {"code": d.code}) for d in person.conditions], ", "
    )
    rows = [
        [served[n], page.f(Fact("procedure", ("99214", "36415")[n])), "1", _money(cents)[0]]
        for n, cents in enumerate(parts)
    ]
    rows.append(
        [
            "",
            "",
            chance.choice(("Total", "Total charges", "TOTAL CHARGE")),
            page.f(Fact("claim.total", total, value)),
        ]
    )
    last = [("Billing provider", page.f(Fact("provider.billing", place.name))), ("NPI", page.f(Fact("provider.npi", doctor.npi))),
            ("Rendering provider", _doctor(page, "provider.rendering", doctor))]  # fmt: skip
    return (
        f"<h3>{chance.choice(('Health Insurance Claim', 'CLAIM FORM', 'Statement of Services'))}</h3><p>{chance.choice(('Insurer', 'Payer', 'Plan'))}: {c['payer']}</p>"
        f"{block(style, entries)}<br><p>Diagnosis: {codes}</p>{table(('Date of service', 'Procedure', 'Units', 'Charges'), rows, 'g')}<br>{block(style, last)}"
    )


def letter(page: Page, rng: Random, person: Person, style: Habits, chance: Random) -> str:
    """A payer's denial, request or explanation; facts in a block or in sentences."""
    c = cover(page, person, "payer member")
    when = recent(rng)
    total, value = _money(rng.randrange(12000, 250000))
    number = page.f(Fact("claim.number", f"{rng.randrange(10**9, 10**10)}"))
    due = page.f(on("doc.due_date", when + timedelta(days=chance.choice((30, 45, 60))), style.date))
    served = page.f(on("doc.date_service", when - timedelta(days=35), style.date))
    charge = page.f(Fact("claim.total", total, value))
    code = page.f(Fact("claim.denial_code", rng.choice(("CO-50", "CO-97", "PR-204", "CO-16"))))
    who = patient(page, style, person, ("name", "dob"))
    top = f"<h2>{c['payer']}</h2><p>{page.f(on('doc.date', when, style.date))}</p><br>"
    if chance.random() < 0.35:
        return (
            f"{top}<p>Dear Provider:</p><p>We cannot pay claim {number} for {who[0][1]}, born {who[1][1]}, member ID {c['member']}. "
            f"The services of {served} were billed at {charge}; reason code {code}. You may appeal until {due}.</p><p>Sincerely,<br>Claims Department</p>"
        )
    entries = [*who, ("member", c["member"]), ("claim", number), ("service", served),
               (chance.choice(("Amount billed", "Billed amount", "Total charge")), charge),
               (chance.choice(("Denial code", "Reason code")), code)]  # fmt: skip
    return f"{top}{block(style, entries)}<br><p>Dear Provider:</p><p>This claim was denied. Appeals must be received by {due}.</p><p>Sincerely,<br>Appeals</p>"
