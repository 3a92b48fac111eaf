"""Reports of imaging and letters of referral, American, British, German and Spanish."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from random import Random

from bench.extraction.web.common import SIGNATURE, allergies, day, items, table, who
from bench.extraction.web.page import Page, WebLayout
from documents.samples.clinical import diagnosis_fact, family_facts, medication_fact
from documents.samples.imaging import STUDIES, Study
from documents.samples.labs import recent
from documents.samples.people import Person
from documents.samples.places import CLINICS, HOSPITALS, IMAGING, PHYSICIANS, Provider
from documents.samples.sheet import A4, Fact, on

US = "%m/%d/%Y"
BREAST = Study(
    "MAMMOGRAM SCREENING BILATERAL WITH TOMOSYNTHESIS",
    "Screening. No breast complaints.",
    "Standard CC and MLO views with 3D tomosynthesis.",
    ("The breasts are heterogeneously dense, which may obscure small masses (density C).",
     "No suspicious mass, calcification or architectural distortion. Stable 4 mm lymph node "
     "in the left upper outer quadrant."),
    ("Negative for malignancy. BI-RADS 1.", "Routine screening in 1 year."),
)  # fmt: skip
HIP = Study(
    "XR Hip Rt",
    "Pain on weight bearing 3/12. ?OA",
    "",
    ("Moderate loss of joint space in the right hip with marginal osteophytes.",
     "No fracture. The left hip is normal in appearance."),
    ("Moderate osteoarthritis of the right hip.",),
)  # fmt: skip
GERMAN = Study(
    "CT Thorax nativ",
    "Persistierender Husten seit 6 Wochen, Raucher.",
    "Mehrzeilen-Spiral-CT, Schichtdicke 1 mm.",
    ("Keine pulmonalen Rundherde. Kein Pleuraerguss, kein Pneumothorax.",
     "Mediastinale Lymphknoten bis 8 mm, nicht vergrößert. Degenerative Veränderungen der BWS."),
    ("Kein Nachweis eines Infiltrats oder Tumors.",),
)  # fmt: skip
SPANISH_PROBLEMS = (
    ("Hipertensión arterial", "I10"), ("Diabetes mellitus tipo 2", "E11.9"),
    ("Hipotiroidismo", "E03.9"), ("Dislipemia", "E78.5"), ("Asma bronquial", "J45.9"),
)  # fmt: skip
SPANISH_DRUGS = (
    ("Enalapril", "20 mg", "1 comprimido al día"), ("Metformina", "850 mg", "1 comp. cada 12 horas"),
    ("Levotiroxina", "75 mcg", "en ayunas"), ("Simvastatina", "20 mg", "por la noche"),
    ("Omeprazol", "20 mg", "antes del desayuno"),
)  # fmt: skip


def _doctor(page: Page, name: str, doctor: Provider, text: str = "") -> str:
    return page.f(Fact(name, text or doctor.display, doctor.name))


def _impression(page: Page, study: Study) -> str:
    text = study.impression[0]
    if len(study.impression) > 1:
        text = " ".join(f"{n}. {line}" for n, line in enumerate(study.impression, 1))
    return page.f(Fact("imaging.impression", text))


def image_portal(page: Page, rng: Random, person: Person) -> str:
    """Printed from a hospital's records: narrative and impression, details in a grid of labels."""
    study, place = rng.choice(STUDIES), rng.choice(HOSPITALS)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, US, "name dob s mrn", last_first=True)
    grid = table((), [
        ["Patient", w["name"], "Exam Date", day(page, "doc.date_service", done, US)],
        ["MRN", w["mrn"], "Accession #", page.f(Fact("doc.accession", f"E{rng.randrange(10**7, 10**8)}"))],
        ["DOB", w["dob"], "Authorizing", _doctor(page, "provider.ordering", sender)],
        ["Legal Sex", w["s"], "Performed at", page.f(Fact("facility", place.name))],
    ], "g")  # fmt: skip
    return (
        f"<h2>{page.f(Fact('imaging.exam', study.exam))}</h2>{grid}<h4>Study Result</h4>"
        f"<div class=n><b>Narrative &amp; Impression</b><p>EXAM: {escape(study.exam.title())}</p>"
        f"<p>INDICATION: {study.reason}</p><p>COMPARISON: None.</p><p>TECHNIQUE: {study.technique}</p>"
        f"<p>FINDINGS:<br>{'<br>'.join(study.findings)}</p><p>IMPRESSION:<br>{_impression(page, study)}"
        f"</p><p>Electronically signed by {_doctor(page, 'provider.author', reader)} on "
        f"{done:%m/%d/%Y} 4:41 PM</p></div>"
    )


