"""Radiology reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from documents.samples.clinical import heading, identity
from documents.samples.ink import logo, signature
from documents.samples.labs import footer, letterhead, optional_date, recent
from documents.samples.people import Person
from documents.samples.places import IMAGING, PHYSICIANS
from documents.samples.sheet import Fact, Sheet, on


@dataclass(frozen=True, slots=True)
class Study:
    """An examination with what was seen; ``impression`` items are numbered when printed."""

    exam: str
    reason: str
    technique: str
    findings: tuple[str, ...]
    impression: tuple[str, ...]


STUDIES: tuple[Study, ...] = (
    Study(
        "MRI LUMBAR SPINE WITHOUT CONTRAST",
        "Low back pain radiating to the left leg for 6 weeks.",
        "Sagittal T1, T2 and STIR, axial T1 and T2 weighted images.",
        ("Vertebral body heights and marrow signal are preserved. The conus ends at L1.",
         "L4-L5: Disc desiccation with a broad-based posterior bulge of 3 mm. Mild bilateral "
         "facet hypertrophy. Mild narrowing of the left lateral recess.",
         "L5-S1: No disc herniation. Neural foramina are patent."),
        ("Mild degenerative disc disease at L4-L5 with a 3 mm bulge.",
         "No high-grade canal or foraminal stenosis."),
    ),
    Study(
        "CHEST X-RAY, 2 VIEWS",
        "Cough and fever for 5 days.",
        "Frontal and lateral radiographs of the chest.",
        ("The cardiac silhouette is normal in size. The lungs are clear without consolidation.",
         "No pleural effusion or pneumothorax. Mild degenerative change of the thoracic spine."),
        ("No acute cardiopulmonary abnormality.",),
    ),
    Study(
        "ULTRASOUND ABDOMEN COMPLETE",
        "Right upper quadrant pain after meals.",
        "Real-time grey-scale and colour Doppler imaging.",
        ("The liver measures 15.2 cm and shows mildly increased echogenicity.",
         "Gallbladder: several mobile echogenic foci up to 8 mm with shadowing. Wall thickness "
         "2 mm. Common bile duct 4 mm. The right kidney measures 10.8 cm, without "
         "hydronephrosis."),
        ("Cholelithiasis without sonographic evidence of acute cholecystitis.",
         "Mild hepatic steatosis."),
    ),
    Study(
        "CT HEAD WITHOUT CONTRAST",
        "Severe headache, sudden onset.",
        "Helical acquisition from skull base to vertex, 5 mm axial reformats.",
        ("No acute intracranial hemorrhage, mass effect or midline shift.",
         "The ventricles are normal in size for age. Paranasal sinuses are clear."),
        ("No acute intracranial abnormality.",
         "Consider MRI if symptoms persist beyond 48 hours."),
    ),
)  # fmt: skip


def _impression(study: Study) -> str:
    if len(study.impression) == 1:
        return study.impression[0]
    return " ".join(f"{n}. {text}" for n, text in enumerate(study.impression, 1))


def centre(sheet: Sheet, rng: Random, person: Person) -> None:
    """An imaging centre's report with ruled headings and a signature."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    ordering, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    reported = done + timedelta(days=1)
    letterhead(sheet, place, rng)
    sheet.text(306, 86, "RADIOLOGY REPORT", size=12, style="b", align="center")
    y = identity(sheet, 40, 108, person, "%m/%d/%Y", 0)
    sheet.pair(40, y, "Exam date:", on("doc.date_service", done, "%m/%d/%Y"), gap=66)
    sheet.pair(280, y, "Accession:", Fact("doc.accession", f"R{done:%y%m%d}{rng.randrange(99):02}"),
               gap=58)  # fmt: skip
    sheet.pair(40, y + 13, "Referring:", Fact("provider.ordering", ordering.display,
                                              ordering.name), gap=66)  # fmt: skip
    sheet.pair(280, y + 13, "Reported:", on("doc.date_reported", reported, "%m/%d/%Y"), gap=58)
    y += 42
    sections: tuple[tuple[str, str | Fact], ...] = (
        ("Examination", Fact("imaging.exam", study.exam)),
        ("Clinical indication", study.reason),
        ("Technique", study.technique),
        ("Comparison", "None available."),
        ("Findings", " ".join(study.findings)),
        ("Impression", Fact("imaging.impression", _impression(study))),
    )
    for title, body in sections:
        y = heading(sheet, 40, y, title, 1, place.color) + 2
        y = sheet.paragraph(40, y, 532, [body], size=9.5) + 8
    signature(sheet, 60, y + 26, 110, rng)
    sheet.line(40, y + 30, 230, y + 30)
    sheet.pair(40, y + 42, "Electronically signed by", Fact("provider.author", reader.display,
               reader.name), label_style="")  # fmt: skip
    sheet.text(40, y + 54, f"Radiologist   {reported:%m/%d/%Y} 14:22", size=8)
    footer(sheet, f"{place.name}  {place.phone}", 1, 1)
    optional_date(sheet, done)


def hospital(sheet: Sheet, rng: Random, person: Person) -> None:
    """A hospital system's print-out: capital labels run into the text, impression first."""
    study, place = rng.choice(STUDIES), rng.choice(IMAGING)
    ordering, reader = rng.sample(PHYSICIANS, 2)
    done = recent(rng)
    logo(sheet, 500, 30, 40, place.color, 2)
    sheet.text(40, 50, Fact("facility", place.name), size=14, style="b")
    sheet.text(40, 63, f"Department of Diagnostic Imaging   {place.street}, {place.city}", size=8)
    y = identity(sheet, 44, 94, person, "%b %d, %Y", 1)
    y = sheet.paragraph(
        40, y + 4, 520,
        ["EXAM:", Fact("imaging.exam", study.exam)], size=10, style="b",
    )  # fmt: skip
    y = sheet.paragraph(
        40, y, 520,
        ["DATE OF EXAM:", on("doc.date_service", done, "%b %d, %Y"), "at 10:35"],
    )  # fmt: skip
    y = sheet.paragraph(
        40, y, 520,
        ["ORDERING PHYSICIAN:", Fact("provider.ordering", ordering.display, ordering.name)],
    )  # fmt: skip
    y = sheet.paragraph(40, y + 6, 520, f"HISTORY: {study.reason}")
    sheet.box(36, y - 4, 540, 36, fill="#f1f4f7", stroke="#888888")
    sheet.paragraph(
        42, y + 9, 520, ["IMPRESSION:", Fact("imaging.impression", _impression(study))], size=9.5
    )
    y = sheet.paragraph(40, y + 52, 520, f"TECHNIQUE: {study.technique}") + 4
    y = sheet.paragraph(40, y, 520, "FINDINGS:")
    for text in study.findings:
        y = sheet.paragraph(40, y, 520, text) + 3
    y = sheet.paragraph(
        40, y + 14, 520,
        ["Dictated and signed by:", Fact("provider.author", reader.display, reader.name)],
    )  # fmt: skip
    sheet.text(40, y, "This report was dictated with speech recognition.", size=7, style="i")
    optional_date(sheet, done)
