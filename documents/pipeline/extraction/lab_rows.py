"""One printed result: name, value, flag, unit and range of a row, under a header or without.

Types decide first and geometry second: a unit is a unit wherever it stands, while a number is
the result, the previous result or a site code by the column it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_names import (
    COMMENT,
    clean_name,
    known,
    prosaic,
    rejected,
    split_unit,
)
from documents.pipeline.extraction.lab_tables import VALUE_ROLES, Column, Table
from documents.pipeline.extraction.lines import Layout, Line, Token
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.numbers import parse_range


@dataclass(slots=True)
class LabRow:
    """A row's pieces; ``header`` says whether a table header placed them."""

    name: tuple[Token, ...]
    value: Atom
    line: int
    flag: Atom | None = None
    unit: Atom | None = None
    bounds: Atom | None = None
    range_text: str | None = None
    date: str | None = None
    header: bool = True
    column: Column | None = None
    out_of_range: bool = False
    unit_text: Atom | None = None
    doubts: dict[str, float] = field(default_factory=dict)

    @property
    def name_text(self) -> str:
        """The test's name as printed."""
        text = " ".join(t.text for t in self.name)
        return clean_name(re.sub(r"(?<=\w)- (?=\w)", "-", text))  # broken at its hyphen


def place(table: Table, atom: Atom) -> tuple[Column, float]:
    """The column an atom stands in and its distance from the header's extent, in points."""

    def distance(column: Column) -> tuple[float, float]:
        gap = max(column.x0 - atom.x1, atom.x0 - column.x1, 0.0)
        ends = min(abs(column.x0 - atom.x0), abs(column.x1 - atom.x1), abs(column.xc - atom.xc))
        return gap + 0.35 * ends, ends

    best = min(table.columns, key=distance)
    return best, max(best.x0 - atom.x1, atom.x0 - best.x1, 0.0)


def table_rows(layout: Layout, table: Table, line: Line, *, decimal_comma: bool) -> list[LabRow]:
    """Results in a line under a header: one, or one per result column."""
    tokens = [t for t in line.tokens if table.x0 <= t.x0 < table.x1]
    if not tokens:
        return []
    atoms = atoms_of(tokens, 1.9 * layout.char, decimal_comma=decimal_comma)
    if _name_inside(table):
        return _inside_rows(layout, table, line, tokens, decimal_comma=decimal_comma)
    lead = [a for a in atoms if a.kind == "flag" and _left_of_names(table, a)]
    name_end = _name_end(layout, table, atoms, tokens)
    name = tokens[len(lead[0].tokens) if lead else 0 : name_end]
    rest = [a for a in atoms if a.index >= name_end]
    if not name or not rest:
        return []
    name = _trim_code(table, name)
    name, flagged = _flag_behind(line, name, atoms)
    lead += flagged
    text = clean_name(" ".join(t.text for t in name))
    if any(
        a.kind == "date"
        for a in atoms
        if a.index < name_end and "code" not in table.roles and "date" not in table.roles
    ):
        return []
    if not name or rejected(text) or prosaic(text.split()) or _sentence(line, name, rest, layout):
        return []
    if COMMENT.match(text) and known(text) < 0.95:
        return []
    return _assign(layout, table, tuple(name), [*lead, *rest], line)


def _flag_behind(
    line: Line, name: list[Token], atoms: Sequence[Atom]
) -> tuple[list[Token], list[Atom]]:
    """The name without a flag in a cell of its own behind it, in a column without a title."""
    flag = next((a for a in atoms if a.kind == "flag" and a.tokens[-1] is name[-1]), None)
    if flag is None or len(flag.tokens) >= len(name):
        return name, []
    at = line.tokens.index(flag.tokens[0])
    alone = line.chunk_of(at).start == at
    return (name[: -len(flag.tokens)], [flag]) if alone else (name, [])


def _left_of_names(table: Table, atom: Atom) -> bool:
    column = table.name_column
    return column is not None and atom.index == 0 and atom.x1 < column.x0 - 1.0


def _name_inside(table: Table) -> bool:
    """Whether results, units or flags stand left of the column of names."""
    column = table.name_column
    return column is not None and any(
        c.x0 < column.x0 and c.role in {*VALUE_ROLES, "unit", "range"} for c in table.columns
    )


def _inside_rows(
    layout: Layout, table: Table, line: Line, tokens: Sequence[Token], *, decimal_comma: bool
) -> list[LabRow]:
    """Results of a line whose name stands between or behind the other columns."""
    gap = 1.9 * layout.char
    cells = [
        [t for t in chunk.tokens if t in tokens] for chunk in line.chunks
    ]  # a column never shares a cell with another
    named: list[Token] = []
    rest: list[Atom] = []
    for cell in cells:
        if not cell:
            continue
        whole = Atom("text", "", tuple(cell), cell[0].x0, cell[-1].x1, 0)
        column, away = place(table, whole)
        if column.role == "name" and away <= 3 * layout.char and not named:
            named = list(cell)
        else:
            rest.extend(atoms_of(cell, gap, decimal_comma=decimal_comma))
    text = clean_name(" ".join(t.text for t in named))
    if not named or not rest or rejected(text) or prosaic(text.split()):
        return []
    rows = _assign(layout, table, tuple(named), rest, line)
    for row in rows:
        row.unit = row.unit or next((a for a in rest if a.kind == "unit"), None)
    return rows


