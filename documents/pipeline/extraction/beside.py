"""Who a page is about where no label says so: a name over a birth date, a sex behind it, prose.

Lab portals print "Theo Ramaswamy / DOB 10/14/1996 / Male", letters write "results for Ana Ruiz,
born May 4, 1971". What stands beside a birth date is the patient's; nothing else is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.pipeline.extraction.doctors_told import doctors
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.labels import Label
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.dates import FoundDate, find_dates, swappable
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.persons import like_person
from documents.pipeline.extraction.stream import Stream
from documents.pipeline.extraction.typed import (
    SEXES,
    Reading,
    covering,
    read_name,
    read_sex,
    text_of,
)
from documents.pipeline.types import Locale

_SEX = re.compile(
    r"^[\s,;|/·•–-]*(?:\(?\s*(?:aged?\s*:?\s*)?\d{1,3}\s*(?:y\b|yrs?\b|years?\b|yo\b|y/o|a\.)?"
    r"(?:\s*old)?\s*\)?[\s,;|/·•–-]*)?\(?\s*(?:sex\s*:?\s*)?"
    r"(?P<sex>male|female|homme|femme|mujer|hombre|var[oó]n|m[äa]nnlich|weiblich|M|F)\b\)?",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"\b(?:(?:lab(?:oratory)?|test|blood|imaging|pathology|x-?ray)\s+)?(?:results?|reports?|findings"
    r"|records?|summary|letter|flowsheet|visit|note|examination|claim|request|referral|chart)\s+"
    r"(?:for|of|regarding|on|about)\s*:?\s+"
    r"|\b(?:regarding|concerning|re|about)\s*:?\s+"
    r"|\b(?:your|our|above[- ]named|the)\s+(?:patient|member|enrollee|insured|subscriber),?\s+"
    r"(?:named\s+)?"
    r"|(?:^|\s)I,\s+(?:the undersigned,\s+)?"
    r"|\b(?:seeing|referring|refer|evaluated|examined|i saw|we saw|met with|admitted)\s+",
    re.IGNORECASE,
)
_BEFORE_BIRTH = re.compile(
    r"(?P<name>(?:[A-Z][\w'’.-]*\s+){1,3}[A-Z][\w'’-]+),?\s*\(?"
    r"(?:born|d\.?o\.?b\.?|date of birth|birth date)\b",
)
"""In a sentence: "claim 4064135542 for Chloe Castillo, born 04/11/1999"."""
_COURTESY = re.compile(r"(?:your patient,?\s+|our patient,?\s+|patient:?\s+)?(?:the\s+)?", re.I)
_BORN = re.compile(
    r"\b(?:born(?: on)?|date of birth(?: is| of)?|d\.?o\.?b\.?|birth ?date|geb(?:oren)?\.?(?: am)?"
    r"|n[ée]e?(?:\(e\))? le|nacid[oa](?: el)?)\s*[:,]?\s*(?:on\s+)?$",
    re.IGNORECASE,
)
_DATED = (
    (
        "doc.date_collected",
        re.compile(
            r"\b(?:collected|drawn|taken|obtained|sampled)\s*(?:on|:)?\s*(?:the\s+)?$"
            r"|\b(?:collected|drawn|taken|obtained)\s+(?:at|by|from|in)\s[^.;]{1,40}\son\s+$"
            r"|\b(?:your|the) (?:recent |latest )?(?:blood|lab|laboratory|urine)[a-z ]{0,20}"
            r"(?:tests?|work"
            r"|results?|labs?|samples?|draw)\s+(?:(?:done|performed|from|of|was|were)\s+)*(?:on|from|of)\s+$",
            re.IGNORECASE,
        ),
    ),
    (
        "doc.date_reported",
        re.compile(r"\b(?:reported|resulted|finali[sz]ed|released|issued)\s*(?:on|:)?\s*$", re.I),
    ),
    (
        "doc.date_admitted",
        re.compile(
            r"\b(?:admitted|hospitali[sz]ed|admission)\b[^.;]{0,60}?\b(?:on|from)\s+(?:the\s+)?$",
            re.IGNORECASE,
        ),
    ),
    (
        "doc.date_discharged",
        re.compile(
            r"\b(?:discharged|discharge|sent home)\b[^.;]{0,60}?\b(?:on)\s+(?:the\s+)?$",
            re.IGNORECASE,
        ),
    ),
    (
        "doc.date_service",
        re.compile(
            r"\b(?:seen|evaluated|examined|visited|visit|appointment|encounter|consultation|services?"
            r"(?: rendered| provided| performed| furnished)?|performed|treated|date of service"
            r"|(?:care|treatment)\b[^.;]{0,20}\b(?:received|given|provided))\b"
            r"(?:[^.;]{0,50}?\b(?:on|of|dated|from))?\s+(?:the\s+)?$",
            re.IGNORECASE,
        ),
    ),
)


_DECIDED = re.compile(
    r"\b(?:request\w*|approv\w*|den(?:y|ied|ial)|authori[sz]\w*|review\w*|submit\w*|process\w*"
    r"|schedul\w*|cancel\w*|decid\w*|(?:was|were|been) received)\b[^.;]{0,20}"
    r"\b(?:on|of|dated|from|for)\s+$",
    re.IGNORECASE,
)
"""What was done with a service on paper says nothing about the day on which it was given."""
_ON = re.compile(r"\b(?:on|of|dated|from|the)\s+$", re.IGNORECASE)


def unlabelled(
    layout: Layout,
    labels: Labels,
    known: Sequence[Candidate],
    locale: Locale,
    *,
    contested: bool,
) -> list[Candidate]:
    """Name, birth date, sex and days of a page that stand beside each other or in sentences."""
    found: list[Candidate] = []
    have = {c.name for c in known}
    if "patient.name" not in have:
        found.extend(_name_by_birth(layout, labels))
    stream = Stream(layout)
    if "patient.name" not in have and not found:
        found.extend(_named(stream))
    if "patient.dob" not in have:
        found.extend(_born(stream, locale, contested=contested))
    found.extend(_dated(stream, locale, have, contested=contested))
    found.extend(doctors(stream, have))
    if "patient.sex" not in have:
        anchors = [c for c in (*known, *found) if c.name in {"patient.dob", "patient.name"}]
        found.extend(_sex_behind(layout, labels, anchors))
    return found


def _name_by_birth(layout: Layout, labels: Labels) -> Iterator[Candidate]:
    """A name that ends where "DOB" begins, stands left of it, or right above it."""
    for row in labels.values():
        for label in row:
            if label.field == "patient.mrn" and label.start == 0:
                continue
            if label.field not in {"patient.dob", "patient.mrn"} or fields_in(label):
                continue
            for tokens, line, strain in _before(layout, labels, label):
                reading = read_name(_without_lead(tokens))
                if reading is not None and like_person(reading.value):
                    yield _from_reading(layout, reading, line, label, strain)
                    return


def fields_in(label: Label) -> tuple[str, ...]:
    """Words that make a label one of the family's or the subscriber's birth date."""
    words = set(norm(label.text).split())
    other = words & {"subscriber", "insured", "insureds", "guarantor", "mother", "father", "spouse"}
    return ("patient.name",) if other else ()


def _without_lead(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Words after a separator only: "Flowsheet - Otis Barrow -"."""
    kept = list(tokens)
    while kept and not re.search(r"\w", kept[-1].text):
        kept.pop()
    for index in range(len(kept) - 1, -1, -1):
        if not re.search(r"\w", kept[index].text) or kept[index].text.endswith(":"):
            kept = kept[index + 1 :]
            break
    while kept and norm(kept[0].text) in {"client", "patient", "pt", "member", "name"}:
        kept = kept[1:]
    return tuple(kept)


