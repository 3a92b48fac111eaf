"""Result tables whose columns are tests: one row of values, or one for each day, under names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_names import clean_name, split_unit
from documents.pipeline.extraction.lab_rows import LabRow
from documents.pipeline.extraction.lines import Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.units import to_ucum
from documents.pipeline.types import Locale

MIN_TESTS = 3
FEW = 2
_UNITS = re.compile(r"^(?:units?|einheit(?:en)?|unidad(?:es)?|unites?|uom|measured in)\b")
_RANGE = re.compile(
    r"^(?:re[fr]\b|reference|normal|range|expected|referenz\w*|norm\w*|valeurs|valores|intervalo"
    r"|interval|biological|limits?|target|goal|optimal|desir\w+|ideal|bounds?)"
)
_FLAG = re.compile(r"^(?:flags?|status|abnormal|interpretation|bewertung|h l|abn)\b")


@dataclass(slots=True)
class _Column:
    """One test: the words of its name, the unit behind it, and its band across the page."""

    name: tuple[Token, ...]
    unit: Atom | None
    left: float
    right: float


def transposed_rows(
    layout: Layout, locale: Locale, *, decimal_comma: bool
) -> tuple[list[LabRow], frozenset[int]]:
    """Results of all such tables on a page, and the lines they take up."""
    rows: list[LabRow] = []
    lines: set[int] = set()
    for line in layout.lines:
        if line.index in lines:
            continue
        columns, last = _header(layout, line)
        if columns and (len(columns) >= MIN_TESTS or _days_below(layout, last, locale)):
            found, used = _table(layout, columns, line, last, locale, decimal_comma=decimal_comma)
            if found:
                rows.extend(found)
                lines |= used
    return rows, frozenset(lines)


def _header(layout: Layout, line: Line) -> tuple[list[_Column], Line]:
    """Columns when most cells of a line are names of tests; names may go on below."""
    cells = [(c.x0, c.x1, c.tokens) for c in line.chunks]
    last = line
    if len(cells) < FEW or sum(any(ch.isalpha() for ch in _text(c)) for c in cells) < FEW:
        return [], line
    if line.index + 1 < len(layout.lines):
        lower = layout.lines[line.index + 1]
        joined = _joined_cells(line, lower)
        if joined and _tests(joined) > _tests(cells):
            cells, last = joined, lower
    names = [cell for cell in cells if _is_test(cell)]
    if len(names) < FEW or len(names) < 0.6 * (len(cells) - 1):
        return [], line
    first = next(i for i, cell in enumerate(cells) if _is_test(cell))
    if first > 1 or any(re.search(r"\d", _text(c)) and not _is_test(c) for c in cells[first:]):
        return [], line
    kept = cells[first:]
    centres = [(x0 + x1) / 2 for x0, x1, _ in kept]
    middles = [(a + b) / 2 for a, b in pairwise(centres)]
    start = max(cells[first - 1][1] if first else 0.0, centres[0] - 0.7 * _step(centres))
    edges = [start, *middles, centres[-1] + 0.7 * _step(centres)]
    columns = [
        _Column(*split_unit(tokens), edges[i], edges[i + 1])
        for i, (_, _, tokens) in enumerate(kept)
    ]
    return columns, last


def _days_below(layout: Layout, header: Line, locale: Locale) -> bool:
    """Whether each of the next lines is a day's: two tests alone could be side by side."""
    lower = layout.lines[header.index + 1 : header.index + 6]
    dated = [bool(find_dates(line.chunks[0].text, locale)) and len(line.chunks) > 1
             for line in lower]  # fmt: skip
    return sum(dated) >= FEW


_Cell = tuple[float, float, tuple[Token, ...]]


def _step(centres: Sequence[float]) -> float:
    return max((b - a for a, b in pairwise(centres)), default=60.0)


def _text(cell: _Cell) -> str:
    return clean_name(" ".join(t.text for t in split_unit(cell[2])[0]))


def _is_test(cell: _Cell) -> bool:
    text = _text(cell)
    if "/" in text and to_ucum(text) is not None:
        return False  # "mg/dL" is no magnesium
    return len(cell[2]) <= 7 and candidates(text, fuzzy=not text.isascii())[1] >= 0.93


def _tests(cells: Sequence[_Cell]) -> int:
    return sum(_is_test(cell) for cell in cells)


