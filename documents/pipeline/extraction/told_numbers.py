"""What a payer says in sentences: "your member ID is NWH2291088", "Dear Oscar Villanueva"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout
from documents.pipeline.extraction.persons import like_person
from documents.pipeline.extraction.stream import Stream
from documents.pipeline.extraction.typed import covering, read_money

_IS = r"(?:\s(?:number|no\.?|#))?(?:,?\s(?:is|was|of|under)\b|\s?[:#])?\s+#?"
_NUMBER = r"(?P<id>(?=[A-Z-]*\d)[A-Z0-9][A-Z0-9-]{4,}(?:\s\d{4}\b)*)(?![\w/])"
"""Groups of four belong to it: "MTB4418 0936"; "MTB 4418 0936" begins with letters alone."""
_GROUPS = r"(?P<id>[A-Z]{2,4}(?:\s\d{3,4}){2,3})(?![\w/])"
_NUMBERS = (
    (
        "insurance.member_id",
        r"\b(?:member(?:ship)?|subscriber|insurance|policy|enrollee)\s"
        r"(?:id(?:entification)?|number|no\.?|#)",
    ),
    ("insurance.group", r"\bgroup\s(?:id|number|no\.?|#)"),
    ("claim.number", r"\bclaim\s(?:id|number|no\.?|#|reference)"),
)
_CLAIM = re.compile(r"\b[Cc]laims?\s+#?(?P<id>(?=[A-Z0-9-]*\d{4})[A-Z0-9][A-Z0-9-]{5,})(?![\w/])")
_BILLED = re.compile(
    r"\b(?:billed|charged|charges?|billed (?:amount|charges)|total(?:ing|l?ed)?|submitted)"
    r"(?:\s+(?:at|for|of|is|was|were|amount|charges?|to))*\s*(?P<id>\$\s?[\d,]+\.\d\d)",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\bDear\s+(?:M(?:rs?|s|iss)\.?\s+)?(?P<who>(?:[A-Z][\w'’.-]*\s+){1,3}[A-Z][\w'’-]+)[,:]"
)
_TO_THE_PATIENT = re.compile(
    r"\byour (?:doctor|provider|member|claim|plan|coverage|health|care|benefits?|group|id)\b"
    r"|\byou (?:received|saw|visited|may owe)\b",
    re.IGNORECASE,
)


def _only(stream: Stream, *patterns: re.Pattern[str]) -> re.Match[str] | None:
    """What the patterns find if all they find is one and the same."""
    found = {m.group("id"): m for one in patterns for m in one.finditer(stream.text)}
    return next(iter(found.values())) if len(found) == 1 else None


def told(layout: Layout, have: Collection[str]) -> Iterator[Candidate]:
    """Numbers and amounts named in a sentence, and the member a letter is written to.

    Args:
        layout: a page of a payer's letter.
        have: names of the fields that labels gave already; these are left alone.
    """
    stream = Stream(layout)
    for name, words in _NUMBERS:
        if name in have:
            continue
        patterns = [re.compile(f"(?i:{words}{_IS}){number}") for number in (_NUMBER, _GROUPS)]
        match = _only(stream, *patterns, *([_CLAIM] if name == "claim.number" else []))
        if match:
            yield stream.candidate(name, match.group("id"), *match.span("id"), {"prose": 0.3})
    if "claim.total" not in have and (match := _only(stream, _BILLED)):
        amount = read_money(covering(stream.tokens, *match.span("id")))
        if amount is not None:
            made = stream.candidate("claim.total", amount.value, *match.span("id"), {"prose": 0.5})
            made.extra = dict(amount.extra)
            yield made
    if "patient.name" in have:
        return
    dear = _TO.search(stream.text)
    if dear and like_person(dear.group("who")) and _TO_THE_PATIENT.search(stream.text):
        who = dear.group("who")
        yield stream.candidate("patient.name", who, *dear.span("who"), {"prose": 0.4})
