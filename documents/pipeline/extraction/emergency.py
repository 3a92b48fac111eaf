"""Whom to call in an emergency, where name, kinship and telephone run on in one line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout
from documents.pipeline.extraction.persons import like_person
from documents.pipeline.extraction.typed import covering, read_phone

_CALL = re.compile(
    r"\b(?i:emergency contact(?: person)?(?: name)?(?:\s?\([^)]{0,40}\))?\s?:"
    r"|in (?:case of )?(?:an )?emergency,?(?: please)? (?:contact|call|notify):?)\s+"
    r"(?P<name>[A-Z][\w'’-]+(?:\s[A-Z]\.?)?(?:\s[A-Z][\w'’-]+){1,2})"
    r"(?=$|\s?[,;(/–—-]|\s(?:at|on|who|is|my)\b|\s\(?\d)"
)


def contact(layout: Layout, have: Collection[str]) -> Iterator[Candidate]:
    """The name behind the words, and the telephone behind the name in the same line.

    Args:
        layout: a page.
        have: names of the fields that labels gave already; these are left alone.
    """
    for line in layout.lines:
        match = _CALL.search(line.text)
        if match is None or not like_person(match.group("name")):
            continue
        name = match.group("name")
        if "emergency.name" not in have:
            yield Candidate(
                "emergency.name",
                name,
                covering(line.tokens, *match.span("name")),
                layout,
                line.index,
                None,
                {"prose": 0.3},
                {},
                (),
                name,
            )
        if "emergency.phone" in have:
            return
        rest = covering(line.tokens, match.end("name") + 1, len(line.text))
        for start in range(len(rest)):
            if not re.match(r"[+(]?\d", rest[start].text):
                continue
            reading = read_phone(rest[start:])
            if reading is not None:
                yield Candidate(
                    "emergency.phone",
                    reading.value,
                    reading.tokens,
                    layout,
                    line.index,
                    None,
                    {"prose": 0.3},
                    dict(reading.extra),
                    (),
                    reading.raw,
                )
                return
        return