def _trim_code(table: Table, name: list[Token]) -> list[Token]:
    """Drop a code column standing left of the names."""
    column = table.name_column
    if column is None or not any(
        c.role in {"code", "date", "lab"} and c.x1 < column.x0 for c in table.columns
    ):
        return name
    kept = [t for t in name if t.x1 > column.x0 - 2.0]
    return kept or name


def _name_end(layout: Layout, table: Table, atoms: Sequence[Atom], tokens: Sequence[Token]) -> int:
    """Index of the first token that is no longer the name."""
    values = [c for c in table.columns if c.role in VALUE_ROLES]
    name_column = table.name_column
    right = [c for c in table.columns if name_column is None or c.x0 > name_column.x0]
    edge = min((c.x0 for c in right), default=min(c.x0 for c in values))
    lead = known_prefix(tokens, edge)
    for atom in atoms:
        if atom.index < lead:
            continue
        if name_column is not None and atom.x1 < name_column.x0 - 1.0 and atom.kind != "text":
            continue
        if atom.kind == "text":
            column, gap = place(table, atom)
            if atom.x0 < edge - 0.5 * layout.char or (
                atom.index > 0
                and _touching(tokens, atom.index, layout)
                and column.role not in {"flag", "unit"}
            ):
                continue
            return atom.index
        if atom.index == 0:
            continue
        if atom.x1 >= edge - 1.5 * layout.char:
            return atom.index
        column, gap = place(table, atom)
        later = any(
            a.kind in {"num", "qual", "range"}
            and place(table, a)[0].role in VALUE_ROLES
            and place(table, a)[1] <= 2 * layout.char
            for a in atoms
            if a.index > atom.index
        )
        if column.role != "name" and gap < 6 * layout.char and not later:
            return atom.index
        if (
            not later
            and atom.kind in {"num", "range"}
            and not _touching(tokens, atom.index, layout)
        ):
            return atom.index
    return len(tokens)


def _touching(tokens: Sequence[Token], index: int, layout: Layout) -> bool:
    return tokens[index].x0 - tokens[index - 1].x1 <= 1.6 * layout.char


def known_prefix(tokens: Sequence[Token], edge: float) -> int:
    """Words at the start that together are a known test with digits in it, such as CA 125."""
    best = 0
    for end in range(2, min(len(tokens), 7) + 1):
        if tokens[end - 1].x0 >= edge:
            break
        text = " ".join(t.text for t in tokens[:end])
        if any(c.isdigit() for c in tokens[end - 1].text) and candidates(text, fuzzy=False)[1] >= 1:
            best = end
    return best


def _sentence(line: Line, name: Sequence[Token], rest: Sequence[Atom], layout: Layout) -> bool:
    """Whether name, number and following words run on as one sentence."""
    first = rest[0]
    if first.tokens[0].x0 - name[-1].x1 > 1.8 * layout.char:
        return False
    words = [a for a in rest if a.kind == "text" and a.text.isalpha() and a.text.islower()]
    text = clean_name(" ".join(t.text for t in name))
    return len(words) >= 2 or (len(name) > 3 and known(text) < 0.9)


def _assign(
    layout: Layout, table: Table, name: tuple[Token, ...], rest: Sequence[Atom], line: Line
) -> list[LabRow]:
    """Give each atom its part in the row by type and column."""
    results: list[tuple[Column, Atom, float]] = []
    flags: list[Atom] = []
    units: list[Atom] = []
    ranges: list[Atom] = []
    range_words: list[Atom] = []
    unit_words: Atom | None = None
    limits: dict[str, Atom] = {}
    spare: list[tuple[Atom, float]] = []
    has_range = "range" in table.roles
    for atom in rest:
        column, gap = place(table, atom)
        role = column.role
        near = gap <= 3 * layout.char
        if atom.kind == "unit":
            (range_words if role == "range" and near and units and has_range else units).append(
                atom
            )
        elif role in {"low", "high"} and near and atom.kind == "num":
            limits.setdefault(role, atom)
        elif atom.kind == "flag" and (role != "range" or not near):
            flags.append(atom)
        elif atom.kind in {"num", "qual", "range", "none"} and role in VALUE_ROLES and near:
            behind = not has_range and any(c is column for c, _, _ in results)
            if behind and atom.bounds is not None and not ranges:
                ranges.append(atom)  # "9.2 [3.4-10.8]"
            else:
                results.append((column, atom, gap))
        elif role == "range" and near and atom.kind != "date":
            (ranges if atom.bounds and not ranges else range_words).append(atom)
        elif (
            role == "unit"
            and atom.kind in {"text", "num"}
            and near
            and unit_words is None
            and (re.search(r"[A-Za-z]", atom.text))
        ):
            unit_words = atom
        elif role == "flag" and atom.kind == "text" and near and len(atom.text) <= 8:
            continue
        elif atom.kind == "range" and not ranges:
            ranges.append(atom)
        elif atom.kind in {"num", "qual"} and role in {"unit", "flag", "name"}:
            spare.append((atom, gap))
        elif atom.kind == "text" and role in VALUE_ROLES and gap == 0:
            results.append((column, atom, gap))
    results = _one_per_column(results)
    name, unit_of_name = split_unit(name)
    if unit_of_name is not None and not units:
        units = [unit_of_name]
    if not results and spare:
        results = [(next(c for c in table.columns if c.role in VALUE_ROLES), spare[0][0], 99.0)]
    rows = []
    for column, atom, gap in results:
        if atom.kind == "none" or atom.kind == "date":
            continue
        row = LabRow(
            name,
            atom,
            line.index,
            header=True,
            column=column,
            date=column.date,
            out_of_range=column.role == "out",
        )
        row.flag = _nearest_flag(flags, atom, column, table, len(results) > 1)
        row.unit = next((u for u in units if u.x0 >= atom.x0 - 1), units[0] if units else None)
        row.unit_text = unit_words
        _set_range(row, ranges, range_words, line)
        _set_limits(row, limits)
        if gap > 3 * layout.char:
            row.doubts["loose_fit"] = 1.0
        if atom.kind == "text":
            if not _wordy_value(row, line):
                continue
            row.doubts["guess"] = 0.5
        rows.append(row)
    return rows


