"""Cards, claims, consents and payers' letters as browsers print them, and a form left empty."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from bench.extraction.web.common import (
    CONDENSED,
    MONO,
    SANS,
    SERIF,
    SIGNATURE,
    cover,
    holder,
    pairs,
    table,
    who,
)
from bench.extraction.web.page import Page, WebLayout
from documents.samples.cards import CARD
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PROVIDERS
from documents.samples.sheet import Fact, on

GRID = " .g td, .g th { border: .6pt solid #444 } .g { width: 100% } small { font-size: 6.5pt; color: #555 } "
CARD_CSS = (
    " body { font-size: 7pt } .k { width: 243pt; height: 153pt; padding: 9pt } td { padding: 1pt 8pt 1pt 0 }"
    " small { font-size: 5pt } h3 { font-size: 11pt }"
)


def card_dark(page: Page, rng: Random, person: Person) -> str:
    """White on dark, identifier first, labels behind dots."""
    c = cover(page, person, "payer member group plan bin pcn rxgrp")
    return (
        f"<div class='k d'><h3>{c['payer']}</h3><br><p>Member ID &middot; <b>{c['member']}</b></p>"
        f"<p>Name &middot; {holder(page, person, person.name)}</p><p>Group &middot; {c['group']} &nbsp; Plan &middot; "
        f"{c['plan']}</p><br><p>RxBIN &middot; {c['bin']} &nbsp; RxPCN &middot; {c['pcn']} &nbsp; RxGRP &middot; {c['rxgrp']}</p>"
        "<br><p>In network: office $25, emergency $200, deductible $2,000</p></div>"
    )


def card_columns(page: Page, rng: Random, person: Person) -> str:
    """Labels in small print above values in two columns, pharmacy at the right."""
    c = cover(page, person, "payer member group plan since payer_id bin pcn rxgrp")
    left = "".join(f"<small>{k}</small><br><b>{v}</b><br>" for k, v in (
        ("Subscriber", holder(page, person, person.name.upper())), ("Identification Number", c["member"]),
        ("Group Number", c["group"]), ("Effective Date", c["since"])))  # fmt: skip
    right = pairs(
        (
            ("RxBIN", c["bin"]),
            ("RxPCN", c["pcn"]),
            ("RxGrp", c["rxgrp"]),
            ("Payer ID", c["payer_id"]),
        )
    )
    return (
        f"<div class=k><h3>{c['payer']}</h3><p>{c['plan']}</p><table><tr><td>{left}</td><td>{right}"
        "<br>Copay: PCP $20<br>Specialist $45</td></tr></table></div>"
    )


def card_few(page: Page, rng: Random, person: Person) -> str:
    """A public plan's card with few facts, the birth date among them."""
    c = cover(page, person, "payer member since")
    born = page.f(on("patient.dob", person.dob, "%m/%d/%Y"), "insurance.subscriber_dob")
    return (
        f"<div class=k><h3>{c['payer']}</h3><p>Benefits Identification Card</p><br><p>{holder(page, person, person.name_last_first)}</p>"
        f"<p>ID No. {c['member']}</p><p>Date of Birth {born}</p><p>Issue date {c['since']}</p>"
        "<br><small>Carry this card. It does not prove that you are covered today. Help line 1-800-555-0111</small></div>"
    )


def card_sides(page: Page, rng: Random, person: Person) -> str:
    """Front and back on one sheet; the back has telephone numbers only."""
    c = cover(page, person, "payer member group plan bin pcn rxgrp payer_id")
    return (
        f"<div class='k b'><h3>{c['payer']}</h3>{pairs((('Member', holder(page, person, person.name)), ('Member ID #', c['member']), ('Group #', c['group']), ('Plan type', c['plan']), ('BIN / PCN', c['bin'] + ' / ' + c['pcn']), ('Rx Group', c['rxgrp'])))}</div>"
        f"<br><br><div class='k b'><p>Provider services 1-800-555-0144</p><p>Nurse line 1-800-555-0145 (24/7)</p><p>Electronic claims: payer ID {c['payer_id']}</p>"
        "<p>Paper claims: P.O. Box 5550, Fairview, IL 62999</p></div>"
    )


