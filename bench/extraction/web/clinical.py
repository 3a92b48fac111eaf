"""Imaging reports, histories and visit summaries as browsers print them."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import (
    CONDENSED,
    SANS,
    SERIF,
    SIGNATURE,
    allergies,
    day,
    drugs,
    items,
    pairs,
    run,
    table,
    who,
)  # fmt: skip
from bench.extraction.web.page import Page, WebLayout
from documents.samples.clinical import (
    allergy_fact,
    diagnosis_fact,
    medication_fact,
    vital_fact,
    vitals,
)  # fmt: skip
from documents.samples.imaging import STUDIES, Study
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, HOSPITALS, IMAGING, PHYSICIANS, PROVIDERS, Provider
from documents.samples.sheet import Fact, on

GRID = " .g td, .g th { border: .6pt solid #444 } .g { width: 100% } "
SIDE = (
    " .side { float: left; width: 27%; background: #eef2f6; padding: 8pt; min-height: 640pt;"
    " font-size: 8.5pt } .main { margin-left: 30% } dt { font-weight: bold; margin-top: 6pt }"
)


def _impression(page: Page, study: Study) -> str:
    text = study.impression[0]
    if len(study.impression) > 1:
        text = " ".join(f"{n}. {line}" for n, line in enumerate(study.impression, 1))
    return page.f(Fact("imaging.impression", text))


def _doctor(page: Page, name: str, doctor: Provider, *also: str) -> str:
    return page.f(Fact(name, doctor.display, doctor.name), *also)


def image_grid(page: Page, rng: Random, person: Person) -> str:
    """Everything about the study in a grid; headings run into the text."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob s mrn", last_first=True)
    grid = table((), [
        [f"Patient Name: {w['name']}", f"DOB: {w['dob']}", f"Sex: {w['s']}"],
        [f"Medical Record #: {w['mrn']}",
         f"Date of Service: {day(page, 'doc.date_service', done, '%m/%d/%Y')}",
         f"Referring Physician: {_doctor(page, 'provider.ordering', sender)}"],
    ], "g")  # fmt: skip
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><p>{place.street}, {place.city}</p><br>{grid}<br>"
        f"<p><b>Procedure:</b> {page.f(Fact('imaging.exam', study.exam))}</p><br>"
        f"<p><b>Clinical History:</b> {study.reason}</p><br><p><b>Technique:</b> {study.technique}</p><br>"
        f"<p><b>Findings:</b> {' '.join(study.findings)}</p><br>"
        f"<p><b>Impression:</b> {_impression(page, study)}</p><br><br>"
        f"<p>Electronically signed by: {_doctor(page, 'provider.author', reader)}</p>"
    )


def image_side(page: Page, rng: Random, person: Person) -> str:
    """Demographics in a sidebar, the report beside it."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%d %b %Y", "name dob sex mrn")
    entries = (
        ("Patient", w["name"]), ("Born", w["dob"]), ("Sex", w["sex"]), ("Record number", w["mrn"]),
        ("Examined on", day(page, "doc.date_service", done, "%d %b %Y")),
        ("Requested by", _doctor(page, "provider.ordering", sender)),
    )  # fmt: skip
    side = "".join(f"<dt>{a}</dt><dd>{b}</dd>" for a, b in entries)
    return (
        f"<div class=side><dl>{side}</dl></div><div class=main>"
        f"<h3>{page.f(Fact('facility', place.name))}</h3><br>"
        f"<h2>{page.f(Fact('imaging.exam', study.exam.capitalize()))}</h2><br>"
        f"<h4>Indication</h4><p>{study.reason}</p><h4>Report</h4><p>{' '.join(study.findings)}</p>"
        f"<h4>Impression</h4><p>{_impression(page, study)}</p><br>{SIGNATURE}"
        f"<p>{_doctor(page, 'provider.author', reader)}, Radiologist</p></div>"
    )


def image_letter(page: Page, rng: Random, person: Person) -> str:
    """A letter to the referring doctor."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%B %d, %Y", "name dob")
    return (
        f"<h2 class=m>{page.f(Fact('facility', place.name))}</h2><p class=m>{place.street}, {place.city}</p><br>"
        f"<p>{page.f(on('doc.date', done + timedelta(days=1), '%B %d, %Y'))}</p><br>"
        f"<p>Attention: {_doctor(page, 'provider.ordering', sender)}</p><br>"
        f"<p><b>RE: {w['name']} &nbsp; Date of birth: {w['dob']}</b></p><p><b>Exam: "
        f"{page.f(Fact('imaging.exam', study.exam))} performed "
        f"{page.f(on('doc.date_service', done, '%B %d, %Y'))}</b></p><br>"
        f"<p>Thank you for sending us this patient. {study.reason}</p><br><p>{' '.join(study.findings)}</p>"
        f"<br><p>IMPRESSION</p><p>{_impression(page, study)}</p><br><p>With kind regards,</p>{SIGNATURE}"
        f"<p>{_doctor(page, 'provider.author', reader)}</p>"
    )


