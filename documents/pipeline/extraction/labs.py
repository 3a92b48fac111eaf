"""Laboratory results of a page: tables with headers, rows without, wrapped names, ranges below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lab_blocks import block_rows
from documents.pipeline.extraction.lab_names import clean_name, known, prosaic
from documents.pipeline.extraction.lab_rows import LabRow, free_row, table_rows
from documents.pipeline.extraction.lab_tables import Table, find_header
from documents.pipeline.extraction.lines import Layout, Line, norm
from documents.pipeline.extraction.normalise.loinc import SYSTEM, match_test
from documents.pipeline.extraction.normalise.numbers import (
    derived_flag,
    flags_agree,
    normal_flag,
)
from documents.pipeline.types import Locale

_URINE = re.compile(r"\b(urinalysis|urine|\bua\b|urin\b|orina)", re.IGNORECASE)
_BLOOD = re.compile(
    r"\b(cbc|complete blood|metabolic|lipid|chemistry|hematology|thyroid|hepatic|liver|coagulation"
    r"|serum|plasma|electrolytes|iron|blood|diabetes|immunology|serology|renal)\b",
    re.IGNORECASE,
)
_PAGE_LINE = re.compile(r"\b(?:page|seite|p[aá]gina)\s+\d{1,3}(?:\s*(?:of|/|von|de)\s*\d|$)", re.I)
_RANGE_LEAD = re.compile(
    r"^(?:re[a-z](?=[:.-])|ref(?:erence)?\.?(?:\s+(?:range|interval))?|normal(?:\s+range)?|range|expected|normals?)"
    r"\s*[:=.-]?\s*",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])\d{1,3},\d{1,2}(?![\d,])")
_DECIMAL_POINT = re.compile(r"(?<![\d,.])\d{1,4}\.\d{1,3}(?![\d.])")


@dataclass(slots=True)
class State:
    """What carries over from one page to the next: open tables and the specimen."""

    tables: list[Table] = field(default_factory=list)
    specimen: str | None = None


def decimal_comma(layouts: Sequence[Layout], locale: Locale) -> bool:
    """Whether the document writes 5,4 for five and four tenths."""
    text = "\n".join(layout.text for layout in layouts)
    commas, points = len(_DECIMAL_COMMA.findall(text)), len(_DECIMAL_POINT.findall(text))
    if commas >= 2 and commas > 2 * points:
        return True
    if points >= 2 and points > commas:
        return False
    return locale.decimal_comma


def lab_rows(
    layout: Layout,
    locale: Locale,
    state: State,
    *,
    commas: bool,
    skip: frozenset[int] = frozenset(),
) -> list[tuple[LabRow, str | None]]:
    """Rows of a page with the specimen each was found under; ``skip`` lines belong to others."""
    found: list[tuple[LabRow, str | None]] = []
    last: list[LabRow] = []
    pending: Line | None = None
    skip_to = -1
    for line in layout.lines:
        if line.index <= skip_to or line.index in skip or _PAGE_LINE.search(line.text):
            pending = None
            continue
        tables = find_header(layout, line.index, locale)
        if tables:
            state.tables, skip_to, last, pending = tables, tables[0].line, [], None
            continue
        rows = _rows(layout, state, line, pending, commas=commas)
        if rows:
            last, pending = rows, None
            found.extend((row, state.specimen) for row in rows)
        elif last and _continues(layout, line, last, state, commas=commas):
            continue
        else:
            pending = line
            _note_specimen(line, state)
    blocks = block_rows(layout, decimal_comma=commas) if len(found) < 3 else []
    if len(blocks) > len(found):
        return [(row, state.specimen) for row in blocks]
    return found


def _rows(
    layout: Layout, state: State, line: Line, pending: Line | None, *, commas: bool
) -> list[LabRow]:
    rows: list[LabRow] = []
    for table in state.tables:
        rows.extend(table_rows(layout, table, line, decimal_comma=commas))
    if not rows and state.tables and pending is not None:
        rows = _nameless(layout, state.tables, line, pending, commas=commas)
    if not rows:
        free = free_row(layout, line, decimal_comma=commas)
        rows = [free] if free is not None else []
    elif pending is not None and len(rows) == 1:
        _join_name_above(layout, rows[0], pending)
    return rows


def _nameless(
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


def _join_name_above(layout: Layout, row: LabRow, pending: Line) -> None:
    """A name that began on the line above and ends beside the value."""
    name = row.name_text
    if known(name) >= 0.99 or pending.tokens[-1].x1 >= row.value.x0:
        return
    if abs(pending.tokens[0].x0 - row.name[0].x0) > 3 * layout.char:
        return
    joined = clean_name(f"{pending.text} {name}")
    if known(joined) > known(name) and not prosaic(joined.split()):
        row.name = (*pending.tokens, *row.name)


def _continues(
    layout: Layout, line: Line, last: list[LabRow], state: State, *, commas: bool
) -> bool:
    """A line that adds to the row above: the rest of its name, or its range."""
    row = last[0]
    if line.index - row.line > 2 or line.y0 - layout.lines[row.line].y1 > 1.3 * layout.pitch:
        return False
    if (
        row.bounds is None
        and row.range_text is None
        and _range_below(layout, line, last, commas=commas)
    ):
        return True
    if line.index - row.line > 1 or len(line.chunks) > 1:
        return False
    text = line.text.strip()
    starts_lower = text[:1].islower() or text.startswith(("(", ","))
    aligned = abs(line.tokens[0].x0 - row.name[0].x0) <= 4 * layout.char
    fits = line.tokens[-1].x1 < row.value.x0
    if not aligned or not fits or len(line.tokens) > 4 or prosaic(text.split()) or ":" in text:
        return False
    joined = f"{row.name_text} {text}"
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


def _note_specimen(line: Line, state: State) -> None:
    if len(line.chunks) > 2 or len(line.tokens) > 7:
        return
    if _URINE.search(line.text):
        state.specimen = "urine"
    elif _BLOOD.search(line.text):
        state.specimen = "blood"


def to_candidate(layout: Layout, row: LabRow, specimen: str | None, date: str | None) -> Candidate:
    """The row as a lab candidate with its meaning, consistency and doubts."""
    name, value = row.name_text, row.value
    unit, ucum = _unit(row, specimen)
    match = match_test(name, ucum, specimen)
    bounds = _bounds(row)
    features: dict[str, float] = dict(row.doubts)
    code = None
    if match is None:
        features["unlisted"] = 1.0 if ucum is None or bounds is None else 0.6
    else:
        certain = match.similarity * (1.0 if match.unit_known or not match.test.units else 0.97)
        code = {"system": SYSTEM, "code": match.test.code, "confidence": round(certain * 0.99, 3)}
        features["name_doubt"] = max(0.0, 0.95 - match.similarity)
        if ucum is not None and match.test.units and not match.unit_known:
            features["unit_mismatch"] = 1.0
    quantity = value.quantity
    if (
        quantity is not None
        and unit is None
        and (
            match is None
            or (
                match.test.units
                and match.test.units[0] not in {"1", "{ratio}", "{INR}", "[pH]", "{index}"}
            )
        )
    ):
        features["unit_missing"] = 1.0
    if row.unit is None and unit is not None:
        features["unit_guessed"] = 1.0
    if unit is not None and ucum is None:
        features["unit_unknown"] = 1.0
    flag, warnings = _flag(row, bounds, features)
    tokens = value.tokens
    extra = {
        "code": code,
        "unit": unit,
        "unit_ucum": ucum,
        "ref_range": bounds,
        "flag": flag,
        "value_type": "quantity" if quantity is not None else "qualitative",
        "value_num": quantity.value if quantity is not None else None,
        "comparator": quantity.comparator if quantity is not None else None,
        "effective_date": row.date or date,
    }
    if bounds is None and quantity is not None:
        features["no_range"] = 1.0
    text = value.text
    raw = text
    if (
        quantity is not None
        and quantity.comparator
        and not text.replace(" ", "").startswith(tuple("<>≤≥="))
    ):
        raw = quantity.raw
    name_doubt = min((t.score for t in row.name), default=1.0)
    if name_doubt < 0.85:
        features["weak_type"] = min(1.0, (0.85 - name_doubt) * 3)
    return Candidate("lab", raw, tokens, layout, row.line, name, features, extra, warnings, raw)


def _unit(row: LabRow, specimen: str | None) -> tuple[str | None, str | None]:
    """Printed unit and its UCUM code; a misread one by the units the test is given in."""
    if row.unit is not None:
        return row.unit.text, row.unit.ucum
    if row.unit_text is None:
        return None, None
    text = row.unit_text.text
    match = match_test(row.name_text, None, specimen)
    wanted = match.test.units if match is not None else ()
    near = process.extractOne(
        text.lower().replace("i", "l").replace("1", "l"),
        {unit: unit.lower().replace("[", "").replace("]", "").replace("i", "l") for unit in wanted},
        scorer=fuzz.ratio,
        score_cutoff=55,
    )
    return text, near[2] if near else None


def _bounds(row: LabRow) -> dict[str, object] | None:
    if row.bounds is not None and row.bounds.bounds is not None:
        return {**row.bounds.bounds, "raw": row.range_text or row.bounds.text}
    if row.range_text:
        return {"raw": row.range_text, "low": None, "high": None}
    return None


def _flag(
    row: LabRow, bounds: dict[str, object] | None, features: dict[str, float]
) -> tuple[dict[str, str | None] | None, tuple[str, ...]]:
    """Printed and derived flag; a contradiction is a doubt about the whole row."""
    quantity = row.value.quantity
    derived = derived_flag(quantity.value, quantity.comparator, bounds) if quantity else None
    raw = row.flag.text if row.flag is not None else None
    printed = normal_flag(raw) if raw else None
    if row.out_of_range and printed is None:
        printed = derived if derived in {"H", "L"} else "A"
    warnings: tuple[str, ...] = ()
    if not flags_agree(printed, derived):
        features["inconsistent"] = 1.0
        warnings = ("flag_range_mismatch",)
    if raw is None and printed is None and derived is None:
        return None, warnings
    return {"raw": raw, "normalized": printed, "derived": derived}, warnings


def heading_lines(layout: Layout) -> frozenset[int]:
    """Lines that only repeat a page's head or foot."""
    return frozenset(line.index for line in layout.lines if re.match(r"page \d", norm(line.text)))


__all__ = ["Atom", "State", "decimal_comma", "heading_lines", "lab_rows", "to_candidate"]
