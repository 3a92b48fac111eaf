"""Results inside sentences and runs: "Glucose was 118 mg/dL (70-99)", "WBC 7.2, Hgb 13.5".

Only names of the table of tests count here, and a number must come with a unit that the test is
given in, or stand in a run with others: prose is full of numbers that are no results.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.pipeline.extraction.atoms import Atom, atoms_of
from documents.pipeline.extraction.lab_names import clean_name
from documents.pipeline.extraction.lab_rows import LabRow
from documents.pipeline.extraction.lines import Layout, Token, flows, norm
from documents.pipeline.extraction.normalise.loinc import Test, candidates, first_words
from documents.pipeline.extraction.normalise.numbers import normal_flag
from documents.pipeline.extraction.normalise.units import same_unit

MAX_NAME = 6
REACH = 9
_FAR = 10_000.0
_LINKS = {
    "was", "is", "were", "are", "of", "at", "came", "back", "measured", "level", "levels", "value",
    "result", "results", "resulted", "normal", "high", "low", "elevated", "remains", "remained",
    "improved", "stable", "to", "today", "your", "the", "a", "an", "still", "now", "slightly",
    "mildly", "abnormal", "borderline", "rose", "fell", "increased", "decreased", "up", "down",
    "which", "shows", "showed", "within", "range", "in", "and", "read", "reads", "returned", "as",
    "count", "has", "gone", "on", "just", "outside", "above", "below", "test", "very", "good",
    "healthy", "fine", "been", "this", "time", "found", "be", "with",
}  # fmt: skip
_SAID = {"was", "is", "were", "came", "back", "test", "result", "returned", "resulted", "", "are"}
_ANSWERS = {
    "negative", "positive", "non reactive", "nonreactive", "reactive", "detected", "not detected",
    "undetectable", "immune", "non immune", "indeterminate", "equivocal", "none detected",
}  # fmt: skip
_UNSURE = {
    "goal", "target", "if", "keep", "should", "desirable", "optimal", "recommended", "aim",
    "until", "when", "repeat", "recheck", "prediabetes", "diabetes", "guideline", "guidelines",
    "cutoff", "ideally", "maintain", "prior", "previous", "previously", "last",
}  # fmt: skip
_RANGE_LEAD = re.compile(
    r"^(?:\(?(?:normal|reference|ref|range|expected|desirable|optimal|healthy|goal|target|usual)\b"
    r"|between$|from$|is$|values?$|are$|interval$|limits?$|:$|of$|for$|adults?$|the$|\($)",
    re.IGNORECASE,
)
_EVERYDAY = {"lead", "protein", "color", "blood", "ap", "fer", "na", "ca", "cl"}
_HIGH = {"high", "elevated", "above", "raised", "increased"}
_LOW = {"low", "below", "reduced", "decreased", "deficient"}
_SENTENCE_END = re.compile(r"[a-z)%\d]{2}[.!?;]$")


@dataclass(slots=True)
class _Mention:
    """A test's name at tokens ``start:end`` of the page's stream."""

    start: int
    end: int
    tests: tuple[Test, ...]


def prose_rows(layout: Layout, taken: frozenset[int], *, decimal_comma: bool) -> list[LabRow]:
    """Results in the lines that no table took."""
    tokens: list[Token] = []
    lines: list[int] = []
    for column in flows(layout, taken):
        for chunk in column:
            tokens.extend(chunk.tokens)
            lines.extend([chunk.line] * len(chunk.tokens))
        tokens.append(_wall(column[-1].tokens[-1]))
        lines.append(column[-1].line)
    mentions = _mentions(tokens)
    rows: list[LabRow] = []
    bare: list[LabRow] = []
    for index, mention in enumerate(mentions):
        stop = mentions[index + 1].start if index + 1 < len(mentions) else len(tokens)
        row, sure = _read(layout, tokens, lines, mention, stop, decimal_comma=decimal_comma)
        if row is not None:
            (rows if sure else bare).append(row)
    runs = {row.line for row in bare if sum(other.line == row.line for other in bare) >= 3}
    return [*rows, *(row for row in bare if row.line in runs)]


def runs_on(tokens: Sequence[Token]) -> bool:
    """Whether words name several tests with a number behind each: a run, not a row."""
    mentions = _mentions(tokens)
    followed = 0
    for index, mention in enumerate(mentions):
        stop = mentions[index + 1].start if index + 1 < len(mentions) else len(tokens)
        followed += any(
            t.text[:1].isdigit() for t in tokens[mention.end : min(stop, mention.end + 2)]
        )
    return followed >= 2


def _wall(token: Token) -> Token:
    """A token that ends every sentence, in place of a line that is not to be read."""
    return Token("||.", token.box, token.x0, token.y0, token.x1, token.y1, 1.0, token.source)


def _mentions(tokens: Sequence[Token]) -> list[_Mention]:
    found: list[_Mention] = []
    index = 0
    first = first_words()
    while index < len(tokens):
        best = None
        opening = norm(tokens[index].text).split()
        if not opening or opening[0] not in first:
            index += 1
            continue
        for end in range(min(len(tokens), index + MAX_NAME), index, -1):
            if any(_ends(t) or t.text.endswith((",", ":")) for t in tokens[index : end - 1]):
                continue
            text = clean_name(" ".join(t.text for t in tokens[index:end])).strip(",.;:()")
            if not re.search(r"[A-Za-z]{2}", text) and text not in {"K"}:
                continue
            if len(text) <= 3 and not any(c.isupper() for c in text):
                continue
            tests, fit = candidates(text, fuzzy=False)
            if fit >= 0.99 and not _opens(tokens[index], text):
                best = _Mention(index, end, tests)
                break
        if best is None:
            index += 1
        else:
            found.append(best)
            index = best.end
    return found


def _opens(token: Token, text: str) -> bool:
    """Words of everyday language that are also tests ("lead", "iron", "in")."""
    return norm(text) in {
        "lead",
        "protein",
        "color",
        "blood",
        "ap",
        "fer",
        "na",
        "ca",
        "cl",
    } and not (token.text[:1].isupper())


def _ends(token: Token) -> bool:
    return bool(_SENTENCE_END.search(token.text)) or token.text == "||."


def _read(
    layout: Layout,
    tokens: Sequence[Token],
    lines: Sequence[int],
    mention: _Mention,
    stop: int,
    *,
    decimal_comma: bool,
) -> tuple[LabRow | None, bool]:
    """The value, unit, range and flag after a name, and whether the unit makes it sure."""
    end = mention.end
    while end < min(stop, mention.end + REACH + 14) and not (
        _ends(tokens[end - 1]) and end > mention.end
    ):
        end += 1
    stream = _apart(tokens[mention.end : end])
    if not stream or _doubtful(tokens, mention):
        return None, False
    atoms = atoms_of(stream, _FAR / 2, decimal_comma=decimal_comma)
    told = _told(tokens, lines, mention, atoms)
    if told is not None:
        return told, True
    value_at = next((i for i, a in enumerate(atoms) if a.kind in {"num", "range"}), None)
    if value_at is None or atoms[value_at].kind == "range":
        return None, False
    value = atoms[value_at]
    before = [w for a in atoms[:value_at] for w in norm(a.text).split()]
    if len(before) > REACH or any(w not in _LINKS for w in before):
        return None, False
    after = atoms[value_at + 1 :]
    unit = after[0] if after and after[0].kind == "unit" else None
    fits = unit is not None and any(
        unit.ucum and same_unit(unit.ucum, u) for test in mention.tests for u in test.units
    )
    if unit is not None and not fits:
        return None, False
    if value.quantity is None or (value.quantity.comparator and not fits):
        return None, False
    row = LabRow(
        tuple(_bare(t) for t in tokens[mention.start : mention.end]),
        value,
        lines[mention.end + value.index],
        _flag(atoms, value_at),
        unit,
        header=False,
    )
    bounds = _range(after[1:] if unit else after)
    if bounds is not None:
        row.bounds, row.range_text = bounds, bounds.text.strip("()[]")
    row.doubts["prose"] = 0.6
    if unit is None:
        row.doubts["loose_fit"] = 0.8
    return row, fits


def _told(
    tokens: Sequence[Token], lines: Sequence[int], mention: _Mention, atoms: Sequence[Atom]
) -> LabRow | None:
    """A test answered by a word: "RSV: not detected", "the HIV antibody was negative"."""
    if not any(not test.units for test in mention.tests):
        return None
    at = next((i for i, a in enumerate(atoms) if a.kind != "text" or norm(a.text)), None)
    while at is not None and at < len(atoms) and norm(atoms[at].text) in _SAID:
        at += 1
    if at is None or at >= len(atoms) or at > 4 or norm(atoms[at].text) not in _ANSWERS:
        return None
    colon = tokens[mention.end - 1].text.endswith(":") or tokens[mention.end].text == ":"
    said = at > 0 or colon
    behind = {norm(a.text) for a in atoms[at + 1 : at + 5]}
    if not said or behind & {"in", "since", "for", "or", "if", "until"}:
        return None
    row = LabRow(
        tuple(_bare(t) for t in tokens[mention.start : mention.end]),
        _answer(atoms[at]),
        lines[mention.end + atoms[at].index],
        header=False,
    )
    row.doubts["prose"] = 0.6
    return row


def _answer(atom: Atom) -> Atom:
    """The words of an answer without the dash or bullet of the line below."""
    kept = tuple(t for t in atom.tokens if norm(t.text))
    text = " ".join(t.text for t in kept)
    return replace(atom, kind="qual", text=text, tokens=kept, x1=kept[-1].x1)


def _apart(tokens: Sequence[Token]) -> list[Token]:
    """Words without punctuation, moved far apart where a comma stood, so that none is joined."""
    moved, shift = [], 0.0
    for number, token in enumerate(tokens):
        bare = _bare(token)
        at = number * 10.0 + shift
        moved.append(replace(bare, x0=at, x1=at + 9.0))
        if token.text.endswith((",", ";", ")")):
            shift += _FAR
    return moved


def _bare(token: Token) -> Token:
    """The word without the punctuation a sentence hangs on it."""
    text = token.text.rstrip(",;:.!").lstrip("(")
    if text.endswith(")") and "(" not in text:
        text = text[:-1].rstrip(",;.")
    if not text or text == token.text:
        return token
    return Token(text, token.box, token.x0, token.y0, token.x1, token.y1, token.score, token.source)


def _doubtful(tokens: Sequence[Token], mention: _Mention) -> bool:
    """A goal, a condition or an earlier result is spoken of."""
    for token in reversed(tokens[max(0, mention.start - 5) : mention.start]):
        if _ends(token) or token.text.endswith((",", ")", ";", ":")):
            return False
        if norm(token.text) in _UNSURE:
            return True
    return False


def _range(atoms: Sequence[Atom]) -> Atom | None:
    for atom in atoms[:9]:
        if atom.bounds is not None and (
            atom.kind == "range" or "<" in atom.text or ">" in atom.text
        ):
            return atom
        if atom.kind == "num":
            return None
    return None


def _flag(atoms: Sequence[Atom], value_at: int) -> Atom | None:
    """High or low, printed by the value or said of it in the same sentence."""
    for atom in atoms[value_at + 1 : value_at + 4]:
        if atom.kind == "flag" and normal_flag(atom.text) != "N":
            return atom
    words = [a for a in atoms if a.kind in {"text", "flag"}]
    for atom in words:
        for word in norm(atom.text).split():
            if word in _HIGH | _LOW:
                return Atom(
                    "flag",
                    "High" if word in _HIGH else "Low",
                    atom.tokens,
                    atom.x0,
                    atom.x1,
                    atom.index,
                )
    return None