def _wordy_value(row: LabRow, line: Line) -> bool:
    """A result in words of its own: short, in its own cell, for a known test."""
    chunk = next((c for c in line.chunks if row.value.tokens[0] in c.tokens), None)
    if chunk is None or len(chunk.tokens) > 4 or chunk.tokens[0] is not row.value.tokens[0]:
        return False
    if known(row.name_text) < 0.95 or not re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,/+-]*", chunk.text):
        return False
    row.value.tokens, row.value.text = chunk.tokens, chunk.text
    row.value.x1 = chunk.x1
    return True


def _one_per_column(results: list[tuple[Column, Atom, float]]) -> list[tuple[Column, Atom, float]]:
    """The closest atom of each result column; numbers before words."""
    kept: dict[int, tuple[Column, Atom, float]] = {}
    for column, atom, gap in results:
        key = id(column)
        old = kept.get(key)
        order = {"num": 0, "qual": 1, "range": 2, "none": 3, "text": 4}
        if old is None or (gap, order.get(atom.kind, 9)) < (old[2], order.get(old[1].kind, 9)):
            kept[key] = (column, atom, gap)
    return [kept[key] for key in kept]


def _nearest_flag(
    flags: Sequence[Atom], value: Atom, column: Column, table: Table, several: bool
) -> Atom | None:
    if not flags:
        return None
    if not several:
        after = [f for f in flags if f.x0 >= value.x0 - 1 or f.tokens == value.tokens]
        return (after or list(flags))[0]
    following = [c.x0 for c in table.columns if c.role in VALUE_ROLES and c.x0 > column.x0]
    limit = min(following, default=1e9)
    mine = [f for f in flags if value.x0 - 1 <= f.x0 < max(value.x1, limit - 1)]
    return mine[0] if mine else None


def _set_limits(row: LabRow, limits: dict[str, Atom]) -> None:
    """Low and high limits printed in columns of their own."""
    ends = {side: atom.quantity.value for side, atom in limits.items() if atom.quantity}
    if row.bounds is not None or not ends or ends.get("low", 0.0) > ends.get("high", 1e12):
        return
    atoms = sorted(limits.values(), key=lambda a: a.x0)
    row.range_text = " ".join(atom.text for atom in atoms)
    row.bounds = Atom(
        "range",
        row.range_text,
        atoms[0].tokens,
        atoms[0].x0,
        atoms[-1].x1,
        atoms[0].index,
        bounds={"raw": row.range_text, "low": ends.get("low"), "high": ends.get("high")},
    )


def _set_range(row: LabRow, ranges: Sequence[Atom], words: Sequence[Atom], line: Line) -> None:
    """The range atom, or the words of the range column when it is not a plain one."""
    usable = [a for a in ranges if a is not row.value]
    if usable:
        row.bounds = usable[0]
        row.range_text = usable[0].text
        qualified = sorted([*words, usable[0]], key=lambda a: a.x0)
        extra = [a for a in words if a.kind in {"text", "num", "range"}]
        if len(extra) >= 2:
            row.range_text = " ".join(a.text for a in qualified)
    elif words:
        ordered = sorted(words, key=lambda a: a.x0)
        row.range_text = " ".join(a.text for a in ordered)
        bounds = parse_range(row.range_text)
        if bounds is not None:
            row.bounds = Atom(
                "range",
                row.range_text,
                ordered[0].tokens,
                ordered[0].x0,
                ordered[-1].x1,
                ordered[0].index,
                bounds=bounds,
            )
