"""What payers write in sentences: denial codes, deadlines, amounts, who the letter is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.institution import PLACE
from documents.pipeline.extraction.lines import Layout, Token
from documents.pipeline.extraction.normalise.dates import find_dates, swappable
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.typed import covering, text_of
from documents.pipeline.types import Locale

_GROUPED = re.compile(r"\b((?:CO|PR|OA|PI|CR)\s?[-–]?\s?[AB]?\d{1,3})\b(?!\d)")
_REMARK = re.compile(r"\b((?:MA|N|M)\d{2,3})\b")
_NAMED = re.compile(
    r"(?:reason|denial|remark|adjustment|explanation|carc|rarc)\s+codes?\s*(?:is|:|#)?\s*"
    r"([A-Z]{0,2}[-–]?\d{1,3})\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:by|before|until|no later than|not later than|on or before|within \w+ days,? by|deadline"
    r"(?: is| of)?|due(?: date)?(?: is| on| by)?|prior to|later than)\s*:?\s*$",
    re.IGNORECASE,
)
_DUE_CONTEXT = re.compile(
    r"\b(appeal|respond|response|reply|send|submit|receive|return|provide|records|information|due|"
    r"deadline|reconsideration|request|file|must|mail|fax)",
    re.IGNORECASE,
)


def denial_codes(layout: Layout) -> Iterator[Candidate]:
    """Claim adjustment reason and remittance remark codes wherever they stand."""
    for line in layout.lines:
        spans: dict[tuple[int, int], str] = {}
        for pattern in (_GROUPED, _NAMED):
            for match in pattern.finditer(line.text):
                spans.setdefault(match.span(1), match.group(1))
        if re.search(r"remark|rarc|code", line.text, re.IGNORECASE):
            for match in _REMARK.finditer(line.text):
                spans.setdefault(match.span(1), match.group(1))
        taken: list[tuple[int, int]] = []
        for (start, end), raw in sorted(spans.items(), key=lambda s: (s[0][0], -s[0][1])):
            if any(a <= start < b for a, b in taken):
                continue
            taken.append((start, end))
            tokens = covering(line.tokens, start, end)
            doubt = {} if _GROUPED.match(raw) or _REMARK.match(raw) else {"weak_type": 0.5}
            yield Candidate(
                "claim.denial_code",
                raw,
                tokens,
                layout,
                line.index,
                None,
                doubt,
                {"value_type": "code"},
                (),
                raw,
            )


def deadlines(layout: Layout, locale: Locale, *, contested: bool) -> Iterator[Candidate]:
    """ "We must receive the appeal by July 8, 2026": dates with a deadline's words before them."""
    tokens: list[Token] = []
    starts: list[tuple[int, int]] = []
    length = 0
    for line in layout.lines:
        starts.append((length, line.index))
        tokens.extend(line.tokens)
        length += sum(len(t.text) + 1 for t in line.tokens)
    text = text_of(tokens)
    for found in find_dates(text, locale):
        before = text[max(0, found.start - 160) : found.start]
        sentence = re.split(r"(?<=[a-z)])\.\s", before)[-1]
        if not _DEADLINE.search(sentence) or not _DUE_CONTEXT.search(sentence):
            continue
        place = max((s for s in starts if s[0] <= found.start), key=lambda s: s[0])[1]
        ambiguous = contested and swappable(found)
        features = {"prose": 0.5, **({"ambiguous": 1.0} if ambiguous else {})}
        yield Candidate(
            "doc.due_date",
            found.iso,
            covering(tokens, found.start, found.end),
            layout,
            place,
            None,
            features,
            {"value_type": "date", "effective_date": found.iso},
            ("ambiguous_date",) if ambiguous else (),
            found.raw,
        )


def addressee(layout: Layout, labels: Labels) -> list[Candidate]:
    """The practice a payer writes to: the first line under the date, over its street."""
    lines = layout.lines
    for index, line in enumerate(lines[:18]):
        if line.index in labels or index == 0 or len(line.chunks) > 1 or len(line.tokens) > 9:
            continue
        below = " ".join(lower.text for lower in lines[index + 1 : index + 4])
        dated = any(find_dates(upper.text, Locale()) for upper in lines[max(0, index - 3) : index])
        address = re.search(r"\b[A-Z]{2}\s+\d{5}", below)
        if PLACE.search(line.text) and address and not re.search(r"\d{3}", line.text) and dated:
            return [
                Candidate(
                    "provider.billing",
                    line.text,
                    line.tokens,
                    layout,
                    line.index,
                    None,
                    {"far_value": 0.2},
                    {},
                    (),
                    line.text,
                )
            ]
    return []
