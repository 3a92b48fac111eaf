"""Results told as labels and values: "Test: SARS-CoV-2 RNA", "Result: Detected", "Reference: ...".

Laboratories that report one test a page, and public ones, print no table. A test begins with its
label and takes the result, range, unit and flag that follow before the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_rows import LabRow
from documents.pipeline.extraction.lines import Layout, Token
from documents.pipeline.extraction.typed import covering, text_of

MAX_LINES = 7
_PARTS = {
    "test": r"test(?: name| performed| ordered)?|analyte|assay|component|investigation|parameter",
    "value": r"(?:your |test |final )?result(?: value)?|value|finding",
    "range": r"(?:reference|normal|expected)(?: range| interval| value| result)?|ref(?:\. range)?",
    "unit": r"units?",
    "flag": r"(?:abnormal )?flag",
    "other": r"method(?:ology)?|specimen(?: type| source)?|source|comments?|notes?|status"
    r"|interpretation|collected|reported|performed (?:by|at)|date|loinc|code",
}
_LABEL = re.compile(
    r"(?:^|(?<=\s))(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _PARTS.items())
    + r")\s?:(?=\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A label's words on a line: what they are and the tokens behind the colon."""

    name: str
    tokens: tuple[Token, ...]
    line: int


def pair_rows(layout: Layout, *, decimal_comma: bool) -> list[LabRow]:
    """Results of a page told in pairs; a page without the label of a test has none."""
    rows: list[LabRow] = []
    parts = list(_parts(layout))
    for index, part in enumerate(parts):
        if part.name != "test" or not part.tokens:
            continue
        mine: dict[str, _Part] = {}
        for other in parts[index + 1 :]:
            if other.name == "test" or other.line - part.line > MAX_LINES:
                break
            if other.tokens:
                mine.setdefault(other.name, other)
        row = _row(layout, part, mine, decimal_comma=decimal_comma)
        if row is not None:
            rows.append(row)
    return rows


def _parts(layout: Layout) -> Iterator[_Part]:
    for line in layout.lines:
        matches = list(_LABEL.finditer(line.text))
        ends = [*(m.start() for m in matches[1:]), len(line.text)][: len(matches)]
        for match, end in zip(matches, ends, strict=True):
            start = match.end()
            raw = line.text[start:end]
            tokens = covering(line.tokens, start + len(raw) - len(raw.lstrip()), end)
            kept = tuple(t for t in tokens if raw.strip() and t.text != ":")
            yield _Part(match.lastgroup or "other", kept if raw.strip() else (), line.index)


def _row(
    layout: Layout, test: _Part, mine: dict[str, _Part], *, decimal_comma: bool
) -> LabRow | None:
    """The row, when its result is a number or a word that results are."""
    told = mine.get("value")
    if told is None or len(test.tokens) > 9:
        return None
    gap = 1.9 * layout.char
    atoms = atoms_of(told.tokens, gap, decimal_comma=decimal_comma)
    value = atoms[0]
    if value.kind not in {"num", "qual"} or (len(told.tokens) > 6 and value.kind == "qual"):
        return None
    if sum(a.kind == "text" for a in atoms) > 1:
        return None
    units = [a for a in atoms[1:] if a.kind == "unit"]
    if "unit" in mine:
        units += [a for a in atoms_of(mine["unit"].tokens, gap, decimal_comma=decimal_comma)
                  if a.kind == "unit"]  # fmt: skip
    row = LabRow(
        test.tokens,
        value,
        told.line,
        next((a for a in atoms[1:] if a.kind == "flag"), None),
        units[0] if units else None,
        header=False,
    )
    _ranged(row, mine.get("range"), gap, decimal_comma=decimal_comma)
    row.doubts["no_header"] = 0.5
    return row


def _ranged(row: LabRow, part: _Part | None, gap: float, *, decimal_comma: bool) -> None:
    if part is None or len(part.tokens) > 8:
        return
    atoms: list[Atom] = atoms_of(part.tokens, gap, decimal_comma=decimal_comma)
    row.bounds = next((a for a in atoms if a.bounds is not None), None)
    row.range_text = row.bounds.text if row.bounds else text_of(part.tokens)
    if row.unit is None:
        row.unit = next((a for a in atoms if a.kind == "unit"), None)
