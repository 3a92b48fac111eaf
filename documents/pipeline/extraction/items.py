"""The entries of a section: list items, table rows, or the pieces of a running sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.pipeline.extraction.lines import Line, Token, norm
from documents.pipeline.extraction.list_headers import NAME_HEADERS, OTHER_HEADERS
from documents.pipeline.extraction.sections import Cell, Section
from documents.pipeline.extraction.typed import text_of

_BULLET = re.compile(r"^(?:[-–—•·*▪■□o◦➢‣]|\(?\d{1,2}[.)]|\(?[a-z][.)]|\d{1,2})$")
_GLUED_BULLET = re.compile(r"^[•·▪■*–-](?=[A-Za-z])")
_CODE_CELL = re.compile(r"^\(?[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?\)?[:.]?$")  # ICD-10-CM
_CHECKED = re.compile(r"^(?:☒|☑|✓|✔|✗|✘|\[?[xX]\]?|\(?[xX]\)|■|\[✓\]|√)$")
_UNCHECKED = re.compile(r"^(?:☐|□|\[|\(|\[\]|\[_\]|\(\)|○|__+|\[\s?\])$")


@dataclass(slots=True)
class Item:
    """One entry: ``tokens`` of its name cell, and the other cells of a table row by header."""

    tokens: tuple[Token, ...]
    line: Line
    columns: dict[str, tuple[Token, ...]]
    table: bool = False

    @property
    def text(self) -> str:
        """The words of the entry."""
        return text_of(self.tokens)


def items_of(section: Section) -> list[Item]:
    """Entries of a section in reading order; checklists give only what is checked."""
    rows = section.rows
    if not rows:
        return []
    header = None if section.run_in else _header(rows[0])
    if header is not None:
        return _table(rows[1:], header)
    if section.run_in and _marked(rows):
        more = [row for row in rows[1:] if _is_mark(row[0].tokens[0].text)]
        return [item for row in (rows[0], *more) for item in _checked(row)]
    if section.run_in:
        return _pieces([cell for row in rows for cell in row])
    return _list(section)


def _header(row: Sequence[Cell]) -> list[tuple[str, float, float]] | None:
    """Column titles with their extents, when the first row is a header."""
    titles = []
    known = 0
    for cell in row:
        for part in _title_parts(cell):
            name = norm(text_of(part))
            titles.append((name, part[0].x0, part[-1].x1))
            known += name in NAME_HEADERS or name in OTHER_HEADERS
    if len(titles) < 2 or known < max(2, len(titles) - 1):
        return None
    return titles if any(t[0] in NAME_HEADERS for t in titles) else None


def _title_parts(cell: Cell) -> list[tuple[Token, ...]]:
    """A header cell that holds two titles close together is cut between them."""
    tokens = cell.tokens
    name = norm(cell.text)
    if name in NAME_HEADERS or name in OTHER_HEADERS or len(tokens) == 1:
        return [tokens]
    for cut in range(1, len(tokens)):
        left, right = norm(text_of(tokens[:cut])), norm(text_of(tokens[cut:]))
        if left in NAME_HEADERS | OTHER_HEADERS and right in NAME_HEADERS | OTHER_HEADERS:
            return [tokens[:cut], tokens[cut:]]
    return [tokens]


def _table(rows: Sequence[Sequence[Cell]], header: list[tuple[str, float, float]]) -> list[Item]:
    found: list[Item] = []
    names = [t[0] for t in header]
    name_at = next(i for i, n in enumerate(names) if n in NAME_HEADERS)
    for row in rows:
        cells: dict[int, list[Token]] = {}
        for cell in row:
            start = _nearest(header, cell.tokens[0].x0, cell.tokens[-1].x1)
            cells.setdefault(start, []).extend(cell.tokens)
        if name_at not in cells:
            continue
        tokens = tuple(cells[name_at])
        others = {names[i]: tuple(t) for i, t in cells.items() if i != name_at}
        text = text_of(tokens)
        if not others and found and (text[:1].islower() or text.startswith("(")):
            found[-1].tokens = (*found[-1].tokens, *tokens)
            continue
        found.append(Item(tokens, row[0].line, others, table=True))
    return found


def _nearest(header: Sequence[tuple[str, float, float]], x0: float, x1: float) -> int:
    def distance(index: int) -> float:
        _, left, right = header[index]
        return max(left - x1, x0 - right, 0.0) + 0.3 * min(
            abs(left - x0), abs(right - x1), abs((left + right - x0 - x1) / 2)
        )

    return min(range(len(header)), key=distance)


def _pieces(cells: Sequence[Cell]) -> list[Item]:
    """A sentence's entries, cut at semicolons, else at full stops and commas."""
    stream = [(token, cell.line) for cell in cells for token in cell.tokens]
    if not stream:
        return []
    text = " ".join(t.text for t, _ in stream)
    numbered = [i for i, (t, _) in enumerate(stream) if re.fullmatch(r"\(?\d{1,2}[.)]", t.text)]
    if len(numbered) > 1 and [int(re.sub(r"\D", "", stream[i][0].text)) for i in numbered] == list(
        range(1, len(numbered) + 1)
    ):
        edges = [*numbered, len(stream)]
        return [_item(stream[a + 1 : b]) for a, b in pairwise(edges) if b > a + 1]
    if ";" in text:
        ends = ";"
    elif re.search(r"[a-z)]\.\s+[A-Z]", text):
        ends = "."
    elif text.count(",") >= 1 and all(
        len(piece.split()) <= 5 for piece in text.rstrip(".").split(",")
    ):
        ends = ","
    else:
        ends = ";"
    items: list[Item] = []
    current: list[tuple[Token, Line]] = []
    for token, line in stream:
        current.append((token, line))
        closes = token.text.endswith(ends) and not (
            ends == "." and re.fullmatch(r"(?:[A-Z]|Dr|Mr|Mrs|Ms|St|vs|No|\d+)\.", token.text)
        )
        if closes:
            items.append(_item(current))
            current = []
    if current:
        items.append(_item(current))
    return [item for item in items if item.tokens]


