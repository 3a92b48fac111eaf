"""When two printed values are the same value: normal forms that scoring compares.

The rules are those of the scoring section of the extraction design: ISO dates, names without case
or order, numbers by value, units in UCUM, identifiers by their letters and digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher

DEGREES = {"md", "do", "np", "pa", "phd", "dr", "med", "rn", "dipl"}
UNIT_WORDS = {
    "k/ul": "10*3/ul",
    "x10e3/ul": "10*3/ul",
    "10^3/ul": "10*3/ul",
    "10e3/ul": "10*3/ul",
    "tsd/ul": "10*3/ul",
    "m/ul": "10*6/ul",
    "mio/ul": "10*6/ul",
    "x10e6/ul": "10*6/ul",
    "10^6/ul": "10*6/ul",
    "10e6/ul": "10*6/ul",
    "ml/min/1.73m2": "ml/min/1.73",
    "ml/min/1.73_m2": "ml/min/1.73",
    "ml/min": "ml/min/1.73",
    "mg/gcreat": "mg/g",
    "degf": "f",
    "°f": "f",
    "bpm": "/min",
    "lb_av": "lb",
    "lbs": "lb",
    "mm_hg": "mmhg",
    "mhg": "mmhg",
}
VITALS = {
    "bp": "bp", "bloodpressure": "bp", "pulse": "pulse", "heartrate": "pulse", "hr": "pulse",
    "temp": "temp", "temperature": "temp", "bodytemperature": "temp", "rr": "rr",
    "resprate": "rr", "respiratoryrate": "rr", "respirations": "rr", "resp": "rr",
    "spo2": "spo2", "oxygensaturation": "spo2", "o2sat": "spo2", "wt": "wt", "weight": "wt",
    "bodyweight": "wt", "ht": "ht", "height": "ht", "bodyheight": "ht", "bmi": "bmi",
    "bodymassindex": "bmi",
}  # fmt: skip


def alnum(text: str) -> str:
    """Letters and digits, case folded."""
    return "".join(c for c in text.casefold() if c.isalnum())


def words(text: str) -> list[str]:
    """Runs of letters and digits, case folded."""
    return re.findall(r"[^\W_]+", text.casefold())


def ratio(a: str, b: str) -> float:
    """Likeness of two strings by their letters and digits, 0 to 1."""
    return SequenceMatcher(None, alnum(a), alnum(b)).ratio()


def number(text: str) -> Decimal | None:
    """The number of a value, thousands commas and currency signs aside."""
    try:
        return Decimal(text.replace(",", "").replace("$", "").strip(" <>=≤≥"))
    except InvalidOperation:
        return None


def unit(text: str | None) -> str:
    """A unit as one spelling for all that mean the same; UCUM annotations and case dropped."""
    if not text:
        return ""
    plain = text.replace("µ", "u").replace("μ", "u").replace("[IU]", "IU").replace("[iU]", "IU")
    plain = re.sub(r"\{(1\.73)_?m2\}", r"\1", plain)
    plain = re.sub(r"\{[^}]*\}", "", plain)
    plain = re.sub(r"[\s\[\]]", "", plain).casefold()
    plain = UNIT_WORDS.get(plain, plain)
    return {"iu/l": "u/l", "miu/l": "uiu/ml", "mu/l": "uiu/ml", "meq/l": "mmol/l"}.get(plain, plain)


def same_unit(truth: str | None, *found: str | None) -> bool:
    """Whether any of the found spellings is the unit; no unit equals only no unit or ``1``."""
    wanted = unit(truth)
    spellings = {unit(text) for text in found}
    if not wanted:
        return spellings <= {"", "1"}
    return wanted in spellings


def same_name(truth: str, found: str) -> bool:
    """Names without order, case or degrees."""

    def parts(text: str) -> list[str]:
        return sorted(w for w in words(text) if w not in DEGREES)

    return parts(truth) == parts(found)


def same_value(truth: str, found: str) -> bool:
    """Numbers by value, a leading comparator included; other results by their words."""
    a, b = number(truth), number(found)
    if a is not None and b is not None:
        return a == b and _comparator(truth) == _comparator(found)
    return words(truth) == words(found) and truth.count("+") == found.count("+")


def _comparator(text: str) -> str:
    sign = text.strip()[:1].replace("≤", "<").replace("≥", ">")
    return sign if sign in "<>" else ""


def same_text(truth: str, found: str) -> bool:
    """The same letters and digits."""
    return alnum(truth) == alnum(found)


def like_text(truth: str, found: str) -> bool:
    """Long text that differs by little."""
    return ratio(truth, found) >= 0.9


def same_money(truth: str, found: str) -> bool:
    """Amounts by value."""
    a, b = number(truth), number(found)
    return a is not None and a == b


def same_digits(truth: str, found: str) -> bool:
    """Telephone numbers: the last ten digits."""
    a, b = re.sub(r"\D", "", truth)[-10:], re.sub(r"\D", "", found)[-10:]
    return a == b


def same_sex(truth: str, found: str) -> bool:
    """The first letter decides; German words too."""
    german = {"w": "f"}
    a, b = alnum(truth)[:1], alnum(found)[:1]
    return german.get(a, a) == german.get(b, b)


def same_yes(truth: str, found: str) -> bool:
    """Yes, true, signed."""
    yes = {"true", "yes", "signed", "1"}
    return (alnum(truth) in yes) == (alnum(found) in yes)


def same_drug(truth: str, found: str) -> bool:
    """The drug's words come first; a strength, when given, must be the right one."""
    wanted, have = words(truth), words(found)
    name = [w for w in wanted if not w[0].isdigit()][:-1] or wanted[:1]
    if have[: len(name)] != name:
        return False
    strengths = [w for w in wanted if w[0].isdigit()]
    given = [w for w in have[: len(wanted) + 1] if w[0].isdigit()]
    return not given or alnum("".join(strengths)) in alnum(found)


def same_item(truth: str, found: str) -> bool:
    """A list entry whose reaction, year or code may be included in what was found."""
    wanted, have = words(truth), words(found)
    return ratio(truth, found) >= 0.9 or have[: len(wanted)] == wanted


def comparer(name: str) -> Callable[[str, str], bool]:
    """The comparison for a field name of the contract."""
    if name in ("patient.name", "insurance.subscriber", "emergency.name") or (
        name.startswith("provider.") and name not in ("provider.npi", "provider.billing")
    ):
        return same_name
    special: dict[str, Callable[[str, str], bool]] = {
        "patient.sex": same_sex,
        "patient.phone": same_digits,
        "emergency.phone": same_digits,
        "patient.address": like_text,
        "claim.total": same_money,
        "claim.paid": same_money,
        "consent.signed": same_yes,
        "imaging.impression": like_text,
        "imaging.exam": like_text,
        "medication": same_drug,
        "diagnosis": same_item,
        "allergy": same_item,
        "procedure": same_item,
        "immunization": same_item,
        "vital": same_value,
        "lab": same_value,
    }
    return special.get(name, same_text)