def image_breast(page: Page, rng: Random, person: Person) -> str:
    """A breast centre's report with a coloured head and an assessment in a frame."""
    place = rng.choice(IMAGING)
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, US, "name dob mrn")
    read = done + timedelta(days=1)
    return (
        f"<div class=top><b>{page.f(Fact('facility', place.name))}</b><br>{place.street}, {place.city} "
        f"&bull; {place.phone}</div><table class=l><tr><td>NAME: {w['name']}<br>DATE OF BIRTH: {w['dob']}"
        f"<br>FILE #: {w['mrn']}</td><td>EXAM DATE: {day(page, 'doc.date_service', done, US)}<br>"
        f"REPORT DATE: {day(page, 'doc.date_reported', read, US)}<br>REFERRED BY: "
        f"{_doctor(page, 'provider.ordering', sender)}</td></tr></table>"
        f"<p><u>EXAMINATION</u>: {page.f(Fact('imaging.exam', BREAST.exam))}</p><p><u>HISTORY</u>: "
        f"{BREAST.reason}</p><p><u>TECHNIQUE</u>: {BREAST.technique}</p><p><u>FINDINGS</u>: "
        f"{' '.join(BREAST.findings)}</p><div class=box><b>IMPRESSION</b><br>"
        f"{_impression(page, BREAST)}</div>{SIGNATURE}<p>{_doctor(page, 'provider.author', reader)}"
        "<br>Diagnostic Radiology</p><p class=s>A negative mammogram does not exclude cancer in up to "
        "10% of cases.</p>"
    )


def image_british(page: Page, rng: Random, person: Person) -> str:
    """A few plain lines, as a British radiology department sends them to a practice."""
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%d/%m/%Y", "name dob mrn", last_first=True)
    return (
        f"<p>{page.f(Fact('facility', 'Wexcombe Royal Infirmary'))} - Radiology</p><p>Infirmary Road, Wexcombe WX1 1AA  Tel 01632 960118</p><br><p>{w['name']} "
        f"&nbsp; D.O.B. {w['dob']} &nbsp; Hosp No {w['mrn']}</p><p>Referrer: "
        f"{_doctor(page, 'provider.ordering', sender, f'Dr {sender.name}')}</p><p>Date of examination: "
        f"{day(page, 'doc.date_service', done, '%d/%m/%Y')}</p><br><p>Examination: "
        f"{page.f(Fact('imaging.exam', HIP.exam))}</p><p>Clinical details: {HIP.reason}</p><br><p>Report:"
        f"</p><p>{' '.join(HIP.findings)}</p><br><p>Conclusion: {_impression(page, HIP)}</p><br>"
        f"<p>Reported by: {_doctor(page, 'provider.author', reader, f'Dr {reader.name}')}, Consultant "
        "Radiologist, GMC 0000000</p>"
    )


