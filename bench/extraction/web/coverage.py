"""Insurance cards, consents, claims and payers' letters as they arrive at a front desk."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from bench.extraction.web.common import SIGNATURE, cover, holder, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.cards import CARD
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, PROVIDERS
from documents.samples.sheet import Fact, on

US = "%m/%d/%Y"
CHARGES = (("99213", 16500), ("99214", 24800), ("36415", 2200), ("80053", 6100), ("93000", 9800))


def _money(page: Page, name: str, cents: int) -> str:
    return page.f(Fact(name, f"${cents / 100:,.2f}", f"{cents / 100:.2f}"))


def card_public(page: Page, rng: Random, person: Person) -> str:
    """A public programme's card: name, number, and the day each part of coverage began."""
    c = cover(page, person, "payer member since", "%m-%d-%Y")
    return (
        f"<div class='k m'><div class=band>{c['payer']}</div><p>Name/Nombre"
        f"</p><p class=b>{holder(page, person, person.name.upper())}</p><p>Member Number/Número</p><p class=b>"
        f"{c['member']}</p><table><tr><td>Entitled to/Con derecho a</td><td>Coverage starts/Cobertura empieza"
        f"</td></tr><tr><td><b>HOSPITAL &amp; MEDICAL</b></td><td><b>{c['since']}</b></td></tr></table></div>"
    )


def card_grid(page: Page, rng: Random, person: Person) -> str:
    """A commercial card: member with suffix and dependents, a grid of copays, pharmacy line."""
    c = cover(page, person, "payer plan member group bin pcn rxgrp")
    subscriber = page.f(Fact("insurance.subscriber", person.name), "patient.name")
    copays = table((), [["PCP", "$25", "Specialist", "$50"], ["Urgent", "$60", "ER", "$300"]], "c")
    return (
        f"<div class=k><table class=f><tr><td><b class=big>{c['payer']}</b></td><td class=e>{c['plan']}</td>"
        f"</tr></table><p><small>SUBSCRIBER</small> {subscriber}</p><p><small>ID"
        f"</small> <b>{c['member']}</b> &nbsp; <small>GRP</small> <b>{c['group']}</b></p><p><small>DEPENDENTS"
        f"</small> 02 SPOUSE &nbsp; 03 CHILD</p>{copays}<p class=x>Rx BIN {c['bin']} &nbsp;|&nbsp; PCN "
        f"{c['pcn']} &nbsp;|&nbsp; GRP {c['rxgrp']}</p></div>"
    )


def card_hmo(page: Page, rng: Random, person: Person) -> str:
    """An HMO card naming the primary care doctor, labels right of a line, back side below."""
    c = cover(page, person, "payer plan member group payer_id since", "%m-%d-%Y")
    doctor = rng.choice(PROVIDERS)
    pcp = page.f(Fact("provider.pcp", doctor.display, doctor.name))
    rows = (("Member:", holder(page, person, person.name_last_first)), ("Member ID:", c["member"]),
            ("Group No:", c["group"]), ("Plan:", c["plan"]), ("PCP:", pcp), ("Eff. date:", c["since"]))  # fmt: skip
    body = "".join(
        f"<tr><td class=e>{label}</td><td><b>{value}</b></td></tr>" for label, value in rows
    )
    return (
        f"<div class='k o'><b class=big>{c['payer']}</b><table>{body}</table></div><br><div class='k o'>"
        f"<p>Referrals are needed for specialists. Member services: 1-800-555-0161.</p><p>Send claims to: "
        f"P.O. Box 9020, Fairview, IL 62999. Electronic payer ID: {c['payer_id']}</p></div>"
    )


