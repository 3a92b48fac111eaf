"""Where the labels of a form stand on a page ("Date of Birth", "MRN #", "Collected:").

A label is a known phrase that begins a cell or follows another label's value, and that is
ended by a colon, by the end of its cell, or by a value of the type it announces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from documents.pipeline.extraction.label_types import value_type
from documents.pipeline.extraction.lines import Chunk, Layout, Line, norm
from documents.pipeline.extraction.list_headers import NAME_HEADERS, OTHER_HEADERS
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.extraction.phrases import fields_of, first_words, fuzzy_phrase, phrases

MAX_WORDS = 9
WEAK = {
    "id", "number", "no", "name", "date", "phone", "group", "plan", "policy", "address", "code",
    "total", "account", "charges", "provider", "doctor", "physician", "facility", "member",
    "insurance", "reference", "claim", "case", "study", "exam", "reported", "location", "re",
    "site", "lab", "center", "practice", "clinic", "hospital", "laboratory", "nom", "nome",
    "labor", "begins", "scan", "alta", "dossier", "identifier", "individual", "historia", "adm",
}  # fmt: skip
_FILLER = re.compile(
    r"^(?:last|first|middle|mi|initial|name|mm|dd|yyyy|yy|age|years?|yrs?|optional|required|if|any"
    r"|and|or|id|no|number|sex|gender|area|code|include|s|type|plan|printed|print|please|icn|dcn"
    r"|edi|mrn|dob|time|patient|member|day|month|year|home|cell|mobile|hipaa|pt|suffix|for|in|item|program|\d)$"
)
BOX_NUMBER = re.compile(r"^\d{1,2}[a-z]?\.?$")  # of a claim form's boxes


@dataclass(frozen=True, slots=True)
class Label:
    """A label at ``line``, tokens ``start:end``; ``certainty`` of being one, 0 to 1."""

    field: str
    text: str
    line: int
    start: int
    end: int
    colon: bool
    certainty: float
    x0: float
    x1: float
    y0: float
    y1: float


def find_labels(layout: Layout) -> dict[int, list[Label]]:
    """Labels of each line from left to right, by line index."""
    found: dict[int, list[Label]] = {}
    for line in layout.lines:
        labels = [] if _titles(line) else _line_labels(line, fuzzy=not layout.trusted)
        if labels:
            found[line.index] = labels
    for label in _wrapped(layout):
        upper = layout.lines[label.line - 1]
        first = next(c for c in upper.chunks if abs(c.x0 - label.x0) < layout.char)
        for index, start, end in (
            (upper.index, first.start, first.end),
            (label.line, label.start, label.end),
        ):
            kept = [o for o in found.get(index, []) if not start <= o.start < end]
            found[index] = kept
        found[label.line] = sorted([*found[label.line], label], key=lambda o: o.start)
    return {index: labels for index, labels in found.items() if labels}


def _wrapped(layout: Layout) -> list[Label]:
    """Labels that go on in the line below, within a narrow cell of a form."""
    known = phrases()
    out: list[Label] = []
    for upper, lower in pairwise(layout.lines):
        if lower.y0 - upper.y1 > 0.5 * upper.height or lower.y0 <= upper.y0:
            continue
        for chunk in upper.chunks:
            below = next((c for c in lower.chunks if abs(c.x0 - chunk.x0) < layout.char), None)
            if below is None or len(chunk.tokens) + len(below.tokens) > MAX_WORDS + 5:
                continue
            if chunk.text.endswith(":") or not chunk.text[:1].isalnum():
                continue
            words = norm(f"{chunk.text} {below.text}").split()
            if len(words) > 1 and BOX_NUMBER.match(chunk.tokens[0].text):
                words = words[1:]
            field = known.get(" ".join(words))
            if field is None or (norm(chunk.text) in known and norm(below.text) in known):
                continue
            right = [c for c in upper.chunks if c.x0 > chunk.x1][:1]
            if norm(chunk.text) in known and any(re.search(r"\d", c.text) for c in right):
                continue  # "Claim 1479" over "Amount $1,237": two rows
            out.append(
                Label(
                    field,
                    f"{chunk.text} {below.text}".rstrip(": "),
                    lower.index,
                    below.start,
                    below.end,
                    below.text.endswith(":"),
                    0.97,
                    min(chunk.x0, below.x0),
                    max(chunk.x1, below.x1),
                    upper.y0,
                    lower.y1,
                )
            )
    return out


def _titles(line: Line) -> bool:
    """A row of column titles ("Vaccine  Date", "Test  Result  Units") labels no single value."""
    names = [norm(chunk.text) for chunk in line.chunks]
    if len(names) < 2:
        return False
    if len(names) > 3 and sum(candidates(n, fuzzy=False)[1] >= 0.99 for n in names) >= 3:
        return True  # tests side by side, with their values underneath
    if {"result", "results", "value"} & set(names) and {
        "test",
        "test name",
        "component",
        "units",
        "unit",
        "analyte",
        "flag",
    } & set(names):
        return True
    known = sum(name in NAME_HEADERS or name in OTHER_HEADERS for name in names)
    subject = any(name in NAME_HEADERS - {"name", "description"} for name in names)
    return subject and known >= max(2, len(names) - 1)


def _line_labels(line: Line, *, fuzzy: bool) -> list[Label]:
    labels: list[Label] = []
    for chunk in line.chunks:
        position = chunk.start
        while position < chunk.end:
            label = _label_at(line, chunk, position, fuzzy=fuzzy and position == chunk.start)
            if label is None:
                position += 1
            else:
                labels.append(label)
                position = label.end
    return labels


def _label_at(line: Line, chunk: Chunk, start: int, *, fuzzy: bool) -> Label | None:
    best: Label | None = None
    known = phrases()
    if start == chunk.start and BOX_NUMBER.match(line.tokens[start].text) and start + 1 < chunk.end:
        inner = _label_at(line, chunk, start + 1, fuzzy=fuzzy)
        if inner is not None and (inner.colon or inner.end == chunk.end):
            return replace(inner, start=start, x0=chunk.x0, certainty=max(inner.certainty, 0.97))
    if start == chunk.start and "/" in chunk.text and not re.search(r"\d", chunk.text):
        both = known.get(norm(chunk.text.split("/")[0]))  # "Member Number / Numero de miembro"
        if both is not None and not fields_of(norm(chunk.text)):
            best = _accept(line, chunk, both, start, chunk.end, 0.98)
            if best is not None:
                return best
    first = line.norms[start].split()
    if first and first[0] in first_words():
        words: list[str] = []
        for end in range(start + 1, min(chunk.end, start + MAX_WORDS) + 1):
            words.extend(line.norms[end - 1].split())
            field = known.get(" ".join(words))
            whole = end == chunk.end and start <= chunk.start + 1
            if field is None and (whole or any("/" in t.text for t in line.tokens[start:end])):
                field = next((f for f in fields_of(" ".join(words)) if f != "stop"), None)
            if field is not None:
                best = _accept(line, chunk, field, start, end, 1.0) or best
            if line.tokens[end - 1].text.endswith(":"):
                break
    if best is None and fuzzy:
        closing = next(
            (
                i + 1
                for i in range(start, min(chunk.end, start + 6))
                if line.tokens[i].text.endswith((":", ";"))
            ),
            None,
        )
        bounded = closing or (chunk.end if chunk.end - start <= 6 else None)
        if bounded:
            guess = fuzzy_phrase(" ".join(n for n in line.norms[start:bounded] if n))
            if guess is not None:
                best = _accept(line, chunk, guess[0], start, bounded, guess[1])
    return best


def _accept(
    line: Line, chunk: Chunk, field: str, start: int, end: int, similarity: float
) -> Label | None:
    """The label if something ends it; certainty falls with what that is."""
    tokens = line.tokens
    end, colon = _close(line, chunk, start, end)
    if end - start == 1 and not bounded_left(line, chunk, start):
        return None
    if _in_address(line, start, end):
        return None
    if not colon and line.norms[start:end] == ("dr",):
        return None  # a title, not a label
    bounded = end == chunk.end
    at_start = start == chunk.start or (
        start == chunk.start + 1 and BOX_NUMBER.match(tokens[chunk.start].text) is not None
    )
    if colon:
        certainty = 1.0
    elif at_start and bounded:
        certainty = 0.97
    elif field == "stop" or end >= len(tokens):
        return None
    else:
        following = " ".join(t.text for t in tokens[end : end + 4])
        if not _announces(
            value_type(field), following, " ".join(t.text for t in tokens[start:end])
        ) and not (at_start and field in _BEFORE_NAMES and _name_next(line, end)):
            return None
        certainty = 0.95 if at_start else 0.85
    span = tokens[start:end]
    return Label(
        field,
        " ".join(t.text for t in span).rstrip(": "),
        line.index,
        start,
        end,
        colon,
        certainty * similarity,
        span[0].x0,
        span[-1].x1,
        line.y0,
        line.y1,
    )


_BEFORE_NAMES = {"patient.name", "name", "provider.ordering", "provider.author", "provider.pcp"}
_AFTER_NAME = {"dob", "mrn", "sex", "birthdate", "birth", "date", "age", "born", "id", "gender"}


def _name_next(line: Line, start: int) -> bool:
    """A person's name after "Name" or "Patient", ended by a separator or the next label."""
    words: list[str] = []
    for token, key in zip(line.tokens[start:], line.norms[start:], strict=True):
        first = key.split()[:1]
        if not token.text[:1].isupper() or (first and first[0] in _AFTER_NAME):
            break
        words.append(token.text)
        if len(words) > 4:
            return False
    return len(words) >= 2 and looks_like_name(" ".join(words).rstrip(",;|"))


