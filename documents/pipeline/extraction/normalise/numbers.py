"""Numbers, comparators, ranges and flags as laboratories print them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+"
COMPARATORS = {
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "≤": "<=",
    "≥": ">=",
    "=<": "<=",
    "=>": ">=",
}
_VALUE = re.compile(rf"^([<>]=?|[≤≥]|=[<>])?\s*([-+]?(?:{NUMBER}))$")
_DASH = r"(?:-|–|—|−|÷|~|…|to|a|à|al|bis|hasta|até)"
_RANGE = re.compile(
    rf"^[\[(]?\s*(-?(?:{NUMBER}))\s*{_DASH}\s*(-?(?:{NUMBER}))\s*[\])]?$", re.IGNORECASE
)
_WORDS = (
    r"up\s+to|less\s+than|greater\s+than|more\s+than|no\s+more\s+than|under|over|below|above"
    r"|at\s+least|menor\s+(?:de|que|a)|inferior\s+a|hasta|mayor\s+(?:de|que|a)|superior\s+a"
    r"|inf(?:[ée]rieur)?\.?\s*[àa]|sup(?:[ée]rieur)?\.?\s*[àa]|moins\s+de|plus\s+de|jusqu['’]?[àa]"
    r"|bis|unter|kleiner|ab|über|max(?:imum)?\.?|min(?:imum)?\.?"
)
_ONE_SIDED = re.compile(
    rf"^[\[(]?\s*(<\s*(?:or|ou|o|oder)\s*=|>\s*(?:or|ou|o|oder)\s*=|[<>]=?|[≤≥]|{_WORDS})"
    rf"\s*({NUMBER})\s*[\])]?$",
    re.IGNORECASE,
)
_UPPER = re.compile(
    r"^(?:<|≤|up to|less|under|below|no more|max|menor|inferior|hasta|inf|bis|unter|kleiner"
    r"|moins|jusqu)"
)
FLAGS = {
    "h": "H",
    "hi": "H",
    "high": "H",
    "(h)": "H",
    "[h]": "H",
    "h*": "H",
    "*h": "H",
    "^": "H",
    "↑": "H",
    "▲": "H",
    "+h": "H",
    "above": "H",
    "l": "L",
    "lo": "L",
    "low": "L",
    "(l)": "L",
    "[l]": "L",
    "l*": "L",
    "*l": "L",
    "↓": "L",
    "▼": "L",
    "below": "L",
    "hh": "HH",
    "ll": "LL",
    "critical": "A",
    "crit": "A",
    "panic": "A",
    "h!": "HH",
    "l!": "LL",
    "(hh)": "HH",
    "(ll)": "LL",
    "ch": "HH",
    "cl": "LL",
    "crithigh": "HH",
    "critlow": "LL",
    "a": "A",
    "abnormal": "A",
    "abn": "A",
    "(a)": "A",
    "*": "A",
    "**": "A",
    "!": "A",
    "aa": "A",
    "abnormal*": "A",
    "(*)": "A",
    "high*": "H",
    "low*": "L",
    "(high)": "H",
    "(low)": "L",
    "[high]": "H",
    "[low]": "L",
    "(abnormal)": "A",
    "!!": "A",
    "c": "A",
    "alto": "H",
    "bajo": "L",
    "+": "H",
    "-": "L",
    "–": "L",
    "++": "HH",
    "--": "LL",
    "n": "N",
    "normal": "N",
    "(n)": "N",
    "wnl": "N",
}
_GLUED_FLAG = re.compile(
    rf"^([<>]=?|[≤≥])?({NUMBER})\s?(\*{{1,2}}|[HL]{{1,2}}\*?|\((?:H|L|HH|LL|A|\*)\)|\^|↑|↓|!|\+{{1,2}})$"
)
_GLUED_FLAG_FRONT = re.compile(rf"^(\*{{1,2}}|↑|↓|!)([<>]=?|[≤≥])?({NUMBER})$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A printed number: ``raw`` text, value, comparator and a flag glued to it."""

    raw: str
    value: float
    comparator: str | None
    flag: str | None = None


def to_float(text: str, *, decimal_comma: bool) -> float | None:
    """Read a printed number; ``1,234`` is a thousand unless the page writes decimal commas."""
    text = text.strip().lstrip("+")
    if "," in text and "." in text:
        decimal = max(text.rfind(","), text.rfind("."))
        text = re.sub(r"[.,]", "", text[:decimal]) + "." + text[decimal + 1 :]
    elif "," in text:
        head, _, tail = text.rpartition(",")
        thousand = len(tail) == 3 and not decimal_comma and head.lstrip("-") not in {"0", ""}
        text = text.replace(",", "") if thousand or text.count(",") > 1 else f"{head}.{tail}"
    try:
        return float(text)
    except ValueError:
        return None


def parse_quantity(text: str, *, decimal_comma: bool = False) -> Quantity | None:
    """A number with optional comparator and glued flag, nothing else."""
    match = _VALUE.match(text)
    if match:
        value = to_float(match.group(2), decimal_comma=decimal_comma)
        if value is None:
            return None
        return Quantity(text, value, COMPARATORS.get(match.group(1) or ""))
    match = _GLUED_FLAG.match(text)
    if match:
        value = to_float(match.group(2), decimal_comma=decimal_comma)
        raw = (match.group(1) or "") + match.group(2)
        if value is not None:
            return Quantity(raw, value, COMPARATORS.get(match.group(1) or ""), match.group(3))
    match = _GLUED_FLAG_FRONT.match(text)
    if match:
        value = to_float(match.group(3), decimal_comma=decimal_comma)
        raw = (match.group(2) or "") + match.group(3)
        if value is not None:
            return Quantity(raw, value, COMPARATORS.get(match.group(2) or ""), match.group(1))
    return None