def _joined_cells(line: Line, lower: Line) -> list[_Cell]:
    """Cells of a header on two lines, the lower words added to the cells above them."""
    if lower.y0 - line.y1 > 0.7 * line.height:
        return []
    cells: list[_Cell] = [(c.x0, c.x1, c.tokens) for c in line.chunks]
    for chunk in lower.chunks:
        over = [i for i, (x0, x1, _) in enumerate(cells) if x0 < chunk.x1 and chunk.x0 < x1]
        if over:
            x0, x1, tokens = cells[over[0]]
            cells[over[0]] = (min(x0, chunk.x0), max(x1, chunk.x1), (*tokens, *chunk.tokens))
        else:
            cells.append((chunk.x0, chunk.x1, chunk.tokens))
    return sorted(cells)


def _holds(cell: Sequence[Atom]) -> str:
    """What a cell is: a value if one stands in it, else its first piece that says anything."""
    kinds = [atom.kind for atom in cell]
    for kind in ("num", "qual", "range", "unit", "flag"):
        if kind in kinds and not (kind == "num" and kinds[0] == "text"):
            return kind
    return kinds[0]


@dataclass(slots=True)
class _Row:
    """One line under the header: its title, and the atoms of each column."""

    line: Line
    title: str
    cells: list[list[Atom]]

    @property
    def kind(self) -> str:
        """units, range, flag or values, by the title and by what most cells hold."""
        key = norm(self.title)
        if _UNITS.match(key):
            return "unit"
        if _RANGE.match(key):
            return "range"
        if _FLAG.match(key):
            return "flag"
        kinds = [_holds(cell) for cell in self.cells if cell]
        limits = [any(a.kind == "range" or a.bounds for a in cell) for cell in self.cells if cell]
        if "range" in kinds and all(limits):
            return "range"  # "100-199", "<150", ">40": also those that could be values
        for kind in ("unit", "range", "flag"):
            if kinds and sum(k == kind for k in kinds) > len(kinds) / 2:
                return kind
        return "values" if any(k in {"num", "qual"} for k in kinds) else ""


def _table(
    layout: Layout,
    columns: Sequence[_Column],
    header: Line,
    last: Line,
    locale: Locale,
    *,
    decimal_comma: bool,
) -> tuple[list[LabRow], set[int]]:
    rows: list[_Row] = []
    previous = last
    for line in layout.lines[last.index + 1 : last.index + 40]:
        if (
            line.y0 - previous.y1 > 2.5 * max(line.height, previous.height)
            or _header(layout, line)[0]
        ):
            break
        row = _row(layout, columns, line, decimal_comma=decimal_comma)
        if not row.kind:
            break
        rows.append(row)
        previous = line
    values = [row for row in rows if row.kind == "values"]
    if not values:
        return [], set()
    extras = {kind: [r for r in rows if r.kind == kind] for kind in ("unit", "range", "flag")}
    out = []
    for row in values:
        dates = find_dates(row.title, locale)
        for index, column in enumerate(columns):
            made = _result(row, index, column, extras, several=len(values) > 1)
            if made is not None:
                made.date = dates[0].iso if dates else None
                out.append(made)
    used = {header.index, last.index, *(row.line.index for row in rows)}
    return out, used


def _row(layout: Layout, columns: Sequence[_Column], line: Line, *, decimal_comma: bool) -> _Row:
    def inside(token: Token, column: _Column) -> bool:
        return column.left <= (token.x0 + token.x1) / 2 < column.right

    cells = []
    for column in columns:
        tokens = [t for t in line.tokens if inside(t, column)]
        cells.append(
            atoms_of(tokens, 1.9 * layout.char, decimal_comma=decimal_comma) if tokens else []
        )
    taken = {id(t) for column in columns for t in line.tokens if inside(t, column)}
    title = " ".join(t.text for t in line.tokens if id(t) not in taken)
    return _Row(line, title, cells)


def _result(
    row: _Row, index: int, column: _Column, extras: dict[str, list[_Row]], *, several: bool
) -> LabRow | None:
    atoms = row.cells[index]
    value = next((a for a in atoms if a.kind in {"num", "qual"}), None)
    if value is None:
        return None

    def extra(kind: str, pick: str) -> Atom | None:
        own = [a for a in atoms if a.kind == pick and a is not value]
        below = [a for r in extras[kind] for a in r.cells[index] if a.kind == pick or a.bounds]
        if kind == "unit":  # "70-99 mg/dL" says the unit once for all the days
            limits = [a for r in extras["range"] for a in r.cells[index] if a.kind == pick]
            below = [a for a in below if a.kind == pick] + limits
        if kind == "flag" and several:
            below = []
        return next(iter([*own, *below]), None)

    bounds = extra("range", "range")
    made = LabRow(
        column.name,
        value,
        row.line.index,
        extra("flag", "flag"),
        extra("unit", "unit") or column.unit,
        bounds,
        bounds.text if bounds else None,
    )
    made.doubts["no_header"] = 0.5
    return made