def bounded_left(line: Line, chunk: Chunk, start: int) -> bool:
    """Whether a one-word label begins something: "Document ID" is not the label "ID"."""
    if start == chunk.start or line.norms[start] not in WEAK:
        return True
    before = line.tokens[start - 1].text
    if any(t.text.endswith(":") for t in line.tokens[chunk.start : start]):
        return True  # an earlier label's value stands before it
    return not re.fullmatch(r"[^\W\d_]+(?:['’][^\W\d_]*)?", before)  # "Spouse's name" is no "Name"


_STATES = {"ID", "MI", "PA", "MA", "ME", "IN", "OR", "CO", "DE"}
_ZIP = re.compile(r"^\d{5}(?:-?\d{4})?[,;.]?$")


def _in_address(line: Line, start: int, end: int) -> bool:
    """Whether a word is the state of an address: "Boise, ID 83702" has no label "ID"."""
    if end - start != 1 or line.tokens[start].text not in _STATES or not start:
        return False
    before = line.tokens[start - 1].text
    after = line.tokens[end].text if end < len(line.tokens) else ""
    return before.rstrip(",").isalpha() and _ZIP.match(after) is not None


_LEADER = re.compile(r"^(?:[.·…]{3,}|…+):?$")
_DASHES = {"-", "–", "—", "="}