def parse_range(text: str, *, decimal_comma: bool = False) -> dict[str, Any] | None:
    """``{"raw", "low", "high"}`` of a two- or one-sided reference range, else None."""
    printed = text.strip()
    text = re.sub(r"^([\[(]?)\s*[«‹€]", r"\1<", printed)  # what engines make of a small <
    text = re.sub(r"^([\[(]?)\s*[»›]", r"\1>", text)
    text = re.sub(r"(?<=\d)\.{2,}(?=\d)|(?<=\d)\.\s*-", "-", text)
    match = _RANGE.match(text)
    if match:
        low = to_float(match.group(1), decimal_comma=decimal_comma)
        high = to_float(match.group(2), decimal_comma=decimal_comma)
        if low is None or high is None or low > high:
            return None
        return {"raw": printed, "low": low, "high": high}
    match = _ONE_SIDED.match(text)
    if match:
        bound = to_float(match.group(2), decimal_comma=decimal_comma)
        side = re.sub(r"\s+", " ", match.group(1).lower())
        upper = _UPPER.match(side) is not None
        return {"raw": printed, "low": None if upper else bound, "high": bound if upper else None}
    return None


_FLAG_PHRASES = {
    "above range": "H",
    "above normal": "H",
    "above reference": "H",
    "above reference range": "H",
    "above high normal": "H",
    "above normal range": "H",
    "over range": "H",
    "elevated": "H",
    "too high": "H",
    "slightly high": "H",
    "slightly elevated": "H",
    "below range": "L",
    "below normal": "L",
    "below reference": "L",
    "below reference range": "L",
    "below low normal": "L",
    "below normal range": "L",
    "under range": "L",
    "too low": "L",
    "slightly low": "L",
    "out of range": "A",
    "outside range": "A",
    "out of reference": "A",
    "in range": "N",
    "within range": "N",
    "within normal range": "N",
    "in normal range": "N",
    "hoch": "H",
    "erhoht": "H",
    "niedrig": "L",
    "erniedrigt": "L",
    "eleve": "H",
    "haut": "H",
    "bas": "L",
    "elevado": "H",
    "disminuido": "L",
    "critical high": "HH",
    "critical low": "LL",
    "high alert": "HH",
    "low alert": "LL",
    "high panic": "HH",
    "low panic": "LL",
}


def flag_phrase(raw: str) -> str | None:
    """The flag that words such as "Above range" or "erh\u00f6ht" stand for."""
    key = unicodedata.normalize("NFKD", raw.lower())
    key = "".join(c for c in key if not unicodedata.combining(c))
    return _FLAG_PHRASES.get(" ".join(re.findall(r"[a-z]+", key)))


def normal_flag(raw: str) -> str | None:
    """H, L, HH, LL, A or N for a printed flag; None when it is not one."""
    phrase = flag_phrase(raw)
    if phrase is not None:
        return phrase
    text = re.sub(r"\s+", "", raw.strip().lower().rstrip(".,"))
    if text in FLAGS:
        return FLAGS[text]
    if re.search(r"[\d/]", text):
        return None  # "10^9/L" and "L/L" are units, whatever letter they end with
    words = set(re.findall(r"[a-z]+", raw.lower()))
    if words and words <= {
        "critical",
        "critically",
        "panic",
        "crit",
        "high",
        "low",
        "abnormal",
        "very",
        "alert",
        "h",
        "l",
        "above",
        "below",
    }:
        urgent = words & {"critical", "critically", "panic", "crit", "alert", "very"}
        if words & {"high", "h", "above"}:
            return "HH" if urgent else "H"
        if words & {"low", "l", "below"}:
            return "LL" if urgent else "L"
        return "A"
    return None


def derived_flag(value: float, comparator: str | None, bounds: dict[str, Any] | None) -> str | None:
    """H, L or N of a value against its range; None when that cannot be told."""
    if not bounds or (bounds.get("low") is None and bounds.get("high") is None):
        return None
    low, high = bounds.get("low"), bounds.get("high")
    strict_high = str(bounds.get("raw", "")).lstrip("([ ").startswith("<") and "=" not in str(
        bounds.get("raw")
    )
    if comparator in {"<", "<="}:
        if low is not None and value <= low:
            return "L"
        return "N" if high is None or value <= high else None
    if comparator in {">", ">="}:
        if high is not None and value >= high:
            return "H"
        return "N" if low is None or value >= low else None
    if high is not None and (value > high or (strict_high and value == high)):
        return "H"
    if low is not None and value < low:
        return "L"
    return "N"


def flags_agree(printed: str | None, derived: str | None) -> bool:
    """Whether a printed flag fits the one derived from the range; unknown fits anything."""
    if derived is None:
        return True
    if printed is None:
        return True
    if printed == "A":
        return derived != "N"
    return printed[0] == derived[0]
