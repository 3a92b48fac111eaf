"""Visits and hospital stays on paper: take-home summaries, notes, a French letter of discharge."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import SIGNATURE, allergies, day, drugs, items, run, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.clinical import (
    Vital,
    diagnosis_fact,
    medication_fact,
    vital_fact,
    vitals,
)  # fmt: skip
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, HOSPITALS, PHYSICIANS, PROVIDERS, Provider
from documents.samples.sheet import A4, Fact, on

US = "%m/%d/%Y"
FRENCH_DIAGNOSES = (
    ("Fibrillation auriculaire", "I48.9"), ("Hypertension artérielle", "I10"),
    ("Diabète de type 2", "E11.9"), ("Insuffisance cardiaque", "I50.9"), ("Hypothyroïdie", "E03.9"),
)  # fmt: skip
FRENCH_DRUGS = (
    ("Apixaban", "5 mg", "1 comprimé matin et soir"), ("Bisoprolol", "2.5 mg", "1 comprimé le matin"),
    ("Ramipril", "5 mg", "1 comprimé le soir"), ("Furosémide", "40 mg", "1 comprimé le matin"),
    ("Metformine", "1000 mg", "1 comprimé matin et soir"),
)  # fmt: skip


def _doctor(page: Page, name: str, doctor: Provider, text: str = "") -> str:
    return page.f(Fact(name, text or doctor.display, doctor.name))


def after_visit_box(page: Page, rng: Random, person: Person) -> str:
    """A hospital system's take-home summary: instructions on the left, today's visit in a box."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, "%-m/%-d/%Y", "name dob mrn")
    longer = {"Temperature": "Temperature (Oral)", "SpO2": "Oxygen Saturation"}
    taken = "".join(
        f"<tr><td>{longer.get(v.label, v.label)}</td><td><b>{page.f(vital_fact(v))}</b> "
        f"{escape(v.unit)}</td></tr>"
        for v in vitals(rng, person, long=True)
        if v.label != "Resp. Rate"
    )
    meds = "".join(
        f"<div class=md><b>{page.f(Fact('medication', f'{m.name} {m.strength} {m.form}', f'{m.name} {m.strength}'))}"
        f"</b><br>Take {escape(m.directions)}</div>" for m in person.medications
    )  # fmt: skip
    back = when + timedelta(days=91)
    return (
        f"<div class=top><h1>AFTER VISIT SUMMARY</h1><p>{w['name']} &nbsp; MRN: {w['mrn']} &nbsp; DOB: "
        f"{w['dob']}</p></div><div class=side><h4>Today's Visit</h4><p>You saw "
        f"{_doctor(page, 'provider.rendering', doctor)} on "
        f"{day(page, 'doc.date_service', when, '%A %B %-d, %Y')}. The following issues were addressed:</p>"
        f"{items(page.f(diagnosis_fact(c, 'bare')) for c in person.conditions)}<table>{taken}</table>"
        f"<h4>Allergies</h4><p>{allergies(page, person)}</p></div><div class=main><h3>Instructions</h3>"
        f"<p>Check your blood pressure twice a week. Return in about 3 months (around {back:%-m/%-d/%Y})."
        f"</p><h3>What's Next</h3><p>{back:%b %-d}: Office visit, 9:40 AM, {place.street}</p>"
        f"<h3>Your Medication List as of {when:%B %-d, %Y} 10:32 AM</h3>{meds}<br><p class=s>"
        f"{page.f(Fact('facility', place.name))} &nbsp; {place.phone}</p></div>"
    )