def image_german(page: Page, rng: Random, person: Person) -> str:
    """A German practice writes to the family doctor: Befund and Beurteilung."""
    sender, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    w = who(page, person, "%d.%m.%Y", "name dob", last_first=True)
    return (
        f"<h2>{page.f(Fact('facility', 'Radiologie am Stadtpark'))}</h2><p class=s>Parkstraße 14 &middot; "
        "99999 Neustadt &middot; Tel. 0999 555-120</p><br><p>Herrn/Frau "
        f"{_doctor(page, 'provider.ordering', sender, f'Dr. med. {sender.name}')}</p><p class=e>Neustadt, "
        f"den {page.f(on('doc.date', done + timedelta(days=1), '%d.%m.%Y'))}</p><br><p><b>Patient: "
        f"{w['name']}, geb. {w['dob']}</b></p><p><b>Untersuchung: {page.f(Fact('imaging.exam', GERMAN.exam))}"
        f" vom {page.f(on('doc.date_service', done, '%d.%m.%Y'))}</b></p><br><p>Sehr geehrte Kolleginnen "
        f"und Kollegen,</p><h4>Fragestellung</h4><p>{GERMAN.reason}</p><h4>Technik</h4><p>{GERMAN.technique}"
        f"</p><h4>Befund</h4><p>{' '.join(GERMAN.findings)}</p><h4>Beurteilung</h4>"
        f"<p>{_impression(page, GERMAN)}</p><br><p>Mit freundlichen Grüßen</p>{SIGNATURE}<p>"
        f"{_doctor(page, 'provider.author', reader, f'Dr. med. {reader.name}')}<br>Facharzt für Radiologie"
        "</p>"
    )


def referral_form(page: Page, rng: Random, person: Person) -> str:
    """A one-page order to a specialist: typed answers on a form with printed labels."""
    place, when = rng.choice(CLINICS), recent(rng)
    doctor = rng.choice(PHYSICIANS)
    w = who(page, person, US, "name dob sex phone address")
    c = person.coverage
    referring = Fact("provider.ordering", doctor.display, doctor.name)
    first, *more = person.conditions
    codes = page.f(diagnosis_fact(first, "before"))
    codes += "".join(f"<br>{page.f(diagnosis_fact(d, 'before'))}" for d in more)
    payer = page.f(Fact("insurance.payer", c.payer))
    member = page.f(Fact("insurance.member_id", c.member_id))

    def b(label: str, value: str) -> str:
        return f"<small>{label}</small><br><tt>{value}</tt>"

    rows = [
        [b("Patient name", w["name"]), b("Date of birth", w["dob"]), b("Sex", w["sex"])],
        [b("Address", w["address"]), b("Daytime phone", w["phone"]),
         b("Date of referral", page.f(on("doc.date", when, US)))],
        [b("Insurance carrier", payer), b("Member / policy no.", member), b("Prior auth needed?", "NO")],
        [b("Refer to", rng.choice(("Cardiology", "Neurology"))), b("Urgency", "ROUTINE - within 30 days"),
         b("Visits", "EVAL + 2")],
        [b("Diagnosis (ICD-10)", codes), b("Allergies", allergies(page, person, "NKDA")),
         b("Current medications", "<br>".join(page.f(medication_fact(m, "")) for m in person.medications))],
        [b("Referring provider", page.f(referring, "provider.author")),
         b("NPI", page.f(Fact("provider.npi", doctor.npi))), b("Signature", SIGNATURE)],
    ]  # fmt: skip
    return (
        f"<table class=hd><tr><td><h3>{page.f(Fact('facility', place.name))}</h3>{place.street}, "
        f"{place.city}</td><td class=e>Phone {place.phone}<br>Fax {place.fax}</td></tr></table>"
        f"<h2>REFERRAL REQUEST</h2>{table((), rows, 'g')}"
    )


