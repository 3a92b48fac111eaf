"""Entries of the clinical sections as facts: what, whose, and whether it is denied."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.items import (
    NAME_HEADERS,
    OTHER_HEADERS,
    Item,
    items_of,
)
from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.typed import covering, text_of
from documents.pipeline.types import Locale

ICD10 = re.compile(r"\b([A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)\b")
_NOTHING = re.compile(
    r"^(?:none|n/?a|nil|no|denies(?: any)?|negative|unknown|not applicable|none (?:known|reported|"
    r"listed|recorded|documented|on file|at this time|currently)|no (?:current |active |known |"
    r"regular |significant |past |prior |other )*(?:medications?|problems?|surger(?:y|ies)|"
    r"procedures?|conditions?|history|immunizations?|medicines|surgical history).*|no data.*|"
    r"not on file.*|nothing.*|non[- ]?contributory|see (?:above|below|list|attached).*|"
    r"reviewed.*|unremarkable)[.!]?$", re.IGNORECASE)
_NO_ALLERGY = re.compile(
    r"^(?:nkda|nka|nkfa|no known(?: \w+)* allerg(?:y|ies).*|none known|no allergies.*|none|"
    r"no known (?:drug|medication).*|denies(?: any| drug)? allergies.*|no drug allergies.*"
    r"|nkda/nkfa|no known$|sin alergias.*|keine.*)[.!]?$", re.IGNORECASE)
_STRENGTH = re.compile(
    r"\d[\d,.]*(?:\s?[-/]\s?\d[\d,.]*)*\s?(?:mg|mcg|µg|ug|g|gm|ml|mL|units?|iu|IU|meq|mEq|%|"
    r"mg/ml|mcg/act(?:uation)?|mg/5\s?ml|unit/ml)(?:\s?/\s?(?:\d+\s?)?(?:mg|mcg|g|ml|mL|hr|h|act|"
    r"actuation|spray|dose|tab|unit|L))*\b%?", re.IGNORECASE)
_SIG = re.compile(
    r"\s*(?:[,;:(]|\s[-–—]\s|\s(?:take|tablets?|tabs?|capsules?|caps?|po|p\.o\.|by mouth|oral(?:ly)?|"
    r"once|twice|daily|bid|tid|qid|qd|qhs|prn|every|one|two|inject|inhale|apply|use|puffs?|"
    r"as needed|sig|for|at bedtime|nightly|q\d+h|weekly|subcutaneous\w*|\d+ (?:tab|cap|puff|drop)\w*"
    r"|x \d|with|in the morning|instill|spray|since|started|qty|#\d+|disp|refills?|1x|2x)\b)",
    re.IGNORECASE)
_AFTER_NAME = re.compile(
    r"\s*(?:[([:;]|\s[-–—]\s?|[-–—]\s|,\s|\s(?:causes?|caused|reaction|since|dx|diagnosed|onset|"
    r"noted|severity|→|=|with reaction)\b|\s\d{4}\b)", re.IGNORECASE)
_YEAR = re.compile(r"[\s,(–—-]*\(?\b((?:19|20)\d\d)\b\)?\.?\s*$")
_STATUS = re.compile(
    r"[\s,;(–—-]+(?:active|resolved|chronic|stable|controlled|inactive|current|ongoing|"
    r"well controlled|poorly controlled|in remission|improving|confirmed|since.*|dx.*|"
    r"diagnosed.*|onset.*|noted.*|as of.*|\d{1,2}/\d{2,4}|status:.*)\)?\.?$", re.IGNORECASE)
_DENIED = re.compile(
    r"^(?:no|denies|denied|negative for|without|no evidence of|no history of|no h/o|not|rules? out|"
    r"ruled out|no known|neg for|absence of|no personal history of|never had)\b[:\s]*",
    re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(mother|father|brother|sister|grandmother|grandfather|grandparents?|aunt|uncle|son|daughter"
    r"|parents?|siblings?|maternal|paternal|mgm|mgf|pgm|pgf|cousin|family|mom|dad)\b", re.IGNORECASE)
_FAMILY_OF = re.compile(r"^\s*(?:family (?:history|hx) of|fhx? of)\b", re.IGNORECASE)
_FORM_WORDS = NAME_HEADERS | OTHER_HEADERS | {
    "signature", "patient signature", "initials", "name of medication", "list below", "yes no",
    "yes", "other", "others", "please list", "continued", "end of report", "source", "action",
}
MAX_WORDS = 12


@cache
def _lexicon() -> dict[str, frozenset[str]]:
    text = resources.files("documents.pipeline.extraction").joinpath(
        "data/drugs.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return {"drugs": frozenset(data["drugs"]), "allergens": frozenset(data["allergens"])}


@cache
def _conditions() -> dict[str, str]:
    text = resources.files("documents.pipeline.extraction").joinpath(
        "data/conditions.json").read_text(encoding="utf-8")
    return {norm(name): row["icd10"] for row in json.loads(text)
            for name in (row["name"], *row["synonyms"])}


def clinical(section: Section, locale: Locale) -> list[Candidate]:
    """Facts of one section; sections of other kinds hold none."""
    make = {
        "medication": _medication, "allergy": _allergy, "diagnosis": _diagnosis,
        "family": _family, "procedure": _procedure, "immunization": _immunization,
    }.get(section.kind)
    if make is None:
        return []
    found: list[Candidate] = []
    for item in items_of(section):
        if norm(item.text) not in _FORM_WORDS:
            found.extend(make(section, item, locale))
    return found


def _candidate(
    section: Section, item: Item, name: str, tokens: Sequence[Token], value: str,
    features: dict[str, float], **extra: object,
) -> Candidate:
    line = next((line for line in section.layout.lines if tokens[0] in line.tokens), item.line)
    if section.run_in:
        features.setdefault("prose", 0.6)
    warnings = tuple(w for w in (extra.pop("warnings", ()) or ()) if isinstance(w, str)) if isinstance(
        extra.get("warnings"), tuple) else ()
    return Candidate(name, value, tuple(tokens), section.layout, line.index, section.title, features,
                     dict(extra), warnings, value)


def _head(item: Item, cut: Callable[[str], int]) -> tuple[str, tuple[Token, ...]]:
    """The first part of an entry's text and the words that carry it."""
    text = item.text
    end = cut(text)
    value = text[:end]
    start = len(value) - len(value.lstrip(" .,:;-–—•*"))
    value = value.strip(" .,:;-–—•*")
    return value, covering(item.tokens, start, start + len(value))