def note_typed(page: Page, rng: Random, person: Person) -> str:
    """A typed SOAP note in capitals and short forms; vital signs run into one line."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PHYSICIANS), recent(rng)
    w = who(page, person, "%m/%d/%y", "name dob mrn", last_first=True)
    taken = ", ".join(
        f"{v.label} {page.f(vital_fact(v))}{escape(v.unit) if v.unit == '%' else ' ' + escape(v.unit)}"
        for v in vitals(rng, person)
    )
    plan = "<br>".join(
        f"{n}. {page.f(diagnosis_fact(c, 'bare'))} - stable, continue current management."
        for n, c in enumerate(person.conditions, 1)
    )
    return (
        f"<p><b>{page.f(Fact('facility', place.name))}</b></p><p>OFFICE NOTE</p><br><p>PT: {w['name']}"
        f"<br>DOB: {w['dob']}<br>CHART: {w['mrn']}<br>DOS: {day(page, 'doc.date_service', when, '%m/%d/%y')}"
        f"</p><br><p>CC: f/u chronic problems, med refills.</p><p>S: {person.age(when)} y/o "
        f"{person.sex.lower()} here for routine f/u. Denies CP, SOB, HA. FH neg for colon CA. Taking meds as "
        f"directed.</p><p>MEDS: {run(page, [medication_fact(m, '') for m in person.medications], ', ')}</p>"
        f"<p>ALL: {allergies(page, person, 'NKDA')}</p><p>O: {taken}. Gen: NAD. Lungs CTA bilat. CV RRR.</p>"
        f"<p>A/P:<br>{plan}</p><p>RTC 3 mo. Labs before visit.</p><br><p>"
        f"{_doctor(page, 'provider.author', doctor)}<br>D: {when:%m/%d/%y} T: {when:%m/%d/%y}</p>"
    )


def stay_french(page: Page, rng: Random, person: Person) -> str:
    """A French hospital's letter at discharge."""
    out, doctor = recent(rng), rng.choice(PHYSICIANS)
    into = out - timedelta(days=rng.randrange(3, 9))
    w = who(page, person, "%d/%m/%Y", "name dob", last_first=False)
    found = items(page.f(Fact("diagnosis", f"{name} ({code})", name, {"code": code}))
                  for name, code in rng.sample(FRENCH_DIAGNOSES, 3))  # fmt: skip
    meds = items(f"{page.f(Fact('medication', f'{drug} {dose}'))} : {how}"
                 for drug, dose, how in rng.sample(FRENCH_DRUGS, 3))  # fmt: skip
    vital = Vital("Poids", str(rng.randrange(58, 96)), "kg")
    weight = page.f(
        Fact("vital", vital.value, attrs={"label": "Weight", "unit": "kg", "optional": True})
    )
    return (
        f"<h3>{page.f(Fact('facility', 'Centre Hospitalier de Valbourg'))}</h3><p>Service de cardiologie "
        "&middot; 1 avenue de la Gare, 99100 Valbourg</p><p class=e>Valbourg, le "
        f"{page.f(on('doc.date', out, '%d/%m/%Y'))}</p><h2>Compte rendu d'hospitalisation</h2><p>Patient : "
        f"<b>{w['name']}</b>, né(e) le {w['dob']}</p><p>Date d'entrée : "
        f"{page.f(on('doc.date_admitted', into, '%d/%m/%Y'))} &nbsp; Date de sortie : "
        f"{page.f(on('doc.date_discharged', out, '%d/%m/%Y'))}</p><h4>Motif d'hospitalisation</h4><p>"
        f"Dyspnée d'effort depuis 10 jours.</p><h4>Diagnostics</h4>{found}<h4>Allergies</h4><p>"
        f"{page.f(Fact('allergy', rng.choice(('Pénicilline', 'Iode', 'Aspirine'))))}</p><h4>Évolution</h4>"
        f"<p>Amélioration rapide sous traitement. Poids de sortie {weight} kg. Pas de fièvre.</p>"
        f"<h4>Traitement de sortie</h4>{meds}<br><p>Confraternellement,</p>{SIGNATURE}<p>"
        f"{_doctor(page, 'provider.author', doctor, f'Dr {doctor.name}')}</p>"
    )


