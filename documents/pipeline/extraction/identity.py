"""Who the document is about, its dates, its people and its numbers, from labelled values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from documents.pipeline.extraction import beside, typed
from documents.pipeline.extraction.captions import caption_rows, over_caption
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.going_on import whole_address, whole_id, whole_name, whole_text
from documents.pipeline.extraction.institution import bare_name, without_code
from documents.pipeline.extraction.label_types import value_type
from documents.pipeline.extraction.labels import Label, find_labels
from documents.pipeline.extraction.lines import Layout, Token, norm
from documents.pipeline.extraction.pairs import Labels, Spot, above, spots
from documents.pipeline.extraction.parties import anchors_of
from documents.pipeline.extraction.phrases import fields_of, misread_label
from documents.pipeline.extraction.split_names import joined_halves
from documents.pipeline.extraction.typed import Reading
from documents.pipeline.extraction.whose import field_of
from documents.pipeline.types import Locale

_TOTALS = re.compile(r"^(?:claim |grand |column |sub)?totals?\b")


def labelled(layout: Layout, locale: Locale, *, contested: bool) -> tuple[list[Candidate], Labels]:
    """Candidates of all labelled fields on a page, and the labels themselves."""
    labels = find_labels(layout)
    anchors = anchors_of(layout, labels)
    captions = caption_rows(
        layout,
        labels,
        lambda field, tokens: _readers(field, locale, contested=contested)(tokens) is not None,
    )
    found: list[Candidate] = []
    for line_labels in labels.values():
        for label in line_labels:
            field = field_of(layout, labels, label, anchors)
            if field is None:
                continue
            if label.line in captions:
                reader = _readers(field, locale, contested=contested)
                for spot in over_caption(layout, label):
                    if reading := reader(spot.tokens):
                        found.append(_candidate(layout, label, field, spot, reading))
                continue
            candidate = _read(layout, labels, label, field, locale, contested=contested)
            if candidate is not None:
                found.append(candidate)
            found.extend(_joined(layout, labels, label, field, locale, contested=contested))
    found = joined_halves(layout, found)
    found.extend(beside.unlabelled(layout, labels, found, locale, contested=contested))
    return _signature_dates(layout, labels, found), labels


def _joined(
    layout: Layout, labels: Labels, label: Label, field: str, locale: Locale, *, contested: bool
) -> Iterator[Candidate]:
    """The further values under a label that names several: "DOB / Sex"."""
    named = fields_of(norm(label.text))
    if not re.search(r"[/&|,(]|\band\b", label.text) and any(
        not f.startswith("patient.") for f in named
    ):
        return  # "Specimen collected" names one thing
    for place, other in enumerate(named):
        if other in {"stop", field, "doc.date_received"}:
            continue
        same = sum(value_type(o) == value_type(other) for o in named[:place])
        reader = _readers(other, locale, contested=contested)
        for spot in spots(layout, labels, label):
            readings = list(_readings(spot.tokens, reader))
            if len(readings) > same:
                yield _candidate(layout, label, other, spot, readings[same])
                break


def _readings(
    tokens: tuple[Token, ...], reader: Callable[[tuple[Token, ...]], Reading | None]
) -> Iterator[Reading]:
    """Values of one type in a cell, one behind the other."""
    used: set[Token] = set()
    for index in range(len(tokens)):
        if (index and not _parted(tokens, index)) or tokens[index] in used:
            continue
        reading = reader(tokens[index:])
        if reading is not None and not used & set(reading.tokens):
            used |= set(reading.tokens)
            yield reading


def _parted(tokens: Sequence[Token], index: int) -> bool:
    """Whether a value may begin at ``index``: after a stroke, a bracket or a comma."""
    before, here = tokens[index - 1].text, tokens[index].text
    return before[-1:] in "/,|;)·•-" or here[:1] in "(/" or here.isalpha()


_OTHER_SIGNER = re.compile(
    r"(?:witness(?:ed)?|interpreter|physician|provider|staff|practitioner|notary|guardian)"
    r"(?: (?:name|by|printed|print|member|or|translator|signature|to|s))*"
)


def _signature_dates(layout: Layout, labels: Labels, found: list[Candidate]) -> list[Candidate]:
    """A bare "Date" on a row with a signature is the day of signing; a witness's is no one's."""
    signed = {
        line
        for line, row in labels.items()
        if any("signature" in norm(label.text) for label in row)
    } | {
        line.index
        for line in layout.lines
        if len(line.tokens) < 25
        and any("signature" in norm(c.text) or norm(c.text) == "signed" for c in line.chunks)
    }
    below = {line + 1 for line in signed if line + 1 not in signed}
    others = {
        line.index
        for line in layout.lines
        if line.index not in signed
        and any(_OTHER_SIGNER.fullmatch(norm(c.text)) for c in line.chunks)
    }
    found = [
        c
        for c in found
        if not (c.name == "doc.date" and c.label_line in others and norm(c.label or "") == "date")
    ]
    for candidate in found:
        if (
            candidate.name == "doc.date"
            and candidate.label_line in signed | below
            and candidate.label
            and (norm(candidate.label) in {"date", "dated", "date time"})
        ):
            candidate.name = "doc.date_signed"
    return found


def _readers(
    field: str, locale: Locale, *, contested: bool
) -> Callable[[tuple[Token, ...]], Reading | None]:
    kind = value_type(field)
    if kind == "date":
        return lambda tokens: typed.read_date(tokens, locale, contested=contested)
    if kind == "id":
        spaced = field in {"insurance.member_id", "patient.mrn", "claim.number", "id"}
        letters = field in {
            "insurance.rx_pcn",
            "insurance.rx_group",
            "insurance.group",
            "insurance.payer_id",
        }
        return lambda tokens: typed.read_id(tokens, spaced=spaced, letters=letters)
    return {
        "sex": typed.read_sex,
        "phone": typed.read_phone,
        "npi": typed.read_npi,
        "name": typed.read_name,
        "money": typed.read_money,
        "org": typed.read_org,
        "text": typed.read_org,
        "codes": read_codes,
        "address": typed.read_org,
    }[kind]


def read_codes(tokens: Sequence[Token]) -> Reading | None:
    """A claim adjustment code such as CO-97, PR 1, N290 at the start of the cell."""
    text = typed.text_of(tokens)
    match = re.match(
        r"[:\s]*((?:CO|PR|OA|PI|CR)[\s-]?[AB]?\d{1,3}|[MN]A?\d{1,3}|[AB]\d{1,2}|\d{1,3})"
        r"(?=$|[\s,;.:–—-])",
        text,
    )
    if match is None:
        return None
    raw = match.group(1)
    return Reading(
        raw, raw, typed.covering(tokens, match.start(1), match.end(1)), {}, {"value_type": "code"}
    )


def _read(
    layout: Layout, labels: Labels, label: Label, field: str, locale: Locale, *, contested: bool
) -> Candidate | None:
    reader = _readers(field, locale, contested=contested)
    kind = value_type(field)
    foot = _column_total(layout, label) if kind == "money" else None
    for spot in (*([foot] if foot else ()), *spots(layout, labels, label)):
        if kind in {"org", "text", "address", "name"} and spot.strain > 0.45:
            continue
        reading = reader(spot.tokens)
        if reading is not None and kind == "sex" and _other_letter(layout, spot, reading):
            return None
        if reading is not None and kind in {"name", "org"} and misread_label(reading.value):
            reading = None
        if reading is None and field == "insurance.member_id" and norm(label.text) == "member":
            reading = typed.read_name(spot.tokens)
            field = "insurance.subscriber" if reading else field
        if reading is None:
            if label.colon and spot.where == "right" and kind in {"org", "name"}:
                return None
            continue
        if spot.where == "below" and _captions(layout, label, spot):
            break
        if kind == "date" and field not in _OF_MANY and _column_of(layout, spot, reader):
            return None
        return _candidate(layout, label, field, spot, reading)
    dated = field in {"doc.date_signed", "doc.date"}
    if label.colon or not (dated or (kind in {"date", "name"} and _captions(layout, label))):
        return None
    for spot in above(layout, labels, label):
        reading = reader(spot.tokens)
        if reading is not None:
            return _candidate(layout, label, field, spot, reading)
    return None


_OF_MANY = {"doc.date_service", "insurance.effective"}
"""Dates of which the first of a column is the document's."""