def image_iso(page: Page, rng: Random, person: Person) -> str:
    """Dates year first, the conclusion under its other name, an addendum."""
    study, place = rng.choice(STUDIES), rng.choice(HOSPITALS)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%Y-%m-%d", "name dob sex mrn")
    head = pairs((
        ("Name:", w["name"]), ("Birth date:", w["dob"]), ("Gender:", w["sex"]),
        ("Patient ID:", w["mrn"]), ("Study date:", day(page, "doc.date_service", done, "%Y-%m-%d")),
        ("Accession no.:", page.f(Fact("doc.accession", f"RA{done:%y%m%d}{rng.randrange(100, 999)}"))),
        ("Ordering provider:", _doctor(page, "provider.ordering", sender)),
        ("Study:", page.f(Fact("imaging.exam", study.exam))),
    ))  # fmt: skip
    return (
        f"<h3>{page.f(Fact('facility', place.name))} - Radiology</h3>{head}<hr>"
        f"<h4>REASON FOR EXAM</h4><p>{study.reason}</p><h4>FINDINGS</h4><p>{'<br>'.join(study.findings)}</p>"
        f"<h4>CONCLUSION</h4><p>{_impression(page, study)}</p><h4>ADDENDUM</h4><p>Results were telephoned "
        f"at 16:05.</p><br><p>Reported by {_doctor(page, 'provider.author', reader)}</p>"
    )


def history_tables(page: Page, rng: Random, person: Person) -> str:
    """Problems, medicines and allergies each as a table with a header row."""
    place, when = rng.choice(CLINICS), recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob sex mrn")
    rows = [[page.f(diagnosis_fact(c, "bare")), c.code, f"{rng.randrange(2008, 2025)}", "Active"]
            for c in person.conditions]  # fmt: skip
    reacts = [[page.f(Fact("allergy", a.substance)), escape(a.reaction), "Moderate"]
              for a in person.allergies]  # fmt: skip
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><h3>Patient Health Summary</h3>"
        f"<p>Printed {page.f(on('doc.date', when, '%m/%d/%Y'))}</p>"
        f"{table(('Patient', 'Date of birth', 'Sex', 'MRN'), [[w['name'], w['dob'], w['sex'], w['mrn']]], 'g')}"
        f"<h4>Problem List</h4>{table(('Problem', 'ICD-10', 'Since', 'Status'), rows, 'g')}"
        f"<h4>Medications</h4>{table(('Drug', 'Dose', 'Form', 'Sig'), drugs(page, person), 'g')}"
        "<h4>Allergies</h4>"
        + (table(("Allergen", "Reaction", "Severity"), reacts, "g") if reacts else "<p>NKDA</p>")
    )


def history_letter(page: Page, rng: Random, person: Person) -> str:
    """A referral in prose: lists run into sentences."""
    place, when = rng.choice(CLINICS), recent(rng)
    doctor = rng.choice(PHYSICIANS)
    w = who(page, person, "%m/%d/%Y", "name dob phone")
    problems = run(page, [diagnosis_fact(c, "bare") for c in person.conditions], ", ")
    meds = run(page, [medication_fact(m, "") for m in person.medications], ", ")
    return (
        f"<table class=l><tr><td><h2>{page.f(Fact('facility', place.name))}</h2></td><td>{place.street}<br>"
        f"{place.city}<br>{place.phone}</td></tr></table><br><p>{page.f(on('doc.date', when, '%m/%d/%Y'))}</p><br>"
        f"<p>Regarding: {w['name']} (DOB {w['dob']}, phone {w['phone']})</p><br><p>Dear Doctor,</p><br>"
        f"<p>Please see this {person.age(when)}-year-old for an opinion.</p><br><p>Past medical history: "
        f"{problems}.</p><p>Medications: {meds}.</p><p>Allergies: {allergies(page, person)}.</p><br>"
        "<p>There is no history of seizures or heart attack. Thank you for your help.</p><br>"
        f"{SIGNATURE}<p>{_doctor(page, 'provider.author', doctor)}</p>"
    )