def _before(
    layout: Layout, labels: Labels, label: Label
) -> Iterator[tuple[tuple[Token, ...], int, float]]:
    line = layout.lines[label.line]
    previous = [o.end for o in labels[label.line] if o.end <= label.start]
    own = line.tokens[max(previous, default=0) : label.start]
    if own:
        chunk = line.chunk_of(label.start)
        yield own, line.index, 0.1
        if label.start > chunk.start:
            yield line.tokens[chunk.start : label.start], line.index, 0.1
        return
    if previous:
        return
    for upper in reversed(layout.lines[max(0, label.line - 2) : label.line]):
        if line.y0 - upper.y1 > 2.0 * layout.pitch:
            return
        for cell in upper.chunks:
            labelled = any(cell.start <= o.start < cell.end for o in labels.get(upper.index, ()))
            if abs(cell.x0 - label.x0) < 3 * layout.char and not labelled:
                yield cell.tokens, upper.index, 0.15


def _from_reading(
    layout: Layout, reading: Reading, line: int, label: Label, strain: float
) -> Candidate:
    return Candidate(
        "patient.name",
        reading.value,
        reading.tokens,
        layout,
        line,
        None,
        {"far_value": strain, "label_doubt": 0.1, **reading.doubts},
        {},
        (),
        reading.raw,
    )