def _consent(page: Page, rng: Random, person: Person, title: str) -> tuple[str, str]:
    place = page.f(Fact("facility", rng.choice(CLINICS).name))
    when = on("consent.signed_date", recent(rng), "%m/%d/%Y")
    signed = page.f(when, "doc.date_signed", "doc.date")
    text = (
        f"<p>{place}</p><h2>{title}</h2><br><p>I consent to examination and treatment by the staff of this practice. I was told of the "
        "purpose and the risks, and I may withdraw at any time. My health plan may be billed.</p><br>"
    )
    return text, signed


def consent_general(page: Page, rng: Random, person: Person) -> str:
    """A typed signature with slashes."""
    w = who(page, person, "%m/%d/%Y", "name dob")
    text, signed = _consent(page, rng, person, "General Consent to Treat")
    name = page.f(Fact("consent.signed", f"/s/ {person.name}", "true"))
    return f"{text}<p>Patient name: {w['name']}</p><p>Date of birth: {w['dob']}</p><br><p>Signature: {name}</p><p>Date: {signed}</p>"


def consent_table(page: Page, rng: Random, person: Person) -> str:
    """The block of signatures as a table; signed by hand."""
    w = who(page, person, "%m/%d/%Y", "name dob mrn")
    text, signed = _consent(page, rng, person, "Acknowledgement of Privacy Practices and Consent")
    ink = page.drawn(Fact("consent.signed", "Signature", "true"), SIGNATURE)
    return (
        f"{table((), [['Patient: ' + w['name'], 'DOB: ' + w['dob'], 'MRN: ' + w['mrn']]], 'g')}<br>{text}"
        f"{table(('Signature of patient or representative', 'Date', 'Witness'), [[ink, signed, '']], 'g')}"
    )


def consent_lines(page: Page, rng: Random, person: Person) -> str:
    """Values on lines with their labels in small print beneath."""
    w = who(page, person, "%B %d, %Y", "name dob")
    text, signed = _consent(page, rng, person, "Consent for Immunization")
    ink = page.drawn(Fact("consent.signed", "Signature", "true"), SIGNATURE)

    def line(v: str, k: str) -> str:
        return f"<div class=u>{v}</div><small>{k}</small><br><br>"

    return f"{text}{line(w['name'], 'Name of patient')}{line(w['dob'], 'Date of birth')}{line(ink, 'Signature')}{line(signed, 'Date signed')}"


def _money(cents: int) -> tuple[str, str]:
    return f"${cents / 100:,.2f}", f"{cents / 100:.2f}"


def claim_statement(page: Page, rng: Random, person: Person) -> str:
    """An itemised statement sent as a claim; the total under the column."""
    c = cover(page, person, "payer member group")
    w = who(page, person, "%m/%d/%Y", "name dob s address")
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    cents = rng.randrange(12000, 38000)
    shown, value = _money(cents)
    served = page.f(on("doc.date_service", when, "%m/%d/%Y"))
    codes = ", ".join(
        page.f(Fact("diagnosis", d.code, d.code, {"code": d.code})) for d in person.conditions
    )
    return (
        f"<h2>Health Insurance Claim</h2><p>Claim no. {page.f(Fact('claim.number', f'{when:%y}-{rng.randrange(10**6, 10**7)}'))}</p>"
        f"<table><tr><td>{pairs((('Insurer', c['payer']), ('Member no.', c['member']), ('Group', c['group'])))}</td><td>"
        f"{pairs((('Patient', w['name']), ('Born', w['dob']), ('Sex', w['s']), ('Address', w['address'])))}</td></tr></table><br>"
        f"<p>Diagnoses: {codes}</p><br>{table(('Date', 'Service', 'Units', 'Charge'), [[served, page.f(Fact('procedure', '99214')), '1', shown], ['', '', '<b>Total charge</b>', page.f(Fact('claim.total', shown, value))]], 'g')}"
        f"<br><p>Billing provider: {page.f(Fact('provider.billing', place.name))} &nbsp; NPI: {page.f(Fact('provider.npi', doctor.npi))}</p>"
        f"<p>Rendering provider: {page.f(Fact('provider.rendering', doctor.display, doctor.name))}</p>"
    )