def intake_columns(page: Page, rng: Random, person: Person) -> str:
    """What a new patient typed on a tablet, printed in two newspaper columns."""
    place, when = rng.choice(CLINICS), recent(rng)
    w = who(page, person, "%B %-d, %Y", "name dob sex address phone")
    problems = items(page.f(diagnosis_fact(c, "bare")) for c in person.conditions)
    meds = items(page.f(medication_fact(m, "dash")) for m in person.medications)
    done = items([page.f(Fact("procedure", f"{what} ({year})", what)) for what, year in person.procedures]
                 or ["None"])  # fmt: skip
    family = " ".join(page.f(f) if isinstance(f, Fact) else escape(f) for f in family_facts(person))
    contact = page.f(Fact("emergency.name", person.emergency[0]))
    theirs = page.f(Fact("emergency.phone", person.emergency[2]))
    return (
        f"<h1>{page.f(Fact('facility', place.name))}</h1><p>Health history &middot; completed online on "
        f"{page.f(on('doc.date', when, '%B %-d, %Y'), 'doc.date_signed')}</p><div class=c><h4>About you</h4>"
        f"<p>Full name: {w['name']}</p><p>Date of birth: {w['dob']}</p><p>Sex: {w['sex']}</p><p>Home "
        f"address: {w['address']}</p><p>Cell phone: {w['phone']}</p><h4>In an emergency</h4><p>Call: "
        f"{contact} ({person.emergency[1]})</p><p>Phone: {theirs}</p><h4>Conditions you have been told you "
        f"have</h4>{problems}<h4>Operations</h4>{done}<h4>Medicines you take</h4>{meds}<h4>Allergies</h4>"
        f"<p>{allergies(page, person, 'None')}</p><h4>Your family</h4><p>{family}</p><h4>Habits</h4>"
        "<p>Tobacco: never. Alcohol: 2 drinks a week. Coffee: 2 cups a day.</p></div>"
    )


def referral_british(page: Page, rng: Random, person: Person) -> str:
    """A British practice's referral: problems with dates, repeat medication, British dates."""
    when, (doctor, other) = recent(rng), rng.sample(PHYSICIANS, 2)
    w = who(page, person, "%d/%m/%Y", "name dob sex address phone")
    problems = [[f"{rng.randrange(1, 13):02d}/{rng.randrange(2009, 2025)}",
                 page.f(diagnosis_fact(c, "bare"))] for c in person.conditions]  # fmt: skip
    meds = [
        [page.f(medication_fact(m, "")), escape(m.directions), "28"] for m in person.medications
    ]
    return (
        f"<p class=e><b>{page.f(Fact('facility', 'Millbrook Surgery'))}</b><br>2 Mill Lane, Wexcombe WX4 2AB<br>"
        f"Tel 01632 960 300</p><p>{page.f(on('doc.date', when, '%d/%m/%Y'))}</p><br><p>Dr {other.name}<br>"
        f"Outpatient Department<br>Wexcombe Royal Infirmary</p><br><p>Dear Dr {other.last}</p><br><p><b>Re: "
        f"{w['name']} &nbsp; DOB: {w['dob']} &nbsp; Sex: {w['sex']}</b><br>{w['address']}<br>Mobile: "
        f"{w['phone']}</p><br><p>I would be grateful for your opinion on this {person.age(when)} year old "
        "who reports fatigue for 3 months. There is no history of weight loss.</p>"
        f"<h4>Active problems</h4>{table((), problems)}<h4>Repeat medication</h4>{table((), meds)}"
        f"<h4>Allergies and sensitivities</h4><p>{allergies(page, person, 'No known allergies')}</p><br>"
        f"<p>Yours sincerely</p>{SIGNATURE}<p>{_doctor(page, 'provider.author', doctor, f'Dr {doctor.name}')}"
        "<br>General Practitioner</p>"
    )


