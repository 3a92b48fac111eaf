"""Papers as instruments, portals and payers print them: slips, side panels, totals, trends."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import (
    CONDENSED,
    MONO,
    SANS,
    SERIF,
    SIGNATURE,
    cell,
    day,
    table,
    who,
)
from bench.extraction.web.page import Page, WebLayout
from documents.samples.labs import lab_case, printed_range, recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PROVIDERS
from documents.samples.sheet import Fact, on

GRID = " .g td, .g th { border: .6pt solid #444; padding: 2pt 5pt } .g { width: 100% } "
PANEL = (
    " .w { display: grid; grid-template-columns: 170pt 1fr; gap: 16pt } .s { background: #eef2fa; padding: 8pt }"
    " dt { color: #555 } dd { margin: 0 0 5pt 0 } body { font-family: 'Liberation Sans', sans-serif }"
)
_SIGNS = {"H": "+", "L": "-"}


def slip(page: Page, rng: Random, person: Person) -> str:
    """An analyser's narrow slip: signs for flags, limits last."""
    case = lab_case(rng, person)
    w = who(page, person, "%Y/%m/%d", "name dob mrn")
    taken = day(page, "doc.date_collected", case.collected, "%Y/%m/%d")
    rows = [
        [
            escape(row.name),
            cell(page, row, case.collected, printed_range(row, "plain")),
            _SIGNS.get(row.flag, ""),
            escape(row.unit),
            escape(printed_range(row, "plain")),
        ]
        for _title, panel in case.panels[:1]
        for row in panel
    ]
    return (
        f"<p>{page.f(Fact('facility', case.laboratory.name))}</p><p>Collected {taken}</p><p>Patient ID {w['mrn']}</p>"
        f"<p>Name {w['name']}</p><p>DOB {w['dob']}</p><hr>{table(('Item', 'Data', '', 'Unit', 'Limits'), rows)}"
    )


def units_on_top(page: Page, rng: Random, person: Person) -> str:
    """Tests as columns, the unit in brackets behind each name."""
    case = lab_case(rng, person)
    w = who(page, person, "%m/%d/%Y", "name dob")
    rows = [row for row in case.panels[0][1] if row.unit and len(row.name) < 18][:5]
    ranges = [printed_range(row, "plain") for row in rows]
    values = [
        cell(page, row, case.collected, raw, flagged=False)
        for row, raw in zip(rows, ranges, strict=True)
    ]
    heads = [f"{escape(row.name)} ({escape(row.unit)})" for row in rows]
    return (
        f"<h3>{page.f(Fact('facility', case.laboratory.name))}</h3><p>Patient: {w['name']} &nbsp; DOB: {w['dob']} &nbsp; Drawn: "
        f"{day(page, 'doc.date_collected', case.collected, '%m/%d/%Y')}</p><br>{table((), [heads, values, map(escape, ranges)], 'g')}"
    )


def trend(page: Page, rng: Random, person: Person) -> str:
    """A flow sheet: range and unit before two days' results."""
    case = lab_case(rng, person)
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    earlier = lab_case(rng, person)
    before = case.collected - timedelta(days=182)
    old = {row.name: row for _t, panel in earlier.panels for row in panel}
    rows = []
    for row in case.panels[0][1]:
        raw = printed_range(row, "plain")
        past = old.get(row.name)
        last = cell(page, past, before, raw, flagged=False) if past and past.unit == row.unit and (past.low, past.high) == (row.low, row.high) else ""  # fmt: skip
        rows.append(
            [escape(row.name), escape(raw), escape(row.unit), cell(page, row, case.collected, raw, flagged=False), last]
        )  # fmt: skip
    heads = ("Component", "Range", "Units", f"{case.collected:%m/%d/%Y}", f"{before:%m/%d/%Y}")
    return (
        f"<b>{page.f(Fact('facility', case.laboratory.name))}</b><p>{w['name']} &nbsp; DOB: {w['dob']} &nbsp; MRN: {w['mrn']}</p>"
        f"{table(heads, rows)}"
    )


