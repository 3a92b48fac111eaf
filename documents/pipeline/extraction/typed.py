"""Reading a cell as the type its label announces; None when it is something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates, swappable
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.types import Locale


@dataclass(frozen=True, slots=True)
class Reading:
    """A typed value: normalised ``value``, ``raw`` as printed, and the tokens that carry it."""

    value: str
    raw: str
    tokens: tuple[Token, ...]
    doubts: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def text_of(tokens: Sequence[Token]) -> str:
    """Words joined by one space, as excerpts print them."""
    return " ".join(token.text for token in tokens)


def covering(tokens: Sequence[Token], start: int, end: int) -> tuple[Token, ...]:
    """Tokens that overlap the characters ``start:end`` of :func:`text_of`."""
    at, kept = 0, []
    for token in tokens:
        if at < end and at + len(token.text) > start:
            kept.append(token)
        at += len(token.text) + 1
    return tuple(kept)


def read_date(tokens: Sequence[Token], locale: Locale, *, contested: bool) -> Reading | None:
    """The first date; text before it means the cell is about something else."""
    text = text_of(tokens)
    for found in find_dates(text, locale):
        if len(re.sub(r"[^A-Za-z]", "", text[: found.start])) > 12:
            return None
        ambiguous = (contested and swappable(found)) or found.ambiguous
        return Reading(
            found.iso,
            found.raw,
            covering(tokens, found.start, found.end),
            {"ambiguous": 1.0} if ambiguous else {},
            {"value_type": "date", "effective_date": found.iso},
            ("ambiguous_date",) if ambiguous else (),
        )
    return None


SEXES = {
    "m": "male",
    "male": "male",
    "f": "female",
    "female": "female",
    "masculino": "male",
    "femenino": "female",
    "masculin": "male",
    "f\u00e9minin": "female",
    "feminin": "female",
    "x": "other",
    "nonbinary": "other",
    "non-binary": "other",
    "man": "male",
    "woman": "female",
    "w": "female",
    "m\u00e4nnlich": "male",
    "maennlich": "male",
    "mann": "male",
    "weiblich": "female",
    "frau": "female",
    "var\u00f3n": "male",
    "varon": "male",
    "hombre": "male",
    "mujer": "female",
    "homme": "male",
    "femme": "female",
    "maschio": "male",
    "femmina": "female",
}


_ENGLISH_SEXES = {"m", "f", "male", "female", "x"}


def read_sex(tokens: Sequence[Token]) -> Reading | None:
    """M, F, Male, Female, X; also beside an age ("45 / F")."""
    letters = {t.text.strip(".:;[]()").lower() for t in tokens[:6]}
    if {"m", "f"} <= letters or {"male", "female"} <= letters:
        return _checked_box(tokens)
    for index, token in enumerate(tokens[:5]):
        for part in re.split(r"[/,()|]", token.text):
            word = part.strip(".:;").lower()
            code = SEXES.get(word)
            if code:
                raw = part.strip(".:;")
                if word == "x" and len(tokens) > 1:
                    return _checked_box(tokens)
                return Reading(
                    raw if word in _ENGLISH_SEXES else code,
                    raw,
                    (tokens[index],),
                    {},
                    {
                        "code": {
                            "system": "http://hl7.org/fhir/administrative-gender",
                            "code": code,
                            "confidence": 0.99,
                        },
                        "value_type": "code",
                    },
                )
    return None


def _checked_box(tokens: Sequence[Token]) -> Reading | None:
    """``M X  F`` or ``X F``: the mark stands beside the chosen letter."""
    names = [norm(t.text) for t in tokens[:6]]
    if "x" not in names:
        return None
    at = names.index("x")
    for near in (at - 1, at + 1):
        if 0 <= near < len(names) and names[near] in {"m", "f", "male", "female"}:
            code = "male" if names[near].startswith("m") else "female"
            token = tokens[near]
            return Reading(
                token.text,
                token.text,
                (token,),
                {"far_value": 0.5},
                {
                    "code": {
                        "system": "http://hl7.org/fhir/administrative-gender",
                        "code": code,
                        "confidence": 0.9,
                    },
                    "value_type": "code",
                },
            )
    return None


_DATE_LIKE = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{1,2}/\d{1,2}/\d\d|(?:19|20)\d\d-\d\d-\d\d")


def read_id(
    tokens: Sequence[Token], *, spaced: bool = False, letters: bool = False
) -> Reading | None:
    """An identifier with a digit in it; ``spaced`` joins groups as cards print them.

    ``letters`` lets codes of capitals alone pass, as pharmacy routing codes are.
    """
    kept: list[Token] = []
    for token in tokens[:6]:
        text = token.text.lstrip("(").rstrip(",;)")
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/*-]*", text) and (
            any(c.isdigit() for c in text)
            or (letters and not kept and text.isupper())
            or (spaced and not kept and text.isupper())
            or (spaced and kept and text.isupper() and len(text) <= 2)
        ):
            kept.append(token)
            if not spaced:
                break
        elif text in {"#", ":", "No.", "No", "-"} and not kept:
            continue
        else:
            break
    if not kept:
        return None
    raw = text_of(kept).lstrip("(").rstrip(",;).")
    digits = sum(c.isdigit() for c in raw)
    if len(re.sub(r"\W", "", raw)) < (2 if letters else 3):
        return None
    if digits < 1 and not letters:
        return None
    if re.fullmatch(
        r"\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{1,2}/\d{1,2}/\d\d|(?:19|20)\d\d-\d\d-\d\d", raw
    ):
        return None
    dated = re.fullmatch(r"\d\d-\d\d-\d\d", raw) is not None
    return Reading(raw, raw, tuple(kept), {"weak_type": 0.3} if dated else {}, {"value_type": "id"})


def read_phone(tokens: Sequence[Token]) -> Reading | None:
    """A dialable number of the clinic's country (US) or an international one."""
    text = text_of(tokens)
    for match in phonenumbers.PhoneNumberMatcher(
        text, "US", leniency=phonenumbers.Leniency.POSSIBLE
    ):
        digits = re.sub(r"\D", "", match.raw_string)
        if len(digits) < 10 or len(re.sub(r"[^A-Za-z]", "", text[: match.start])) > 8:
            return None
        raw = match.raw_string
        return Reading(
            raw,
            raw,
            covering(tokens, match.start, match.end),
            {},
            {
                "value_type": "phone",
                "code": {
                    "system": "tel",
                    "confidence": 0.99,
                    "code": phonenumbers.format_number(
                        match.number, phonenumbers.PhoneNumberFormat.E164
                    ),
                },
            },
        )
    return None