def referral_spanish(page: Page, rng: Random, person: Person) -> str:
    """A Spanish health centre's note to a specialist."""
    when, doctor = recent(rng), rng.choice(PHYSICIANS)
    w = who(page, person, "%d/%m/%Y", "name dob mrn")
    sex = page.f(
        Fact("patient.sex", "Mujer" if person.sex == "F" else "Hombre", person.sex_word.lower())
    )
    problems = items(page.f(Fact("diagnosis", f"{name} ({code})", name, {"code": code}))
                     for name, code in rng.sample(SPANISH_PROBLEMS, 3))  # fmt: skip
    meds = items(f"{page.f(Fact('medication', f'{drug} {dose}'))}, {how}"
                 for drug, dose, how in rng.sample(SPANISH_DRUGS, 3))  # fmt: skip
    allergy = rng.choice(("Penicilina", "Ácido acetilsalicílico", "Látex"))
    return (
        f"<h3>{page.f(Fact('facility', 'Centro de Salud Los Olmos'))}</h3><p class=s>Calle Mayor 40, 99040 "
        "Villanueva &middot; Tel. 955 000 140</p><h2>INFORME DE DERIVACIÓN</h2><table class=g><tr><td>Paciente:"
        f" {w['name']}</td><td>Fecha de nacimiento: {w['dob']}</td></tr><tr><td>Sexo: {sex}</td><td>N.º de "
        f"historia: {w['mrn']}</td></tr><tr><td>Fecha: {page.f(on('doc.date', when, '%d/%m/%Y'))}</td><td>"
        "Servicio: Cardiología</td></tr></table><h4>Motivo de consulta</h4><p>Palpitaciones de 2 meses de "
        f"evolución. Niega dolor torácico.</p><h4>Antecedentes personales</h4>{problems}<h4>Alergias</h4>"
        f"<p>{page.f(Fact('allergy', allergy))}</p><h4>Tratamiento actual</h4>{meds}<h4>Plan</h4><p>Ruego "
        f"valoración. Gracias.</p><br>{SIGNATURE}<p>"
        f"{_doctor(page, 'provider.author', doctor, f'Dr. {doctor.name}')}</p>"
    )


SANS = "body { font-family: 'Liberation Sans', sans-serif; font-size: 9.5pt }"
TIMES = "body { font-family: 'Liberation Serif', serif; font-size: 11pt }"
GRID = " .g { width: 100%; margin: 6pt 0 } .g td { border: .5pt solid #666; padding: 3pt 5pt } "
END = " .e { text-align: right } .s { font-size: 7.5pt; color: #444 } h4 { margin: 7pt 0 2pt; break-after: avoid } "
LAYOUTS = (
    WebLayout("print-imaging-portal", "imaging", image_portal, SANS + GRID + END + " .n { border: .6pt solid #999; padding: 6pt } .n p { margin: 5pt 0 }", held_out=True),
    WebLayout("print-imaging-breast", "imaging", image_breast, TIMES + END + " .top { background: #6c3a5c; color: #fff; padding: 8pt } .l { width: 100%; margin: 8pt 0 } p { margin: 6pt 0 } .box { border: 1.2pt solid #6c3a5c; padding: 6pt; margin: 8pt 0 }"),
    WebLayout("print-imaging-british", "imaging", image_british, "body { font-family: 'Liberation Mono', monospace; font-size: 9.5pt }", A4, 54),
    WebLayout("print-imaging-german", "imaging", image_german, TIMES + END, A4, 60, language="de", held_out=True),
    WebLayout("print-referral-form", "medical_history", referral_form, SANS + GRID + END + " small { font-size: 6.5pt; color: #666 } tt { font-family: 'Liberation Mono'; font-size: 9pt } .hd { width: 100% } h2 { text-align: center; background: #222; color: #fff; font-size: 12pt }"),
    WebLayout("print-history-columns", "medical_history", intake_columns, SANS + END + " ul { margin: 0 } .c { columns: 2; column-gap: 24pt; margin-top: 8pt } ul { padding-left: 14pt } h1 { color: #2b6777; font-size: 17pt }", held_out=True),
    WebLayout("print-referral-british", "medical_history", referral_british, "body { font-family: 'Liberation Sans', sans-serif; font-size: 10.5pt }" + END, A4, 60),
    WebLayout("print-referral-spanish", "medical_history", referral_spanish, SANS + GRID + END, A4, language="es", held_out=True),
)  # fmt: skip