def history_record(page: Page, rng: Random, person: Person) -> str:
    """An exported record: long headings, numbered lists, codes in square brackets."""
    place, when = rng.choice(HOSPITALS), recent(rng)
    w = who(page, person, "%B %d, %Y", "name dob sex mrn address phone")
    problems = items((page.f(Fact("diagnosis", f"{c.name} [ICD-10-CM {c.code}]", c.name,
                      {"code": c.code})) for c in person.conditions), "ol")  # fmt: skip
    meds = items((page.f(medication_fact(m)) for m in person.medications), "ol")
    reacts = items([page.f(allergy_fact(a, "dash")) for a in person.allergies]
                   or ["No known allergies"], "ol")  # fmt: skip
    done = items([page.f(Fact("procedure", f"{what}, {year}", what)) for what, year in person.procedures]
                 or ["None recorded"], "ol")  # fmt: skip
    return (
        f"<h1>Continuity of Care Document</h1>{pairs((('Patient', w['name']), ('Date of birth', w['dob']), ('Sex', w['sex']), ('Patient ID', w['mrn']), ('Address', w['address']), ('Telephone', w['phone']), ('Document created', page.f(on('doc.date', when, '%B %d, %Y'))), ('Custodian', page.f(Fact('facility', place.name)))))}"
        f"<h3>Allergies and adverse reactions</h3>{reacts}<h3>Medications</h3>{meds}"
        f"<h3>Problems</h3>{problems}<h3>Procedures</h3>{done}"
    )


def history_ticks(page: Page, rng: Random, person: Person) -> str:
    """A questionnaire with marks; only what is written in words is asked."""
    place, when = rng.choice(CLINICS), recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob phone address")
    asked = (
        "Asthma",
        "Diabetes",
        "Heart attack",
        "High blood pressure",
        "Stroke",
        "Cancer",
        "Seizures",
        "Anemia",
    )
    marks = table(("Have you ever had", "Yes", "No"), (
        [name, "☒" if yes else "☐", "☐" if yes else "☒"] for name in asked for yes in [rng.random() < 0.2]
    ), "g")  # fmt: skip
    meds = "<br>".join(page.f(medication_fact(m, "")) for m in person.medications)
    contact = page.f(Fact("emergency.name", person.emergency[0]))
    theirs = page.f(Fact("emergency.phone", person.emergency[2]))
    cells = [f"<small>{label}</small><br>{value}" for label, value in (
        ("Your name", w["name"]), ("Your date of birth", w["dob"]), ("Your address", w["address"]),
        ("Your telephone", w["phone"]), ("Emergency contact", contact), ("Their telephone", theirs))]  # fmt: skip
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><h3>New Patient Questionnaire</h3>"
        f"{table((), [cells[:2], cells[2:4], cells[4:]], 'g')}"
        f"<br>{marks}<br><p><b>Which medicines do you take?</b></p><p>{meds}</p><br><p><b>What are you allergic to?</b></p>"
        f"<p>{allergies(page, person, 'Nothing')}</p><br><p>Date completed: {page.f(on('doc.date', when, '%m/%d/%Y'))}</p>"
    )


def _vital_table(page: Page, rng: Random, person: Person) -> str:
    taken = vitals(rng, person)
    return table([v.label for v in taken],
                 [[f"{page.f(vital_fact(v))} {escape(v.unit)}" for v in taken]], "g")  # fmt: skip


def visit_soap(page: Page, rng: Random, person: Person) -> str:
    """S, O, A, P in the margin; vital signs under their names."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob sex mrn", last_first=True)
    return (
        f"<h3>{page.f(Fact('facility', place.name))}</h3><p>Patient: {w['name']} | DOB: {w['dob']} | Sex: "
        f"{w['sex']} | MRN: {w['mrn']}</p><p>Date of service: {day(page, 'doc.date_service', when, '%m/%d/%Y')} | "
        f"Provider: {_doctor(page, 'provider.rendering', doctor)}</p><hr><h4>Subjective</h4><p>Here for follow-up. Denies chest "
        f"pain.</p><h4>Allergies</h4><p>{allergies(page, person)}</p><h4>Medications</h4>"
        f"{items(page.f(medication_fact(m)) for m in person.medications)}<h4>Objective</h4>{_vital_table(page, rng, person)}"
        f"<h4>Assessment</h4>{items((page.f(diagnosis_fact(c, 'before')) for c in person.conditions), 'ol')}"
        "<h4>Plan</h4><p>Continue. Recheck in 12 weeks.</p>"
    )


def visit_side(page: Page, rng: Random, person: Person) -> str:
    """Visit facts in a sidebar, one vital sign a line."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, "%b %d, %Y", "name dob mrn")
    side = "".join(f"<dt>{v.label}</dt><dd>{page.f(vital_fact(v))} {escape(v.unit)}</dd>"
                   for v in vitals(rng, person, long=True))  # fmt: skip
    return (
        f"<div class=side><b>{w['name']}</b><br>DOB {w['dob']}<br>MRN {w['mrn']}<br><br><b>Today</b><dl>{side}</dl></div>"
        f"<div class=main><h2>Visit Summary</h2><p>{page.f(Fact('facility', place.name))}</p><p>You saw "
        f"{_doctor(page, 'provider.rendering', doctor)} on {day(page, 'doc.date_service', when, '%b %d, %Y')}</p>"
        f"<h3>Diagnoses</h3>{items(page.f(diagnosis_fact(c, 'bare')) for c in person.conditions)}"
        f"<h3>Medicines to take</h3>{items(page.f(medication_fact(m, 'dash')) for m in person.medications)}"
        f"<h3>Allergies</h3><p>{allergies(page, person)}</p></div>"
    )


