"""Diagnoses: the patient's, denied ones, and those of the family."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.facts import NOTHING, YEAR, fact, split_names, wordy
from documents.pipeline.extraction.items import Item
from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.typed import covering, text_of
from documents.pipeline.types import Locale

ICD10 = re.compile(r"\b([A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)\b")
_STATUS = re.compile(
    r"[\s,;(–—-]+(?:active|resolved|chronic|stable|controlled|inactive|current|ongoing|"
    r"well controlled|poorly controlled|in remission|improving|confirmed|since.*|dx.*|"
    r"diagnosed.*|onset.*|noted.*|as of.*|\d{1,2}/\d{2,4}|status:.*)\)?\.?$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"^(?:no (?:personal |known |past |prior )*(?:history|h/o|hx) of|no evidence of|no known|"
    r"no h/o|denies(?: any)?(?: history of)?|denied|negative for|neg for|without|rules? out|"
    r"ruled out|absence of|never had|not|no)\b[:\s]*",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(mother|father|brother|sister|grandmother|grandfather|grandparents?|aunt|uncle|son|daughter"
    r"|parents?|siblings?|maternal|paternal|mgm|mgf|pgm|pgf|cousin|family|mom|dad)\b",
    re.IGNORECASE,
)
_FAMILY_OF = re.compile(r"^\s*(?:family (?:history|hx) of|fhx? of)\b", re.IGNORECASE)


@cache
def _conditions() -> dict[str, str]:
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/conditions.json")
        .read_text(encoding="utf-8")
    )
    return {
        norm(name): row["icd10"]
        for row in json.loads(text)
        for name in (row["name"], *row["synonyms"])
    }


def known_condition(name: str) -> str | None:
    """The ICD-10-CM code of a condition by one of its usual names, else None."""
    return _conditions().get(norm(name))


def _icd(item: Item) -> str | None:
    for text in (item.text, *(text_of(cell) for cell in item.columns.values())):
        match = ICD10.search(text)
        if match:
            return match.group(1)
    return None


_STATE = re.compile(
    r"^(?:(?:in )?(?:good|stable|fair|improved|improving|satisfactory|guarded|unchanged|critical"
    r"|poor|serious|resolved)(?: condition)?|stable and improved|good and stable)[.!]?$",
    re.IGNORECASE,
)
"""How somebody is, which is no condition they have: "Condition: stable"."""


def diagnosis(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    """A condition under a heading of problems or diagnoses."""
    yield from _condition(section, item, "patient")


def family(section: Section, item: Item, locale: Locale) -> Iterator[Candidate]:
    """``Father: stroke at age 70`` without the relative; context says it is not the patient's."""
    for sentence in _sentences(item):
        match = re.match(r"^\s*(?:[A-Za-z]+\s){0,3}?[A-Za-z]+\s*(?::|[-–—]\s)\s*", sentence.text)
        if match and _RELATIVE.search(match.group(0)):
            start = len(match.group(0).split())
            if start >= len(sentence.tokens):
                continue
            sentence = Item(sentence.tokens[start:], item.line, item.columns, item.table)
        for part in split_names(sentence):
            yield from _condition(section, part, "family")


def _sentences(item: Item) -> list[Item]:
    """One relative after the other: "Father: stroke. Mother: asthma."."""
    parts: list[list[Token]] = [[]]
    for token in item.tokens:
        parts[-1].append(token)
        if re.search(r"(?:\d|[a-z)]{3})[.;]$", token.text):
            parts.append([])
    return [Item(tuple(p), item.line, item.columns, item.table) for p in parts if p]


def _condition(section: Section, item: Item, context: str) -> Iterator[Candidate]:
    text = item.text.strip()
    if NOTHING.match(text) or _STATE.match(text) or not re.search(r"[A-Za-z]{3}", text):
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
    tokens = covering(item.tokens, at + len(item.text) - len(item.text.lstrip()), at + len(value))
    if not tokens or (wordy(value) and code is None):
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
    extra: dict[str, Any] = {"negated": bool(denied), "context": context}
    if chosen:
        extra["code"] = {
            "system": "http://hl7.org/fhir/sid/icd-10-cm",
            "code": chosen,
            "confidence": 0.98 if code else 0.85,
        }
    yield fact(section, item, "diagnosis", tokens, value, features, **extra)


def _condition_name(body: str) -> str:
    """The words before a code, a status or an explanation."""
    value = re.split(r"\s*[\[(]\s*(?:ICD[- ]?10?(?:-CM)?:?\s*)?[A-TV-Z]\d[0-9A-Z]", body)[0]
    value = re.split(
        r"\s*(?:[-–—,:]|ICD[- ]?10?(?:-CM)?:?)\s*[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]+)?\b", value
    )[0]
    value = re.split(rf"\s+{ICD10.pattern}\s*$", value)[0]
    value = re.split(r"(?<=[a-z)])[.:;]\s", value)[0]
    value = re.split(r"\s[-–—]\s", value)[0]
    while True:
        cut = _STATUS.sub("", value)
        cut = YEAR.sub("", cut)
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
        yield fact(
            section,
            item,
            "diagnosis",
            tokens,
            code,
            {},
            code={"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code, "confidence": 0.98},
        )
