"""The phrases that labels are printed with, from ``data/labels.json``, exact and misread."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.lines import norm

_DIGIT_LOOKS = str.maketrans("01583", "olsbe")


@cache
def phrases() -> dict[str, str]:
    """Folded phrase to field."""
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/labels.json")
        .read_text(encoding="utf-8")
    )
    return {norm(phrase): field for field, texts in json.loads(text).items() for phrase in texts}


_JOINABLE = {
    "patient.name", "patient.dob", "patient.sex", "patient.mrn", "patient.account",
    "patient.phone", "doc.accession", "doc.date_collected", "doc.date_reported",
    "doc.date_received", "doc.date_admitted", "doc.date_discharged", "insurance.rx_bin",
    "insurance.rx_pcn", "insurance.rx_group", "insurance.member_id", "insurance.group",
    "claim.number", "provider.npi", "provider.ordering", "stop",
}  # fmt: skip

_STOP_PARTS = {"age", "years", "race", "edad", "alter", "ssn"}


@lru_cache(maxsize=4000)
def fields_of(phrase: str) -> tuple[str, ...]:
    """The fields a label names one after the other: "dob sex", "name dob age"; else empty."""
    words = phrase.split()
    known = phrases()

    def rest(start: int) -> tuple[str, ...] | None:
        if start == len(words):
            return ()
        for end in range(len(words), start, -1):
            part = " ".join(words[start:end])
            field = {"name": "patient.name"}.get(part, known.get(part, ""))
            if end - start == len(words) or field not in _JOINABLE:
                continue
            if field == "stop" and part not in _STOP_PARTS:
                continue
            following = rest(end)
            if following is not None and (field == "stop" or field not in following):
                return (field, *following)
        return None

    found = rest(0) if 2 <= len(words) <= 9 else None
    return found if found and any(field != "stop" for field in found) else ()


@cache
def _long_phrases() -> tuple[str, ...]:
    return tuple(p for p in phrases() if len(p) >= 6)


@cache
def first_words() -> frozenset[str]:
    """Words that a label may begin with."""
    return frozenset(p.split()[0] for p in phrases())


@lru_cache(maxsize=8000)
def fuzzy_phrase(text: str) -> tuple[str, float] | None:
    """A label misread by an engine: digits for letters, or one letter in eight wrong."""
    known = phrases()
    lookalike = text.translate(_DIGIT_LOOKS)
    if lookalike in known:
        return known[lookalike], 0.95
    if len(text) < 6:
        return None
    solid = text.replace(" ", "")
    for phrase in (text,):
        best = process.extractOne(phrase, _long_phrases(), scorer=fuzz.ratio, score_cutoff=87)
        if best is not None:
            return known[best[0]], best[1] / 100
    joined = _joined().get(solid)
    return (known[joined], 0.95) if joined else None


def misread_label(text: str) -> bool:
    """Whether a text is most likely a label that an engine misread, not a value."""
    key = norm(text)
    return key in phrases() or fuzzy_phrase(key) is not None


@cache
def _joined() -> dict[str, str]:
    return {p.replace(" ", ""): p for p in phrases() if len(p) >= 6}
