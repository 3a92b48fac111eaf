"""Doctors whom a sentence names: who saw the patient, and at whose request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.persons import like_person
from documents.pipeline.extraction.stream import Stream

_DEGREE = r"(?:M\.?D\.?|D\.?O\.?|N\.?P\.?|P\.?A\.?(?:-C)?|APRN|FNP(?:-C)?|DPM|CNM)"
_WITH = re.compile(
    r"\b(?:visit|appointment|seen|encounter|consultation)\b[^.;|]{0,40}?\b(?:with|by)\s+"
    r"(?P<who>(?:Dr\.?\s)?[A-Z][\w'’.-]+(?:\s[A-Z][\w'’.-]*){1,2},?\s"
    rf"{_DEGREE})\b"
    r"(?:,?\s(?:at|in)\s(?P<where>[A-Z][\w'’.&-]+(?:\s(?:of|and|&|[A-Z][\w'’.&-]*)){1,5}))?"
)
_ASKED = re.compile(
    r"\b(?:referred by|at the request of|requested by|ordered by|on behalf of|referral from)\s+"
    r"(?P<who>(?:Dr\.?\s)?[A-Z][\w'’.-]+(?:\s[A-Z][\w'’.-]*){0,2}"
    rf"(?:,?\s{_DEGREE}\b)?)"
)


def doctors(stream: Stream, have: set[str]) -> Iterator[Candidate]:
    """Who saw the patient and where, and who asked for it; ``have`` are names of known fields."""
    yield from _visit(stream, have)
    yield from _asked(stream, have)


def _visit(stream: Stream, have: set[str]) -> Iterator[Candidate]:
    """ "Visit on May 12, 2025 with Nina Feld, NP at Westgate Clinic"."""
    match = _WITH.search(stream.text)
    if match is None:
        return
    if not have & {"provider.rendering", "provider"}:
        who = match.group("who")
        yield stream.candidate("provider.rendering", who, *match.span("who"), {"prose": 0.3})
    where = match.group("where")
    if where and "facility" not in have:
        place = stream.on_line(match.start("where"), where)
        start = match.start("where")
        yield stream.candidate("facility", place, start, start + len(place), {"prose": 0.3})


def _asked(stream: Stream, have: set[str]) -> Iterator[Candidate]:
    """ "Seen at the request of Nina Feld, NP"."""
    match = _ASKED.search(stream.text)
    if match is None or have & {"provider.ordering", "provider"}:
        return
    who = stream.on_line(match.start("who"), match.group("who")).rstrip(".,")
    if re.search(r"^Dr|,", who) or like_person(who):
        at = match.start("who")
        yield stream.candidate("provider.ordering", who, at, at + len(who), {"prose": 0.5})
