"""Headed parts of a page (problems, medications, allergies, ...) with the cells under them.

A heading is recognised by its words, whether it stands alone, begins a line with a colon, or
hides in a sentence ("the problems are as follows:"). Cells belong to the nearest heading above
them in their own column, so two columns side by side stay apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from statistics import median

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.lettered import LETTERS, lettered_lines
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token, norm
from documents.pipeline.extraction.list_headers import NAME_HEADERS, OTHER_HEADERS
from documents.pipeline.extraction.pairs import Labels, stacked
from documents.pipeline.extraction.signers import closes
from documents.pipeline.extraction.typed import text_of

_LEAD = (
    r"(?:(?:list|all|any|of|your|my|his|her|the|patients?|current|currently|active|inactive|known|"
    r"discharge|admission|admitting|home|outpatient|inpatient|new|other|continued?|continue|"
    r"prescribed|prescription|chronic|past|previous|prior|present|final|principal|primary|"
    r"secondary|preadmission|reconciled|recent|significant|personal|relevant|please|pertinent|"
    r"ongoing|today|todays|reported|drug|food|medication|and|medicine|visit|encounter|working|"
    r"clinical|include|including|do|you|have|what|are|take|taking|reason|for|a|additional|"
    r"changed?|new|updated?|billing|post|operative|pre|provisional|existing|documented) )*"
)
_TAIL = (
    r"(?: (?:list|history|at|on|discharge|admission|home|prescribed|reconciliation|profile|summary|"
    r"you|take|taken|to|and|or|supplements?|dos(?:age|e)s?|orders?|current|active|today|follows?|"
    r"as|are|of|the|following|with|known|this|visit|include|includes|reactions?|intolerances?|"
    r"adverse|sensitivit(?:y|ies)|what|happens?|year|years|dates?|hospital|stays|"
    r"hospitalizations|received|administered|record|given|performed|past|reviewed|codes?|icd|10|cm|"
    r"treated|for|being|now|reported|drug|patient|status|medical|conditions|problems|plan|"
    r"notes?|details?|statement|entries|section|documented|diagnosed|confirmed|s|table|impression|"
    r"if|any|name|strength|frequency|please|check|apply|all|that|date|in|include|other))*"
)
_KINDS: dict[str, str] = {
    kind: "|".join(words)
    for kind, words in json.loads(
        resources.files("documents.pipeline.extraction")
        .joinpath("data/headings.json")
        .read_text(encoding="utf-8")
    ).items()
}
"""Patterns of headings by kind of section, in the languages of the papers, without accents."""
_FOOT = re.compile(r"\bpage \d+ of \d+\b|^form\b.*\brev\b|\brev(?:ised|\.)? \d{2}/\d{2,4}", re.I)
_VOCABULARY = (
    "allergies",
    "medications",
    "diagnoses",
    "diagnosis",
    "procedures",
    "surgical",
    "history",
    "family",
    "immunizations",
    "vital",
    "signs",
    "vitals",
    "problems",
    "discharge",
    "impression",
    "findings",
    "hospital",
    "course",
    "assessment",
    "medical",
    "current",
    "technique",
    "comparison",
    "subjective",
    "objective",
)
ABBREVIATED = {"ALL:": "allergy", "CC:": "stop", "PE:": "stop", "FH:": "family", "SH:": "stop"}
"""Headings too short to be known but in capitals and before a colon."""
CLINICAL_WORDS = {"stop", "imaging.exam", "doc.date_service", "doc.date", "provider.pcp"}
_COMPILED = {kind: re.compile(f"^{_LEAD}(?:{words}){_TAIL}$") for kind, words in _KINDS.items()}
_STOP_ONLY = re.compile(rf"^(?:{_KINDS['stop']})$")
_RUN_IN = re.compile(
    r"(?:^|[.;]\s|\s)((?:[A-Za-z]+[ /]){0,6}?(?:problems?|diagnos[ie]s|conditions?|medications?"
    r"|medicines|allergies|surger(?:y|ies)|procedures|history|allergic to)(?: [a-z]+){0,4})\s?:\s"
)


_TABLE_KINDS = {
    "allergen": "allergy",
    "substance": "allergy",
    "causative agent": "allergy",
    "drug": "medication",
    "drug name": "medication",
    "generic name": "medication",
    "problem name": "diagnosis",
    "vaccine name": "immunization",
    "immunization name": "immunization",
    "operation": "procedure",
}


@dataclass(slots=True)
class Cell:
    """A cell of a section; ``first`` when nothing of the section stands left of it."""

    tokens: tuple[Token, ...]
    line: Line
    first: bool = True

    @property
    def text(self) -> str:
        """The words of the cell."""
        return text_of(self.tokens)


@dataclass(slots=True)
class Section:
    """A heading's kind and its rows; each row holds one or more cells from left to right."""

    kind: str
    title: str
    layout: Layout
    line: int
    x0: float
    rows: list[list[Cell]] = field(default_factory=list)
    run_in: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a heading stands; ``rest`` is the index of the first word after its colon."""

    kind: str
    title: str
    chunk: Chunk
    rest: int | None


def heading_kind(text: str) -> str | None:
    """The kind of section a heading announces, "stop" for those that hold nothing we keep."""
    folded = re.sub(r"\([^)]*\)", " ", text)
    key = norm(folded)
    key = re.sub(r"^(?:\d{1,2}|[ivx]{1,4}|[a-z]) (?=[a-z]{3})", "", key)
    if not key or len(key) > 70:
        return None
    if _STOP_ONLY.match(key):
        return "stop"
    for kind in (
        "family",
        "allergy",
        "immunization",
        "vital",
        "impression",
        "medication",
        "procedure",
        "diagnosis",
        "exam",
        "stop",
    ):
        if _COMPILED[kind].match(key):
            return kind
    return None


def _misread_kind(text: str) -> str | None:
    """A heading an engine misread by a letter or two: "Alergies", "Dischargc diagnoses"."""
    words = norm(text).split()
    if not words or len(words) > 4:
        return None
    repaired = []
    for word in words:
        near = process.extractOne(word, _VOCABULARY, scorer=fuzz.ratio, score_cutoff=82)
        repaired.append(near[0] if near and len(word) >= 5 else word)
    return heading_kind(" ".join(repaired)) if repaired != words else None


def _headings(line: Line, layout: Layout) -> Iterator[Heading]:
    for chunk in line.chunks:
        text = chunk.text
        if len(chunk.tokens) <= 9 and not text.rstrip().endswith((".", ";", ",")):
            kind = heading_kind(text) or (None if layout.trusted else _misread_kind(text))
            if kind and _stands_out(chunk, line, layout, text):
                yield Heading(kind, text.rstrip(": "), chunk, None)
                continue
        colon = next((i for i, t in enumerate(chunk.tokens[:9]) if t.text.endswith(":")), None)
        if colon is None:
            continue
        title = text_of(chunk.tokens[: colon + 1])
        kind = ABBREVIATED.get(title) or heading_kind(title)
        if kind and kind != "exam":
            yield Heading(kind, title.rstrip(": "), chunk, chunk.start + colon + 1)


def _stands_out(chunk: Chunk, line: Line, layout: Layout, text: str) -> bool:
    """A heading begins with a capital and is not one of a row of label and value cells."""
    if not text[:1].isupper() and not text[:1].isdigit():
        return False
    if text.endswith(":"):
        return True
    index = line.chunks.index(chunk)
    neighbours = len(line.chunks)
    return neighbours <= 3 and (
        index == 0 or chunk.x0 - line.chunks[index - 1].x1 > 4 * layout.char
    )


def find_sections(layout: Layout, labels: Labels) -> list[Section]:
    """All sections of a page with their rows, "stop" sections included.

    Lines of labelled values (a signature's date, a birth date) are no section's rows.
    """
    open_sections: list[Section] = []
    found: list[Section] = []
    previous: Line | None = None
    lettered = lettered_lines(layout)
    for line in layout.lines:
        titles = _column_titles(line)
        headings = [] if titles else list(_headings(line, layout))
        if line.index in lettered:
            chunk = line.chunks[0]
            title = norm(line.tokens[0].text)
            headings = [Heading(LETTERS[title], line.tokens[0].text, chunk, chunk.start + 1)]
        if titles and not any(s.kind == titles for s in open_sections):
            begun = Section(titles, line.text, layout, line.index, line.tokens[0].x0)
            open_sections = [s for s in open_sections if not _replaces(begun, s, layout)]
            open_sections.append(begun)
            found.append(begun)
        if closes(line):
            open_sections = []
        heads = {id(h.chunk): h for h in headings}
        asked = False
        for chunk in line.chunks:
            heading = heads.get(id(chunk))
            if asked and (heading is None or (heading.rest is None and chunk.text[-1] != ":")):
                continue
            if heading is not None:
                section = _opened(heading, layout, line)
                open_sections = [s for s in open_sections if not _replaces(section, s, layout)]
                open_sections.append(section)
                found.append(section)
                continue
            details = [
                label
                for label in labels.get(line.index, ())
                if label.field not in CLINICAL_WORDS
                and chunk.start == label.start
                and (label.colon or label.end == chunk.end or label.field != "stop")
            ]
            if details:
                asked = not all(stacked(layout, labels, label) for label in details)
                continue
            owner = _owner(open_sections, chunk, layout)
            if owner is not None and not _too_far(owner, line, previous, layout):
                _add(owner, Cell(chunk.tokens, line))
        if not headings:
            found.extend(_run_in(layout, line))
        previous = line
    return found


def _column_titles(line: Line) -> str | None:
    """The kind of list a row of column titles heads, such as "Medication  Dose  Frequency"."""
    names = [norm(chunk.text) for chunk in line.chunks]
    known = sum(name in NAME_HEADERS or name in OTHER_HEADERS for name in names)
    if len(names) < 2 or known < max(2, len(names) - 1):
        return None
    if not any(name in OTHER_HEADERS for name in names):
        return None
    first = next((name for name in names if name in NAME_HEADERS), None)
    kind = _TABLE_KINDS.get(first or "") or (heading_kind(first) if first else None)
    return (
        kind
        if kind in {"medication", "allergy", "diagnosis", "immunization", "procedure"}
        else (None)
    )


def _opened(heading: Heading, layout: Layout, line: Line) -> Section:
    section = Section(heading.kind, heading.title, layout, line.index, heading.chunk.x0)
    if heading.rest is not None:
        rest = line.tokens[heading.rest : heading.chunk.end]
        if rest:
            section.rows.append([Cell(tuple(rest), line)])
            section.run_in = True
    return section


def _replaces(new: Section, old: Section, layout: Layout) -> bool:
    """A heading ends the section above it in its column, and any on another line further left."""
    same_line = new.line == old.line
    aligned = abs(new.x0 - old.x0) < 0.12 * layout.width
    return not same_line and (
        aligned or (new.x0 < old.x0 - 0.02 * layout.width and (new.line > old.line + 25))
    )


def _owner(sections: list[Section], chunk: Chunk, layout: Layout) -> Section | None:
    """The rightmost open section that begins left of the cell."""
    fitting = [s for s in sections if s.x0 <= chunk.x0 + 2.5 * layout.char]
    return max(fitting, key=lambda s: (round(s.x0 / (0.1 * layout.width)), s.line), default=None)


def _too_far(section: Section, line: Line, previous: Line | None, layout: Layout) -> bool:
    """A run-in paragraph ends at a gap; no section survives the foot of the page."""
    if section.run_in and section.rows and previous is not None:
        last = section.rows[-1][-1].line
        return line.index != last.index and line.y0 - last.y1 > 0.75 * last.height
    return line.y0 > 0.93 * layout.height or _FOOT.search(line.text) is not None


def _add(section: Section, cell: Cell) -> None:
    if section.rows and section.rows[-1][-1].line.index == cell.line.index and not section.run_in:
        cell.first = False
        section.rows[-1].append(cell)
    else:
        section.rows.append([cell])


def _run_in(layout: Layout, line: Line) -> list[Section]:
    """Sections that begin within a sentence, with the rest of the paragraph as their content."""
    after = layout.lines[line.index + 1 : line.index + 2]
    stream = line.tokens + (after[0].tokens if after and _paragraph(line, after[0]) else ())
    text = text_of(stream)
    match = _RUN_IN.search(f"{text} ")
    if match is not None and len(text[: match.start(1)].split()) >= len(line.tokens):
        return []
    if match is None or heading_kind(match.group(1)) in {None, "stop"}:
        words = norm(match.group(1)).split() if match else []
        kind = next((heading_kind(w) for w in words if heading_kind(w) not in {None, "stop"}), None)
        if match is None or kind is None:
            return []
    else:
        kind = heading_kind(match.group(1))
    start = len(text[: match.end()].split())
    section = Section(
        kind or "stop", match.group(1), layout, line.index, line.tokens[0].x0, run_in=True
    )
    last = line
    if start < len(line.tokens):
        section.rows.append([Cell(line.tokens[start:], line)])
    elif after:
        last = after[0]
        section.rows.append([Cell(last.tokens[start - len(line.tokens) :], last)])
    for lower in layout.lines[last.index + 1 : last.index + 8]:
        if not _paragraph(last, lower) or text_of(last.tokens).endswith("."):
            break
        if any(True for _ in _headings(lower, layout)):
            break
        section.rows.append([Cell(lower.tokens, lower)])
        last = lower
    return [section]


def _paragraph(line: Line, lower: Line) -> bool:
    """Whether the lower line goes on where the upper one ended."""
    return (
        lower.y0 - line.y1 <= 0.75 * line.height
        and abs(lower.tokens[0].x0 - line.tokens[0].x0) < 40
    )


def usual_height(section: Section) -> float:
    """Median height of the section's lines, in points."""
    heights = [cell.line.height for row in section.rows for cell in row]
    return median(heights) if heights else 10.0
