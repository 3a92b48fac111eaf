"""What the entries of all clinical sections have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.items import Item
from documents.pipeline.extraction.lines import Token
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.typed import covering

NOTHING = re.compile(
    r"^(?:none|n/?a|nil|no|denies(?: any)?|negative|unknown|not applicable|none (?:known|reported|"
    r"listed|recorded|documented|on file|at this time|currently)|no (?:current |active |known |"
    r"regular |significant |past |prior |other )*(?:medications?|problems?|surger(?:y|ies)|"
    r"procedures?|conditions?|history(?! of)|immunizations?|medicines|surgical history).*|"
    r"no data.*|"
    r"not on file.*|nothing.*|non[- ]?contributory|see (?:above|below|list|attached).*|"
    r"reviewed.*|unremarkable|ning[uú]n[oa]?s?(?: .*)?|nada|niega.*|no (?:refiere|consta|precisa).*"
    r"|sin (?:antecedentes|datos|medicaci[oó]n|tratamiento).*|aucune?(?: .*)?|n[ée]ant|rien .*"
    r"|sans (?:objet|particularit[ée]|ant[ée]c[ée]dents?).*|keine?(?: .*)?|nicht bekannt"
    r"|unauff[aä]llig|nessun[oa]?(?: .*)?)[.!]?$",
    re.IGNORECASE,
)
YEAR = re.compile(r"[\s,(–—-]*\(?\b((?:19|20)\d\d)\b\)?\.?\s*$")
MAX_WORDS = 12


def fact(
    section: Section,
    item: Item,
    name: str,
    tokens: Sequence[Token],
    value: str,
    features: dict[str, float],
    **extra: Any,
) -> Candidate:
    """A candidate standing on the line of its first word; ``extra`` are fields of the contract."""
    line = next((line for line in section.layout.lines if tokens[0] in line.tokens), item.line)
    if section.run_in:
        features.setdefault("prose", 0.6)
    return Candidate(
        name,
        value,
        tuple(tokens),
        section.layout,
        line.index,
        section.title,
        features,
        dict(extra),
        (),
        value,
    )


def head(item: Item, end: int) -> tuple[str, tuple[Token, ...]]:
    """The first part of an entry's text and the words that carry it."""
    text = item.text
    value = text[:end]
    start = len(value) - len(value.lstrip(" .,:;-–—•*"))
    value = value.strip(" .,:;-–—•*")
    return value, covering(item.tokens, start, start + len(value))


def wordy(value: str) -> bool:
    """A sentence rather than an entry."""
    words = value.split()
    small = sum(
        w.lower()
        in {
            "the",
            "is",
            "was",
            "are",
            "were",
            "you",
            "your",
            "if",
            "and",
            "that",
            "this",
            "patient",
            "will",
            "has",
            "have",
            "been",
            "with",
            "to",
            "she",
            "he",
            "for",
            "in",
        }
        for w in words
    )
    return len(words) > MAX_WORDS or small >= 3 or (small >= 2 and len(words) > 7)


def split_names(item: Item) -> list[Item]:
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
