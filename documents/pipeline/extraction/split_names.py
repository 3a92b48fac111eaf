"""A patient's name asked for in two cells: "Last name: Vu   First name: Lan"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.extraction.phrases import misread_label, phrases
from documents.pipeline.extraction.typed import text_of

LAST = {
    "last name", "surname", "family name", "apellidos", "apellido", "nachname", "familienname",
    "nom de famille", "cognome", "patient last name", "patients last name", "legal last name",
}  # fmt: skip
FIRST = {
    "first name", "given name", "given names", "first names", "forename", "forenames", "nombre",
    "nombres", "vorname", "prenom", "prenoms", "nome", "patient first name", "patients first name",
    "legal first name",
}  # fmt: skip
MIDDLE = {"middle", "middle name", "middle initial", "mi", "m i", "initial"}
LONGEST = 3
NEAR = 3
"""Lines between the two cells at most."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A label of one half, what stands in its cell, and the line of that."""

    label: str
    tokens: tuple[Token, ...]
    asked: int
    line: int


def joined_halves(layout: Layout, known: Sequence[Candidate]) -> list[Candidate]:
    """First and last name as one, if both are asked for close by; halves in ``known`` give way.

    Returns ``known`` as it is when no such pair is on the page.
    """
    last = next(_parts(layout, LAST), None)
    first = next((p for p in _parts(layout, FIRST) if last and _near(p, last)), None)
    if last is None or first is None:
        return list(known)
    halves = {text_of(last.tokens), text_of(first.tokens)}
    kept = [c for c in known if c.name != "patient.name" or c.value not in halves]
    if any(c.name == "patient.name" for c in kept):
        return kept
    value = f"{text_of(first.tokens)} {text_of(last.tokens)}".rstrip(" ,")
    if not looks_like_name(value):
        return kept
    label = f"{first.label} {last.label}"
    made = Candidate(
        "patient.name", value, (*first.tokens, *last.tokens), layout, first.line, label,
        {"label_doubt": 0.1}, {}, (), value, first.asked,
    )  # fmt: skip
    return [*kept, made]


def _near(one: _Part, other: _Part) -> bool:
    return abs(one.asked - other.asked) <= NEAR


def _parts(layout: Layout, words: set[str]) -> Iterator[_Part]:
    for line in layout.lines:
        for start, end in _labels(line, words):
            tokens = _right(line, end)
            where = line.index
            if not tokens:
                tokens, where = _below(layout, line, line.tokens[start].x0)
            if tokens:
                label = text_of(line.tokens[start:end]).rstrip(": ")
                yield _Part(label, tokens, line.index, where)


def _labels(line: Line, words: set[str]) -> Iterator[tuple[int, int]]:
    """Places of the words that begin a cell, or follow an earlier one's value."""
    asked = any(token.text.endswith(":") for token in line.tokens)
    for start in range(len(line.tokens)):
        chunk = line.chunk_of(start)
        if start != chunk.start and not asked:
            continue
        if start and start != chunk.start and norm(line.tokens[start - 1].text) in _OTHERS:
            continue
        for end in range(min(start + LONGEST, chunk.end), start, -1):
            closed = end == chunk.end or line.tokens[end - 1].text.endswith(":")
            if closed and " ".join(line.norms[start:end]) in words:
                yield start, end
                break


_OTHERS = {"insureds", "subscribers", "contact", "contacts", "mothers", "fathers", "spouses",
           "guardians", "guarantors", "insured", "subscriber", "provider"}  # fmt: skip


_ASKED = {"city", "state", "zip", "zip code", "street", "street address", "apt", "town", "county",
          "postcode", "country", "signature", "relationship", "title", "suffix", "employer",
          "occupation", "marital status", "language", "race", "ethnicity", "email"}  # fmt: skip
"""What the next row of a form asks for."""


def _right(line: Line, start: int) -> tuple[Token, ...]:
    """The words of a name behind a label, until a word that is none or begins another label."""
    if start >= len(line.tokens):
        return ()
    cell = line.chunk_of(start)
    kept: list[Token] = []
    for at in range(start, cell.end):
        text = line.tokens[at].text
        ahead = {" ".join(line.norms[at:to]) for to in range(at + 1, at + 1 + LONGEST)}
        if not text[:1].isupper() or text.endswith(":") or ahead & (LAST | FIRST | MIDDLE):
            break
        kept.append(line.tokens[at])
    text = text_of(kept)
    asks = norm(text) in phrases() or norm(text) in _ASKED or misread_label(text)
    return () if asks else tuple(kept)


def _below(layout: Layout, line: Line, x0: float) -> tuple[tuple[Token, ...], int]:
    if line.index + 1 >= len(layout.lines):
        return (), line.index
    lower = layout.lines[line.index + 1]
    cell = next((c for c in lower.chunks if abs(c.x0 - x0) < 2 * layout.char), None)
    if cell is None or lower.y0 - line.y1 > 1.5 * line.height:
        return (), line.index
    return _right(lower, cell.start), lower.index