def side_panel(page: Page, rng: Random, person: Person) -> str:
    """Two texts side by side whose lines do not meet: labels over values in the left one."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    seen = page.f(Fact("provider.rendering", doctor.display, doctor.name), "provider.author")
    problems = "".join(
        f"<li>{page.f(Fact('diagnosis', one.name, attrs={'code': one.code}))}</li>"
        for one in person.conditions
    )
    allergies = "<br>".join(page.f(Fact("allergy", one.substance)) for one in person.allergies)
    return (
        f"<div class=w><div class=s><b>{w['name']}</b><br>DOB<br>{w['dob']}<br>MRN<br>{w['mrn']}<br><br><b>Allergies</b><br>"
        f"{allergies or 'None known'}</div><div><h3>{page.f(Fact('facility', place.name))}</h3><h4>Office visit note</h4>"
        f"<p>Visit date: {day(page, 'doc.date_service', when, '%m/%d/%Y')}</p><p>Seen by: {seen}</p><h4>Assessment</h4>"
        f"<ol>{problems}</ol><h4>Plan</h4><p>Return in 3 months.</p></div></div>"
    )


def benefits(page: Page, rng: Random, person: Person) -> str:
    """An explanation of benefits with two lines and their totals."""
    c = person.coverage
    w = who(page, person, "%m/%d/%Y", "name")
    when, doctor = recent(rng), rng.choice(PROVIDERS)
    billed = [rng.randrange(9000, 30000), rng.randrange(2000, 8000)]
    paid = [billed[0] // 2, billed[1] // 3]

    def total(name: str, cents: int) -> str:
        return page.f(Fact(name, f"${cents / 100:,.2f}", f"{cents / 100:.2f}"))

    served = when - timedelta(days=30)
    lines = [
        [page.f(on("doc.date_service", served, "%m/%d/%Y")), "Office visit", f"${billed[0] / 100:,.2f}", f"${paid[0] / 100:,.2f}"],
        [f"{served:%m/%d/%Y}", "Laboratory", f"${billed[1] / 100:,.2f}", f"${paid[1] / 100:,.2f}"],
        ["Claim totals", "", total("claim.total", sum(billed)), total("claim.paid", sum(paid))],
    ]  # fmt: skip
    return (
        f"<h3>{page.f(Fact('insurance.payer', c.payer))}</h3><p>Explanation of Benefits. This is not a bill.</p><p>Statement date: "
        f"{page.f(on('doc.date', when, '%m/%d/%Y'))}</p><p>Member name: {w['name']}<br>Member ID: "
        f"{page.f(Fact('insurance.member_id', c.member_id))}<br>Claim number: {page.f(Fact('claim.number', f'{when:%Y%m}-{rng.randrange(10**4, 10**5)}'))}"
        f"<br>Provider: {page.f(Fact('provider.rendering', doctor.display, doctor.name))}</p>"
        f"{table(('Service date', 'Description', 'Amount billed', 'Plan paid'), lines, 'g')}"
    )


def signed_beside(page: Page, rng: Random, person: Person) -> str:
    """A consent whose signature stands behind the word, its date in the next cell."""
    w = who(page, person, "%m/%d/%Y", "name dob")
    signed = page.f(
        on("consent.signed_date", recent(rng), "%m/%d/%Y"), "doc.date_signed", "doc.date"
    )
    ink = page.drawn(Fact("consent.signed", "Signature", "true"), SIGNATURE)
    return (
        f"<p><b>{page.f(Fact('facility', rng.choice(CLINICS).name))}</b></p><h3>Telehealth Informed Consent</h3><p>Client name: {w['name']}"
        f" &nbsp; Birthdate: {w['dob']}</p><p>I understand the risks and benefits and agree to receive services by video.</p><br>"
        f"{table((), [[f'Signed: {ink}', f'Date signed: {signed}']])}"
    )


def framed(page: Page, rng: Random, person: Person) -> str:
    """An imaging report under a framed head of labels and values in four columns."""
    w = who(page, person, "%m/%d/%Y", "name dob mrn", last_first=True)
    when, doctor, reader = recent(rng), rng.choice(PROVIDERS), rng.choice(PROVIDERS)
    head = [
        ["Patient", w["name"], "Exam date", day(page, "doc.date_service", when, "%m/%d/%Y")],
        ["Date of birth", w["dob"], "Ordered by", page.f(Fact("provider.ordering", doctor.display, doctor.name))],
        ["Patient ID", w["mrn"], "", ""],
    ]  # fmt: skip
    return (
        f"<p>{page.f(Fact('facility', rng.choice(CLINICS).name))}</p>{table((), head, 'g')}<br><p><b>Procedure:</b> "
        f"{page.f(Fact('imaging.exam', 'CT Head Without Contrast'))}</p><p><b>Findings:</b> No hemorrhage. Ventricles are normal.</p>"
        f"<p><b>Impression:</b></p><p>{page.f(Fact('imaging.impression', 'No acute intracranial abnormality.'))}</p>"
        f"<p>Radiologist: {page.f(Fact('provider.author', reader.display, reader.name))}</p>"
    )


def empty_claim(_page: Page, _rng: Random, _person: Person) -> str:
    """A claim form nobody has filled in."""
    boxes = [
        ["1a. INSURED'S I.D. NUMBER", "2. PATIENT'S NAME (Last Name, First Name)", "3. PATIENT'S BIRTH DATE &nbsp; SEX<br>MM DD YY &nbsp; M [ ] F [ ]"],
        ["21. DIAGNOSIS OR NATURE OF ILLNESS OR INJURY<br>A. ____ B. ____", "28. TOTAL CHARGE<br>$", "33. BILLING PROVIDER INFO &amp; PH #<br>( &nbsp; )"],
    ]  # fmt: skip
    return f"<h3>HEALTH INSURANCE CLAIM FORM</h3>{table((), boxes, 'g')}<p>APPROVED OMB-0938-1197 FORM 1500 (02-12)</p>"


LAYOUTS = (
    WebLayout("web-lab-slip", "lab", slip, MONO, (340.0, 620.0), 14),
    WebLayout("web-lab-unitstop", "lab", units_on_top, SANS + GRID),
    WebLayout("web-lab-trend", "lab", trend, CONDENSED, held_out=True),
    WebLayout("web-visit-panel", "summary", side_panel, PANEL),
    WebLayout("web-letter-benefits", "payer_letter", benefits, SANS + GRID),
    WebLayout("web-consent-beside", "consent_form", signed_beside, SERIF),
    WebLayout("web-imaging-framed", "imaging", framed, SANS + GRID, held_out=True),
    WebLayout("web-claim-empty", "claim_form", empty_claim, SANS + GRID, blank=True),
)