def _prose(value: str) -> bool:
    words = value.split()
    small = sum(w.lower() in {"the", "is", "was", "are", "were", "you", "your", "if", "and", "that",
                              "this", "patient", "will", "has", "have", "been", "with", "to", "she",
                              "he", "for", "in"} for w in words)
    return len(words) > MAX_WORDS or small >= 3 or (small >= 2 and len(words) > 7)


def _medication(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    text = item.text
    if _NOTHING.match(text.strip()) or not re.search(r"[A-Za-z]{3}", text):
        return
    strength = _STRENGTH.search(text)
    sig = _SIG.search(text)
    if strength and strength.start() < 60 and (sig is None or strength.start() <= sig.start() + 2
                                               or strength.start() - sig.start() < 12):
        value, tokens = _head(item, lambda _: strength.end())
    else:
        value, tokens = _head(item, lambda t: sig.start() if sig else len(t))
        strength = strength if strength and strength.end() <= len(value) else None
    if not tokens or _prose(value) or not re.match(r"[A-Za-z(]", value):
        return
    first = norm(value).split()
    listed = bool(set(first[:4]) & _lexicon()["drugs"]) or _near(first[:1], "drugs")
    dosed = strength is not None or any(
        "strength" in k or "dose" in k or "dosage" in k for k in item.columns)
    directed = sig is not None or bool(item.columns)
    features: dict[str, float] = {}
    if not listed:
        features["unlisted"] = 0.6 if dosed else 1.0
    if not (dosed or directed) and not listed:
        features["weak_type"] = 1.0
    if item.table and strength is None:
        value, tokens = _with_strength(item, value, tokens)
    raw = text_of(tokens) if value in text_of(tokens) else value
    made = _candidate(section, item, "medication", tokens, value, features)
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
    return process.extractOne(words[0], _lexicon()[kind], scorer=fuzz.ratio,
                              score_cutoff=86) is not None


def _allergy(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    text = item.text.strip(" .")
    if _NO_ALLERGY.match(item.text.strip()):
        value, tokens = _head(item, len)
        if tokens:
            yield _candidate(section, item, "allergy", tokens, value, {}, negated=True)
        return
    if _NOTHING.match(text) or not re.search(r"[A-Za-z]{3}", text):
        return
    for part in _split_names(item):
        cut = _AFTER_NAME.search(part.text)
        value, tokens = _head(part, lambda t, c=cut: c.start() if c and c.start() > 1 else len(t))
        if not tokens or _prose(value) or len(value.split()) > 6:
            continue
        words = norm(value).split()
        listed = bool(set(words) & (_lexicon()["allergens"] | _lexicon()["drugs"])) or (
            _near(words[:1], "drugs") or _near(words[:1], "allergens"))
        detailed = bool(part.columns) or cut is not None
        features = {} if listed else {"unlisted": 0.5 if detailed else 1.0}
        yield _candidate(section, item, "allergy", tokens, value, features)


def _split_names(item: Item) -> list[Item]:
    """``Penicillin, Sulfa, Latex`` in one entry are three."""
    text = item.text
    if "," not in text or re.search(r"[(:]|\s[-–—]\s", text):
        return [item]
    pieces: list[list[Token]] = [[]]
    for token in item.tokens:
        pieces[-1].append(token)
        if token.text.endswith(","):
            pieces.append([])
    if any(len(p) > 3 for p in pieces):
        return [item]
    return [Item(tuple(p), item.line, item.columns, item.table) for p in pieces if p]


def _icd(item: Item) -> str | None:
    for text in (item.text, *(text_of(cell) for cell in item.columns.values())):
        match = ICD10.search(text)
        if match:
            return match.group(1)
    return None


def _diagnosis(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    yield from _condition(section, item, "patient")


def _family(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    """``Father: stroke at age 70`` without the relative; context says it is not the patient's."""
    text = item.text
    match = re.match(r"^\s*(?:[A-Za-z]+\s){0,3}?[A-Za-z]+\s*(?::|[-–—]\s)\s*", text)
    if match and _RELATIVE.search(match.group(0)):
        start = len(match.group(0).split())
        if start < len(item.tokens):
            item = Item(item.tokens[start:], item.line, item.columns, item.table)
    for part in _split_names(item):
        yield from _condition(section, part, "family")


def _condition(section: Section, item: Item, context: str) -> Iterator[Candidate]:
    text = item.text.strip()
    if _NOTHING.match(text) or not re.search(r"[A-Za-z]{3}", text):
        return
    code = _icd(item)
    start = re.match(rf"^\s*[(\[]?{ICD10.pattern}[)\]]?\s*[-–—:.]?\s*", text)
    lead = len(start.group(0)) if start else 0
    body = text[lead:]
    denied = _DENIED.match(body)
    if denied:
        lead += denied.end()
        body = text[lead:]
    value = _condition_name(body)
    if not value or not item.tokens:
        yield from _code_only(section, item, code)
        return
    at = text.find(value, lead)
    tokens = covering(item.tokens, at + len(item.text) - len(item.text.lstrip()),
                      at + len(value))
    if not tokens or (_prose(value) and code is None):
        return
    if _FAMILY_OF.match(body) or (context == "patient" and _RELATIVE.match(body)):
        context = "family"
    known = _conditions().get(norm(value))
    features: dict[str, float] = {}
    if code is None and known is None:
        features["unlisted"] = 0.5 if item.columns or not section.run_in else 1.0
        if len(value.split()) > 8:
            features["weak_type"] = 1.0
    chosen = code or (known if context == "patient" else None)
    extra: dict[str, object] = {"negated": bool(denied), "context": context}
    if chosen:
        extra["code"] = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": chosen,
                         "confidence": 0.98 if code else 0.85}
    yield _candidate(section, item, "diagnosis", tokens, value, features, **extra)


def _condition_name(body: str) -> str:
    """The words before a code, a status or an explanation."""
    value = re.split(r"\s*[\[(]\s*(?:ICD[- ]?10?(?:-CM)?:?\s*)?[A-TV-Z]\d[0-9A-Z]", body)[0]
    value = re.split(r"\s*(?:[-–—,:]|ICD[- ]?10?(?:-CM)?:?)\s*[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]+)?\b",
                     value)[0]
    value = re.split(rf"\s+{ICD10.pattern}\s*$", value)[0]
    value = re.split(r"(?<=[a-z)])[.:;]\s", value)[0]
    value = re.split(r"\s[-–—]\s", value)[0]
    while True:
        cut = _STATUS.sub("", value)
        cut = _YEAR.sub("", cut)
        if cut == value or not cut.strip():
            break
        value = cut
    value = re.sub(r"\s*\((?:active|resolved|chronic|[^)]*\d{4}[^)]*)\)?$", "", value, flags=re.I)
    return value.strip(" .,:;-–—•*")


def _code_only(section: Section, item: Item, code: str | None) -> Iterator[Candidate]:
    """A diagnosis printed as a bare code."""
    if code is None:
        return
    tokens = [t for t in item.tokens if code in t.text]
    if tokens:
        yield _candidate(section, item, "diagnosis", tokens, code, {}, code={
            "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code, "confidence": 0.98})


def _dated(item: Item, locale: Locale) -> str | None:
    for text in (item.text, *(text_of(cell) for cell in item.columns.values())):
        dates = find_dates(text, locale)
        if dates:
            return dates[0].iso
        year = re.search(r"\b(19|20)\d\d\b", text)
        if year:
            return year.group(0)
    return None


def _done(section: Section, item: Item, locale: Locale, name: str) -> Iterator[Candidate]:
    text = item.text.strip()
    if _NOTHING.match(text) or not re.search(r"[A-Za-z]{2}", text):
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
        cut = re.sub(r"[\s(,;:–—-]+(?:given|on|in|done|performed|administered|date)?[\s:]*$", "",
                     _YEAR.sub("", value))
        if cut == value or not cut.strip():
            break
        value = cut
    value = value.strip(" .,:;-–—•*")
    if value.count("(") > value.count(")"):
        value = value[: value.rfind("(")].strip(" ,;-")
    at = text.find(value, lead) if value else -1
    if at < 0 or _prose(value) or len(value) < 3:
        return
    tokens = covering(item.tokens, at, at + len(value))
    if not tokens:
        return
    features: dict[str, float] = {} if _dated(item, locale) else {"weak_type": 0.3}
    yield _candidate(section, item, name, tokens, value, features,
                     effective_date=_dated(item, locale))


def _procedure(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    yield from _done(section, item, locale, "procedure")


def _immunization(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    yield from _done(section, item, locale, "immunization")