def npi_valid(digits: str) -> bool:
    """Luhn over 80840 and the ten digits (45 CFR 162.406)."""
    if len(digits) != 10 or digits[0] not in "12":
        return False
    total = 24
    for index, char in enumerate(reversed(digits)):
        number = int(char)
        if index % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def read_npi(tokens: Sequence[Token]) -> Reading | None:
    """Ten digits; a wrong check digit is kept as a doubt, for a person to see."""
    for index, token in enumerate(tokens[:3]):
        digits = token.text.strip(",;()#.:")
        if re.fullmatch(r"\d{10}", digits):
            valid = npi_valid(digits)
            return Reading(
                digits,
                digits,
                (tokens[index],),
                {} if valid else {"check_failed": 1.0},
                {
                    "value_type": "id",
                    "code": {
                        "system": "http://hl7.org/fhir/sid/us-npi",
                        "code": digits,
                        "confidence": 0.99 if valid else 0.3,
                    },
                },
                () if valid else ("npi_check_digit",),
            )
    return None


_CUT = re.compile(
    r"\s+(?:\(|DOB\b|D\.O\.B|MRN\b|Age\b|Sex\b|Gender\b|NPI\b|ID\b|#|\||•|Phone\b|Tel\b"
    r"|on\b|at\b|[-–—]\s|M\.?R\.?N)"
)