def _named(stream: Stream) -> Iterator[Candidate]:
    """A person whom a sentence names as the one it is about; birth dates nearby add certainty."""
    for match in _LEADS.finditer(stream.text):
        start = match.end()
        courtesy = _COURTESY.match(stream.text, start)
        start = courtesy.end() if courtesy else start
        tail = stream.text[start : start + 60]
        words = re.match(
            r"(?:(?:Mrs|Mr|Ms|Miss|Dr)\.?\s+)?((?:[A-Z][\w'’.-]*,?\s+){1,3}[A-Z][\w'’-]+)", tail
        )
        if words is None:
            continue
        name = words.group(1).rstrip(" .,")
        name = re.split(r",\s(?=[A-Z][a-z]+ing\b|[A-Z]{2,}\b)|\s(?:DOB|MRN|ID|Born)\b", name)[0]
        at = start + words.start(1)
        name = stream.on_line(at, name)
        if not like_person(name):
            continue
        near = stream.text[at + len(name) : at + len(name) + 40]
        sure = re.match(
            r"\W*(?:\(?\s*(?:born|DOB|D\.O\.B|date of birth|MRN|member (?:id|no|number)"
            r"|aged?\b|a \d|\d))",
            near,
            re.IGNORECASE,
        )
        features = {"prose": 0.3 if sure else 0.8, "label_doubt": 0.0 if sure else 0.25}
        yield stream.candidate("patient.name", name, at, at + len(name), features)
        if sure:
            return
    for match in _BEFORE_BIRTH.finditer(stream.text):
        name = match.group("name")
        if like_person(name):
            at = match.start("name")
            yield stream.candidate("patient.name", name, at, at + len(name), {"prose": 0.3})
            return


def _date_candidate(stream: Stream, name: str, found: FoundDate, *, contested: bool) -> Candidate:
    ambiguous = contested and swappable(found)
    features = {"prose": 0.4, **({"ambiguous": 1.0} if ambiguous else {})}
    made = stream.candidate(name, found.iso, found.start, found.end, features)
    made.raw = found.raw
    made.extra = {"value_type": "date", "effective_date": found.iso}
    made.warnings = ("ambiguous_date",) if ambiguous else ()
    return made


def _born(stream: Stream, locale: Locale, *, contested: bool) -> Iterator[Candidate]:
    for found in find_dates(stream.text, locale):
        if _BORN.search(stream.text[max(0, found.start - 30) : found.start]):
            yield _date_candidate(stream, "patient.dob", found, contested=contested)
            return


def _dated(
    stream: Stream, locale: Locale, have: set[str], *, contested: bool
) -> Iterator[Candidate]:
    """Days that a sentence gives a meaning: "blood drawn on", "admitted on", "seen on"."""
    seen: set[str] = set()
    for found in find_dates(stream.text, locale):
        if stream.labelled(found.start):
            continue
        before = re.split(r"(?<=[a-z)])\.\s", stream.text[max(0, found.start - 110) : found.start])
        for name, pattern in _DATED:
            if name in have or name in seen or not pattern.search(before[-1]):
                continue
            if name == "doc.date_service" and (
                _DECIDED.search(before[-1])
                or (stream.begins_cell(found.start) and not _ON.search(before[-1]))
            ):
                continue
            seen.add(name)
            yield _date_candidate(stream, name, found, contested=contested)
            break


def _sex_behind(
    layout: Layout, labels: Labels, anchors: Sequence[Candidate]
) -> Iterator[Candidate]:
    """Male or female right behind the name or the birth date, in its row or under it."""
    for anchor in sorted(anchors, key=lambda c: -c.strength):
        line = layout.lines[anchor.line]
        last = anchor.tokens[-1]
        if last not in line.tokens:
            continue
        start = line.tokens.index(last) + 1
        stops = [o.start for o in labels.get(line.index, ()) if o.start >= start]
        tokens = line.tokens[start : min(stops, default=len(line.tokens))]
        made = _sex_in(layout, tokens, line.index, anchor)
        if made is None and line.index + 1 < len(layout.lines):
            made = _sex_under(layout, labels, anchor, line)
        if made is not None:
            yield made
            return


def _sex_in(
    layout: Layout, tokens: tuple[Token, ...], line: int, anchor: Candidate
) -> Candidate | None:
    text = text_of(tokens)
    match = _SEX.match(text)
    if match is None or (len(match.group("sex")) == 1 and not match.group("sex").isupper()):
        return None
    kept = covering(tokens, match.start("sex"), match.end("sex"))
    reading = read_sex(kept)
    if reading is None:
        return None
    raw = match.group("sex")
    return Candidate(
        "patient.sex",
        reading.value,
        kept,
        layout,
        line,
        anchor.label,
        {"far_value": 0.2},
        dict(reading.extra),
        (),
        raw,
    )


def _sex_under(layout: Layout, labels: Labels, anchor: Candidate, line: Line) -> Candidate | None:
    """A cell that is nothing but the word, under the birth date or beside it."""
    lower = layout.lines[line.index + 1]
    cells: list[Chunk] = [
        c for c in (*line.chunks, *lower.chunks) if norm(c.text) in SEXES and len(c.text) > 1
    ]
    for cell in cells:
        if any(cell.start <= o.start < cell.end for o in labels.get(cell.line, ())):
            continue
        if lower.y0 - line.y1 < 1.5 * layout.pitch:
            return _sex_in(layout, cell.tokens, cell.line, anchor)
    return None
