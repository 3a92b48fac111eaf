"""Facts told in sentences: "history includes A and B", "takes C 20 mg daily", "allergic to D".

Referral letters have no headings to go by. Only fixed turns of phrase count, and what they list
must be a known condition, or carry a strength, or follow "allergic to".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.pipeline.extraction.conditions import known_condition
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout, Token
from documents.pipeline.extraction.typed import covering, text_of

_HISTORY = re.compile(
    r"\b(?:(?:past |prior |known |significant |her |his |their |a )*(?:medical |surgical )?history"
    r"(?: is| was)?(?: includes| including| significant for| notable for| remarkable for| of|:)"
    r"|(?:chronic |active )?(?:conditions|diagnoses|problems|comorbidities) include"
    r"|(?:diagnosed with|suffers from|known to have|carries (?:a )?diagnos[ei]s of)"
    r"|medical problems include"
    r"|(?:man|woman|male|female|gentleman|lady|boy|girl|child|patient|she|he"
    r"|m(?:r|rs|s)\.? [a-z'’-]+)"
    r" (?:with|who has|(?:also )?has|lives with)(?: a)?(?: known)?(?: history of)?)\s*:?\s+",
    re.IGNORECASE,
)
_DRUGS = re.compile(
    r"\b(?:(?:currently |presently |now )?(?:takes|taking|on|prescribed|started on|treated with)"
    r"|(?:current |home |regular )?medications?(?: currently)? (?:include|are|is|includes)"
    r"|medication list includes)\s*:?\s+",
    re.IGNORECASE,
)
_ORDERED = re.compile(
    r"(?:^|[.;:)]\s+)(?:will |to |plan to |we will |please )?(?:continue|start|begin|resume"
    r"|increase|decrease|refill(?:ed)?|prescribe[d]?|add|rx)(?: on| to| with)?:?\s+"
    r"|(?:^|\s)(?:P|Plan|A/P|Rx):\s+(?=[A-Z][a-z-]+\s\d)",
    re.IGNORECASE,
)
_ALLERGIC = re.compile(
    r"\b(?:allergic to|allerg(?:y|ies) to|an allergy to|allergies include)\s*:?\s+", re.IGNORECASE
)
_DENIED = re.compile(r"\b(?:no|denies|without|negative for|not)\b[^.;]{0,40}$", re.IGNORECASE)
_FAMILY = re.compile(
    r"\b(?:family|mother|father|brother|sister|parents?|maternal|paternal|grand\w+)\b[^.;]{0,60}$",
    re.IGNORECASE,
)
_CUT = re.compile(r",\s*(?:and\s+|or\s+)?|;\s*|\s+and\s+|\s+as well as\s+")
_DOSED = re.compile(
    r"^(?P<drug>[A-Za-z][A-Za-z-]+(?:\s[A-Za-z-]+){0,2}?\s\d[\d.,/]*\s?(?:mg|mcg|g|units?|mL|ml|%))"
)
_STOP = re.compile(r"(?<=[a-z)\d])\.(?=\s|$)|;(?=\s)|\s(?:but|who|which|presents|she|he|they)\s")
_LATER = re.compile(
    r"\s+(?:status post|s/p|diagnosed|since|for which|treated|controlled|managed|in \d{4})\b.*"
)


def told(layout: Layout, known: frozenset[str]) -> Iterator[Candidate]:
    """Conditions, medications and allergies of a page's sentences, kinds in ``known`` left out."""
    tokens = [token for line in layout.lines for token in line.tokens]
    text = text_of(tokens)
    if "diagnosis" not in known:
        yield from _conditions(layout, tokens, text)
    if "medication" not in known:
        yield from _medications(layout, tokens, text)
    if "allergy" not in known:
        yield from _allergies(layout, tokens, text)


def _clauses(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int, bool]]:
    """(words before, start, end, family) of each list that a turn of phrase introduces."""
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - 80) : match.end()]
        sentence = re.split(r"(?<=[a-z)])\.\s", before)[-1]
        stop = _STOP.search(text, match.end())
        end = min(stop.start() if stop else len(text), match.end() + 260)
        yield sentence, match.end(), end, _FAMILY.search(sentence) is not None


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    at = start
    for cut in [*_CUT.finditer(text, start, end), None]:
        stop = cut.start() if cut else end
        piece = text[at:stop]
        lead = re.match(r"\s*(?:a history of |history of |the |an? )?", piece)
        shift = lead.end() if lead else 0
        yield at + shift, piece[shift:].strip(" .,;:")
        if cut:
            at = cut.end()


def _conditions(layout: Layout, tokens: list[Token], text: str) -> Iterator[Candidate]:
    for before, start, end, family in _clauses(_HISTORY, text):
        denied = _DENIED.search(before) is not None
        for at, piece in _parts(text, start, end):
            value = _LATER.sub("", piece)
            code = known_condition(value)
            if code is None:
                continue
            extra: dict[str, object] = {
                "negated": denied,
                "context": "family" if family else "patient",
                "code": {
                    "system": "http://hl7.org/fhir/sid/icd-10-cm",
                    "code": code,
                    "confidence": 0.8,
                },
            }
            yield _fact(layout, tokens, "diagnosis", at, value, extra, {"prose": 0.6})


def _medications(layout: Layout, tokens: list[Token], text: str) -> Iterator[Candidate]:
    clauses = [*_clauses(_DRUGS, text), *_clauses(_ORDERED, text)]
    for before, start, end, family in clauses:
        if family or _DENIED.search(before):
            continue
        for at, piece in _parts(text, start, end):
            dosed = _DOSED.match(piece)
            if dosed is not None:
                yield _fact(
                    layout, tokens, "medication", at, dosed.group("drug"), {}, {"prose": 0.6}
                )


def _allergies(layout: Layout, tokens: list[Token], text: str) -> Iterator[Candidate]:
    for before, start, end, family in _clauses(_ALLERGIC, text):
        if family:
            continue
        for at, piece in _parts(text, start, end):
            value = re.split(r"\s*\(|\s(?:which|causing|with|causes)\s", piece)[0]
            if not re.fullmatch(r"[A-Za-z][A-Za-z -]{2,30}", value) or len(value.split()) > 3:
                continue
            denied = _DENIED.search(before) is not None
            yield _fact(layout, tokens, "allergy", at, value, {"negated": denied}, {"prose": 0.8})


def _fact(
    layout: Layout,
    tokens: list[Token],
    name: str,
    start: int,
    value: str,
    extra: dict[str, object],
    features: dict[str, float],
) -> Candidate:
    kept = covering(tokens, start, start + len(value))
    line = next(line.index for line in layout.lines if kept[0] in line.tokens)
    return Candidate(name, value, kept, layout, line, None, features, dict(extra), (), value)