def _column_of(
    layout: Layout, spot: Spot, reader: Callable[[tuple[Token, ...]], Reading | None]
) -> bool:
    """Whether the value is the first of several of its type under a title: a table's column."""
    if spot.where != "below" or spot.line + 1 >= len(layout.lines):
        return False
    lower = layout.lines[spot.line + 1]
    if lower.y0 - layout.lines[spot.line].y1 > 2.0 * layout.pitch:
        return False
    x0 = spot.tokens[0].x0
    cell = next((c for c in lower.chunks if abs(c.x0 - x0) < 2 * layout.char), None)
    first, second = reader(spot.tokens), reader(cell.tokens) if cell else None
    if first is None or second is None or cell is None:
        return False
    return second.value != first.value and second.tokens[0] is cell.tokens[0]


def _column_total(layout: Layout, label: Label) -> Spot | None:
    """The cell of a title's column in the row of totals, which goes before the lines' amounts."""
    line = layout.lines[label.line]
    if label.colon or len(line.chunks) < 3:
        return None
    head = line.chunk_of(label.start)
    for lower in layout.lines[line.index + 2 : line.index + 30]:
        if not _TOTALS.match(norm(lower.text)):
            continue
        cells = [c for c in lower.chunks[1:] if c.x0 < head.x1 and c.x1 > head.x0]
        if len(cells) == 1 and len(lower.chunks) >= 3:
            return Spot(cells[0].tokens, lower.index, "below", 0.1)
        return None
    return None