def consent_video(page: Page, rng: Random, person: Person) -> str:
    """Telehealth: a ticked statement and an electronic signature stamp."""
    when = recent(rng)
    w = who(page, person, US, "name dob mrn")
    typed = page.f(Fact("consent.signed", f"Electronically signed by {person.name}", "true"))
    signed = page.f(on("consent.signed_date", when, US), "doc.date_signed", "doc.date")
    return (
        f"<h3>{page.f(Fact('facility', rng.choice(CLINICS).name))}</h3><h2>Telehealth Informed Consent</h2>"
        f"<p>Patient: {w['name']} &nbsp; DOB: {w['dob']} &nbsp; MRN: {w['mrn']}</p><ol><li>I understand that "
        "telehealth uses video and that it has limits and risks.</li><li>I may withdraw this consent at any "
        "time without losing care.</li><li>Visits are not recorded.</li></ol><p>&#9745; I have read and agree "
        f"to the above.</p><div class=st>{typed}<br>{signed} 3:14 PM CST<br>IP address 192.0.2.14</div>"
    )


def consent_procedure(page: Page, rng: Random, person: Person) -> str:
    """A procedure: blanks filled in the text, signed by patient and witness with dates."""
    when = recent(rng)
    w = who(page, person, "%-m/%-d/%Y", "name dob")
    ink = page.drawn(Fact("consent.signed", "Signature", "true"), SIGNATURE)
    signed = page.f(on("consent.signed_date", when, "%-m/%-d/%Y"), "doc.date_signed", "doc.date")
    doctor = rng.choice(PROVIDERS)
    name = page.f(Fact("provider.rendering", doctor.display, doctor.name, {"optional": True}))
    return (
        f"<p class=e>{page.f(Fact('facility', rng.choice(CLINICS).name))}</p><h2>CONSENT FOR PROCEDURE</h2>"
        f"<p>Patient name: <u>{w['name']}</u> &nbsp; Date of birth: <u>{w['dob']}</u></p><br><p>I authorize "
        f"<u>{name}</u> to perform <u>skin lesion removal, left forearm</u>. The nature and purpose of the "
        "procedure, its risks (bleeding, infection, scarring) and the alternatives were explained to me and "
        "my questions were answered. I consent to local anesthesia.</p><br><table class=w><tr><td class=u>"
        f"{ink}</td><td class=u>{signed}</td></tr><tr><td>Patient signature</td><td>Date</td></tr><tr><td "
        f"class=u>{SIGNATURE}</td><td class=u>{when:%-m/%-d/%Y}</td></tr><tr><td>Witness</td><td>Date</td>"
        "</tr></table>"
    )


def _lines(
    page: Page, rng: Random, when: date
) -> tuple[list[tuple[str, str, str]], int]:  # fmt: skip
    """Date, procedure and charge of each line, and what they add up to in cents."""
    picked = rng.sample(CHARGES, rng.randrange(2, 4))
    rows = [(f"{when:%m/%d/%y}", page.f(Fact("procedure", code)), f"{cents / 100:.2f}")
            for code, cents in picked]  # fmt: skip
    return rows, sum(cents for _, cents in picked)