def _item(part: Sequence[tuple[Token, Line]]) -> Item:
    return Item(tuple(t for t, _ in part), part[0][1], {})


def _list(section: Section) -> list[Item]:
    """One entry per line or bullet; indented lines go on with the entry above."""
    found: list[Item] = []
    bulleted = sum(_is_bullet(row[0].tokens) for row in section.rows) >= max(
        1, len(section.rows) // 3
    )
    checks = any(
        _CHECKED.match(t.text) or _UNCHECKED.match(t.text)
        for row in section.rows
        for cell in row
        for t in cell.tokens[:1]
    )
    base = min(row[0].tokens[0].x0 for row in section.rows)
    previous: Line | None = None
    counted = _counted(section)
    for row in section.rows:
        line = row[0].line
        if checks:
            found.extend(_checked(row))
            continue
        tokens = [t for cell in row[:1] for t in cell.tokens]
        others = row[1:]
        marked = _is_bullet(tokens) and (counted or not tokens[0].text.isdigit())
        if marked:
            tokens = _unbulleted(tokens)
            if not tokens and others:
                tokens, others = list(others[0].tokens), others[1:]
        if not tokens:
            continue
        if len(tokens) == 1 and _CODE_CELL.match(tokens[0].text) and others:
            tokens, others = [*tokens, *others[0].tokens], others[1:]
        gap = previous is not None and line.y0 - previous.y1 > 1.6 * previous.height
        if (
            not marked
            and found
            and _goes_on(found[-1], tokens, base, bulleted=bulleted)
            and not gap
        ):
            found[-1].tokens = (*found[-1].tokens, *tokens)
        elif gap and bulleted and not marked and found:
            break
        else:
            columns = {f"cell{i}": cell.tokens for i, cell in enumerate(others)}
            found.append(Item(tuple(tokens), line, columns))
        previous = line
    return [piece for item in found for piece in _at_semicolons(item)]


def _counted(section: Section) -> bool:
    """Whether bare numbers at the beginnings of rows count the entries: 1, 2, 3."""
    numbers = [
        int(row[0].tokens[0].text)
        for row in section.rows
        if row[0].tokens[0].text.isdigit() and len(row[0].tokens[0].text) < 3
    ]
    return bool(numbers) and numbers == list(range(1, len(numbers) + 1))


def _at_semicolons(item: Item) -> list[Item]:
    """Several entries on one line are cut apart; what stands in brackets is not."""
    if ";" not in item.text or item.columns:
        return [item]
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in item.tokens:
        parts[-1].append(token)
        depth += token.text.count("(") - token.text.count(")")
        if token.text.endswith(";") and depth <= 0:
            parts.append([])
    return [Item(tuple(part), item.line, {}) for part in parts if part]


def _goes_on(item: Item, tokens: Sequence[Token], base: float, *, bulleted: bool) -> bool:
    text = text_of(tokens)
    if bulleted:
        return True
    indented = tokens[0].x0 > base + 6 and tokens[0].x0 > item.tokens[0].x0 + 6
    starts = (
        text[:1].islower()
        or re.match(
            r"(?:Take|Sig:?|Instructions|Directions|Use|Apply|"
            r"Reaction|Onset|Status)\b",
            text,
        )
        is not None
    )
    return (
        starts
        or item.text.endswith((",", "-", "and", "/"))
        or (indented and not re.search(r"\d+\s?(?:mg|mcg|g|ml|units?)\b", text, re.IGNORECASE))
    )


def _is_bullet(tokens: Sequence[Token]) -> bool:
    return bool(_BULLET.match(tokens[0].text) or _GLUED_BULLET.match(tokens[0].text))


def _unbulleted(tokens: Sequence[Token]) -> list[Token]:
    if _BULLET.match(tokens[0].text):
        return list(tokens[1:])
    return list(tokens)


def _marked(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether a line of boxes follows a heading: "Diagnosis: [X] Asthma [ ] Gout"."""
    tokens = [token.text for row in rows for cell in row for token in cell.tokens]
    return bool(tokens) and _is_mark(tokens[0])


def _is_mark(text: str) -> bool:
    return is_checked(text) or is_unchecked(text)


def is_checked(text: str) -> bool:
    """Whether a word is a box with a mark, or the mark of one."""
    return _CHECKED.match(text) is not None


def is_unchecked(text: str) -> bool:
    """Whether a word is an empty box, or its left half."""
    return _UNCHECKED.match(text) is not None


def _checked(row: Sequence[Cell]) -> list[Item]:
    """What follows a mark, up to the next box."""
    found: list[Item] = []
    current: list[Token] | None = None
    for cell in row:
        for token in cell.tokens:
            if _CHECKED.match(token.text):
                if current:
                    found.append(Item(tuple(current), row[0].line, {}))
                current = []
            elif _UNCHECKED.match(token.text):
                if current:
                    found.append(Item(tuple(current), row[0].line, {}))
                current = None
            elif current is not None:
                current.append(token)
    if current:
        found.append(Item(tuple(current), row[0].line, {}))
    return found
