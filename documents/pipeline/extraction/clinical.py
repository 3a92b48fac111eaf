"""Entries of the clinical sections as facts: what, whose, and whether it is denied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.conditions import diagnosis, family
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.facts import NOTHING, YEAR, fact, head, split_names, wordy
from documents.pipeline.extraction.items import Item, items_of
from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.list_headers import NAME_HEADERS, OTHER_HEADERS
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.phrases import phrases
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.signers import titled_person
from documents.pipeline.extraction.typed import covering, text_of
from documents.pipeline.types import Locale

_NO_ALLERGY = re.compile(
    r"^(?:nkda|nka|nkfa|no known(?: \w+)* allerg(?:y|ies).*|none known|no allergies.*|none|"
    r"no known (?:drug|medication).*|denies(?: any| drug)? allergies.*|no drug allergies.*"
    r"|nkda/nkfa|no known$|sin alergias.*|no (?:se conocen|conocidas|refiere|constan).*"
    r"|no alergias.*|ninguna(?: conocida)?|nam[ck]|niega.*|keine.*|aucune?.*|pas d.allergie.*"
    r"|n[ée]ant|nessuna.*|nega.*)[.!]?$",
    re.IGNORECASE,
)
_STRENGTH = re.compile(
    r"\d[\d,.]*(?:\s?[-/]\s?\d[\d,.]*)*\s?(?:mg|mcg|µg|ug|g|gm|ml|mL|units?|iu|IU|meq|mEq|%|"
    r"mg/ml|mcg/act(?:uation)?|mg/5\s?ml|unit/ml)(?:\s?/\s?(?:\d+\s?)?(?:mg|mcg|g|ml|mL|hr|h|act|"
    r"actuation|spray|dose|tab|unit|L))*\b%?",
    re.IGNORECASE,
)
_SIG = re.compile(
    r"\s*(?:[,;:(]|\s[-–—]\s|\s(?:take|tablets?|tabs?|capsules?|caps?|po|p\.o\.|by mouth|"
    r"oral(?:ly)?|once|twice|daily|bid|tid|qid|qd|qhs|prn|every|one|two|inject|inhale|apply|use|"
    r"puffs?|as needed|sig|for|at bedtime|nightly|q\d+h|weekly|subcutaneous\w*|"
    r"\d+ (?:tab|cap|puff|drop)\w*|x \d|with|in the morning|instill|spray|since|started|qty|"
    r"#\d+|disp|refills?|1x|2x|comprimid[oa]s?|c[aá]psulas?|una?|dos|cada|al d[ií]a|diari[oa]s?"
    r"|v[ií]a oral|por la (?:ma[nñ]ana|noche)|comprim[ée]s?|g[ée]lules?|par jour|le (?:matin|soir)"
    r"|matin|soir|midi|toutes les|tabl(?:\.|ette[n]?)|kapseln?|t[aä]glich|morgens|abends"
    r"|compresse?|al giorno|si besoin|bei bedarf|si precisa|\d-\d-\d(?:-\d)?)\b)",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s*(?:[([:;]|\s[-–—]\s?|[-–—]\s|,\s|\s(?:causes?|caused|reaction|since|dx|diagnosed|onset|"
    r"noted|severity|→|=|with reaction)\b|\s\d{4}\b)",
    re.IGNORECASE,
)
_VITAL = re.compile(r"\b(?:BP|blood pressure)\W*\d{2,3}/\d{2,3}", re.IGNORECASE)
_FORM_WORDS = (
    NAME_HEADERS
    | OTHER_HEADERS
    | {
        "signature",
        "patient signature",
        "initials",
        "name of medication",
        "list below",
        "yes no",
        "yes",
        "other",
        "others",
        "please list",
        "continued",
        "end of report",
        "source",
        "action",
    }
)


@cache
def _lexicon() -> dict[str, frozenset[str]]:
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/drugs.json")
        .read_text(encoding="utf-8")
    )
    data = json.loads(text)
    return {"drugs": frozenset(data["drugs"]), "allergens": frozenset(data["allergens"])}


def clinical(section: Section, locale: Locale) -> list[Candidate]:
    """Facts of one section; sections of other kinds hold none."""
    make = {
        "medication": _medication,
        "allergy": _allergy,
        "diagnosis": diagnosis,
        "family": family,
        "procedure": _procedure,
        "immunization": _immunization,
    }.get(section.kind)
    if make is None:
        return []
    found: list[Candidate] = []
    for item in items_of(section):
        if (
            norm(item.text) not in _FORM_WORDS
            and norm(item.text) not in phrases()
            and not _VITAL.search(item.text)
            and not titled_person(item.text.strip())
        ):
            found.extend(make(section, item, locale))
    return found


def _medication(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    text = item.text
    if NOTHING.match(text.strip()) or not re.search(r"[A-Za-z]{3}", text):
        return
    strength = _STRENGTH.search(text)
    sig = _SIG.search(text)
    strength_end = strength.end() if strength else 0
    if (
        strength
        and strength.start() < 60
        and (
            sig is None
            or strength.start() <= sig.start() + 2
            or strength.start() - sig.start() < 12
        )
    ):
        value, tokens = head(item, strength_end)
    else:
        value, tokens = head(item, sig.start() if sig else len(text))
        strength = strength if strength and strength.end() <= len(value) else None
    if not tokens or wordy(value) or not re.match(r"[A-Za-z(]", value):
        return
    first = norm(value).split()
    listed = bool(set(first[:4]) & _lexicon()["drugs"]) or _near(first[:1], "drugs")
    dosed = strength is not None or any(
        "strength" in k or "dose" in k or "dosage" in k for k in item.columns
    )
    directed = sig is not None or bool(item.columns)
    features: dict[str, float] = {}
    if not listed:
        features["unlisted"] = 0.6 if dosed else 1.0
    if not (dosed or directed) and not listed:
        features["weak_type"] = 1.0
    if item.table and strength is None:
        value, tokens = _with_strength(item, value, tokens)
    raw = text_of(tokens) if value in text_of(tokens) else value
    made = fact(section, item, "medication", tokens, value, features)
    made.raw = value if value in raw else raw
    yield made


def _with_strength(
    item: Item, value: str, tokens: tuple[Token, ...]
) -> tuple[str, tuple[Token, ...]]:
    """Name and strength of a table row whose strength has its own column beside the name."""
    for header in ("strength", "dose", "dosage", "amount"):
        cell = item.columns.get(header)
        if cell and _STRENGTH.match(text_of(cell)):
            start = item.line.tokens.index(tokens[-1]) if tokens[-1] in item.line.tokens else -1
            following = item.line.tokens[start + 1 : start + 2]
            if following and following[0] is cell[0]:
                return f"{value} {text_of(cell)}", (*tokens, *cell)
    return value, tokens


def _near(words: Sequence[str], kind: str) -> bool:
    """An OCR reading one letter off a known word."""
    if not words or len(words[0]) < 6:
        return False
    return (
        process.extractOne(words[0], _lexicon()[kind], scorer=fuzz.ratio, score_cutoff=86)
        is not None
    )


def _allergy(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    text = item.text.strip(" .")
    if _NO_ALLERGY.match(item.text.strip()):
        value, tokens = head(item, len(item.text))
        if tokens:
            yield fact(section, item, "allergy", tokens, value, {}, negated=True)
        return
    if NOTHING.match(text) or not re.search(r"[A-Za-z]{3}", text):
        return
    for part in split_names(item):
        cut = _AFTER_NAME.search(part.text)
        length = cut.start() if cut and cut.start() > 1 else len(part.text)
        value, tokens = head(part, length)
        if not tokens or wordy(value) or len(value.split()) > 6:
            continue
        words = norm(value).split()
        listed = bool(set(words) & (_lexicon()["allergens"] | _lexicon()["drugs"])) or (
            _near(words[:1], "drugs") or _near(words[:1], "allergens")
        )
        detailed = bool(part.columns) or cut is not None
        features = {} if listed else {"unlisted": 0.5 if detailed else 1.0}
        yield fact(section, item, "allergy", tokens, value, features)


def _dated(item: Item, locale: Locale) -> str | None:
    for text in (item.text, *(text_of(cell) for cell in item.columns.values())):
        dates = find_dates(text, locale)
        if dates:
            return dates[0].iso
        year = re.search(r"\b(19|20)\d\d\b", text)
        if year:
            return year.group(0)
    return None


_CLOCK = re.compile(r"\b(?:[ap]\.?m\b\.?|at\b|h\b)", re.IGNORECASE)


def _done(section: Section, item: Item, locale: Locale, name: str) -> Iterator[Candidate]:
    text = item.text.strip()
    if NOTHING.match(text) or not re.search(r"[A-Za-z]{2}", _CLOCK.sub("", text)):
        return
    dates = find_dates(text, locale)
    lead = 0
    if dates and dates[0].start <= 2:
        lead = dates[0].end
        end = len(text)
    else:
        end = dates[0].start if dates else len(text)
    body = text[lead:end]
    early = re.match(r"^\s*(?:19|20)\d\d\s*[-–—:]?\s*", body)
    if early:
        lead += early.end()
        body = text[lead:end]
    value = body
    while True:
        cut = re.sub(
            r"[\s(,;:–—-]+(?:given|on|in|done|performed|administered|date)?[\s:]*$",
            "",
            YEAR.sub("", value),
        )
        if cut == value or not cut.strip():
            break
        value = cut
    value = value.strip(" .,:;-–—•*")
    if value.count("(") > value.count(")"):
        value = value[: value.rfind("(")].strip(" ,;-")
    at = text.find(value, lead) if value else -1
    if at < 0 or wordy(value) or len(value) < 3:
        return
    tokens = covering(item.tokens, at, at + len(value))
    if not tokens:
        return
    features: dict[str, float] = {} if _dated(item, locale) else {"weak_type": 0.3}
    yield fact(section, item, name, tokens, value, features, effective_date=_dated(item, locale))


def _procedure(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    yield from _done(section, item, locale, "procedure")


def _immunization(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    yield from _done(section, item, locale, "immunization")
