"""Any number of made-up patients, each from a number, split into those to learn from and the rest.

``made-17`` is the same person on every machine. Numbers that leave 2 when divided by three are
held out: a reader is never fitted to paper about them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random

from documents.samples import people
from documents.samples.people import Allergy, Condition, Coverage, Medication, Person, Sex

FIRST: dict[str, tuple[str, ...]] = {
    "F": (
        "Abigail", "Amara", "Bianca", "Carmen", "Chloe", "Deborah", "Elif", "Fatima", "Grace",
        "Hannah", "Ingrid", "Joan", "Kavita", "Leilani", "Mary Ann", "Noor", "Olga", "Patricia",
        "Renée", "Shanice", "Tamara", "Ursula", "Vivian", "Wendy", "Xiomara", "Yuki", "Zoe",
    ),
    "M": (
        "Aaron", "Ahmed", "Benjamin", "Carlos", "Darnell", "Earl", "Felix", "George", "Hiroshi",
        "Ivan", "José", "Kwame", "Lamar", "Michael", "Nikhil", "Omar", "Pedro", "Quentin",
        "Robert", "Stephen", "Tyrone", "Uriel", "Victor", "Wei", "Xavier", "Yusuf", "Zachary",
    ),
}  # fmt: skip
LAST = (
    "Abernathy", "Adeyemi", "Bauer", "Brown", "Castillo", "Chen", "D'Angelo", "Davis", "Eriksen",
    "Fitzgerald", "Gonzalez", "Hall", "Hernandez-Ruiz", "Ivanova", "Jackson", "Johnson", "Kim",
    "Kowalski", "Lee", "López", "MacDonald", "Martin", "Nakamura", "O'Neill", "Okonkwo", "Park",
    "Patel", "Quinn", "Reyes", "Rossi", "Saint-Clair", "Singh", "Taylor", "Tran", "Underwood",
    "Van Dyke", "Walker", "White", "Young", "Zimmermann",
)  # fmt: skip
STREETS = (
    "Maple Street", "N Oak Avenue", "Highland Drive", "W 5th Street", "Cedar Lane", "State Route 9",
    "St. Paul Boulevard", "Birch Court", "Old Mill Road", "Sunset Terrace",
)  # fmt: skip
CITIES = (
    "Springfield, IL 62703", "Peoria, IL 61603", "Aurora, IL 60505", "Moline, IL 61265",
    "Carbondale, IL 62901", "Evanston, IL 60201", "Quincy, IL 62301", "Joliet, IL 60435",
)  # fmt: skip
PLANS = (
    ("Blue Shield", "BSH01", "PPO Select 1500", "XEB#########", "7####-A"),
    ("Harbor Mutual Health", "HMH44", "Silver HMO 3000", "HM##########", "44##-27"),
    ("Aetna", "AET60", "Choice POS II", "W#########", "0866###-014"),
    ("Prairie Star Health Plan", "PSH02", "Gold EPO", "PS#######-0#", "EPO-55##"),
    ("Lakeland Senior Advantage", "LSA11", "Advantage Plus", "#LK#-TE#-MN##", "LSA-9##"),
    ("Meridian Trades Benefit Fund", "MTB07", "Trades PPO", "MTB #### ####", "LOCAL-1##"),
    ("Summit Employers Trust", "SET31", "Choice Plus", "###-##-####A", "G-#####"),
    ("Northern Plains Medicaid", "NPM09", "Community Care", "##########", "NPM##"),
)
CONDITIONS = (
    people.HYPERTENSION, people.DIABETES, people.LIPIDS, people.THYROID, people.ASTHMA,
    people.REFLUX, people.KIDNEY, people.APNEA, people.IRON, people.FIBRILLATION, people.BACK,
    people.MIGRAINE,
    Condition("Major depressive disorder, recurrent, moderate", "F33.1"),
    Condition("Generalized anxiety disorder", "F41.1"),
    Condition("Chronic obstructive pulmonary disease, unspecified", "J44.9"),
    Condition("Heart failure, unspecified", "I50.9"),
    Condition("Vitamin D deficiency, unspecified", "E55.9"),
    Condition("Osteoarthritis of knee, unspecified", "M17.9"),
    Condition("Obesity, unspecified", "E66.9"),
    Condition("Allergic rhinitis, unspecified", "J30.9"),
    Condition("Gout, unspecified", "M10.9"),
    Condition("Psoriasis vulgaris", "L40.0"),
)  # fmt: skip
MEDICATIONS = (
    people.METFORMIN,
    people.LISINOPRIL,
    people.ATORVASTATIN,
    people.LEVOTHYROXINE,
    people.ALBUTEROL,
    people.OMEPRAZOLE,
    people.AMLODIPINE,
    people.APIXABAN,
    people.IRON_PILL,
    people.SUMATRIPTAN,
    Medication("Losartan", "50 mg", "tablet", "1 tablet by mouth once daily"),
    Medication("Hydrochlorothiazide", "12.5 mg", "capsule", "1 capsule every morning"),
    Medication("Sertraline", "100 mg", "tablet", "1 tablet by mouth once daily"),
    Medication("Gabapentin", "300 mg", "capsule", "1 capsule three times daily"),
    Medication("Metoprolol succinate", "25 mg", "tablet", "1 tablet by mouth once daily"),
    Medication("Montelukast", "10 mg", "tablet", "1 tablet by mouth at bedtime"),
    Medication("Furosemide", "40 mg", "tablet", "1 tablet by mouth twice daily"),
    Medication("Allopurinol", "100 mg", "tablet", "1 tablet by mouth once daily"),
    Medication("Prednisone", "5 mg", "tablet", "1 tablet every morning with food"),
    Medication("Cetirizine", "10 mg", "tablet", "1 tablet daily as needed"),
)
ALLERGIES = (
    Allergy("Penicillin", "hives"), Allergy("Sulfa drugs", "rash"), Allergy("Codeine", "nausea"),
    Allergy("Latex", "itching"), Allergy("Aspirin", "wheezing"), Allergy("Shellfish", "swelling"),
    Allergy("Peanuts", "anaphylaxis"), Allergy("Amoxicillin", "rash"),
    Allergy("Ibuprofen", "stomach pain"), Allergy("Morphine", "itching"),
    Allergy("Iodinated contrast", "hives"), Allergy("Bee venom", "anaphylaxis"),
)  # fmt: skip
FAMILY = (
    ("Father", "coronary artery disease"), ("Mother", "breast cancer"), ("Brother", "asthma"),
    ("Sister", "type 2 diabetes"), ("Maternal grandmother", "stroke"), ("Father", "hypertension"),
)  # fmt: skip
PROCEDURES = (
    ("Appendectomy", "2004"), ("Cholecystectomy", "2017"), ("Tonsillectomy", "1998"),
    ("Colonoscopy", "2022"), ("Cataract surgery, left eye", "2020"), ("Knee arthroscopy", "2013"),
)  # fmt: skip
PREFIX = "made-"


def held_out_number(number: int) -> bool:
    """Whether the patient of this number is for measuring only."""
    return number % 3 == 2


def numbered(rng: Random, *, held_out: bool) -> Person:
    """A made-up patient of one side of the split, drawn with ``rng``."""
    number = rng.randrange(1000) * 3
    return made_up(number + 2 if held_out else number + rng.randrange(2))


@cache
def made_up(number: int) -> Person:
    """The patient of this number."""
    rng = Random(f"{PREFIX}{number}")  # noqa: S311 - sample data, not secrets
    sex: Sex = "F" if rng.random() < 0.5 else "M"
    first, last = rng.choice(FIRST[sex]), rng.choice(LAST)
    payer, payer_id, plan, member, group = rng.choice(PLANS)
    return Person(
        key=f"{PREFIX}{number}",
        first_name=first,
        last_name=last,
        dob=date(1932, 1, 1) + timedelta(days=rng.randrange(27_400)),
        sex=sex,
        mrn=_digits(rng, rng.choice(("######", "########", "MR######", "##-##-##", "P0#####"))),
        phone=f"({rng.choice((217, 309, 312, 618, 630))}) 555-01{rng.randrange(100):02d}",
        street=f"{rng.randrange(10, 9900)} {rng.choice(STREETS)}",
        city=rng.choice(CITIES),
        coverage=Coverage(
            payer, payer_id, plan, _digits(rng, member), _digits(rng, group),
            _digits(rng, "0#####"), rng.choice(("ADV", "A4", "PGIGN", "05490000")),
            f"RX{_digits(rng, '####')}", date(rng.randrange(2022, 2027), rng.choice((1, 4, 7)), 1),
        ),
        emergency=(
            f"{rng.choice(FIRST[rng.choice('FM')])} {last}", rng.choice(("spouse", "child")),
            f"({rng.choice((217, 773))}) 555-01{rng.randrange(100):02d}",
        ),
        conditions=tuple(rng.sample(CONDITIONS, rng.randrange(1, 4))),
        medications=tuple(rng.sample(MEDICATIONS, rng.randrange(1, 5))),
        allergies=tuple(rng.sample(ALLERGIES, rng.choice((0, 1, 1, 2, 3)))),
        family=tuple(rng.sample(FAMILY, rng.randrange(1, 3))),
        procedures=tuple(rng.sample(PROCEDURES, rng.randrange(3))),
    )  # fmt: skip


def anybody(key: str) -> Person:
    """The patient with this key, named or numbered; ``KeyError`` when there is none."""
    if key.startswith(PREFIX):
        return made_up(int(key.removeprefix(PREFIX)))
    return people.person(key)


def _digits(rng: Random, pattern: str) -> str:
    return "".join(rng.choice("0123456789") if c == "#" else c for c in pattern)
