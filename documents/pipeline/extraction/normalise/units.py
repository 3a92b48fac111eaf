"""Printed units to UCUM with a small grammar of our own.

A unit is a product of a power of ten and one numerator over denominators; every part must be a
known atom, so words and test names never pass for units.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ATOMS = {
    "mg": "mg",
    "g": "g",
    "gm": "g",
    "gr": "g",
    "kg": "kg",
    "ug": "ug",
    "mcg": "ug",
    "ng": "ng",
    "pg": "pg",
    "fg": "fg",
    "mgs": "mg",
    "gms": "g",
    "l": "L",
    "dl": "dL",
    "ml": "mL",
    "ul": "uL",
    "mm3": "uL",
    "cumm": "uL",
    "cmm": "uL",
    "cu mm": "uL",
    "fl": "fL",
    "um3": "um3",
    "pl": "pL",
    "nl": "nL",
    "lt": "L",
    "liter": "L",
    "mcl": "uL",
    "microliter": "uL",
    "mol": "mol",
    "mmol": "mmol",
    "umol": "umol",
    "nmol": "nmol",
    "pmol": "pmol",
    "mmole": "mmol",
    "eq": "eq",
    "meq": "meq",
    "ueq": "ueq",
    "mosm": "mosm",
    "mosmol": "mosm",
    "osm": "osm",
    "u": "U",
    "iu": "[IU]",
    "miu": "m[IU]",
    "uiu": "u[IU]",
    "mciu": "u[IU]",
    "kiu": "k[IU]",
    "mu": "mU",
    "ku": "kU",
    "ui": "[IU]",
    "mui": "m[IU]",
    "uui": "u[IU]",
    "giga": "10*9",
    "mlu": "m[IU]",
    "ulu": "u[IU]",
    "units": "U",
    "unit": "U",
    "uu": "uU",
    "mcu": "uU",
    "au": "[arb'U]",
    "eu": "[EU]",
    "ckat": "ckat",
    "ukat": "ukat",
    "s": "s",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "min": "min",
    "minute": "min",
    "h": "h",
    "hr": "h",
    "hour": "h",
    "hrs": "h",
    "d": "d",
    "day": "d",
    "24h": "(24.h)",
    "24hr": "(24.h)",
    "24hrs": "(24.h)",
    "24 h": "(24.h)",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "m2": "m2",
    "in": "[in_i]",
    "kpa": "kPa",
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "e.u.": "[EU]",
    "gpl": "[GPL'U]",
    "mpl": "[MPL'U]",
    "mg%": "mg/dL",
    "mg %": "mg/dL",
    "gm%": "g/dL",
    "g%": "g/dL",
    "gpt/l": "10*9/L",
    "tpt/l": "10*12/L",
    "milieq": "meq",
    "1.73m2": "{1.73_m2}",
    "1.73 m2": "{1.73_m2}",
    "1.73": "{1.73_m2}",
    "1.73m^2": "{1.73_m2}",
    "1.73sqm": "{1.73_m2}",
    "1.73m": "{1.73_m2}",
    "1.73 sq m": "{1.73_m2}",
    "{1.73_m2}": "{1.73_m2}",
    "{1.73 m2}": "{1.73_m2}",
    "1.73sq.m": "{1.73_m2}",
    "1.73sq m": "{1.73_m2}",
    "hpf": "[HPF]",
    "lpf": "[LPF]",
    "hp": "[HPF]",
    "100wbc": "100{WBCs}",
    "100 wbc": "100{WBCs}",
    "100wbcs": "100{WBCs}",
    "100 wbcs": "100{WBCs}",
    "%": "%",
    "percent": "%",
    "pct": "%",
    "ratio": "{ratio}",
    "index": "{index}",
    "titer": "{titer}",
    "copies": "{copies}",
    "cps": "{copies}",
    "copy": "{copies}",
    "cells": "",
    "cell": "",
    "#": "",
    "score": "{score}",
    "inr": "{INR}",
    "ph": "[pH]",
    "[ph]": "[pH]",
    "s/co": "{s_co}",
    "cfu": "[CFU]",
    "degc": "Cel",
    "degf": "[degF]",
    "[iu]": "[IU]",
    "m[iu]": "m[IU]",
    "u[iu]": "u[IU]",
    "mm[hg]": "mm[Hg]",
    "log10": "{Log}",
    "iv": "{index}",
    "aeu": "[arb'U]",
    "ratio)": "{ratio}",
    "ppm": "[ppm]",
    "mg/g": "mg/g",
}
_COUNT = {
    "k": "10*3",
    "thou": "10*3",
    "thousand": "10*3",
    "thousands": "10*3",
    "th": "10*3",
    "ths": "10*3",
    "m": "10*6",
    "mil": "10*6",
    "mill": "10*6",
    "million": "10*6",
    "millions": "10*6",
    "tsd": "10*3",
    "mio": "10*6",
    "g": "10*9",
    "giga": "10*9",
    "t": "10*12",
    "tera": "10*12",
}
_POWER = re.compile(
    r"^(?:[x×*]\s*)?10\s*(?:\^|\*\*?|e|exp|\s|\+)?\s*\(?(3|6|9|12)\)?(?=$|[\s/a-z])"
)
_QUALIFIER = re.compile(r"\s*\(?(?:creat(?:inine)?|crt|cr)\)?\.?$")
_FEU = re.compile(r"\s*\(?\b(feu|ddu)\b\)?\.?")
_SUPERSCRIPT = str.maketrans("²³⁶⁹⁰¹", "236901")


@lru_cache(maxsize=4000)
def to_ucum(text: str) -> str | None:
    """UCUM code of a printed unit, e.g. ``K/uL`` -> ``10*3/uL``; None when not a unit."""
    raw = text.strip().strip("()[],;") if not text.strip().startswith(("[", "{")) else text.strip()
    if not raw or len(raw) > 28:
        return None
    if raw in {"[pH]", "10*3/uL", "{ratio}", "{INR}", "{index}"}:
        return raw
    if raw == "G/L":
        return "10*9/L"  # giga, in French and German blood counts
    low = raw.replace("µ", "u").replace("μ", "u").replace("×", "x").lower().rstrip(".")
    low = re.sub(r"/\s*[i|1](?=$|\s|\))", "/l", low)  # a misread litre
    low = low.replace("1,73", "1.73").replace("/1h", "/h").replace("/1 h", "/h")
    low = re.sub(r"^e(?=9/|12/|3/|6/)", "10e", low)
    low = low.translate(_SUPERSCRIPT).replace("per ", "/").replace("⁄", "/")
    low = re.sub(r"\s*/\s*", "/", low)
    low = re.sub(r"(\d)\s+m2\b", r"\1m2", low).replace("sq m", "m2").replace("sq.m", "m2")
    if low in _ATOMS:
        return _ATOMS[low] or None
    suffix = ""
    feu = _FEU.search(low)
    if feu:
        suffix = "{" + feu.group(1).upper() + "}"
        low = _FEU.sub("", low)
    trimmed = _QUALIFIER.sub("", low)
    if trimmed != low and "/" in trimmed:
        low = trimmed
    power, rest = _leading_power(low)
    parts = rest.split("/")
    if not power and len(parts) == 1:
        return None
    return _assemble(power, parts, suffix)


def _leading_power(low: str) -> tuple[str, str]:
    """Split ``x10^3/ul`` or ``k/ul`` into UCUM power and the rest."""
    match = _POWER.match(low)
    if match:
        return f"10*{match.group(1)}", low[match.end() :].strip()
    head, slash, tail = low.partition("/")
    head = head.strip()
    first, _, counted = head.partition(" ")
    if slash and counted in {"", "cells", "cell"} and first in _COUNT:
        volume = tail.strip()
        if volume in {"ul", "mm3", "cumm", "cmm", "mcl", "cu mm", "l", "mm^3", "nl"}:
            if not (first in {"g", "m"} and volume == "l"):
                return _COUNT[first], "/" + tail
            if first == "g":
                return "", low
    return "", low


def _assemble(power: str, parts: list[str], suffix: str) -> str | None:
    made: list[str] = []
    for index, part in enumerate(parts):
        part = part.strip().replace("^", "")
        if part == "":
            if index == 0:
                made.append("")
                continue
            return None
        atom = _ATOMS.get(part)
        if atom is None and index > 0:
            atom = _ATOMS.get(part.replace(" ", ""))
        if atom is None:
            return None
        made.append(atom)
    head = made[0]
    if power:
        head = power if not head else (power if head in {"10*3"} else f"{power}.{head}")
    tail = "/".join(made[1:])
    return (f"{head}/{tail}" if tail else head) + suffix or None


_EQUIVALENT = {
    "[IU]/L": "U/L",
    "U/L": "U/L",
    "mm/h": "mm/h",
    "u[IU]/mL": "m[IU]/L",
    "uU/mL": "m[IU]/L",
    "mU/L": "m[IU]/L",
    "m[IU]/mL": "[IU]/L",
    "ng/mL": "ug/L",
    "ug/mL": "mg/L",
    "pg/mL": "ng/L",
    "meq/L": "mmol/L",
    "10*9/L": "10*3/uL",
    "10*12/L": "10*6/uL",
    "1": "{ratio}",
    "mL/min": "mL/min/{1.73_m2}",
    "um3": "fL",
    "ug/mg": "mg/g",
    "{INR}": "{ratio}",
    "[pH]": "{ratio}",
    "U/mL": "[IU]/mL",
    "[arb'U]/mL": "[IU]/mL",
    "{index}": "{ratio}",
    "mg/g{creat}": "mg/g",
    "kU/L": "[IU]/mL",
    "k[IU]/L": "[IU]/mL",
    "10*3/nL": "10*6/uL",
    "mg/L{FEU}": "ug/mL{FEU}",
    "s": "s",
}


def same_unit(one: str, other: str) -> bool:
    """Whether two UCUM units give the same number for the same quantity."""
    return one == other or _EQUIVALENT.get(one, one) == _EQUIVALENT.get(other, other)