def walk_in(page: Page, rng: Random, person: Person) -> str:
    """Urgent care on two halves: what was found on the left, what to take on the right."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, US, "name dob s phone")
    taken = table(("Vital", "Value"), [[v.label, f"{page.f(vital_fact(v))} {escape(v.unit)}"]
                                       for v in vitals(rng, person)], "v")  # fmt: skip
    left = (
        f"<h4>VITALS</h4>{taken}<h4>DIAGNOSES</h4>"
        f"{items((page.f(diagnosis_fact(c)) for c in person.conditions), 'ol')}"
    )
    right = (
        f"<h4>ALLERGIES</h4><p>{allergies(page, person)}</p><h4>HOME MEDICATIONS</h4>"
        f"{table(('Name', 'Dose', 'Form', 'How'), drugs(page, person), 'v')}"
        "<h4>WORK / SCHOOL</h4><p>May return in 2 days if without fever for 24 hours.</p>"
    )
    return (
        f"<div class=top><b>{page.f(Fact('facility', place.name))}</b><br>Walk-In &amp; Urgent Care"
        f", {place.street}, {place.city}</div><p>PATIENT <b>{w['name']}</b> &nbsp; BORN {w['dob']} &nbsp; "
        f"SEX {w['s']} &nbsp; TEL {w['phone']}</p><p>DATE OF SERVICE "
        f"{day(page, 'doc.date_service', when, US)} &nbsp; IN 16:02 &nbsp; OUT 17:15 &nbsp; PROVIDER "
        f"{_doctor(page, 'provider.rendering', doctor)}</p><table class=two><tr><td>{left}</td><td>{right}"
        "</td></tr></table><p class=s>Go to the emergency department for a temperature above 103 °F, "
        "chest pain or trouble breathing.</p>"
    )


def hospital_stay(page: Page, rng: Random, person: Person) -> str:
    """A hospitalist's discharge summary with labels in the margin, consultants and pending tests."""
    place, doctor, out = rng.choice(HOSPITALS), rng.choice(PHYSICIANS), recent(rng)
    into = out - timedelta(days=rng.randrange(2, 7))
    w = who(page, person, US, "name dob s mrn", last_first=True)
    done = [page.f(Fact("procedure", f"{what}, {year}", what)) for what, year in person.procedures]
    first, *more = person.conditions
    rest = "<br>".join(page.f(diagnosis_fact(c, "dash")) for c in more) or "None"
    pcp = rng.choice([d for d in PHYSICIANS if d is not doctor])
    rows = [
        ["Patient", w["name"]], ["MRN / DOB / Sex", f"{w['mrn']} / {w['dob']} / {w['s']}"],
        ["Admit date", page.f(on("doc.date_admitted", into, US))],
        ["Discharge date", day(page, "doc.date_discharged", out, US)],
        ["Attending", _doctor(page, "provider.author", doctor)],
        ["PCP", _doctor(page, "provider.pcp", pcp)],
        ["Principal diagnosis", page.f(diagnosis_fact(first, "dash"))], ["Other diagnoses", rest],
        ["Surgical history", "<br>".join(done) or "None"],
        ["Allergies", allergies(page, person)],
        ["Hospital course", "Admitted from the ED with weakness. Troponin x3 negative. IV fluids. BP rose "
         f"from 92/58 to 124/76. Walking without help on day {(out - into).days}."],
        ["Discharge meds", "<br>".join(page.f(medication_fact(m, "dash")) for m in person.medications)],
        ["Pending", "Blood cultures x2"], ["Condition", "Good"],
    ]  # fmt: skip
    body = "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in rows)
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><p>{place.street}, {place.city}</p>"
        f"<h3>Discharge Summary</h3><table class=m>{body}</table>"
    )


SANS = "body { font-family: 'Liberation Sans', sans-serif; font-size: 9.5pt }"
LAYOUTS = (
    WebLayout("print-visit-box", "summary", after_visit_box, SANS + " .top { border-bottom: 2pt solid #00657c } h1 { font-size: 18pt; color: #00657c } .side { float: right; width: 40%; border: 1pt solid #00657c; border-radius: 4pt; padding: 7pt; margin: 8pt 0 0 12pt; background: #f2f8fa } .side ul { padding-left: 14pt } h4 { margin: 6pt 0 2pt } .md { border-bottom: .4pt solid #aaa; padding: 3pt 0 } h3 { margin: 9pt 0 3pt; color: #00657c } .s { font-size: 8pt }", held_out=True),
    WebLayout("print-visit-typed", "summary", note_typed, "body { font-family: 'Liberation Mono', monospace; font-size: 9.5pt } p { margin-bottom: 5pt }", margin=58),
    WebLayout("print-stay-french", "summary", stay_french, "body { font-family: 'Liberation Serif', serif; font-size: 11pt } .e { text-align: right } h4 { margin: 7pt 0 2pt } ul { padding-left: 16pt }", A4, 58, language="fr", held_out=True),
    WebLayout("print-visit-walkin", "summary", walk_in, "body { font-family: 'Liberation Sans Narrow', sans-serif; font-size: 10pt } .top { background: #c0392b; color: #fff; padding: 6pt; margin-bottom: 6pt } .two { width: 100%; margin-top: 6pt } .two > tbody > tr > td { width: 50%; border: .6pt solid #999; padding: 6pt } .v td, .v th { border-bottom: .3pt solid #bbb; padding: 1.5pt 4pt } .v td { font-size: 9pt } ol { padding-left: 15pt } h4 { margin: 5pt 0 2pt } .s { font-size: 8pt }"),
    WebLayout("print-stay-margin", "summary", hospital_stay, "body { font-family: 'Liberation Serif', serif; font-size: 10.5pt } .m th { width: 110pt; text-align: right; border-right: .8pt solid #444; padding: 4pt 8pt } .m td { padding: 4pt 8pt } h3 { margin: 8pt 0 }", margin=50),
)  # fmt: skip
