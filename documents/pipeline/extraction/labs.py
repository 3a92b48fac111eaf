"""Laboratory results of a page: tables with headers, rows without, wrapped names, ranges below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.atoms import Atom
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lab_blocks import block_rows
from documents.pipeline.extraction.lab_continues import continues, join_name_above, nameless
from documents.pipeline.extraction.lab_free import free_rows
from documents.pipeline.extraction.lab_names import known
from documents.pipeline.extraction.lab_pairs import pair_rows
from documents.pipeline.extraction.lab_prose import prose_rows, runs_on
from documents.pipeline.extraction.lab_rows import LabRow, table_rows
from documents.pipeline.extraction.lab_tables import Table, find_header
from documents.pipeline.extraction.lab_ticks import ticked_rows
from documents.pipeline.extraction.lab_transposed import transposed_rows
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
    turned, used = transposed_rows(layout, locale, decimal_comma=commas)
    found: list[tuple[LabRow, str | None]] = [(row, state.specimen) for row in turned]
    marked, boxed = ticked_rows(layout)
    found += [(row, state.specimen) for row in marked]
    used |= boxed
    skip |= used
    last: list[LabRow] = []
    pending: Line | None = None
    skip_to = -1
    taken = set(used)
    for line in layout.lines:
        if line.index <= skip_to or line.index in skip or _PAGE_LINE.search(line.text):
            pending = None
            continue
        tables = find_header(layout, line.index, locale)
        if tables:
            state.tables, skip_to, last, pending = tables, tables[0].line, [], None
            taken |= set(range(line.index, skip_to + 1))
            continue
        rows = _rows(layout, state, line, pending, commas=commas)
        if rows:
            last, pending = rows, None
            taken.add(line.index)
            found.extend((row, state.specimen) for row in rows)
        elif last and continues(layout, line, last, commas=commas):
            taken.add(line.index)
        else:
            pending = line
            _note_specimen(line, state)
    pairs = pair_rows(layout, decimal_comma=commas) if len(found) < 3 else []
    if pairs and len(pairs) >= len(found):
        return [(row, state.specimen) for row in pairs]
    blocks = block_rows(layout, decimal_comma=commas) if len(found) < 3 else []
    prose = prose_rows(layout, frozenset(taken), decimal_comma=commas)
    if len(blocks) > len(found) and len(blocks) >= len(prose):
        return [(row, state.specimen) for row in blocks]
    return [*found, *((row, state.specimen) for row in prose)]


def _rows(
    layout: Layout, state: State, line: Line, pending: Line | None, *, commas: bool
) -> list[LabRow]:
    rows: list[LabRow] = []
    for table in state.tables:
        rows.extend(table_rows(layout, table, line, decimal_comma=commas))
    if not rows and state.tables and pending is not None:
        rows = nameless(layout, state.tables, line, pending, commas=commas)
    if not rows:
        rows = free_rows(layout, line, decimal_comma=commas)
        if rows and any(_running(layout, line, row) for row in rows):
            rows = []
    elif pending is not None and len(rows) == 1:
        join_name_above(layout, rows[0], pending)
    return rows


def _running(layout: Layout, line: Line, row: LabRow) -> bool:
    """A row that is in truth a piece of a sentence or of a run of results."""
    words = [norm(t.text) for t in row.name]
    if {"was", "is", "were", "at", "came", "are", "of", "your"} & set(words[1:] or words):
        return known(row.name_text) < 0.99
    at = line.tokens.index(row.name[0])
    chunk = line.chunk_of(at)
    return runs_on(line.tokens[at : chunk.end])


def _note_specimen(line: Line, state: State) -> None:
    if len(line.chunks) > 2 or len(line.tokens) > 7:
        return
    if _URINE.search(line.text):
        state.specimen = "urine"
    elif _BLOOD.search(line.text):
        state.specimen = "blood"


def collected(layout: Layout, rows: Sequence[LabRow]) -> list[Candidate]:
    """The newest of a table's days as the day of collection, where no label says one."""
    dated = {row.column.date: row.column.words for row in rows if row.column and row.column.words}
    newest = max((day for day in dated if day), default=None)
    if newest is None:
        return []
    words = dated[newest]
    line = next(line for line in layout.lines if words[0] in line.tokens)
    extra = {"value_type": "date", "effective_date": newest}
    doubts = {"guess": 1.0}
    raw = " ".join(t.text for t in words)
    return [
        Candidate(
            "doc.date_collected", newest, words, layout, line.index, None, doubts, extra, (), raw
        )
    ]


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
