"""Whether a consent form was signed, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Chunk, Layout, Line, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.normalise.names import looks_like_name, similarity
from documents.pipeline.types import Locale

_ELECTRONIC = re.compile(
    r"\b(?:electronically|digitally|e-?)\s?signed\b|(?:^|\s)/s/\s?\S|\bsigned (?:electronically|"
    r"digitally)\b|\bsignature on file\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:x )?(?:(?:patient|patients|clients?|members?|parent|guardian|legal|or|of|the|authorized|"
    r"representative|representatives|responsible|party|person|s|giving|consent|participants?|"
    r"adult|individual|your|relative|next kin) )*signatures?(?: (?:of|by|or|patient|patients|the|"
    r"legal|guardian|representative|parent|authorized|person|responsible|party|client|giving|consent"
    r"|legally|personal|individual|surrogate|adult|participant|date|s))*$"
)
_DATE_LABEL = {
    "date",
    "date signed",
    "signed on",
    "date time",
    "date and time",
    "fecha",
    "dated",
    "signature date",
    "today s date",
    "todays date",
    "date of signature",
}
_SIGNED_BY = {"signed", "signed by", "patient signed", "firma", "firmado", "unterschrift"}
_NOT_PATIENT = {
    "witness",
    "interpreter",
    "physician",
    "provider",
    "doctor",
    "staff",
    "practitioner",
}


def consent(layout: Layout, locale: Locale, patient: str | None) -> list[Candidate]:
    """``consent.signed`` and its date; a signature line with nothing on it says nothing."""
    found = list(_electronic(layout, locale))
    if found:
        return found
    for line in layout.lines:
        for chunk in line.chunks:
            title = norm(chunk.text.strip(" :_")).removesuffix(" x")
            if _SIGNATURE.match(title) or title in _SIGNED_BY or _is_inline(chunk):
                found = list(_on_line(layout, line, chunk, locale, patient))
                if found:
                    return found
    return []


_WRITTEN_ON = re.compile(
    r"^(?:(?:patient|client|member|participant|your)(?:['’]?s)?\s)?signature\s*:?\s+(?:[xX]\s+)?"
    r"(?P<name>[A-Z].*?)(?:\s+Date\b.*)?$",
    re.IGNORECASE,
)
""" "Signature X Lan Vu Date 10/02/2026", written on one printed line."""


def _is_inline(chunk: Chunk) -> bool:
    inline = _WRITTEN_ON.match(chunk.text)
    if inline and looks_like_name(inline.group("name")):
        return True
    head = norm(chunk.text.split(":")[0]) if ":" in chunk.text else ""
    return bool(head and (_SIGNATURE.match(head) or head in _SIGNED_BY))


def _electronic(layout: Layout, locale: Locale) -> Iterator[Candidate]:
    for index, line in enumerate(layout.lines):
        match = _ELECTRONIC.search(line.text)
        if match is None or re.search(r"\b(?:may|will|can|be|if|i am|agree)\b", line.text.lower()):
            continue
        yield _signed(layout, line, line.tokens, 0.0)
        for near in layout.lines[index : index + 4]:
            dates = find_dates(near.text, locale)
            if dates:
                yield from _dated(layout, near, dates[0].start, dates[0].end, dates[0].iso, 0.0)
                return
        return


def _signed(layout: Layout, line: Line, tokens: Sequence[object], doubt: float) -> Candidate:
    own = tuple(t for t in line.tokens if t in tokens) or line.tokens
    raw = " ".join(t.text for t in own)
    return Candidate(
        "consent.signed",
        "true",
        own,
        layout,
        line.index,
        None,
        {"guess": doubt} if doubt else {},
        {"value_type": "boolean"},
        (),
        raw,
    )


def _dated(
    layout: Layout, line: Line, start: int, end: int, iso: str, doubt: float
) -> Iterator[Candidate]:
    at, tokens = 0, []
    for token in line.tokens:
        if at < end and at + len(token.text) > start:
            tokens.append(token)
        at += len(token.text) + 1
    raw = line.text[start:end]
    for name in ("consent.signed_date", "doc.date_signed"):
        yield Candidate(
            name,
            iso,
            tuple(tokens),
            layout,
            line.index,
            None,
            {"far_value": doubt} if doubt else {},
            {"value_type": "date", "effective_date": iso},
            (),
            raw,
        )


def _on_line(
    layout: Layout, line: Line, label: Chunk, locale: Locale, patient: str | None
) -> Iterator[Candidate]:
    """A name written over or beside the label, or a date filled in beside it."""
    near = [
        up
        for up in layout.lines[max(0, line.index - 3) : line.index]
        if line.y0 - up.y1 < 3.2 * line.height
    ]
    evidence = _written(near, line, label, layout, patient)
    above = evidence is not None and evidence[0] is not line
    dated = _date_near(layout, near, line, label, locale, above=above)
    if evidence is None and dated is None:
        return
    if evidence is not None:
        own_line, tokens, doubt = evidence
        yield _signed(layout, own_line, tokens, doubt)
    else:
        yield _signed(layout, line, label.tokens, 0.35)
    if dated is not None:
        date_line, start, end, iso = dated
        yield from _dated(layout, date_line, start, end, iso, 0.2)


def _written(
    near: Sequence[Line], line: Line, label: Chunk, layout: Layout, patient: str | None
) -> tuple[Line, Sequence[object], float] | None:
    """Handwriting read as words above the line, or a name right of the label."""
    rest = [c for c in line.chunks if c.x0 > label.x1]
    inline = _WRITTEN_ON.match(label.text)
    if inline and looks_like_name(inline.group("name")):
        return line, label.tokens, 0.15
    if ":" in label.text and not label.text.rstrip(" _").endswith(":"):
        name = label.text.split(":", 1)[1].strip(" _")
        if re.search(r"[A-Za-z]{2}", name) and not find_dates(name, Locale()):
            return line, label.tokens, 0.15
    for chunk in rest[:1]:
        if looks_like_name(chunk.text) and norm(chunk.text) not in _DATE_LABEL:
            return line, chunk.tokens, 0.15
    for upper in reversed(near):
        for chunk in upper.chunks:
            overlap = min(chunk.x1, label.x1 + 10 * layout.char) - max(chunk.x0, label.x0 - 20)
            if overlap <= 0 or len(chunk.tokens) > 6 or chunk.text.endswith((".", ":")):
                continue
            if patient and similarity(chunk.text, patient) >= 0.8:
                return upper, chunk.tokens, 0.1
            if looks_like_name(chunk.text):
                return upper, chunk.tokens, 0.3
    return None


def _is_born(layout: Layout, row: Line, position: int) -> bool:
    """Whether the date stands under a birth date's label."""
    token = row.tokens[len(row.text[:position].split())]
    return any(
        re.search(r"birth|\bdob\b|born", norm(cell.text))
        for upper in layout.lines[max(0, row.index - 2) : row.index]
        for cell in upper.chunks
        if cell.x0 - 2 * layout.char <= token.x0 <= cell.x1 and not re.search(r"\d", cell.text)
    )


def _date_near(
    layout: Layout,
    near: Sequence[Line],
    line: Line,
    label: Chunk,
    locale: Locale,
    *,
    above: bool,
) -> tuple[Line, int, int, str] | None:
    """A date on the signature's own row, or over a "Date" label on it.

    Where the name stands over its caption (``above``) so does the date: what is under it is the
    next signature's.
    """
    below = [
        low
        for low in layout.lines[line.index + 1 : line.index + 3]
        if low.y0 - line.y1 < 2.5 * line.height
    ]
    titled = any(norm(c.text) in _DATE_LABEL for c in line.chunks if c.x0 > label.x1)
    over = tuple(reversed(near))
    first, last = (below, over) if titled and not above else (over, below if titled else below[:1])
    for row in (line, *first, *last):
        for found in find_dates(row.text, locale):
            head = norm(row.text[: found.start])
            if row is not line and re.search(r"birth|dob|expires|rev", head):
                continue
            if _is_born(layout, row, found.start):
                continue
            if any(word in head.split() for word in _NOT_PATIENT):
                continue
            return row, found.start, found.end, found.iso
    return None
