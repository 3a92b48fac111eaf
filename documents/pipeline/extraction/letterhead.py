"""What a page says without labels: who wrote it at its head, when, and who signed at its foot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.pipeline.extraction.beside import like_person
from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Chunk, Layout, Line, norm
from documents.pipeline.extraction.normalise.dates import find_dates, swappable
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.typed import covering
from documents.pipeline.types import Locale

PLACE = re.compile(
    r"\b(laborator\w+|labs?|hospital|clinic|medical|health\w*|imaging|radiology|center|centre|"
    r"medicine|associates|physicians|diagnostics?|pathology|care|institute|family|group|practice|"
    r"mri|x-ray|university|pediatrics|cardiology|orthop\w+|labor|klinik|praxis|laboratorio|"
    r"scan|reference|clinical|specialists|partners|wellness|surgery|surgical|urgent)\b",
    re.IGNORECASE,
)
_PAYER = re.compile(
    r"\b(insurance|health ?plan|blue (?:cross|shield)|aetna|cigna|humana|united ?healthcare|"
    r"medicare|medicaid|benefit\w*|assurance|mutual|life|advantage|kaiser|anthem|fund|plan|care"
    r"|tricare|molina|centene|health|oscar|ambetter|hmo|ppo|company|payer)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(report|results?|form|summary|consent|statement|letter|notice|page|request|fax|card|"
    r"certificate|history|record|note|requisition|acknowledg\w+|authorization|explanation|final|"
    r"confidential|copy|identification|referral|claim|discharge|visit|denial|approval|panel|"
    r"questionnaire|chart|cumulative|befund\w*|patient|department of)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\d{5}|\(\d{3}\)|\b\d{3}[-.]\d{4}\b|^\d+\s.*\b(?:street|st|ave|avenue|road|rd|blvd|drive|dr|"
    r"lane|parkway|court)\b|\b(?:suite|ste|tel|fax|phone|p\.?o\.? box|www)\b\.?|@|:",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r",?\s(?:M\.?D\.?|D\.?O\.?|N\.?P\.?|P\.?A\.?(?:-C)?|Ph\.?D\.?|FNP|APRN|DPM|MBBS|DNP|CNM|ARNP)"
    r"(?:[,\s]+[A-Z][A-Za-z.-]{1,6})*\b"
)
_SIGNED = re.compile(
    r"(?:electronically )?(?:signed|authenticated|approved|finalized|verified|dictated|interpreted|"
    r"read|reviewed|authored|attested)(?: and \w+)?(?: electronically)? by:?\s+",
    re.IGNORECASE,
)
_HARD_TITLE = re.compile(
    r"\b(report|form|summary|consent|results|card|notice|authorization|release|document|request|"
    r"questionnaire|statement|explanation|record|note|continuity)\b",
    re.IGNORECASE,
)
_EXAM = re.compile(
    r"\b(mri|mra|ct|cta|x-?ray|xr|ultrasound|mammogra\w+|sonogra\w+|echocardiogra\w+|dexa|pet|"
    r"radiograph\w*|spine|chest|abdomen|pelvis|knee|shoulder|contrast|\d views?)\b",
    re.IGNORECASE,
)
_INSTITUTION = re.compile(
    r"\b(hospital|clinic|center|centre|associates|group|radiology|imaging|laborator\w+|institute|"
    r"university|partners|services|inc|llc|physicians|specialists)\b",
    re.IGNORECASE,
)
_DEPARTMENT = re.compile(
    r"\s*(?:[-–—|·,]|,)\s*(?:department of .*|dept\.? of .*|(?:diagnostic )?(?:radiology|imaging)"
    r"(?: department| services)?|(?:clinical )?laborator(?:y|ies)(?: services| department)?|"
    r"pathology(?: department)?|emergency department|outpatient clinic)$",
    re.IGNORECASE,
)
_SIGNED_ALONE = re.compile(r"^(?:this document was )?(?:electronically|digitally) signed(?! by)\b")
_PLACE_ALONE = {"reference", "clinical", "care", "family", "group", "practice", "health", "medical"}
_BESIDE_TITLE = re.compile(
    r"\s[-–—|·•]\s(?:[\w-]+\s){0,3}(?:report|results?|summary|note|form|consent|record)s?$",
    re.IGNORECASE,
)
HEAD_LINES = 9


def facility(layout: Layout, labels: Labels) -> list[Candidate]:
    """The name of the institution in the head of a page."""
    return _head_name(layout, labels, "facility", PLACE)


def payer(layout: Layout, labels: Labels) -> list[Candidate]:
    """The name of the insurer in the head of a letter or a card."""
    return _head_name(layout, labels, "insurance.payer", _PAYER)


def _head_name(
    layout: Layout, labels: Labels, name: str, words: re.Pattern[str]
) -> list[Candidate]:
    found = []
    head = [line for line in layout.lines[:HEAD_LINES] if line.y0 < 0.42 * layout.height]
    if not head:
        return []
    tallest = max(line.height for line in head)
    for line in head:
        for chunk in line.chunks:
            if any(chunk.start <= la.start < chunk.end for la in labels.get(line.index, ())):
                continue
            weight = _head_weight(chunk, line, tallest, words, layout)
            if weight > 0:
                text = _BESIDE_TITLE.sub("", _DEPARTMENT.sub("", chunk.text))
                if not words.search(text) or len(text) < 4:
                    text = chunk.text
                found.append(
                    Candidate(
                        name,
                        text,
                        covering(chunk.tokens, 0, len(text)),
                        layout,
                        line.index,
                        None,
                        {"guess": max(0.0, 0.62 - weight) if words.search(chunk.text) else 1.0},
                        {},
                        (),
                        text,
                    )
                )
    return sorted(found, key=lambda c: -c.strength)[:1]


def _head_weight(
    chunk: Chunk, line: Line, tallest: float, words: re.Pattern[str], layout: Layout
) -> float:
    """How much a cell looks like the institution's name: its words, size and place."""
    text = _BESIDE_TITLE.sub("", chunk.text)
    count = len(text.split())
    if not 1 <= count <= 8 or _ADDRESS.search(text) or not text[:1].isalpha():
        return 0.0
    if norm(text).endswith(" name") or norm(text) in _PLACE_ALONE:
        return 0.0
    if _HARD_TITLE.search(text) or (_TITLE.search(text) and not words.search(text)):
        return 0.0
    if _EXAM.search(text) and not _INSTITUTION.search(text):
        return 0.0
    if candidates(text)[1] >= 0.95:
        return 0.0
    if _CREDENTIAL.search(text) or text.endswith((":", ",")):
        return 0.0
    if text.endswith(".") and not re.search(
        r"\b(?:inc|co|corp|ltd|p\.?c|llc|p\.?a)\.$", text, re.I
    ):
        return 0.0
    weight = 0.35 if words.search(text) else 0.0
    weight += 0.3 if line.height >= 0.85 * tallest else 0.0
    weight += 0.1 if line.index <= 1 else 0.0
    return weight if weight >= 0.35 else 0.0


