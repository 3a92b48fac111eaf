"""What a payer says in sentences: "your member ID is NWH2291088", "Dear Oscar Villanueva"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from documents.pipeline.extraction.beside import like_person
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout
from documents.pipeline.extraction.stream import Stream

_IS = r"(?:\s(?:number|no\.?|#))?(?:,?\s(?:is|was|of|under)\b|\s?[:#])?\s+#?"
_NUMBER = r"(?P<id>(?=[A-Z-]*\d)[A-Z0-9][A-Z0-9-]{4,})(?![\w/])"
_NUMBERS = (
    (
        "insurance.member_id",
        r"\b(?:member(?:ship)?|subscriber|insurance|policy|enrollee)\s"
        r"(?:id(?:entification)?|number|no\.?|#)",
    ),
    ("insurance.group", r"\bgroup\s(?:id|number|no\.?|#)"),
    ("claim.number", r"\bclaim\s(?:id|number|no\.?|#|reference)"),
)
_TO = re.compile(
    r"\bDear\s+(?:M(?:rs?|s|iss)\.?\s+)?(?P<who>(?:[A-Z][\w'’.-]*\s+){1,3}[A-Z][\w'’-]+)[,:]"
)
_TO_THE_PATIENT = re.compile(
    r"\byour (?:doctor|provider|member|claim|plan|coverage|health|care|benefits?|group|id)\b"
    r"|\byou (?:received|saw|visited|may owe)\b",
    re.IGNORECASE,
)


def told(layout: Layout, have: Collection[str]) -> Iterator[Candidate]:
    """Numbers named in a sentence, and the member a letter is written to.

    Args:
        layout: a page of a payer's letter.
        have: names of the fields that labels gave already; these are left alone.
    """
    stream = Stream(layout)
    for name, words in _NUMBERS:
        if name in have:
            continue
        found = {
            match.group("id"): match
            for match in re.finditer(f"(?i:{words}{_IS}){_NUMBER}", stream.text)
        }
        if len(found) == 1:
            (number, match), *_ = found.items()
            yield stream.candidate(name, number, *match.span("id"), {"prose": 0.3})
    if "patient.name" in have:
        return
    dear = _TO.search(stream.text)
    if dear and like_person(dear.group("who")) and _TO_THE_PATIENT.search(stream.text):
        who = dear.group("who")
        yield stream.candidate("patient.name", who, *dear.span("who"), {"prose": 0.4})