def claim_boxes(page: Page, rng: Random, person: Person) -> str:
    """A form in boxes with small labels in the corner, typewriter values."""
    c = cover(page, person, "payer payer_id member group")
    w = who(page, person, "%m %d %Y", "name dob s phone", last_first=True)
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    shown, value = _money(rng.randrange(12000, 38000))

    def b(label: str, text: str) -> str:
        return f"<small>{label}</small><br>{text}"

    codes = [
        b(f"21{x}. DIAGNOSIS", page.f(Fact("diagnosis", d.code, d.code, {"code": d.code})))
        for x, d in zip("ABC", person.conditions, strict=False)
    ]
    rows = [
        [b("PAYER NAME", c["payer"]), b("PAYER ID", c["payer_id"]), b("1a. INSURED'S I.D. NUMBER", c["member"])],
        [b("2. PATIENT'S NAME", w["name"]), b("3. PATIENT'S BIRTH DATE", w["dob"]), b("SEX", w["s"])],
        [b("TELEPHONE", w["phone"]), b("11. GROUP NUMBER", c["group"]), b("CLAIM NUMBER", page.f(Fact("claim.number", f"CL{rng.randrange(10**7, 10**8)}")))],
        [*codes, *[""] * (3 - len(codes))],
        [b("24A. DATE OF SERVICE", page.f(on("doc.date_service", when, "%m/%d/%Y"))), b("24D. PROCEDURE", page.f(Fact("procedure", "99214"))), b("28. TOTAL CHARGE", page.f(Fact("claim.total", shown, value)))],
        [b("33. BILLING PROVIDER", page.f(Fact("provider.billing", place.name))), b("NPI", page.f(Fact("provider.npi", doctor.npi))), b("31. RENDERING PROVIDER", page.f(Fact("provider.rendering", doctor.display, doctor.name)))],
    ]  # fmt: skip
    return f"<h3>HEALTH CLAIM FORM</h3>{table((), rows, 'g')}"


def _letter(page: Page, rng: Random, person: Person) -> tuple[str, str, int]:
    """Claim number, charge as HTML and the charge in cents."""
    cents = rng.randrange(12000, 250000)
    shown, value = _money(cents)
    number = page.f(Fact("claim.number", f"{rng.randrange(10**10, 10**11)}"))
    return number, page.f(Fact("claim.total", shown, value)), cents


def letter_table(page: Page, rng: Random, person: Person) -> str:
    """An explanation of benefits: amounts in columns with a remark code."""
    c = cover(page, person, "payer member group")
    w = who(page, person, "%m/%d/%Y", "name")
    when = recent(rng)
    number, charge, _cents = _letter(page, rng, person)
    code = page.f(Fact("claim.denial_code", rng.choice(("CO-45", "CO-97", "PR-204"))))
    served = page.f(on("doc.date_service", when - timedelta(days=30), "%m/%d/%Y"))
    return (
        f"<h2>{c['payer']}</h2><h3>Explanation of Benefits - this is not a bill</h3><p>Statement date: {page.f(on('doc.date', when, '%m/%d/%Y'))}</p>"
        f"{pairs((('Patient name', w['name']), ('Member ID', c['member']), ('Group', c['group']), ('Claim number', number), ('Provider', page.f(Fact('provider.billing', rng.choice(CLINICS).name)))))}<br>"
        f"{table(('Service date', 'Amount billed', 'Plan paid', 'Remark'), [[served, charge, page.f(Fact('claim.paid', '$0.00', '0.00')), code]], 'g')}"
    )


def letter_prose(page: Page, rng: Random, person: Person) -> str:
    """A denial with every number inside sentences."""
    c = cover(page, person, "payer member")
    w = who(page, person, "%B %d, %Y", "name dob")
    when = recent(rng)
    number, charge, _cents = _letter(page, rng, person)
    due = page.f(on("doc.due_date", when + timedelta(days=60), "%B %d, %Y"))
    served = page.f(on("doc.date_service", when - timedelta(days=40), "%B %d, %Y"))
    return (
        f"<h2>{c['payer']}</h2><br><p>{page.f(on('doc.date', when, '%B %d, %Y'))}</p><br><p>Dear Provider:</p><br><p>We have denied claim number {number} for "
        f"{w['name']} (date of birth {w['dob']}, member ID {c['member']}). The claim, for services on {served}, was for {charge}. The denial code is "
        f"{page.f(Fact('claim.denial_code', rng.choice(('CO-50', 'CO-197'))))}.</p><br><p>If you disagree, send an appeal no later than {due}.</p><br><p>Appeals Unit</p>"
    )