def visit_urgent(page: Page, rng: Random, person: Person) -> str:
    """An urgent care sheet: labels above their values in boxes."""
    place, doctor, when = rng.choice(CLINICS), rng.choice(PROVIDERS), recent(rng)
    w = who(page, person, "%m/%d/%Y", "name dob sex phone")
    boxes = [(k, v) for k, v in (
        ("PATIENT NAME", w["name"]), ("DATE OF BIRTH", w["dob"]), ("SEX", w["sex"]), ("PHONE", w["phone"]),
        ("DATE OF VISIT", day(page, "doc.date_service", when, "%m/%d/%Y")),
        ("SEEN BY", _doctor(page, "provider.rendering", doctor)))]  # fmt: skip
    cells = [f"<small>{k}</small><br>{v}" for k, v in boxes]
    return (
        f"<h2>{page.f(Fact('facility', place.name))}</h2><h3>URGENT CARE VISIT SUMMARY</h3>{table((), [cells[:3], cells[3:]], 'g')}<br>"
        f"{_vital_table(page, rng, person)}<br><p><b>DIAGNOSIS:</b> {run(page, [diagnosis_fact(c) for c in person.conditions])}</p>"
        f"<p><b>ALLERGIES:</b> {allergies(page, person)}</p><p><b>CURRENT MEDICATIONS:</b> "
        f"{run(page, [medication_fact(m, '') for m in person.medications])}</p><p><b>DISPOSITION:</b> Home, stable at 4:15 PM.</p>"
    )


def visit_discharge(page: Page, rng: Random, person: Person) -> str:
    """Hospital days, diagnoses and medicines under sentence-like headings."""
    place, doctor, out = rng.choice(HOSPITALS), rng.choice(PHYSICIANS), recent(rng)
    into = out - timedelta(days=rng.randrange(2, 8))
    w = who(page, person, "%d %B %Y", "name dob mrn")
    return (
        f"<p class=m>{page.f(Fact('facility', place.name))}</p><h2 class=m>Discharge letter</h2><p>{w['name']}, born {w['dob']}, "
        f"record {w['mrn']}</p><p>Admission date: {page.f(on('doc.date_admitted', into, '%d %B %Y'))}. Discharge date: "
        f"{day(page, 'doc.date_discharged', out, '%d %B %Y')}.</p><h4>Final diagnoses</h4>"
        f"{items((page.f(diagnosis_fact(c, 'dash')) for c in person.conditions), 'ol')}<h4>Allergies</h4><p>{allergies(page, person)}</p>"
        f"<h4>Medications on discharge</h4>{table((), drugs(page, person))}<h4>Course</h4><p>Recovered on day 2; "
        f"potassium was checked twice.</p><br><p>Attending physician: {_doctor(page, 'provider.author', doctor)}</p>"
    )


LAYOUTS = (
    WebLayout("web-imaging-grid", "imaging", image_grid, SANS + GRID),
    WebLayout("web-imaging-side", "imaging", image_side, SANS + SIDE, held_out=True),
    WebLayout("web-imaging-letter", "imaging", image_letter, SERIF + " .m { text-align: center }", margin=60, held_out=True),
    WebLayout("web-imaging-iso", "imaging", image_iso, CONDENSED),
    WebLayout("web-history-tables", "medical_history", history_tables, SANS + GRID),
    WebLayout("web-history-letter", "medical_history", history_letter, SERIF + " .l { width: 100% }", margin=55, held_out=True),
    WebLayout("web-history-record", "medical_history", history_record, SERIF),
    WebLayout("web-history-ticks", "medical_history", history_ticks, SANS + GRID + " small { font-size: 6.5pt; color: #555 }", held_out=True),
    WebLayout("web-visit-soap", "summary", visit_soap, SANS + GRID),
    WebLayout("web-visit-side", "summary", visit_side, SANS + SIDE, held_out=True),
    WebLayout("web-visit-urgent", "summary", visit_urgent, CONDENSED + GRID + " small { font-size: 6.5pt; color: #555 }"),
    WebLayout("web-visit-discharge", "summary", visit_discharge, SERIF + " .m { text-align: center }", margin=55, held_out=True),
)  # fmt: skip
