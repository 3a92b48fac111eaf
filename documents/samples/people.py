"""The made-up patients of the sample documents; the seed command reads the same facts.

The first three are those of the founding document. Nobody here is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Sex = Literal["F", "M"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an insurance card of the patient says."""

    payer: str
    payer_id: str
    plan: str
    member_id: str
    group: str
    rx_bin: str
    rx_pcn: str
    rx_group: str
    effective: date


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis with its ICD-10-CM code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug, its strength and how it is taken, as a prescriber would write them."""

    name: str
    strength: str
    form: str
    directions: str


@dataclass(frozen=True, slots=True)
class Allergy:
    """A substance and what it does to the patient."""

    substance: str
    reaction: str


@dataclass(frozen=True, slots=True)
class Person:
    """A patient: identity, coverage and the facts that documents about them repeat."""

    key: str
    first_name: str
    last_name: str
    dob: date
    sex: Sex
    mrn: str
    phone: str
    street: str
    city: str
    coverage: Coverage
    emergency: tuple[str, str, str]
    conditions: tuple[Condition, ...]
    medications: tuple[Medication, ...]
    allergies: tuple[Allergy, ...] = ()
    family: tuple[tuple[str, str], ...] = ()
    procedures: tuple[tuple[str, str], ...] = ()
    language: str = "en"

    @property
    def name(self) -> str:
        """First name first."""
        return f"{self.first_name} {self.last_name}"

    @property
    def name_last_first(self) -> str:
        """``Last, First``, as laboratories print it."""
        return f"{self.last_name}, {self.first_name}"

    @property
    def sex_word(self) -> str:
        """The sex in full."""
        return "Female" if self.sex == "F" else "Male"

    @property
    def latin1(self) -> bool:
        """Whether the 14 standard PDF fonts can print the name."""
        try:
            f"{self.name}{self.street}{self.city}".encode("cp1252")
        except UnicodeEncodeError:
            return False
        return True

    def age(self, on: date) -> int:
        """Whole years on a day."""
        return on.year - self.dob.year - ((on.month, on.day) < (self.dob.month, self.dob.day))


HYPERTENSION = Condition("Essential hypertension", "I10")
DIABETES = Condition("Type 2 diabetes mellitus without complications", "E11.9")
LIPIDS = Condition("Hyperlipidemia, unspecified", "E78.5")
THYROID = Condition("Hypothyroidism, unspecified", "E03.9")
ASTHMA = Condition("Mild intermittent asthma, uncomplicated", "J45.20")
REFLUX = Condition("Gastro-esophageal reflux disease without esophagitis", "K21.9")
KIDNEY = Condition("Chronic kidney disease, stage 3a", "N18.31")
APNEA = Condition("Obstructive sleep apnea", "G47.33")
IRON = Condition("Iron deficiency anemia, unspecified", "D50.9")
FIBRILLATION = Condition("Unspecified atrial fibrillation", "I48.91")
BACK = Condition("Low back pain, unspecified", "M54.50")
MIGRAINE = Condition("Migraine without aura, not intractable", "G43.009")

METFORMIN = Medication("Metformin", "500 mg", "tablet", "1 tablet by mouth twice daily")
LISINOPRIL = Medication("Lisinopril", "10 mg", "tablet", "1 tablet by mouth once daily")
ATORVASTATIN = Medication("Atorvastatin", "20 mg", "tablet", "1 tablet by mouth at bedtime")
LEVOTHYROXINE = Medication("Levothyroxine", "75 mcg", "tablet", "1 tablet every morning")
ALBUTEROL = Medication("Albuterol HFA", "90 mcg", "inhaler", "2 puffs every 4 hours as needed")
OMEPRAZOLE = Medication("Omeprazole", "20 mg", "capsule", "1 capsule before breakfast")
AMLODIPINE = Medication("Amlodipine", "5 mg", "tablet", "1 tablet by mouth once daily")
APIXABAN = Medication("Apixaban", "5 mg", "tablet", "1 tablet by mouth twice daily")
IRON_PILL = Medication("Ferrous sulfate", "325 mg", "tablet", "1 tablet every other day")
SUMATRIPTAN = Medication("Sumatriptan", "50 mg", "tablet", "1 tablet at onset of headache")

ALEX = Person(
    key="alex-rodriguez",
    first_name="Alex",
    last_name="Rodriguez",
    dob=date(1979, 3, 14),
    sex="M",
    mrn="100001",
    phone="(217) 555-0141",
    street="418 Alder Street, Apt 3",
    city="Springfield, IL 62704",
    coverage=Coverage(
        "Blue Shield", "BSH01", "PPO Select 1500", "XEB904417286", "70031-A",
        "610099", "ADV", "RX4417", date(2026, 1, 1),
    ),
    emergency=("Elena Rodriguez", "spouse", "(217) 555-0142"),
    conditions=(LIPIDS, BACK),
    medications=(ATORVASTATIN,),
    allergies=(Allergy("Penicillin", "hives"),),
    family=(("Father", "coronary artery disease, heart attack at age 54"),
            ("Mother", "high cholesterol")),
    procedures=(("Appendectomy", "1996"),),
)  # fmt: skip
MARIA = Person(
    key="maria-garcia",
    first_name="Maria",
    last_name="Garcia",
    dob=date(1985, 7, 22),
    sex="F",
    mrn="100002",
    phone="(217) 555-0118",
    street="2207 Linden Court",
    city="Springfield, IL 62702",
    coverage=Coverage(
        "Harbor Mutual Health", "HMH44", "Silver HMO 3000", "HM58820147301", "4410-27",
        "015581", "HMRX", "HM2026", date(2026, 1, 1),
    ),
    emergency=("Luis Garcia", "brother", "(217) 555-0119"),
    conditions=(DIABETES, THYROID),
    medications=(METFORMIN, LEVOTHYROXINE),
    allergies=(Allergy("Sulfa drugs", "rash"), Allergy("Latex", "itching")),
    family=(("Mother", "type 2 diabetes"), ("Sister", "hypothyroidism")),
    procedures=(("Cesarean section", "2014"),),
)  # fmt: skip
JAMES = Person(
    key="james-smith",
    first_name="James",
    last_name="Smith",
    dob=date(1962, 11, 5),
    sex="M",
    mrn="100003",
    phone="(217) 555-0163",
    street="91 Quarry Road",
    city="Chatham, IL 62629",
    coverage=Coverage(
        "Aetna", "AET60", "Choice POS II", "W274409183", "0866120-014",
        "610502", "ADV", "RXAET", date(2025, 7, 1),
    ),
    emergency=("Ruth Smith", "wife", "(217) 555-0164"),
    conditions=(HYPERTENSION, KIDNEY, APNEA),
    medications=(LISINOPRIL, AMLODIPINE),
    allergies=(Allergy("Codeine", "nausea and vomiting"),),
    family=(("Father", "stroke at age 70"), ("Brother", "hypertension")),
    procedures=(("Right knee arthroscopy", "2011"), ("Colonoscopy", "2022")),
)  # fmt: skip

OTHERS: tuple[Person, ...] = (
    Person(
        key="siobhan-oconnor",
        first_name="Siobhán",
        last_name="O'Connor",
        dob=date(1991, 12, 3),
        sex="F",
        mrn="100117",
        phone="(312) 555-0107",
        street="15 Wexford Lane",
        city="Oak Park, IL 60302",
        coverage=Coverage(
            "Prairie Star Health Plan", "PSH02", "Gold EPO", "PS0071194-01", "EPO-5512",
            "003858", "A4", "PSTAR", date(2026, 3, 1),
        ),
        emergency=("Declan O'Connor", "father", "(312) 555-0108"),
        conditions=(ASTHMA, MIGRAINE),
        medications=(ALBUTEROL, SUMATRIPTAN),
        allergies=(Allergy("Ibuprofen", "wheezing"),),
        family=(("Mother", "asthma"),),
        procedures=(("Tonsillectomy", "1999"),),
    ),
    Person(
        key="jean-luc-beaumont",
        first_name="Jean-Luc",
        last_name="Beaumont-Leclerc",
        dob=date(1954, 2, 28),
        sex="M",
        mrn="A-204417",
        phone="(618) 555-0175",
        street="704 Rue Royale, Unit 12B",
        city="Belleville, IL 62220",
        coverage=Coverage(
            "Lakeland Senior Advantage", "LSA11", "Advantage Plus", "1LK4-TE5-MN72", "LSA-900",
            "012833", "05490000", "LSAD", date(2024, 10, 1),
        ),
        emergency=("Colette Beaumont", "daughter", "(618) 555-0176"),
        conditions=(FIBRILLATION, HYPERTENSION, REFLUX),
        medications=(APIXABAN, LISINOPRIL, OMEPRAZOLE),
        allergies=(),
        family=(("Father", "atrial fibrillation"),),
        procedures=(("Coronary angiography", "2023"), ("Left hip replacement", "2018")),
    ),
    Person(
        key="lukasz-cermak",
        first_name="Łukasz",
        last_name="Čermák-Žak",
        dob=date(1988, 9, 19),
        sex="M",
        mrn="100288",
        phone="(773) 555-0122",
        street="3318 N Avers Avenue",
        city="Chicago, IL 60618",
        coverage=Coverage(
            "Meridian Trades Benefit Fund", "MTB07", "Trades PPO", "MTB 3390 2271", "LOCAL-134",
            "610455", "PGIGN", "MTBF", date(2026, 6, 1),
        ),
        emergency=("Anna Čermák", "wife", "(773) 555-0123"),
        conditions=(BACK, LIPIDS),
        medications=(ATORVASTATIN,),
        allergies=(Allergy("Shellfish", "throat swelling"),),
        family=(("Father", "colon cancer"),),
        procedures=(),
    ),
    Person(
        key="nguyen-thi-mai",
        first_name="Mai Thi",
        last_name="Nguyen",
        dob=date(1973, 5, 8),
        sex="F",
        mrn="100342",
        phone="(309) 555-0154",
        street="5620 Blossom Trail",
        city="Peoria, IL 61614",
        coverage=Coverage(
            "Harbor Mutual Health", "HMH44", "Bronze HSA 6000", "HM70133958204", "4410-31",
            "015581", "HMRX", "HM2026", date(2026, 1, 1),
        ),
        emergency=("Kevin Tran", "son", "(309) 555-0155"),
        conditions=(THYROID, IRON),
        medications=(LEVOTHYROXINE, IRON_PILL),
        allergies=(Allergy("Amoxicillin", "rash"),),
        family=(("Mother", "osteoporosis"),),
        procedures=(("Thyroid biopsy", "2020"),),
    ),
    Person(
        key="beatrix-vanderberg",
        first_name="Beatrix",
        last_name="van der Berg",
        dob=date(2001, 1, 9),
        sex="F",
        mrn="100401",
        phone="(217) 555-0187",
        street="77 Tulip Grove Road",
        city="Decatur, IL 62521",
        coverage=Coverage(
            "Prairie Star Health Plan", "PSH02", "Silver EPO", "PS0083320-02", "EPO-5519",
            "003858", "A4", "PSTAR", date(2026, 1, 1),
        ),
        emergency=("Pieter van der Berg", "father", "(217) 555-0188"),
        conditions=(IRON, ASTHMA),
        medications=(IRON_PILL, ALBUTEROL),
        allergies=(),
        family=(("Grandmother", "breast cancer"),),
        procedures=(("Wisdom teeth removal", "2019"),),
    ),
    Person(
        key="jurgen-muller",
        first_name="Jürgen",
        last_name="Müller-Weiß",
        dob=date(1968, 4, 11),
        sex="M",
        mrn="100455",
        phone="(815) 555-0133",
        street="12 Eisenbahn Way",
        city="Rockford, IL 61107",
        coverage=Coverage(
            "Blue Shield", "BSH01", "HDHP 3500", "XEB771203945", "70118-C",
            "610099", "ADV", "RX4417", date(2025, 1, 1),
        ),
        emergency=("Heike Müller-Weiß", "wife", "(815) 555-0134"),
        conditions=(DIABETES, HYPERTENSION),
        medications=(METFORMIN, LISINOPRIL, ATORVASTATIN),
        allergies=(Allergy("Iodinated contrast", "hives"),),
        family=(("Father", "type 2 diabetes"), ("Mother", "stroke at age 81")),
        procedures=(("Inguinal hernia repair", "2009"),),
        language="de",
    ),
    Person(
        key="dashawn-williams",
        first_name="DaShawn",
        last_name="Williams Jr.",
        dob=date(1996, 10, 30),
        sex="M",
        mrn="100512",
        phone="(708) 555-0190",
        street="2401 E 79th Place",
        city="Chicago, IL 60649",
        coverage=Coverage(
            "Meridian Trades Benefit Fund", "MTB07", "Trades PPO", "MTB 4418 0936", "LOCAL-134",
            "610455", "PGIGN", "MTBF", date(2025, 9, 1),
        ),
        emergency=("Denise Williams", "mother", "(708) 555-0191"),
        conditions=(ASTHMA, REFLUX),
        medications=(ALBUTEROL, OMEPRAZOLE),
        allergies=(Allergy("Peanuts", "anaphylaxis"), Allergy("Penicillin", "rash")),
        family=(("Mother", "hypertension"),),
        procedures=(),
    ),
    Person(
        key="ana-de-la-cruz",
        first_name="Ana Sofía",
        last_name="de la Cruz Peña",
        dob=date(1949, 8, 17),
        sex="F",
        mrn="100533",
        phone="(217) 555-0171",
        street="830 Mission Hill Drive",
        city="Champaign, IL 61820",
        coverage=Coverage(
            "Lakeland Senior Advantage", "LSA11", "Advantage Value", "7QD2-RA8-VW14", "LSA-900",
            "012833", "05490000", "LSAD", date(2023, 1, 1),
        ),
        emergency=("Rosa Peña", "daughter", "(217) 555-0172"),
        conditions=(KIDNEY, DIABETES, HYPERTENSION),
        medications=(LISINOPRIL, AMLODIPINE, METFORMIN),
        allergies=(Allergy("Codeine", "confusion"),),
        family=(("Brother", "kidney failure"),),
        procedures=(("Cataract surgery, right eye", "2021"),),
        language="es",
    ),
)  # fmt: skip

SEED_PEOPLE: tuple[Person, ...] = (ALEX, MARIA, JAMES)
PEOPLE: tuple[Person, ...] = SEED_PEOPLE + OTHERS


def person(key: str) -> Person:
    """The patient with this key; ``KeyError`` when there is none."""
    for candidate in PEOPLE:
        if candidate.key == key:
            return candidate
    raise KeyError(key)
