"""Whether a text may be a person's name and not an institution's or a title."""

from __future__ import annotations

import re

from documents.pipeline.extraction.normalise.names import looks_like_name

_NOT_A_PERSON = re.compile(
    r"\b(report|results?|laborator\w+|labs?|hospital|clinic|medical|health|center|centre|panel|"
    r"summary|page|final|copy|diagnostics?|services?|associates|group|chart|record|date|birth|"
    r"insurance|plan|member|department|patient|dr|md|do|np|pa-c|\w+olog(?:y|ies|ists?)|\w+iatrics|"
    r"biolog\w+|urgent|care|flowsheet|medicine|famil(?:y|ies)|practices?|trust|"
    r"university|metabolic|count|chemistry|hematology|total|name|form|consent|discharge|visit|note)\b",
    re.IGNORECASE,
)


def like_person(text: str) -> bool:
    """A first and a last name, and none of the words that letterheads are made of."""
    return (
        2 <= len(re.findall(r"[^\W\d_]{2,}", text)) <= 5
        and looks_like_name(text)
        and not _NOT_A_PERSON.search(text)
    )