_TIME_ONLY = re.compile(r"[\s,.;]*(?:at\s)?(?:\d{1,2}:\d\d(?::\d\d)?\s?(?:[ap]\.?m\.?)?)?", re.I)


def letter_date(
    layout: Layout,
    labels: Labels,
    locale: Locale,
    known: Sequence[Candidate],
    *,
    contested: bool,
) -> list[Candidate]:
    """A line that is nothing but a date in the upper part of a page, and nobody else's."""
    taken = {token for candidate in known for token in candidate.tokens}
    for line in layout.lines[:16]:
        if line.index in labels or line.y0 > 0.4 * layout.height:
            continue
        for chunk in line.chunks:
            if len(line.chunks) > 1 and line.y0 > 0.15 * layout.height:
                continue
            if chunk.tokens[0] in taken or _under_label(layout, labels, chunk):
                continue
            dates = find_dates(chunk.text, locale)
            if dates and dates[0].start == 0 and _TIME_ONLY.fullmatch(chunk.text[dates[0].end :]):
                found = dates[0]
                ambiguous = contested and swappable(found)
                return [
                    Candidate(
                        "doc.date",
                        found.iso,
                        chunk.tokens,
                        layout,
                        line.index,
                        None,
                        {"far_value": 0.2, **({"ambiguous": 1.0} if ambiguous else {})},
                        {"value_type": "date", "effective_date": found.iso},
                        ("ambiguous_date",) if ambiguous else (),
                        found.raw,
                    )
                ]
    return []