def claim_red(page: Page, rng: Random, person: Person) -> str:
    """A professional claim on the well-known red form: numbered boxes, typed answers."""
    c = cover(page, person, "payer member group plan")
    when, doctor, place = recent(rng), rng.choice(PROVIDERS), rng.choice(CLINICS)
    w = who(page, person, "%m %d %Y", "name dob s phone address", last_first=True)
    rows, cents = _lines(page, rng, when)
    served = page.f(on("doc.date_service", when, "%m/%d/%y"))
    rows[0] = (served, *rows[0][1:])
    codes = " &nbsp; ".join(
        f"{letter}. {page.f(Fact('diagnosis', d.code, d.code, {'code': d.code}))}"
        for letter, d in zip("ABC", person.conditions, strict=False)
    )

    def b(label: str, value: str, span: int = 1) -> str:
        return f"<td colspan={span}><small>{label}</small><br><tt>{value}</tt></td>"

    body = "".join(
        f"<tr>{b('24. A. DATE(S) OF SERVICE', at, 2)}{b('B. POS', '11')}{b('D. CPT/HCPCS', code)}"
        f"{b('F. $ CHARGES', charge)}{b('G. UNITS', '1')}</tr>"
        for at, code, charge in rows
    )
    total = page.f(Fact("claim.total", f"{cents / 100:.2f}"))
    return (
        f"<div class=pay><tt>{c['payer']}</tt></div><h3>HEALTH INSURANCE CLAIM FORM</h3><table class=g><tr>"
        f"{b('1. COVERAGE', 'GROUP HEALTH PLAN [X]', 3)}{b('1a. INSURED&#39;S I.D. NUMBER', c['member'], 3)}</tr>"
        f"<tr>{b('2. PATIENT&#39;S NAME (Last Name, First Name)', w['name'], 3)}"
        f"{b('3. PATIENT&#39;S BIRTH DATE', w['dob'], 2)}{b('SEX', w['s'])}</tr><tr>"
        f"{b('5. PATIENT&#39;S ADDRESS', w['address'], 4)}{b('TELEPHONE', w['phone'], 2)}</tr><tr>"
        f"{b('6. PATIENT RELATIONSHIP TO INSURED', 'SELF', 2)}{b('11. INSURED&#39;S POLICY GROUP', c['group'], 2)}"
        f"{b('11c. INSURANCE PLAN NAME', c['plan'], 2)}</tr><tr>"
        f"{b('21. DIAGNOSIS OR NATURE OF ILLNESS OR INJURY  ICD Ind. 0', codes, 6)}</tr>{body}<tr>"
        f"{b('25. FEDERAL TAX I.D.', '99-0000000', 2)}{b('27. ACCEPT ASSIGNMENT?', 'YES', 2)}"
        f"{b('28. TOTAL CHARGE', '$ ' + total)}{b('29. AMOUNT PAID', '')}</tr><tr>"
        f"{b('31. SIGNATURE OF PHYSICIAN OR SUPPLIER', page.f(Fact('provider.rendering', doctor.display, doctor.name)), 2)}"
        f"{b('33. BILLING PROVIDER INFO', page.f(Fact('provider.billing', place.name)), 2)}"
        f"{b('a. NPI', page.f(Fact('provider.npi', doctor.npi)), 2)}</tr></table>"
    )


def claim_superbill(page: Page, rng: Random, person: Person) -> str:
    """An itemised bill the member sends in: charges, a payment at the desk, the balance."""
    c = cover(page, person, "payer member")
    when, doctor, place = recent(rng), rng.choice(PROVIDERS), rng.choice(CLINICS)
    w = who(page, person, US, "name dob")
    rows, cents = _lines(page, rng, when)
    served = page.f(on("doc.date_service", when, US))
    dx = ", ".join(
        page.f(Fact("diagnosis", d.code, d.code, {"code": d.code})) for d in person.conditions
    )
    paid = 4000
    lines = [[code, charge] for _, code, charge in rows]
    return (
        f"<table class=hd><tr><td><b class=big>{page.f(Fact('provider.billing', place.name), 'facility')}</b><br>"
        f"{place.street}<br>{place.city}</td><td class=e><b class=big>SUPERBILL</b><br>No. "
        f"{page.f(Fact('claim.number', f'SB-{rng.randrange(10**5, 10**6)}'))}<br>Tax ID 99-0000000</td></tr>"
        f"</table><br><table class=hd><tr><td>Patient: {w['name']}<br>DOB: {w['dob']}</td><td>Insurance: "
        f"{c['payer']}<br>Policy ID: {c['member']}</td><td>Date of service: {served}<br>Provider: "
        f"{page.f(Fact('provider.rendering', doctor.display, doctor.name))}<br>NPI: "
        f"{page.f(Fact('provider.npi', doctor.npi))}</td></tr></table><br><p>Dx: {dx}</p><br>"
        f"{table(('CPT', 'Charge ($)'), lines, 'g')}<br><p>Total charges: {_money(page, 'claim.total', cents)}"
        f"</p><p>Paid at visit: {_money(page, 'claim.paid', paid)}</p><p>Balance: "
        f"${(cents - paid) / 100:,.2f}</p>"
    )