def _captions(layout: Layout, label: Label, below: Spot | None = None) -> bool:
    """Whether a row of labels stands under what was filled in, as on the lines of a form.

    The cells of the row above then begin where the labels do, and are nearer than what is below.
    """
    line = layout.lines[label.line]
    if label.colon or not line.index:
        return False
    upper = layout.lines[line.index - 1]
    room = line.y0 - upper.y1
    if line.index > 1 and not re.search(r"[^_\s.X]", upper.text):
        upper = layout.lines[line.index - 2]  # written over a printed line
    next_line = below.line if below else line.index + 1
    under = layout.lines[next_line].y0 - line.y1 if next_line < len(layout.lines) else 1e9
    beneath = [
        any(abs(cell.x0 - filled.x0) < 2 * layout.char for filled in upper.chunks)
        for cell in line.chunks
    ]
    return room < 0.8 * line.height and under > 1.6 * line.height and all(beneath)


def _other_letter(layout: Layout, spot: Spot, reading: Reading) -> bool:
    """Whether the other sex stands beside it: two boxes, of which the mark is drawn."""
    line = layout.lines[spot.line]
    if reading.tokens[-1] not in line.tokens:
        return False
    at = line.tokens.index(reading.tokens[-1])
    around = line.tokens[max(0, at - 2) : at] + line.tokens[at + 1 : at + 3]
    near = {t.text.strip("[]().:").upper() for t in around}
    if {"X", "[X]", "(X)"} & {t.text.upper() for t in around}:
        return False
    other = {"M": "F", "F": "M", "MALE": "FEMALE", "FEMALE": "MALE"}.get(reading.raw.upper())
    wide = [t.text for t in line.tokens[max(0, at - 5) : at + 6]]
    empty = not any(re.search(r"[xX\u2713\u2714\u2612\u2611\u25a0]", text) for text in wide)
    if empty and {"[", "]", "[]", "\u2610", "\u25a1", "(", ")", "()"} & set(wide):
        near |= {text.strip("[]().:").upper() for text in wide}
    return other in near


_OF_A_STEP = re.compile(
    r"\b(?:decision|determination|payment|paid|process(?:ed|ing)|check|approv\w+)\b"
)
"""Days of what led to a letter: the letter's own, where it bears one, is another."""


def _candidate(layout: Layout, label: Label, field: str, spot: Spot, reading: Reading) -> Candidate:
    features = {"label_doubt": 1.0 - label.certainty, **reading.doubts}
    if norm(label.text) in {"re", "regarding"}:
        features["label_doubt"] = max(features["label_doubt"], 0.12)
    if field == "doc.date" and _OF_A_STEP.search(norm(label.text)):
        features["label_doubt"] = max(features["label_doubt"], 0.3)
    if field == "claim.total" and "total" not in norm(label.text).split():
        features["label_doubt"] = max(features["label_doubt"], 0.15)
    if field == "provider.npi" and "billing" in norm(label.text):
        features["far_value"] = 0.1
    if spot.strain:
        features["far_value"] = min(1.0, spot.strain)
    tokens, raw, line = reading.tokens, reading.raw, spot.line
    candidate = Candidate(
        field,
        reading.value,
        tokens,
        layout,
        line,
        label.text,
        features,
        dict(reading.extra),
        reading.warnings,
        raw,
        label.line,
    )
    if field == "facility":
        if "location" in norm(label.text).split():
            features["label_doubt"] = max(features["label_doubt"], 0.3)
        return _name_alone(whole_name(candidate))
    if field == "patient.address":
        return whole_address(candidate)
    if field == "imaging.exam":
        return whole_text(candidate)
    return whole_id(candidate) if raw.endswith("-") and value_type(field) == "id" else candidate


def _name_alone(candidate: Candidate) -> Candidate:
    """The institution's name without the address that follows it in the same cell."""
    text = typed.text_of(candidate.tokens)
    name = without_code(bare_name(text))
    if name != text and name in text:
        at = text.index(name)
        candidate.tokens = typed.covering(candidate.tokens, at, at + len(name))
        candidate.value = candidate.raw = name
    return candidate


def patient_on(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """The strongest name, birth date and record number of a page."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.name in {"patient.name", "patient.dob", "patient.mrn"}:
            known = best.get(candidate.name)
            if known is None or candidate.strength > known.strength:
                best[candidate.name] = candidate
    return best