def letter_records(page: Page, rng: Random, person: Person) -> str:
    """A request for records with a box of facts at the right."""
    c = cover(page, person, "payer member")
    w = who(page, person, "%m/%d/%Y", "name dob")
    when = recent(rng)
    number, _charge, _cents = _letter(page, rng, person)
    due = page.f(on("doc.due_date", when + timedelta(days=30), "%m/%d/%Y"))
    return (
        f"<h2>{c['payer']}</h2><div class=q>{pairs((('Date', page.f(on('doc.date', when, '%m/%d/%Y'))), ('Member', w['name']), ('DOB', w['dob']), ('ID', c['member']), ('Claim', number), ('Amount', _charge)))}</div>"
        f"<p>Medical Records Request</p><br><p>Please send the office notes for the visit of this claim. We must have them by {due}. "
        "Claims without records are closed after 30 days.</p><br><p>Clinical Review</p>"
    )


def letter_grid(page: Page, rng: Random, person: Person) -> str:
    """An approval in a grid; its number stands where a claim number would."""
    c = cover(page, person, "payer member")
    w = who(page, person, "%m/%d/%Y", "name dob")
    when, doctor = recent(rng), rng.choice(PROVIDERS)
    number = page.f(
        Fact("claim.number", f"AUTH{rng.randrange(10**6, 10**7)}", attrs={"optional": True})
    )
    rows = [["Member name", w["name"], "Date of birth", w["dob"]], ["Member ID", c["member"], "Reference", number],
            ["Requesting provider", page.f(Fact("provider.ordering", doctor.display, doctor.name)), "Status", "Approved"]]  # fmt: skip
    return (
        f"<h2>{c['payer']}</h2><p>Utilization Management</p><br><p>{page.f(on('doc.date', when, '%m/%d/%Y'))}</p><br><h3>Authorization Notice</h3>{table((), rows, 'g')}"
        f"<br><p>Approved: physical therapy, 12 visits, {when:%m/%d/%Y} to {when + timedelta(days=90):%m/%d/%Y}.</p>"
    )


def blank_form(page: Page, rng: Random, person: Person) -> str:
    """A registration form before anybody has written on it."""
    place = rng.choice(CLINICS)
    labels = (
        "Last name",
        "First name",
        "Date of birth",
        "Sex",
        "Address",
        "Phone",
        "Insurance",
        "Member ID",
        "Group number",
        "Allergies",
        "Medications",
        "Signature",
        "Date",
    )
    return f"<h2>{place.name}</h2><h3>Patient Registration</h3>{table((), [[f'{label}:', ''] for label in labels], 'g')}<p>Form 12, rev. 03/2025</p>"


LAYOUTS = (
    WebLayout("web-card-dark", "insurance_card", card_dark, SANS + CARD_CSS + " .d { background: #14324f; color: #fff }", CARD, 0, held_out=True),
    WebLayout("web-card-columns", "insurance_card", card_columns, CONDENSED + CARD_CSS, CARD, 0),
    WebLayout("web-card-few", "insurance_card", card_few, SERIF + CARD_CSS, CARD, 0, held_out=True),
    WebLayout("web-card-sides", "insurance_card", card_sides, SANS + CARD_CSS + " .b { border: .6pt solid #555; margin-left: 60pt }"),
    WebLayout("web-consent-general", "consent_form", consent_general, SERIF, margin=60),
    WebLayout("web-consent-table", "consent_form", consent_table, SANS + GRID, held_out=True),
    WebLayout("web-consent-lines", "consent_form", consent_lines, SERIF + " .u { border-bottom: .6pt solid #333; width: 60% } small { font-size: 7pt }", held_out=True),
    WebLayout("web-claim-statement", "claim_form", claim_statement, SANS + GRID, held_out=True),
    WebLayout("web-claim-boxes", "claim_form", claim_boxes, MONO + GRID),
    WebLayout("web-letter-table", "payer_letter", letter_table, SANS + GRID),
    WebLayout("web-letter-prose", "payer_letter", letter_prose, SERIF, margin=60, held_out=True),
    WebLayout("web-letter-records", "payer_letter", letter_records, SANS + " .q { float: right; border: .6pt solid #333; margin: 0 0 10pt 10pt }"),
    WebLayout("web-letter-grid", "payer_letter", letter_grid, SERIF + GRID, held_out=True),
    WebLayout("web-blank-form", "medical_history", blank_form, SANS + GRID + " td { height: 24pt }", blank=True),
)  # fmt: skip
