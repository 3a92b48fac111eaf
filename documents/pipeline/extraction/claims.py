"""Claim forms: diagnosis boxes, service lines and what they add up to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.pipeline.extraction.conditions import ICD10
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.items import is_checked, is_unchecked
from documents.pipeline.extraction.lines import Layout, Line, Token, norm
from documents.pipeline.extraction.normalise.dates import find_dates
from documents.pipeline.extraction.typed import covering
from documents.pipeline.types import Locale

_CPT = re.compile(r"^(?:\d{5}|\d{4}[FTU]|[A-V]\d{4})$")
_MONEY = re.compile(r"\$?\s?(\d{1,3}(?:,\d{3})+|\d+)[. ](\d\d)$")
_DIAGNOSIS = re.compile(r"\b(?:diagnos[ie]s|icd|dx|nature of illness|21)\b", re.IGNORECASE)
_SERVICE = re.compile(
    r"(?:date|dates?|from|dos).*?(?:service|cpt|hcpcs|code|procedure)|(?:cpt|hcpcs|service code|"
    r"procedure code).*(?:charge|amount|fee|units)",
    re.IGNORECASE,
)


def claim_lines(layout: Layout, locale: Locale) -> list[Candidate]:
    """Diagnosis codes, procedure codes with charges, and the first date of service."""
    found: list[Candidate] = []
    found.extend(_diagnoses(layout))
    found.extend(_services(layout, locale))
    return found


def _diagnoses(layout: Layout) -> Iterator[Candidate]:
    """ICD-10 codes on or within three lines under a diagnosis label."""
    seen: set[str] = set()
    reach = -10
    for line in layout.lines:
        if _DIAGNOSIS.search(line.text):
            reach = line.index
        if _SERVICE.search(line.text):
            continue
        left_open = _open_boxes(line)
        for index, token in enumerate(line.tokens):
            ticked = index > 0 and is_checked(line.tokens[index - 1].text)
            if token in left_open or (line.index - reach > 3 and not ticked):
                continue
            text = re.sub(r"^[A-L][.)]", "", token.text.strip(" ,;()[]"))
            match = ICD10.fullmatch(text)
            if match and not _CPT.match(text) and text not in seen:
                seen.add(text)
                yield Candidate(
                    "diagnosis",
                    text,
                    (token,),
                    layout,
                    line.index,
                    "Diagnosis",
                    {} if "." in text or len(text) == 3 else {"weak_type": 0.4},
                    {
                        "code": {
                            "system": "http://hl7.org/fhir/sid/icd-10-cm",
                            "code": text,
                            "confidence": 0.98,
                        },
                        "value_type": "code",
                    },
                    (),
                    text,
                )


def _open_boxes(line: Line) -> frozenset[Token]:
    """Words that follow an empty box: a superbill prints every code and ticks those that apply."""
    out: set[Token] = set()
    empty = False
    for token in line.tokens:
        if is_checked(token.text):
            empty = False
        elif is_unchecked(token.text):
            empty = True
        elif empty:
            out.add(token)
    return frozenset(out)


def _services(layout: Layout, locale: Locale) -> Iterator[Candidate]:
    """Rows with a date of service and a procedure code; the charge is the amount in the row."""
    dated = False
    header: Line | None = None
    for line in layout.lines:
        if _SERVICE.search(line.text):
            header = line
        left_open = _open_boxes(line)
        code = next(
            (t for t in line.tokens if _CPT.match(t.text.strip(",;")) and t not in left_open), None
        )
        dates = find_dates(line.text, locale) or find_dates(_spelled(line.text), locale)
        amount = _amount(line)
        if code is None or (header is None and amount is None) or not (dates or amount):
            continue
        if re.search(r"\b(?:zip|box|street|suite|npi|phone|fax|address)\b", norm(line.text)):
            continue
        if dates and not dated:
            dated = True
            first = dates[0]
            raw = first.raw
            if raw not in line.text:
                raw = raw.replace("/", " ")
            start = line.text.find(raw)
            yield Candidate(
                "doc.date_service",
                first.iso,
                covering(line.tokens, start, start + len(raw)),
                layout,
                line.index,
                "Date of service",
                {"far_value": 0.1},
                {"value_type": "date", "effective_date": first.iso},
                (),
                raw,
            )
        yield Candidate(
            "procedure",
            code.text.strip(",;"),
            (code,),
            layout,
            line.index,
            "Service code",
            {},
            {
                "value_type": "code",
                "value_num": amount,
                "effective_date": dates[0].iso if dates else None,
                "code": {
                    "system": "http://www.ama-assn.org/go/cpt",
                    "code": code.text.strip(",;"),
                    "confidence": 0.95,
                },
            },
            (),
            code.text.strip(",;"),
        )


def _spelled(text: str) -> str:
    """Date boxes ``07 10 26`` with slashes."""
    return re.sub(r"^(\d\d) (\d\d) (\d\d)\b", r"\1/\2/\3", text)


def _amount(line: Line) -> float | None:
    """The last amount of money in a row; cents may stand in a column of their own."""
    tokens: tuple[Token, ...] = line.tokens
    for index in range(len(tokens) - 1, -1, -1):
        match = _MONEY.match(tokens[index].text)
        if match is None and index and re.fullmatch(r"\d\d", tokens[index].text):
            match = _MONEY.match(f"{tokens[index - 1].text} {tokens[index].text}")
        if match is not None:
            return float(match.group(1).replace(",", "") + "." + match.group(2))
    return None
