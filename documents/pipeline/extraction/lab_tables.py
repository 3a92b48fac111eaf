"""Header rows of result tables and the columns under them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.types import Locale

VALUE_ROLES = {"value", "in", "out", "dated"}


@dataclass(slots=True)
class Column:
    """One column: what it holds, its header's extent, the date in a dated header and its words."""

    role: str
    x0: float
    x1: float
    date: str | None = None
    words: tuple[Token, ...] = ()

    @property
    def xc(self) -> float:
        """Horizontal centre."""
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class Table:
    """Columns from left to right; ``line`` the last header line; ``side`` the x-extent."""

    columns: list[Column]
    line: int
    x0: float = 0.0
    x1: float = 1e9
    roles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.columns.sort(key=lambda c: c.x0)
        self.roles = {column.role for column in self.columns}

    @property
    def name_column(self) -> Column | None:
        """The column of test names, if the header has one."""
        return next((c for c in self.columns if c.role == "name"), None)


@cache
def _roles() -> dict[str, str]:
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/columns.json")
        .read_text(encoding="utf-8")
    )
    return {norm(p): role for role, phrases in json.loads(text).items() for p in phrases}


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for phrase in _roles() for word in phrase.split())


@lru_cache(maxsize=2000)
def _corrected(word: str) -> str:
    """An OCR word as the header word it nearly is."""
    if word in _vocabulary() or len(word) < 4:
        return word
    best = process.extractOne(word, _vocabulary(), scorer=fuzz.ratio, score_cutoff=80)
    return best[0] if best and abs(len(best[0]) - len(word)) <= 2 else word


