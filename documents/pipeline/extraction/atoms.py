"""A row of words as typed pieces: numbers, ranges, units, flags, qualitative results, text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.normalise.numbers import (
    NUMBER,
    Quantity,
    flag_phrase,
    normal_flag,
    parse_quantity,
    parse_range,
)
from documents.pipeline.extraction.normalise.units import to_ucum
from documents.pipeline.extraction.result_words import NO_RESULT, QUALITATIVE

Kind = Literal["num", "range", "unit", "flag", "qual", "date", "text", "none"]

_RANGE_OPENERS = {
    "up", "less", "greater", "more", "under", "over", "below", "above", "at", "no", "menor",
    "inferior", "hasta", "mayor", "superior", "inf", "sup", "inférieur", "supérieur", "moins",
    "plus", "jusqu'à", "jusqu’à", "bis", "unter", "kleiner", "ab", "über", "max", "min",
    "maximum", "minimum",
}  # fmt: skip
_NUM_UNIT = re.compile(rf"^([<>]=?|[≤≥])?({NUMBER})([A-Za-z%µμ][^\s]*)$")
_RANGE_UNIT = re.compile(
    rf"^(\(?(?:[<>]=?|[≤≥])?-?(?:{NUMBER})(?:[-–—](?:{NUMBER}))?\)?)([A-Za-z%µμ(][^\s]*)$"
)
_DATE = re.compile(
    r"^(?:\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|(?:19|20)\d\d-\d\d-\d\d(?:T.*)?|\d{1,2}\.\d{1,2}\.\d{4}"
    r"|\d{1,2}-[A-Za-z]{3}-\d{2,4})[,;]?$"
)
_TIME = re.compile(r"^\d{1,2}:\d\d(?::\d\d)?(?:[ap]m)?$", re.IGNORECASE)
_RATIO = re.compile(r"^[<>]?1:\d{1,5}$")
_PLUSES = re.compile(r"^(?:[1-4]\+|\+{1,4}|\+[1-4])$")
_EMPTY_BOXES = {"[", "(", "[]", "()", "☐", "□", "○", "◯", "❏", "❑"}
_NONE_VALUES = {"-", "--", "---", "—", "–", "n/a"}
_FLAG_WORDS = re.compile(
    r"^[(\[]?(?:critical(?:ly)?|panic|crit\.?|high|low|abnormal|alert)[)\]!*]*$", re.IGNORECASE
)


@dataclass(slots=True)
class Atom:
    """A typed piece; ``ucum``, ``bounds`` and ``quantity`` as its kind has them."""

    kind: Kind
    text: str
    tokens: tuple[Token, ...]
    x0: float
    x1: float
    index: int
    quantity: Quantity | None = None
    bounds: dict[str, Any] | None = None
    ucum: str | None = None

    @property
    def xc(self) -> float:
        """Horizontal centre."""
        return (self.x0 + self.x1) / 2


def _atom(kind: Kind, text: str, tokens: Sequence[Token], index: int, **extra: Any) -> Atom:
    return Atom(kind, text, tuple(tokens), tokens[0].x0, tokens[-1].x1, index, **extra)


def atoms_of(tokens: Sequence[Token], gap: float, *, decimal_comma: bool) -> list[Atom]:
    """Atoms from left to right; nothing is joined across more than ``gap`` points."""
    found: list[Atom] = []
    index = 0
    while index < len(tokens):
        reach = index + 1
        while (
            reach < len(tokens)
            and reach < index + 7
            and tokens[reach].x0 - tokens[reach - 1].x1 <= gap
        ):
            reach += 1
        made = _at(tokens, index, reach, decimal_comma=decimal_comma)
        found.extend(made)
        index += max(1, len(made[0].tokens))
    for index, (before, atom) in enumerate(itertools.pairwise(found)):
        behind = found[index + 2].kind if index + 2 < len(found) else ""
        near = atom.x0 - before.x1 <= 1.5 * gap
        if (
            before.kind == "num"
            and atom.text in {"+", "-", "++", "--", "–"}
            and atom.kind in {"none", "text", "qual"}
            and (near or (decimal_comma and behind == "unit"))
        ):
            atom.kind = "flag"  # German laboratories mark high and low so
    return found


def _at(tokens: Sequence[Token], index: int, reach: int, *, decimal_comma: bool) -> list[Atom]:
    text = tokens[index].text
    starts_numeric = (
        text[0].isdigit()
        or text[0] in "<>≤≥([.-+=«‹€"
        or text.lower().rstrip(".") in _RANGE_OPENERS
    )
    if starts_numeric:
        made = _range_at(tokens, index, reach, decimal_comma=decimal_comma)
        if made:
            return made
    if text in _NONE_VALUES:
        return [_atom("none", text, tokens[index : index + 1], index)]
    single = _single(tokens, index, decimal_comma=decimal_comma)
    if single is not None and single[0].kind != "flag":
        return single
    flag = _flag_at(tokens, index, reach)
    if flag is not None:
        return [flag]
    unit = _unit_at(tokens, index, reach)
    if unit is not None:
        return [unit]
    word = _words_at(tokens, index, reach)
    return [word or _atom("text", text, tokens[index : index + 1], index)]


def _range_at(
    tokens: Sequence[Token], index: int, reach: int, *, decimal_comma: bool
) -> list[Atom] | None:
    for end in range(min(reach, index + 6), index, -1):
        joined = " ".join(t.text for t in tokens[index:end]).rstrip(",;")
        bounds = parse_range(joined, decimal_comma=decimal_comma)
        if bounds is not None:
            if end == index + 1 and parse_quantity(joined, decimal_comma=decimal_comma):
                return None
            if (
                end > index + 1
                and joined[0] in "<>≤≥"
                and parse_quantity(joined.replace(" ", "")) is not None
            ):
                quantity = parse_quantity(joined.replace(" ", ""), decimal_comma=decimal_comma)
                return [
                    _atom("num", joined, tokens[index:end], index, quantity=quantity, bounds=bounds)
                ]
            return [_atom("range", joined, tokens[index:end], index, bounds=bounds)]
        glued = _RANGE_UNIT.match(joined) if end == index + 1 else None
        if glued:
            bounds = parse_range(glued.group(1), decimal_comma=decimal_comma)
            ucum = to_ucum(glued.group(2))
            if bounds and ucum and "-" in glued.group(1)[1:]:
                span = tokens[index:end]
                return [
                    _atom("range", glued.group(1), span, index, bounds=bounds),
                    _atom("unit", glued.group(2), span, index, ucum=ucum),
                ]
    return None


def _single(tokens: Sequence[Token], index: int, *, decimal_comma: bool) -> list[Atom] | None:
    token = tokens[index]
    text = token.text.rstrip(",;")
    span = tokens[index : index + 1]
    if _DATE.match(text) or _TIME.match(text):
        return [_atom("date", text, span, index)]
    if _RATIO.match(text) or _PLUSES.match(text):
        return [_atom("qual", text, span, index)]
    quantity = parse_quantity(text, decimal_comma=decimal_comma)
    low = parse_quantity(text[:-1], decimal_comma=decimal_comma) if text[-1:] == "-" else None
    if low is not None and index + 1 < len(tokens) and to_ucum(tokens[index + 1].text):
        return [
            _atom("num", low.raw, span, index, quantity=low),
            _atom("flag", "-", span, index),
        ]  # analysers print "69.4- fL" for low
    if quantity is not None:
        bounds = parse_range(text, decimal_comma=decimal_comma)
        made = [_atom("num", quantity.raw, span, index, quantity=quantity, bounds=bounds)]
        if quantity.flag:
            made.append(_atom("flag", quantity.flag, span, index))
        return made
    if text in {"<", ">", "<=", ">=", "≤", "≥"} and index + 1 < len(tokens):
        joined = text + tokens[index + 1].text
        quantity = parse_quantity(joined, decimal_comma=decimal_comma)
        if quantity is not None:
            pair = tokens[index : index + 2]
            return [
                _atom(
                    "num",
                    f"{text} {tokens[index + 1].text}",
                    pair,
                    index,
                    quantity=quantity,
                    bounds=parse_range(joined, decimal_comma=decimal_comma),
                )
            ]
    glued = _NUM_UNIT.match(text)
    if glued:
        ucum = to_ucum(glued.group(3))
        raw = (glued.group(1) or "") + glued.group(2)
        quantity = parse_quantity(raw, decimal_comma=decimal_comma)
        if ucum is not None and quantity is not None:
            return [
                _atom("num", raw, span, index, quantity=quantity),
                _atom("unit", glued.group(3), span, index, ucum=ucum),
            ]
    return None


def _flag_at(tokens: Sequence[Token], index: int, reach: int) -> Atom | None:
    text = tokens[index].text
    for end in range(min(reach, index + 4), index, -1):
        phrase = " ".join(t.text for t in tokens[index:end])
        if flag_phrase(phrase) is not None:
            return _atom("flag", phrase, tokens[index:end], index)
    if _FLAG_WORDS.match(text) and index + 1 < reach and _FLAG_WORDS.match(tokens[index + 1].text):
        pair = tokens[index : index + 2]
        return _atom("flag", " ".join(t.text for t in pair), pair, index)
    bare = text.strip("()[]*!")
    if (
        len(text) <= 10
        and normal_flag(text) is not None
        and (not bare.isalpha() or bare.isupper() or bare.istitle() or len(bare) > 2)
    ):
        return _atom("flag", text, tokens[index : index + 1], index)
    return None


def _unit_at(tokens: Sequence[Token], index: int, reach: int) -> Atom | None:
    for end in range(min(reach, index + 5), index, -1):
        joined = " ".join(t.text for t in tokens[index:end])
        if len(joined) > 28:
            continue
        ucum = to_ucum(joined)
        if ucum is None and joined.startswith("(") and joined.endswith(")"):
            ucum = to_ucum(joined[1:-1])
        if ucum is not None:
            return _atom(
                "unit",
                (joined.strip("()") if joined.startswith("(") else joined).rstrip(",;"),
                tokens[index:end],
                index,
                ucum=ucum,
            )
    return None


def _words_at(tokens: Sequence[Token], index: int, reach: int) -> Atom | None:
    for end in range(min(reach, index + 4), index, -1):
        span = tokens[index:end]
        phrase = norm(" ".join(t.text for t in span))
        joined = " ".join(t.text for t in span).rstrip(",;")
        if span[0].text in _EMPTY_BOXES:
            return None  # an outcome that was not ticked
        if phrase in NO_RESULT:
            return _atom("none", joined, span, index)
        if phrase in QUALITATIVE and (len(phrase) > 2 or joined.isupper() or joined[0].isdigit()):
            return _atom("qual", joined, span, index)
    return None
