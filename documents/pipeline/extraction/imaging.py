"""The examination and the impression of an imaging report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.sections import Section
from documents.pipeline.extraction.signers import CREDENTIAL
from documents.pipeline.extraction.typed import covering, text_of
from documents.pipeline.types import Locale

_MODALITY = re.compile(
    r"\b(x-?ray|xr|ct|cta|mri|mra|mr|ultrasound|us|mammogra\w+|pet|dexa|dxa|densitometry"
    r"|bone density|"
    r"echocardiogra\w+|fluoroscopy|radiograph\w*|sonogra\w+|nuclear|tomography|doppler|duplex|angiogra\w+"
    r"|mrt|r[oö]ntgen\w*|sonogra[pf]\w+|szintigra\w+|computertomogra\w+|irm|scanner|tdm"
    r"|[eé]chogra[pf]\w+|radiogra[fp]\w+|ecogra\w+|tac|resonancia|tomogra\w+|risonanza"
    r"|chest|abdomen|views?)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"^(?:electronically|signed|dictated|transcribed|read by|interpreted|reported|radiologist|thank"
    r"|this report|page \d|report status|end of|[A-Z][\w.' -]+,\s?(?:MD|DO|M\.D)|approved|finali"
    r"|attending|reviewed|addendum|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:,?\s+\d{1,2}:\d\d.*)?$)",
    re.IGNORECASE,
)
_MAX_EXAM_WORDS = 16
_NO_EXAM = re.compile(r"\b(report|center|centre|associates|imaging|hospital)\b", re.IGNORECASE)
_FIRST_SECTION = re.compile(
    r"^(?:clinical|history|indications?|reason|technique|procedure|comparison|findings|exam)\b",
    re.IGNORECASE,
)


def impression(sections: Sequence[Section]) -> list[Candidate]:
    """The text under the impression heading as one value."""
    found = []
    headed = any(section.kind == "impression" for section in sections)
    for section in sections:
        assessed = not headed and norm(section.title or "") == "assessment"
        if section.kind != "impression" and not assessed:
            continue
        tokens: list[Token] = []
        previous = None
        for row in section.rows:
            line = row[0].line
            text = text_of([t for cell in row for t in cell.tokens])
            gap = previous is not None and line.y0 - previous.y1 > 2.2 * previous.height
            if _ENDS.match(text) or gap:
                break
            tokens.extend(t for cell in row for t in cell.tokens)
            previous = line
        if len(tokens) < 2:
            continue
        value = text_of(tokens)
        features = {"long_text": 1.0} if len(tokens) > 60 else {}
        found.append(
            Candidate(
                "imaging.impression",
                value,
                tuple(tokens),
                section.layout,
                section.rows[0][0].line.index,
                section.title,
                features,
                {"value_type": "text"},
                (),
                value,
            )
        )
    return found


_EXAM_LABEL = re.compile(
    r"^(?:.*\s)?(?:exam(?:ination)?|study|procedure|test)(?: (?:type|performed|description|name))?"
    r"\s*[-–—:]?\s+(?=[A-Z])",
    re.IGNORECASE,
)


def exam(layout: Layout, sections: Sequence[Section]) -> list[Candidate]:
    """The examination under its heading, or a title line that names a modality."""
    found = []
    for section in sections:
        if section.kind == "exam" and section.rows:
            tokens = tuple(t for cell in section.rows[0] for t in cell.tokens)
            if 1 <= len(tokens) <= _MAX_EXAM_WORDS and re.search(r"[A-Za-z]{2}", text_of(tokens)):
                found.append(
                    _exam(layout, section.rows[0][0].line.index, tokens, section.title, {})
                )
    for line in layout.lines[:30]:
        text = line.text
        if (
            len(line.chunks) == 1
            and 2 <= len(line.tokens) <= 12
            and (text.isupper() or _heads_report(layout, line) or _subject(layout, line))
            and len({m.lower() for m in _MODALITY.findall(text)}) >= 1
            and not _NO_EXAM.search(text)
            and not text.endswith(":")
        ):
            label = _EXAM_LABEL.match(text)
            lead = label.end() if label else 0
            if find_dates(text[lead:], Locale()) or CREDENTIAL.search(text[lead:]):
                continue
            tokens = covering(line.tokens, lead, len(text))
            found.append(_exam(layout, line.index, tokens, None, {"guess": 0.5}))
    return found


def _heads_report(layout: Layout, line: Line) -> bool:
    """Whether a line without a full stop stands right over the report's first section."""
    following = layout.lines[line.index + 1 : line.index + 2]
    return line.text[-1:] not in ".:;," and any(_FIRST_SECTION.match(n.text) for n in following)


def _subject(layout: Layout, line: Line) -> bool:
    """Whether a line begins with a modality and stands apart, as in the subject of a letter."""
    above, below = (
        layout.lines[max(0, line.index - 1) : line.index],
        layout.lines[line.index + 1 : line.index + 2],
    )
    full = any(upper.tokens[-1].x1 > 0.6 * layout.width for upper in above)
    apart = all(lower.y0 - line.y1 > 0.9 * line.height for lower in below)
    return (
        _MODALITY.match(line.text) is not None
        and line.text[-1] not in ".:;,"
        and not full
        and apart
    )


_CONCLUDES = re.compile(
    r"(?:^|(?<=[.:]\s))(?:in (?:summary|conclusion)|to (?:summari[sz]e|conclude)|(?:overall|my) "
    r"impression(?: is)?(?: that)?|in my opinion)\b[,:]?\s+",
    re.IGNORECASE,
)


def concluded(layout: Layout, found: Sequence[Candidate]) -> list[Candidate]:
    """The end of a report told as a letter: from "In summary," to the end of the paragraph."""
    if any(c.name == "imaging.impression" for c in found):
        return []
    for line in layout.lines:
        match = _CONCLUDES.search(line.text)
        if match is None or len(line.chunks) > 1:
            continue
        tokens = list(line.tokens[len(line.text[: match.end()].split()) :])
        previous = line
        for lower in layout.lines[line.index + 1 : line.index + 8]:
            if lower.y0 - previous.y1 > 0.9 * previous.height or _ENDS.match(lower.text):
                break
            if _CLOSES.match(lower.text):
                break
            tokens.extend(lower.tokens)
            previous = lower
        value = text_of(tokens)
        if len(tokens) < 3:
            continue
        features = {"prose": 0.5, **({"long_text": 1.0} if len(tokens) > 60 else {})}
        extra = {"value_type": "text"}
        return [
            Candidate(
                "imaging.impression", value, tuple(tokens), layout, line.index, None, features,
                extra, (), value,
            )
        ]  # fmt: skip
    return []


_CLOSES = re.compile(r"^(?:sincerely|yours|kind|best|with|regards|respectfully)\b", re.IGNORECASE)


def _exam(
    layout: Layout,
    line: int,
    tokens: tuple[Token, ...],
    title: str | None,
    features: dict[str, float],
) -> Candidate:
    value = text_of(tokens)
    if not _MODALITY.search(value):
        features = {**features, "weak_type": 0.6}
    return Candidate(
        "imaging.exam",
        value,
        tokens,
        layout,
        line,
        title,
        features,
        {"value_type": "text"},
        (),
        value,
    )


def is_report(text: str) -> bool:
    """Whether a text names a modality at all."""
    return bool(_MODALITY.search(norm(text)))