_TITLED = re.compile(
    r"(?:(?:Mrs|Mr|Ms|Miss|Master|Mme|Mlle|M|Sr|Sra|Srta|Herr|Frau|Monsieur|Madame)\b\.?|I,)"
    r"\s+(?=[A-Z])"
)


_ROLE_BEHIND = re.compile(
    r",\s+(?:(?:consultant|attending|staff|chief|senior|diagnostic|clinical|general)\s+)*"
    r"(?:radiologist|pathologist|physician|surgeon|practitioner|cardiologist|neurologist|consultant"
    r"|registrar|haematologist|hematologist)\b.*$",
    re.IGNORECASE,
)
"""What somebody is, behind their name: "Dr Anil Deshpande, Consultant Radiologist, GMC"."""


def read_name(tokens: Sequence[Token]) -> Reading | None:
    """A person's name at the start of the cell."""
    text = text_of(tokens)
    cut = _CUT.search(text)
    if cut:
        text = text[: cut.start()]
    text = re.sub(r"[\s,;|]+$", "", re.split(r"\s\d|\t", text)[0])
    lead = len(text) - len(text.lstrip(" :_-"))
    title = _TITLED.match(text, lead)
    lead = title.end() if title else lead
    text = text[lead:].strip(" :_-")
    role = _ROLE_BEHIND.search(text)
    text = text[: role.start()] if role else text
    if not looks_like_name(text):
        return None
    kept = covering(tokens, lead, lead + len(text))
    pieces = [
        w
        for w in text.split()
        if len(w.strip(".,")) <= 2 and w[:1].isupper() and not w.endswith(".")
    ]
    spaced = any(t.source == "ocr" for t in kept) and len(pieces) >= 2
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"^(?:Dr|Prof|Doctor|Professor)\b", "", text))
    single = spaced or len(words) < 2
    return Reading(text, text, kept, {"weak_type": 1.0} if single else {}, {})


def read_org(tokens: Sequence[Token]) -> Reading | None:
    """An organisation or plan: a short text with letters in it."""
    text = re.split(r"\s[\[(]?(?:CLIA|NPI|TIN)\b", text_of(tokens))[0]
    text = re.sub(r"[\s,;|]+$", "", text)
    lead = len(text) - len(text.lstrip(" :_-"))
    text = text.strip(" :_-")
    if sum(c.isalpha() for c in text) < 3 or len(text) > 80 or text.endswith((":", "?", "...")):
        return None
    if "?" in text or re.search(r"\b(?:check all|please|you|your|have)\b", text, re.IGNORECASE):
        return None
    if len(tokens) > 10 or re.fullmatch(r"[\W_\d]*", text):
        return None
    return Reading(text, text, covering(tokens, lead, lead + len(text)))


def read_money(tokens: Sequence[Token]) -> Reading | None:
    """An amount of money: ``$1,234.50``, ``1234.50`` or the boxes ``1234 50``."""
    text = text_of(tokens[:4])
    match = re.match(
        r"^[:\s]*\(?(\$\s?)?(\d{1,3}(?:,\d{3})+|\d+)(?:([.]|\s)(\d\d))?\)?(?!\d)", text
    )
    if match is None or not (match.group(1) or match.group(4)):
        return None
    amount = float(match.group(2).replace(",", "") + "." + (match.group(4) or "00"))
    value = f"{amount:.2f}" if match.group(3) and match.group(3) != "." else None
    raw = text[match.start(2) : match.end(4) if match.group(4) else match.end(2)]
    if match.group(1):
        raw = text[match.start(1) : match.end(4) if match.group(4) else match.end(2)]
    return Reading(
        value or raw,
        raw,
        covering(tokens, match.start(), match.end()),
        {},
        {"value_type": "money", "value_num": amount},
    )
