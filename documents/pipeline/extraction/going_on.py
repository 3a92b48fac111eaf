"""Values that go on in the line below their first: names, addresses, numbers."""

from __future__ import annotations

import re

from documents.pipeline.extraction import typed
from documents.pipeline.extraction.evidence import Candidate


def whole_id(candidate: Candidate) -> Candidate:
    """Add what follows a hyphen at the end of a narrow cell, in the cell's next line."""
    layout, line = candidate.layout, candidate.layout.lines[candidate.line]
    cell = line.chunk_of(line.tokens.index(candidate.tokens[-1]))
    if candidate.tokens[-1] is not cell.tokens[-1] or line.index + 1 >= len(layout.lines):
        return candidate
    lower = layout.lines[line.index + 1]
    full = cell is line.chunks[-1] and cell.x1 > 0.7 * layout.width
    starts = (cell.x0, candidate.tokens[0].x0, *((lower.chunks[0].x0,) if full else ()))
    rest = next(
        (c for c in lower.chunks if any(abs(c.x0 - x) < 2 * layout.char for x in starts)), None
    )
    if rest is None or lower.y0 - line.y1 > line.height:
        return candidate
    if re.fullmatch(r"[A-Z0-9]+(?:-[A-Z0-9]+)*", rest.tokens[0].text):
        candidate.tokens = (*candidate.tokens, rest.tokens[0])
        candidate.value = candidate.raw = f"{candidate.raw}{rest.tokens[0].text}"
    return candidate


_NAME_END = re.compile(
    r"^(?:[A-Z][\w&'’.-]*,?\s){0,3}(?:Inc|LLC|Ltd|Laborator(?:y|ies)|Labs?|Hospital|Clinic|Cent(?:er|re)"
    r"|Group|Diagnostics|Pathology|Associates|Medicine|Services|Health|Radiology|Imaging)[.,]?"
    r"(?:,?\s(?:Inc|LLC|Ltd|P\.?C)\.?)?$"
)


def whole_name(candidate: Candidate) -> Candidate:
    """Add the end of an institution's name that went on in the line below, in the same cell."""
    layout, index = candidate.layout, candidate.line + 1
    if index >= len(layout.lines) or candidate.label_line != candidate.line:
        return candidate
    line, lower = layout.lines[candidate.line], layout.lines[index]
    at = line.tokens.index(candidate.tokens[0])
    own = line.chunk_of(at)
    starts = [own.x0]
    if own is line.chunks[-1] and own.x1 > 0.75 * layout.width and len(lower.chunks) == 1:
        starts.append(line.chunks[0].x0)  # a line of text that was broken at the margin
    cell = next((c for c in lower.chunks if any(abs(c.x0 - x) < layout.char for x in starts)), None)
    if cell is None or lower.y0 - line.y1 > 0.5 * line.height or not _NAME_END.match(cell.text):
        return candidate
    text = typed.text_of((*candidate.tokens, *cell.tokens))
    candidate.tokens = (*candidate.tokens, *cell.tokens)
    candidate.value = candidate.raw = text
    return candidate


_ADDRESS_END = re.compile(r"\b\d{5}(?:-\d{4})?$|\b[A-Z]\d[A-Z]\s?\d[A-Z]\d$")


def whole_address(candidate: Candidate) -> Candidate:
    """Add the lines under a street until the postal code, in the same column."""
    layout, tokens = candidate.layout, list(candidate.tokens)
    if _ADDRESS_END.search(candidate.value):
        return candidate
    line = layout.lines[candidate.line]
    full = candidate.tokens[-1].x1 > 0.75 * layout.width
    for lower in layout.lines[candidate.line + 1 : candidate.line + 3]:
        starts = [candidate.tokens[0].x0, *([line.chunks[0].x0] if full else [])]
        cell = next(
            (c for c in lower.chunks if any(abs(c.x0 - x) < 2.5 * layout.char for x in starts)),
            None,
        )
        if cell is None or ":" in cell.text or not re.search(r"[A-Za-z]", cell.text):
            break
        tokens.extend(cell.tokens)
        if _ADDRESS_END.search(cell.text):
            break
    text = typed.text_of(tokens)
    if len(tokens) > len(candidate.tokens) and _ADDRESS_END.search(text):
        candidate.tokens, candidate.value, candidate.raw = tuple(tokens), text, text
    else:
        candidate.features["weak_type"] = 1.0
    return candidate


def whole_text(candidate: Candidate) -> Candidate:
    """Add the lines of a value that is broken within its own column, right of its label."""
    layout, tokens = candidate.layout, list(candidate.tokens)
    above = layout.lines[candidate.line]
    if candidate.label_line != candidate.line:
        return candidate
    for lower in layout.lines[candidate.line + 1 : candidate.line + 3]:
        cell = lower.chunks[0]
        if abs(cell.x0 - tokens[0].x0) > layout.char or lower.y0 - above.y1 > 0.6 * above.height:
            break
        tokens.extend(cell.tokens)
        above = lower
    if len(tokens) > len(candidate.tokens) and len(tokens) <= 16:
        candidate.tokens = tuple(tokens)
        candidate.value = candidate.raw = typed.text_of(tokens)
    return candidate