def _under_label(layout: Layout, labels: Labels, chunk: Chunk) -> bool:
    """Whether a label without a value of its own stands over the cell."""
    return any(
        abs(label.x0 - chunk.x0) < 3 * layout.char
        for above in range(max(0, chunk.line - 2), chunk.line)
        for label in labels.get(above, ())
    )


def signer(layout: Layout) -> Iterator[Candidate]:
    """ "Electronically signed by NAME", or a name with a degree after the closing words."""
    closing = None
    for line in layout.lines:
        match = _SIGNED.search(line.text)
        if match:
            made = _name_after(layout, line, match.end(), 0.0)
            if made is not None:
                yield made
        if re.search(
            r"^(?:sincerely|regards|best regards|respectfully|kind regards|yours)"
            r"|\b(?:sincerely|regards|respectfully|truly|faithfully)(?: yours)?$",
            norm(line.text),
        ):
            closing = line.index
        elif closing is not None and line.index - closing <= 4:
            chunk = line.chunks[0]
            degree = _CREDENTIAL.search(chunk.text)
            if degree and looks_like_name(chunk.text[: degree.start()]):
                yield Candidate(
                    "provider.author",
                    chunk.text,
                    chunk.tokens,
                    layout,
                    line.index,
                    None,
                    {"far_value": 0.2},
                    {},
                    (),
                    chunk.text,
                )
                closing = None
        if line.index > 6:
            yield from _over_role(layout, line)


def _name_after(layout: Layout, line: Line, start: int, doubt: float) -> Candidate | None:
    text = line.text[start:]
    stop = re.search(r"\s(?:on|at)\s|\d|\(|;|\||\s-\s", text)
    text = (text[: stop.start()] if stop else text).strip(" ,.")
    degree = _CREDENTIAL.search(text)
    name = text[: degree.start()] if degree else text
    if not looks_like_name(name):
        return None
    at = line.text.find(text, start)
    return Candidate(
        "provider.author",
        text,
        covering(line.tokens, at, at + len(text)),
        layout,
        line.index,
        "signed by",
        {"far_value": doubt},
        {},
        (),
        text,
    )


def _over_role(layout: Layout, line: Line) -> Iterator[Candidate]:
    """A name on the line above "Radiologist" or "Electronically signed"."""
    for chunk in line.chunks:
        signed = _SIGNED_ALONE.match(norm(chunk.text)) is not None
        if not signed and norm(chunk.text) not in {
            "attending physician",
            "radiologist",
            "attending",
            "physician",
            "pathologist",
            "laboratory director x",
            "discharging physician",
        }:
            continue
        for upper in reversed(layout.lines[max(0, line.index - 2) : line.index]):
            for cell in upper.chunks:
                degree = _CREDENTIAL.search(cell.text)
                if (
                    degree
                    and abs(cell.x0 - chunk.x0) < 12 * layout.char
                    and looks_like_name(cell.text[: degree.start()])
                ):
                    yield Candidate(
                        "provider.author",
                        cell.text,
                        cell.tokens,
                        layout,
                        upper.index,
                        chunk.text,
                        {"far_value": 0.3},
                        {},
                        (),
                        cell.text,
                    )
                    return


def without_header_repeats(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Only the first page's letterhead counts."""
    first = min((c.layout.page for c in candidates), default=0)
    return [c for c in candidates if c.layout.page == first]


def person(layout: Layout, labels: Labels, known: Sequence[Candidate]) -> list[Candidate]:
    """A name without a label near the top of a page; never certain enough to file by."""
    taken = {token for candidate in known for token in candidate.tokens}
    for line in layout.lines[:6]:
        if line.y0 > 0.15 * layout.height:
            break
        for chunk in line.chunks:
            text = chunk.text
            if (
                2 <= len(chunk.tokens) <= 5
                and like_person(text)
                and candidates(text)[1] < 0.9
                and not PLACE.search(text)
                and not _CREDENTIAL.search(text)
                and not _TITLE.search(text)
                and not _PAYER.search(text)
                and not _ADDRESS.search(text)
                and chunk.tokens[0] not in taken
            ):
                return [
                    Candidate(
                        "patient.name",
                        text,
                        chunk.tokens,
                        layout,
                        line.index,
                        None,
                        {"guess": 1.0},
                        {},
                        (),
                        text,
                    )
                ]
    return []
