"""Results printed as little blocks: the test's name, and under it value, unit and range.

Patient portals and telephone applications print so, with or without words such as "Your value".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_free import range_first
from documents.pipeline.extraction.lab_names import (
    RANGE_WORDS,
    clean_name,
    known,
    prosaic,
    split_unit,
)
from documents.pipeline.extraction.lab_rows import LabRow
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.units import same_unit

MAX_LINES = 6
_VALUE_WORDS = re.compile(
    r"\b(?:your (?:value|result)|value|result|current|observed|measured)\b", re.IGNORECASE
)


def block_rows(layout: Layout, *, decimal_comma: bool) -> list[LabRow]:
    """Results of all blocks on a page; a block ends where the next test's name begins."""
    heads = [
        (line, chunk)
        for line in layout.lines
        for chunk in line.chunks
        if _is_head(layout, line, chunk)
    ]
    rows = []
    for line, chunk in heads:
        below = [
            (n.index, c.x0)
            for n, c in heads
            if n.index > line.index and abs(c.x0 - chunk.x0) < 6 * layout.char
        ]
        right = [c.x0 for c in line.chunks if c.x0 > chunk.x1 and _begins_column(layout, line, c)]
        last = min((index for index, _ in below), default=line.index + MAX_LINES + 1)
        row = _row(
            layout,
            line,
            chunk,
            min(last, line.index + MAX_LINES + 1),
            min(right, default=1e9),
            decimal_comma=decimal_comma,
        )
        if row is not None:
            rows.append(row)
    return rows


def _begins_column(layout: Layout, line: Line, chunk: Chunk) -> bool:
    """Whether cells below begin where this one does: it heads another block."""
    following = layout.lines[line.index + 1 : line.index + 3]
    plain = not re.search(r"\d", chunk.text) or known(clean_name(chunk.text)) >= 0.95
    return plain and any(
        abs(c.x0 - chunk.x0) < 2 * layout.char for lower in following for c in lower.chunks
    )


def _is_head(layout: Layout, line: Line, chunk: Chunk) -> bool:
    """A known test's name in a cell of its own, with no number beside it."""
    text = clean_name(" ".join(t.text for t in split_unit(chunk.tokens)[0]))
    if len(chunk.tokens) > 7 or not text[:1].isalnum() or known(text) < 0.95:
        return False
    rest = [c for c in line.chunks if c.x0 > chunk.x1]
    return not any(re.search(r"\d", c.text) and known(clean_name(c.text)) < 0.95 for c in rest[:1])


def _row(
    layout: Layout, head: Line, chunk: Chunk, end: int, edge: float, *, decimal_comma: bool
) -> LabRow | None:
    """Value, unit, range and flag from the lines under a name, left of the next column."""
    value: Atom | None = None
    units: list[tuple[bool, Atom]] = []
    bounds: Atom | None = None
    flag: Atom | None = None
    where = head
    announced = False
    for line in layout.lines[head.index : end]:
        tokens = [t for t in line.tokens if chunk.x0 - 3 * layout.char <= t.x0 < edge]
        if line is head:
            tokens = [t for t in tokens if t.x0 > chunk.x1]
        if not tokens or (line is not head and prosaic([t.text for t in tokens])):
            continue
        atoms = atoms_of(tokens, 1.9 * layout.char, decimal_comma=decimal_comma)
        words = " ".join(t.text for t in tokens)
        named = bool(RANGE_WORDS.search(words)) and not _VALUE_WORDS.search(words)
        ranged = named or announced
        announced = named and not re.search(r"\d", words)
        early = range_first(atoms, 0) if line is not head and value is None else None
        if early is not None:
            value, where = atoms[early[0]], line
        for atom in atoms:
            if atom is value:
                continue
            if value is None and atom.kind in {"num", "qual"} and not ranged and line is not head:
                value, where = atom, line
            elif atom.kind == "unit":
                units.append((where is line and value is not None, atom))
            elif (
                atom.bounds is not None
                and bounds is None
                and (
                    early is not None or atom.kind == "range" or ranged or RANGE_WORDS.search(words)
                )
            ):
                bounds = atom
            elif atom.kind == "flag" and flag is None and not RANGE_WORDS.search(words):
                flag = atom
    name, unit_of_name = split_unit(chunk.tokens)
    unit = max(units, key=lambda pair: pair[0])[1] if units else unit_of_name
    if value is None or not _fits(name, value, unit, bounds):
        return None
    row = LabRow(
        tuple(name),
        value,
        where.index,
        flag,
        unit,
        bounds,
        bounds.text if bounds else None,
        header=False,
    )
    row.doubts["no_header"] = 1.0
    return row


def _fits(name: Sequence[Token], value: Atom, unit: Atom | None, bounds: Atom | None) -> bool:
    """The unit is one the test is given in; a word as a result needs a range to stand by it."""
    if value.kind == "qual":
        return bounds is not None or len(value.text) > 4
    tests, _ = candidates(clean_name(" ".join(t.text for t in name)))
    if unit is not None and unit.ucum is not None:
        return any(same_unit(unit.ucum, known_unit) for test in tests for known_unit in test.units)
    return bounds is not None