def _close(line: Line, chunk: Chunk, start: int, end: int) -> tuple[int, bool]:
    """Take in a parenthesis of filler words and a colon, or a cell's first dash, standing apart."""
    tokens = line.tokens
    if tokens[end - 1].text.rstrip().endswith((":", ":)")):
        return end, True
    if end < chunk.end and tokens[end].text.startswith("("):
        stop = end
        while stop < min(chunk.end, end + 7) and ")" not in tokens[stop].text:
            stop += 1
        if stop < chunk.end and ")" in tokens[stop].text:
            words = " ".join(line.norms[end : stop + 1]).split()
            if words and all(_FILLER.match(word) for word in words):
                end = stop + 1
                if tokens[end - 1].text.endswith(":"):
                    return end, True
    if end < chunk.end and tokens[end].text in {":", "-:", ".:", "|"}:
        return end + 1, True
    if end < len(line.tokens) and (tokens[end].text == ":" or _LEADER.match(tokens[end].text)):
        return end + 1, True
    dashed = end + 1 < chunk.end and tokens[end].text in _DASHES
    if dashed and (
        start == chunk.start or any(t.text in _DASHES for t in tokens[chunk.start : start])
    ):
        return end + 1, True
    return end, False


def _announces(kind: str, following: str, label: str) -> bool:
    """Whether the text after an unpunctuated label is of the announced type."""
    if kind == "date":
        return bool(
            re.match(
                r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}"
                r"|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{4}",
                following,
            )
        )
    if kind in {"id", "npi"}:
        word = following.split(" ")[0] if following else ""
        short = bool(re.search(r"(?:bin|pcn|grp|payer id)$", norm(label)))
        if short and re.fullmatch(r"[A-Z0-9-]{2,}", word):
            return True
        if re.match(r"[A-Z]{2,4} \d{3,}(?:\s|$)", following):
            return True  # cards print numbers in groups, letters first
        return sum(c.isdigit() for c in word) >= 3 and not re.match(r"\d{1,2}/\d{1,2}/", word)
    if kind == "phone":
        return bool(re.match(r"[+(]?\d[\d ().-]{8,}", following))
    if kind == "sex":
        return bool(re.match(r"(?:M|F|Male|Female|MALE|FEMALE)\b", following))
    if kind == "money":
        return following.startswith("$")
    if kind == "name" and norm(label).endswith(" name"):
        return looks_like_name(" ".join(following.split()[:2]))
    if kind == "name":
        return bool(re.match(r"(?:Dr\.? )?[A-Z][\w'’-]+,? [A-Z]", following)) and label.endswith(
            "by"
        )
    return False