def letter_remittance(page: Page, rng: Random, person: Person) -> str:
    """A remittance to the practice: one claim of several lines, totals beneath, a code key."""
    c = cover(page, person, "payer member")
    when = recent(rng)
    served = when - timedelta(days=24)
    w = who(page, person, US, "name", last_first=True)
    picked = rng.sample(CHARGES, 3)
    rows = [[f"{served:%m/%d/%Y}", code, f"{cents / 100:,.2f}", f"{cents * 6 // 1000 / 10:,.2f}", "0.00"]
            for code, cents in picked]  # fmt: skip
    rows[0][0] = page.f(on("doc.date_service", served, US))
    for row in rows:
        row[1] = page.f(Fact("procedure", row[1], attrs={"optional": True}))
    total = page.f(Fact("claim.total", f"{sum(cents for _, cents in picked) / 100:,.2f}",
                        f"{sum(cents for _, cents in picked) / 100:.2f}"))  # fmt: skip
    rows.append(["<b>CLAIM TOTAL</b>", "", total, "", page.f(Fact("claim.paid", "0.00"))])
    code = page.f(Fact("claim.denial_code", rng.choice(("CO-16", "CO-97", "PR-96"))))
    place = rng.choice(CLINICS)
    return (
        f"<b class=big>{c['payer']}</b><p class=e>PROVIDER REMITTANCE ADVICE<br>Date: "
        f"{page.f(on('doc.date', when, US))}<br>Check/EFT: 000{rng.randrange(10**5, 10**6)}</p><p>"
        f"{page.f(Fact('provider.billing', place.name))}<br>{place.street}<br>{place.city}</p><br><p class=bar>"
        f"PATIENT: {w['name']} &nbsp; MEMBER ID: {c['member']} &nbsp; CLAIM #: "
        f"{page.f(Fact('claim.number', f'{served:%Y%j}{rng.randrange(10**5, 10**6)}'))}</p>"
        + table(("Service date", "Code", "Billed", "Allowed", "Paid"), rows, "g")
        + f"<br><p>Reason code: {code} - see the key on the back of this page.</p>"
    )


def letter_no(page: Page, rng: Random, person: Person) -> str:
    """Prior authorization is refused: a block of references, the reason, the last day of appeal."""
    c = cover(page, person, "payer member group")
    when, doctor = recent(rng), rng.choice(PROVIDERS)
    w = who(page, person, "%B %-d, %Y", "name dob")
    reference = Fact("claim.number", f"UM{rng.randrange(10**7, 10**8)}", None, {"optional": True})
    rows = [
        ["Member:", w["name"]], ["Date of birth:", w["dob"]], ["Member ID:", c["member"]],
        ["Group:", c["group"]], ["Reference #:", page.f(reference)],
        ["Requesting provider:", page.f(Fact("provider.ordering", doctor.display, doctor.name))],
        ["Service requested:", "MRI, lumbar spine, without contrast (CPT 72148)"],
    ]  # fmt: skip
    due = page.f(on("doc.due_date", when + timedelta(days=180), "%B %-d, %Y"))
    return (
        f"<div class=top>{c['payer']}</div><p>{page.f(on('doc.date', when, '%B %-d, %Y'))}</p><br><h3>Notice "
        f"of Adverse Determination</h3>{table((), rows)}<br><p>We cannot approve this request. The records "
        "do not show six weeks of physical therapy or home exercise before imaging.</p><br><p><b>Your right "
        f"to appeal.</b> An appeal must reach us on or before {due}. For an expedited decision within 72 "
        "hours call 1-800-555-0139.</p><br><p>Medical Director<br>Utilization Management</p>"
    )


def letter_fax(page: Page, rng: Random, person: Person) -> str:
    """A faxed request for records with tick boxes and a bar code line."""
    c = cover(page, person, "payer member")
    when = recent(rng)
    w = who(page, person, US, "name dob")
    served = when - timedelta(days=33)
    due = page.f(on("doc.due_date", when + timedelta(days=15), US))
    place = rng.choice(CLINICS)
    cents = rng.randrange(15000, 90000)
    return (
        f"<pre class=s>{when:%m/%d/%Y} 08:14 FAX 8005550177 -> PROVIDER  001/001</pre><h2>{c['payer']}</h2>"
        f"<h3>MEDICAL RECORDS REQUEST - TIME SENSITIVE</h3><p>To: "
        f"{page.f(Fact('provider.billing', place.name))} &nbsp; Fax: {place.fax}</p><p>Letter date: "
        f"{page.f(on('doc.date', when, US))}</p><table class=g><tr><td>Member name<br>{w['name']}</td><td>"
        f"Member DOB<br>{w['dob']}</td><td>Member ID<br>{c['member']}</td></tr><tr><td>Claim number<br>"
        f"{page.f(Fact('claim.number', f'{rng.randrange(10**11, 10**12)}'))}</td><td>Date of service<br>"
        f"{page.f(on('doc.date_service', served, US))}</td><td>Billed charges<br>"
        f"{_money(page, 'claim.total', cents)}</td></tr></table><p>Please send: &#9745; Office notes &nbsp; "
        f"&#9745; Lab results &nbsp; &#9744; Operative report</p><br><p>Return by <b>{due}</b> or the claim "
        "will be denied for lack of information. Fax to 800-555-0178.</p>"
    )