def find_header(layout: Layout, index: int, locale: Locale) -> list[Table]:
    """Tables whose header starts at line ``index``; two when they stand side by side."""
    line = layout.lines[index]
    broken, last = _broken_dates(layout, index, locale)
    columns, strays = _columns(line, locale, fuzzy=not layout.trusted, dated=broken)
    columns, strays = _panels_named(line, columns, strays)
    if not columns or strays > max(1, len(columns) // 2):
        return []
    if len(line.chunks) == 1 and (strays or any(c.role == "dated" for c in columns)):
        return []  # "Lab results collected 04/02/2025" is a sentence
    for step in (1, 2) if not broken else ():
        if index + step >= len(layout.lines):
            break
        lower = layout.lines[index + step]
        if lower.y0 - layout.lines[last].y1 > 1.2 * max(line.height, layout.pitch * 0.6):
            break
        more, odd = _columns(lower, locale, fuzzy=not layout.trusted)
        if odd or not more or not _continues(columns, more):
            break
        columns = _merged(columns, more)
        last = index + step
    if last == index and index > 0:
        columns = _dates_from(layout.lines[index - 1], columns, locale)
    if not _is_result_table(columns):
        return []
    return _sides(columns, last)


def _broken_dates(layout: Layout, index: int, locale: Locale) -> tuple[dict[int, Column], int]:
    """Dates of narrow columns that go on below, "2026-/05-26", and the last line they stand on.

    By the index of each one's first word.
    """
    for lines in (2, 1):
        found = _dates_over(layout, layout.lines[index : index + 1 + lines], locale)
        if found and index + lines < len(layout.lines):
            return found, index + lines
    return {}, index


def _dates_over(layout: Layout, lines: Sequence[Line], locale: Locale) -> dict[int, Column]:
    parts: dict[int, list[Chunk]] = {}
    for before, lower in pairwise(lines):
        if lower.y0 - before.y1 > before.height:
            return {}
        for cell in lower.chunks:
            upper = next(
                (c for c in lines[0].chunks if abs(c.x0 - cell.x0) < 2 * layout.char), None
            )
            if upper is None:
                return {}
            parts.setdefault(upper.start, [upper]).append(cell)
    found: dict[int, Column] = {}
    for start, cells in parts.items():
        whole = re.sub(r"(?<=[-/.]) (?=\d)", "", " ".join(c.text for c in cells))
        dates = find_dates(whole, locale)
        if not dates or dates[0].raw != whole:
            return {}
        words = tuple(token for cell in cells for token in cell.tokens)
        found[start] = Column("dated", cells[0].x0, max(c.x1 for c in cells), dates[0].iso, words)
    return found


def _continues(columns: Sequence[Column], more: Sequence[Column]) -> bool:
    """A second header line adds words under existing columns or dates over values."""
    return all(
        m.role in {"dated", "date"} or any(_overlap(c, m) > 0 for c in columns) or len(columns) < 2
        for m in more
    ) and not ({c.role for c in more} >= {"name", "value"})


def _overlap(one: Column, other: Column) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _merged(columns: list[Column], more: list[Column]) -> list[Column]:
    result = list(columns)
    for extra in more:
        over = max(result, key=lambda c: _overlap(c, extra), default=None)
        if over is None or _overlap(over, extra) <= 0:
            result.append(extra)
            continue
        at = result.index(over)
        role = over.role
        if extra.role == "dated" and role in VALUE_ROLES:
            role = "dated"
        elif role in {"name", "value", "code", "date"} and extra.role == "range":
            role = "range" if role != "value" else role
        result[at] = replace(
            over,
            role=role,
            x0=min(over.x0, extra.x0),
            x1=max(over.x1, extra.x1),
            date=over.date or extra.date,
            words=over.words or extra.words,
        )
    return result


def _dates_from(upper: Line, columns: list[Column], locale: Locale) -> list[Column]:
    """Dates printed over several result columns."""
    values = [c for c in columns if c.role in {"value", "prev"}]
    if len(values) < 2:
        return columns
    dated, strays = _columns(upper, locale, fuzzy=False)
    dated = [d for d in dated if d.role == "dated"]
    if len(dated) < 2 or strays > 1 or ":" in upper.text.replace(":00", ""):
        return columns
    result = []
    for column in columns:
        over = max(dated, key=lambda d: _overlap(d, column))
        if column in values and _overlap(over, column) > 0:
            column = replace(column, role="dated", date=over.date, words=over.words)
        result.append(column)
    return result


def _columns(
    line: Line, locale: Locale, *, fuzzy: bool, dated: Mapping[int, Column] | None = None
) -> tuple[list[Column], int]:
    """Header phrases of a line, longest first, and how many words are none.

    ``dated`` are cells whose dates are known already, by the index of their first word.
    """
    found: list[Column] = []
    strays, index = 0, 0
    tokens = line.tokens
    words = [_corrected(n) if fuzzy else n for n in line.norms]
    roles = _roles()
    while index < len(tokens):
        if not words[index]:
            index += 1
            continue
        chunk = line.chunk_of(index)
        if dated and index in dated:
            found.append(dated[index])
            index = chunk.end
            continue
        for end in range(min(chunk.end, index + 5), index, -1):
            phrase = " ".join(w for w in words[index:end] if w)
            role = roles.get(phrase)
            if role is not None:
                found.append(Column(role, tokens[index].x0, tokens[end - 1].x1))
                index = end
                break
        else:
            dates = find_dates(
                " ".join(t.text for t in tokens[index : min(chunk.end, index + 3)]), locale
            )
            if dates and dates[0].start == 0:
                width = len(dates[0].raw.split())
                last = tokens[index + width - 1]
                title = tuple(tokens[index : index + width])
                found.append(Column("dated", tokens[index].x0, last.x1, dates[0].iso, title))
                index += width
            elif tokens[index].text[0].isdigit() and ":" in tokens[index].text:
                index += 1
            else:
                strays += 1
                index += 1
    return found, strays


def _panels_named(line: Line, columns: list[Column], strays: int) -> tuple[list[Column], int]:
    """Columns with those of names whose title is the panel's: "CBC  Result  Units  Range".

    Such a title stands right before a column of results and says nothing that a header says.
    """
    out = list(columns)
    more = {c.role for c in columns} & {"unit", "range", "flag", "low"}
    for chunk, after in pairwise(line.chunks):
        inside = any(c.x0 < chunk.x1 and c.x1 > chunk.x0 for c in columns)
        next_role = next((c.role for c in columns if after.x0 - 1 <= c.x0 <= after.x0 + 1), None)
        short = len(chunk.tokens) <= 4 and not any(t.isdigit() for t in chunk.text)
        if inside or not short or next_role not in {"value", "in"} or not more:
            continue
        out.append(Column("name", chunk.x0, chunk.x1))
        strays -= len(chunk.tokens)
    return sorted(out, key=lambda c: c.x0), max(0, strays)


def _is_result_table(columns: Sequence[Column]) -> bool:
    roles = {column.role for column in columns}
    if {"low", "high"} <= roles:
        roles.add("range")
    if not roles & VALUE_ROLES:
        return False
    dated = sum(column.role == "dated" for column in columns)
    if "dated" in roles and not roles & {"value", "in", "out"}:
        return (dated >= 2 or bool(roles & {"unit", "range"})) and bool(
            roles & {"name", "unit", "range"}
        )
    return (
        len(roles) >= 2
        and bool(roles & {"name", "unit", "range", "flag"})
        and ("name" in roles or len(roles & {"unit", "range", "flag"}) >= 1)
    )


def _sides(columns: list[Column], line: int) -> list[Table]:
    """Split where the column of names begins again."""
    columns = sorted(columns, key=lambda c: c.x0)
    starts = [i for i, c in enumerate(columns) if c.role == "name"]
    second = next(
        (
            i
            for i in starts[1:]
            if {c.role for c in columns[starts[0] : i]} & VALUE_ROLES
            and {c.role for c in columns[i:]} & VALUE_ROLES
        ),
        None,
    )
    if second is None:
        return [Table(columns, line)]
    edge = columns[second].x0 - 4.0
    return [Table(columns[:second], line, 0.0, edge), Table(columns[second:], line, edge, 1e9)]
