"""Lines that add to a row: a name that began above it or goes on below, a range underneath."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_names import clean_name, known, prosaic
from documents.pipeline.extraction.lab_rows import LabRow, table_rows
from documents.pipeline.extraction.lab_tables import Table
from documents.pipeline.extraction.lines import Layout, Line
from documents.pipeline.extraction.normalise.numbers import parse_range

_RANGE_LEAD = re.compile(
    r"^(?:re[a-z](?=[:.-])|ref(?:erence)?\.?(?:\s+(?:range|interval))?|normal(?:\s+range)?|range|expected|normals?)"
    r"\s*[:=.-]?\s*",
    re.IGNORECASE,
)


def nameless(
    layout: Layout, tables: Sequence[Table], line: Line, pending: Line, *, commas: bool
) -> list[LabRow]:
    """Values on the line under their name."""
    table = tables[0]
    column = table.name_column
    edge = min((c.x0 for c in table.columns if column is None or c.x0 > column.x0), default=0.0)
    if line.tokens[0].x0 < edge - 2 * layout.char or pending.tokens[-1].x1 > edge + 8 * layout.char:
        return []
    if line.y0 - pending.y1 > 0.9 * layout.pitch or known(clean_name(pending.text)) < 0.9:
        return []
    merged = Line(
        line.index,
        (*pending.tokens, *line.tokens),
        line.chunks,
        line.y0,
        line.y1,
        line.text,
        (*pending.norms, *line.norms),
    )
    return table_rows(layout, table, merged, decimal_comma=commas)


def join_name_above(layout: Layout, row: LabRow, pending: Line) -> None:
    """A name that began on the line above and ends beside the value."""
    name = row.name_text
    if known(name) >= 0.99 or pending.tokens[-1].x1 >= row.value.x0:
        return
    if abs(pending.tokens[0].x0 - row.name[0].x0) > 3 * layout.char:
        return
    joined = clean_name(f"{pending.text} {name}")
    if known(joined) > known(name) and not prosaic(joined.split()):
        row.name = (*pending.tokens, *row.name)


def continues(layout: Layout, line: Line, last: list[LabRow], *, commas: bool) -> bool:
    """A line that adds to the row above: the rest of its name, or its range."""
    row = last[0]
    if line.index - row.line > 4 or line.y0 - layout.lines[line.index - 1].y1 > 1.3 * layout.pitch:
        return False
    if (
        row.bounds is None
        and row.range_text is None
        and (
            _range_ends(layout, line, last, commas=commas)
            or _range_below(layout, line, last, commas=commas)
        )
    ):
        return True
    if len({each.name[0] for each in last}) > 1:
        return _names_go_on(layout, line, last)
    if len(line.chunks) > 1 or line.index - row.line > len(_name_lines(layout, row)):
        return False
    text = line.text.strip()
    starts_lower = text[:1].islower() or text.startswith(("(", ","))
    aligned = abs(line.tokens[0].x0 - row.name[0].x0) <= 4 * layout.char
    fits = line.tokens[-1].x1 < row.value.x0
    if not aligned or not fits or len(line.tokens) > 4 or prosaic(text.split()) or ":" in text:
        return False
    joined = f"{row.name_text} {text}"
    if _set_close(layout, line, row):
        for each in last:
            each.name = (*each.name, *line.tokens)
        return True
    if (
        _stands_alone(layout, line, row)
        and known(text) < 0.95
        and not (text.isupper() and not row.name_text.isupper())
    ):
        for each in last:
            each.name = (*each.name, *line.tokens)
        return True
    own, together = known(row.name_text), known(joined)
    unfinished = row.name_text.endswith((",", "/", "-", "and", "with", "of", "(")) or (
        row.name_text.count("(") > row.name_text.count(")")
    )
    if (
        (together >= max(own, 0.9) and known(text) < 0.95)
        or unfinished
        or (starts_lower and own < 1)
    ):
        for each in last:
            each.name = (*each.name, *line.tokens)
        return True
    return False


def _names_go_on(layout: Layout, line: Line, last: list[LabRow]) -> bool:
    """The rest of the names of results side by side: every cell goes on under one of them."""
    if line.y0 - layout.lines[line.index - 1].y1 > 0.6 * line.height:
        return False
    rest = []
    for cell in line.chunks:
        row = next((r for r in last if abs(r.name[0].x0 - cell.x0) < 2 * layout.char), None)
        if row is None or cell.x1 >= row.value.x0 or re.search(r"\d:", cell.text):
            return False
        rest.append((row, cell))
    for row, cell in rest:
        row.name = (*row.name, *cell.tokens)
    return True


def _name_lines(layout: Layout, row: LabRow) -> set[int]:
    """Indices of the lines a row's name stands on, from the row's own line downwards."""
    return {
        line.index
        for line in layout.lines[row.line : row.line + 5]
        if any(token in row.name for token in line.tokens)
    } | {row.line}


def _set_close(layout: Layout, line: Line, row: LabRow) -> bool:
    """The rest of a name in the same cell: closer to the row above than to what follows."""
    above = layout.lines[line.index - 1]
    gap = line.y0 - above.y1
    if abs(line.height - above.height) > 0.12 * above.height or gap > 0.45 * line.height:
        return False
    index = line.index + 1
    while index < len(layout.lines):
        lower = layout.lines[index]
        after = lower.y0 - layout.lines[index - 1].y1
        if len(lower.chunks) > 1 or lower.tokens[-1].x1 >= row.value.x0:
            return after > gap + 0.1 * line.height
        if after > gap + 0.1 * line.height or index - line.index > 3:
            return after > gap + 0.1 * line.height
        index += 1
    return False


def _stands_alone(layout: Layout, line: Line, row: LabRow) -> bool:
    """No results follow under the words, so they head no panel: they end the name above."""
    if line.index + 1 >= len(layout.lines) or known(row.name_text) >= 0.99:
        return False
    below = layout.lines[line.index + 1]
    if below.y0 - line.y1 > 1.3 * layout.pitch or below.y0 - line.y1 > 2.5 * (
        line.y0 - layout.lines[row.line].y1 + 2
    ):
        return False
    lead = _RANGE_LEAD.match(below.text) or re.match(r"(?:note|comment)\b", below.text, re.I)
    return bool(lead)


def _range_ends(layout: Layout, line: Line, last: list[LabRow], *, commas: bool) -> bool:
    """``0.57-`` at the end of the row and ``1.27`` under it, in a narrow column."""
    begun, rest = layout.lines[last[0].line].tokens[-1], line.tokens[0]
    if len(line.tokens) > 1 or abs(begun.x0 - rest.x0) > 3 * layout.char:
        return False
    if not re.fullmatch(r"[\d.,]+[-–]", begun.text):
        return False
    text = begun.text + rest.text
    bounds = parse_range(text, decimal_comma=commas)
    if bounds is None:
        return False
    for row in last:
        row.bounds = Atom("range", text, (begun, rest), begun.x0, begun.x1, 0, bounds=bounds)
        row.range_text = text
    return True


def _range_below(layout: Layout, line: Line, last: list[LabRow], *, commas: bool) -> bool:
    """``Reference range: 70-99 mg/dL`` or just ``70-99`` under the row."""
    text = line.text.strip().strip("()")
    bare = _RANGE_LEAD.sub("", text)
    lead = bare != text
    tokens = line.tokens
    if lead:
        count = len(text[: len(text) - len(bare)].split())
        tokens = line.tokens[count:]
    atoms = atoms_of(tokens, 1.9 * layout.char, decimal_comma=commas) if tokens else []
    bounds = next((a for a in atoms if a.bounds is not None), None)
    others = [a for a in atoms if a.kind not in {"unit", "range"} and a is not bounds]
    if (
        bounds is None
        or others
        or (
            bounds.kind == "num"
            and not lead
            and bounds.quantity
            and bounds.quantity.comparator is None
        )
    ):
        return False
    for row in last:
        row.bounds, row.range_text = bounds, bounds.text
        unit = next((a for a in atoms if a.kind == "unit"), None)
        row.unit = row.unit or unit
    return True