SANS = "body { font-family: 'Liberation Sans', sans-serif; font-size: 9.5pt }"
SERIF = "body { font-family: 'Liberation Serif', serif; font-size: 11pt }"
CARDS = SANS + (
    " body { font-size: 7.4pt } .k { width: 245pt; height: 150pt; padding: 10pt; overflow: hidden } .e { text-align:"
    " right } .f { width: 100% } .big { font-size: 12pt } small { font-size: 5.6pt; color: #555 } td { padding: 1pt 4pt }"
)
GRID = " .g { width: 100% } .g td, .g th { border: .6pt solid #555 } .e { text-align: right } .big { font-size: 14pt } "
LAYOUTS = (
    WebLayout("print-card-public", "insurance_card", card_public, CARDS + " .band { background: #b22234; color: #fff; font-size: 12pt; padding: 3pt 6pt; margin: -10pt -10pt 8pt } .b { font-size: 10pt; font-weight: bold; margin-bottom: 4pt }", CARD, 0, held_out=True),
    WebLayout("print-card-grid", "insurance_card", card_grid, CARDS + " .c { margin: 5pt 0 } .c td { border: .4pt solid #888; width: 44pt } p { margin: 3pt 0 } .x { background: #e8eef5; padding: 3pt }", CARD, 0),
    WebLayout("print-card-hmo", "insurance_card", card_hmo, CARDS + " .o { border: 1pt solid #3b7a57; border-radius: 8pt; margin: 20pt 0 0 90pt } .o p { margin-bottom: 6pt }", held_out=True),
    WebLayout("print-consent-video", "consent_form", consent_video, SANS + " .st { border: 1.2pt solid #2563eb; color: #1e3a8a; width: 260pt; padding: 7pt; margin-top: 16pt } ol { margin: 10pt 0; padding-left: 16pt } h2 { margin: 8pt 0 }", held_out=True),
    WebLayout("print-consent-procedure", "consent_form", consent_procedure, SERIF + " .e { text-align: right } .w { width: 90% } .u { border-bottom: .7pt solid #000; padding-top: 16pt }", margin=62),
    WebLayout("print-claim-red", "claim_form", claim_red, SANS + " body { color: #b3261e } tt { color: #111; font-family: 'Liberation Mono'; font-size: 9pt } small { font-size: 5.8pt } .g { width: 100% } .g td { border: .5pt solid #b3261e; padding: 1pt 3pt } .pay { text-align: right; margin-bottom: 8pt }", held_out=True),
    WebLayout("print-claim-superbill", "claim_form", claim_superbill, SANS + GRID + " .hd { width: 100% }"),
    WebLayout("print-letter-remittance", "payer_letter", letter_remittance, SANS + GRID + " .bar { background: #ddd; padding: 3pt; font-size: 8.5pt }", held_out=True),
    WebLayout("print-letter-no", "payer_letter", letter_no, SERIF + " .top { color: #1a4e8a; font-size: 20pt; border-bottom: 2pt solid #1a4e8a; margin-bottom: 14pt }", margin=60),
    WebLayout("print-letter-fax", "payer_letter", letter_fax, SANS + GRID + " .s { font-size: 7pt; margin: 0 } .g { margin: 10pt 0 } h2 { border-bottom: 1pt solid #000 }", held_out=True),
)  # fmt: skip
