"""Results without a header: a name, then a value with enough around it to be sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_names import (
    RANGE_WORDS,
    clean_name,
    known,
    prosaic,
    rejected,
    split_unit,
)
from documents.pipeline.extraction.lab_rows import LabRow, known_prefix
from documents.pipeline.extraction.lines import Layout, Line, Token
from documents.pipeline.extraction.normalise.numbers import normal_flag
from documents.pipeline.extraction.normalise.units import to_ucum


def free_rows(layout: Layout, line: Line, *, decimal_comma: bool) -> list[LabRow]:
    """Results without a header: one, or several side by side when tests stand in a row."""
    ahead = _value_first(layout, line, decimal_comma=decimal_comma)
    if ahead is not None:
        return [ahead]
    rows = []
    for part in _side_by_side(line):
        row = free_row(layout, part, decimal_comma=decimal_comma)
        if row is not None:
            rows.append(row)
    return rows


def _value_first(layout: Layout, line: Line, *, decimal_comma: bool) -> LabRow | None:
    """ "164 | Total Cholesterol | mg/dL | 100 to 199": a number, then a test in the next cell."""
    if len(line.chunks) < 3 or not known(clean_name(line.chunks[1].text)) >= 0.95:
        return None
    first = atoms_of(line.chunks[0].tokens, 1.9 * layout.char, decimal_comma=decimal_comma)
    values = [a for a in first if a.kind == "num"]
    if len(values) != 1 or any(a.kind not in {"num", "flag"} for a in first):
        return None
    behind = line.tokens[line.chunks[1].end :]
    atoms = atoms_of(behind, 1.9 * layout.char, decimal_comma=decimal_comma)
    unit = next((a for a in atoms if a.kind == "unit"), None)
    bounds = next((a for a in atoms if a.bounds is not None), None)
    plain = any(a.kind in {"num", "qual"} and a.bounds is None for a in atoms)
    if unit is None or bounds is None or plain:
        return None
    flag = next((a for a in (*first, *atoms) if a.kind == "flag"), None)
    name = line.chunks[1].tokens
    row = LabRow(name, values[0], line.index, flag, unit, bounds, bounds.text, header=False)
    row.doubts["no_header"] = 1.0
    return row


def _side_by_side(line: Line) -> list[Line]:
    """The line cut before each further cell that begins with a test's name and has numbers."""
    starts = [0]
    for index, chunk in enumerate(line.chunks[1:], start=1):
        numbers = [c for c in line.chunks[:index] if re.search(r"\d", c.text)]
        more = any(re.search(r"\d", c.text) for c in line.chunks[index:])
        if numbers and more and _names_test(chunk.tokens):
            starts.append(index)
    if len(starts) == 1:
        return [line]
    parts = []
    for start, end in zip(starts, [*starts[1:], len(line.chunks)], strict=True):
        first, last = line.chunks[start].start, line.chunks[end - 1].end
        parts.append(
            replace(
                line,
                tokens=line.tokens[first:last],
                chunks=line.chunks[start:end],
                text=" ".join(t.text for t in line.tokens[first:last]),
                norms=line.norms[first:last],
            )
        )
    return parts


def _names_test(tokens: Sequence[Token]) -> bool:
    """Whether a cell begins with a test's name, be it alone or with its value behind."""
    for end in range(min(len(tokens), 6), 0, -1):
        if known(clean_name(" ".join(t.text for t in tokens[:end]))) >= 0.97:
            return True
    return False


def range_first(atoms: Sequence[Atom], start: int) -> tuple[int, int] | None:
    """Places of the value and of the unit or range that begins what stands before it.

    "Glucose 65-99 mg/dL 106": a plain number behind a range is the result, not the range's.
    """
    rest = [(i, a) for i, a in enumerate(atoms) if a.index >= start and a.kind in _MEASURES]
    for begin, atom in rest:
        if atom.kind in {"unit", "flag"}:
            continue
        if atom.bounds is None:
            return None
        for place, other in rest:
            if place > begin and other.kind in {"num", "qual"} and other.bounds is None:
                first = next(i for i, a in rest if a.kind != "flag")
                return place, min(first, begin)
        return None
    return None


_MEASURES = {"num", "qual", "range", "unit", "flag"}


def free_row(layout: Layout, line: Line, *, decimal_comma: bool) -> LabRow | None:
    """A result without a header: a name, then a value with enough around it to be sure."""
    atoms = atoms_of(line.tokens, 1.9 * layout.char, decimal_comma=decimal_comma)
    start = known_prefix(line.tokens, 1e9)
    position = next(
        (
            i
            for i, a in enumerate(atoms)
            if a.index >= max(start, 1)
            and a.kind in {"num", "qual"}
            and (a.kind == "num" or a.tokens[0] is not line.tokens[0])
        ),
        None,
    )
    early = range_first(atoms, max(start, 1))
    if early is not None:
        position, begin = early
    elif position is not None:
        begin = position
        while begin > 1 and atoms[begin - 1].kind == "unit" and atoms[begin - 1].index > start:
            begin -= 1
    else:
        return None
    value, first = atoms[position], atoms[begin]
    behind = " ".join(t.text for t in line.tokens[value.index :])
    if re.search(r"[A-Za-z]-$", behind) or behind.count("(") > behind.count(")"):
        return None  # goes on in the next line, as sentences do
    name = line.tokens[: first.index]
    lead = [a for a in atoms[:begin] if a.kind == "date"]
    flag = None
    if begin and atoms[begin - 1].kind == "flag" and first.index > 1:
        flag = atoms[begin - 1]
        name = line.tokens[: flag.index]
    text = clean_name(" ".join(t.text for t in name))
    if re.match(r"[\d<>.,]+\s?(?:[a-zA-Z%µ]+/|%|fL\b|pg\b)", text):
        return None  # another result, not a name
    if to_ucum(text) is not None or RANGE_WORDS.match(text) or normal_flag(text.strip("()")):
        return None  # what goes with the name on the line above
    if lead or not text or rejected(text) or prosaic(text.split()) or len(text.split()) > 7:
        return None
    name, unit_of_name = split_unit(tuple(name))
    text = clean_name(" ".join(t.text for t in name))
    after = [a for a in atoms[begin:] if a is not value]
    if any(a.kind == "text" and a.text.isalpha() and a.text.islower() for a in after[:4]):
        return None
    unit = next((a for a in after if a.kind == "unit"), unit_of_name)
    bounds = next((a for a in after if a.bounds is not None and a.kind in {"range", "num"}), None)
    flag = flag or next((a for a in after if a.kind == "flag"), None)
    support = (unit is not None) + (bounds is not None) + (flag is not None)
    if not support and (value.kind != "qual" or len(line.chunks) == 1):
        return None
    fit = known(text)
    if value.kind == "qual" and fit < 0.95:
        return None
    if not (
        (fit >= 0.93 and support >= 1)
        or (support >= 2 and unit is not None)
        or (fit >= 0.99 and value.kind == "qual" and len(line.chunks) > 1)
    ):
        return None
    row = LabRow(
        tuple(name),
        value,
        line.index,
        flag,
        unit,
        bounds,
        bounds.text if bounds else None,
        header=False,
    )
    row.doubts["no_header"] = 1.0
    if support == 1 and bounds is None:
        row.doubts["loose_fit"] = 0.3
    return row
