"""What the head of a page says without labels: whose paper it is, and when it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.institution import PLACE, bare_name
from documents.pipeline.extraction.lines import Chunk, Layout, Line, norm
from documents.pipeline.extraction.normalise.dates import find_dates, swappable
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.pairs import Labels
from documents.pipeline.extraction.parties import theirs
from documents.pipeline.extraction.persons import like_person
from documents.pipeline.extraction.signers import CREDENTIAL
from documents.pipeline.extraction.typed import covering
from documents.pipeline.types import Locale

_PAYER = re.compile(
    r"\b(insurance|health ?plan|blue ?(?:cross|shield)|aetna|cigna|humana|united ?healthcare|"
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
_HARD_TITLE = re.compile(
    r"\b(report|form|summary|consent|results|card|notice|authorization|release|document|request|"
    r"questionnaire|statement|explanation|record|note|continuity|histor(?:y|ies)|intake|"
    r"acknowledge?ments?|claim|flow ?sheet)\b",
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
_NO_PLACE = re.compile(
    r"\b(urin\w*|panel|metabolic|blood|cbc|lipid|thyroid|h(?:a?e)?matology|chemistry|cultures?|"
    r"microbiology|serology|vitals?|medications?|allergies|problems|dear|your|visit|specimen)\b",
    re.IGNORECASE,
)
"""Words of what is in a paper; only a name that also says what it is may have them."""
_PLACE_ALONE = {
    "reference", "clinical", "care", "family", "group", "practice", "health", "medical", "lab",
    "labs", "laboratory", "hospital", "clinic", "imaging", "radiology", "pathology",
}  # fmt: skip
_PLAN_ALONE = re.compile(
    r"(?:(?:plan|type|network|open|choice|select|plus|care|access|point|of|service|ppo|hmo|epo|pos"
    r"|hdhp|gold|silver|bronze|platinum)(?: |$))+"
)
"""What a plan is called, without who offers it."""
_BESIDE_TITLE = re.compile(
    r"\s[-–—|·•]\s(?:[\w-]+\s){0,3}(?:report|results?|summary|note|form|consent|record)s?$",
    re.IGNORECASE,
)
_STREET_LINE = re.compile(
    r"^\d{1,6}[A-Z]?\s+[A-Z][\w.'’ -]*|\b[A-Z]{2}\s+\d{5}\b|^p\.?\s?o\.? box\b", re.IGNORECASE
)
HEAD_LINES = 9


def facility(layout: Layout, labels: Labels, known: Sequence[Candidate] = ()) -> list[Candidate]:
    """The name of the institution in the head of a page; the patient is none."""
    patients = [c.value for c in known if c.name in ("patient.name", "insurance.subscriber")]
    return _head_name(layout, labels, "facility", PLACE, patients)


def payer(layout: Layout, labels: Labels) -> list[Candidate]:
    """The name of the insurer in the head of a letter or a card."""
    return _head_name(layout, labels, "insurance.payer", _PAYER, ())


def _head_name(
    layout: Layout,
    labels: Labels,
    name: str,
    words: re.Pattern[str],
    patients: Sequence[str],
) -> list[Candidate]:
    found = []
    head = [line for line in layout.lines[:HEAD_LINES] if line.y0 < 0.42 * layout.height]
    if not head:
        return []
    tallest = max(line.height for line in head)
    for line in head:
        for chunk in line.chunks:
            text = bare_name(chunk.text)
            end = chunk.start + len(text.split())
            if any(chunk.start <= la.start < end for la in labels.get(line.index, ())):
                continue
            text = _BESIDE_TITLE.sub("", text)
            addressed = words is PLACE and _over_address(layout, chunk)
            if text in patients or (not words.search(text) and like_person(text)):
                continue
            weight = _head_weight(text, line, tallest, words, addressed=addressed)
            if weight > 0 and not _asked_for(layout, labels, chunk, name):
                found.append(_headed(layout, name, text, chunk, words, weight))
    return sorted(found, key=lambda c: -c.strength)[:1]


def _asked_for(layout: Layout, labels: Labels, chunk: Chunk, name: str) -> bool:
    """Whether a title over the cell, or left of it, says whose name is written there."""
    titled = any(
        abs(label.x0 - chunk.x0) < 3 * layout.char
        and label.field != name
        and label.end == layout.lines[above].chunk_of(label.start).end
        for above in range(max(0, chunk.line - 1), chunk.line)
        for label in labels.get(above, ())
    )
    return titled or theirs(layout, labels, chunk.line, chunk.x0) is not None


def _headed(
    layout: Layout, name: str, text: str, chunk: Chunk, words: re.Pattern[str], weight: float
) -> Candidate:
    """The name without its department; ``weight`` is how much it looked like one."""
    short = _DEPARTMENT.sub("", text)
    if words.search(short) and len(short) >= 4:
        text = short
    doubt = max(0.0, 0.62 - weight) if words.search(text) else 1.0
    if not layout.trusted and _has_neighbour(layout, chunk):
        doubt = 1.0  # the rest of the name, as likely
    tokens = covering(chunk.tokens, 0, len(text))
    return Candidate(name, text, tokens, layout, chunk.line, None, {"guess": doubt}, {}, (), text)


def _has_neighbour(layout: Layout, chunk: Chunk) -> bool:
    """Whether another cell stands so close that an engine may have parted them."""
    return any(
        min(abs(other.x0 - chunk.x1), abs(chunk.x0 - other.x1)) < 6 * layout.char
        for other in layout.lines[chunk.line].chunks
        if other is not chunk
    )


def _over_address(layout: Layout, chunk: Chunk) -> bool:
    """Whether a street or a town with its postal code stands right under the cell, or behind it."""
    if bare_name(chunk.text) != chunk.text:
        return True
    for lower in layout.lines[chunk.line + 1 : chunk.line + 3]:
        below = next((c for c in lower.chunks if abs(c.x0 - chunk.x0) < 2 * layout.char), None)
        if below is not None and _STREET_LINE.search(below.text):
            return True
    return False


def _head_weight(
    text: str, line: Line, tallest: float, words: re.Pattern[str], *, addressed: bool
) -> float:
    """How much a cell looks like the institution's name: its words, size, place and address."""
    count = len(text.split())
    if not 1 <= count <= 8 or _ADDRESS.search(text) or not text[:1].isalpha():
        return 0.0
    if (
        _PLAN_ALONE.fullmatch(norm(text))
        or norm(text).endswith(" name")
        or norm(text) in _PLACE_ALONE
    ):
        return 0.0
    if _HARD_TITLE.search(text) or (_TITLE.search(text) and not words.search(text)):
        return 0.0
    if _EXAM.search(text) and not (_INSTITUTION.search(text) or addressed):
        return 0.0
    if candidates(text)[1] >= 0.95:
        return 0.0
    if not words.search(text) and (re.search(r"\d", text) or _NO_PLACE.search(text)):
        return 0.0
    if CREDENTIAL.search(text) or text.endswith((":", ",")):
        return 0.0
    if text.endswith(".") and not re.search(
        r"\b(?:inc|co|corp|ltd|p\.?c|llc|p\.?a)\.$", text, re.I
    ):
        return 0.0
    weight = 0.35 if words.search(text) else 0.0
    weight += 0.3 if line.height >= 0.85 * tallest else 0.0
    weight += 0.1 if line.index <= 1 else 0.0
    weight += 0.2 if addressed and words.search(text) else 0.0
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


_DEAR = re.compile(r"^Dear\s+(?:Dr|Doctor|Prof|Professor)\b\.?\s+(?P<who>[^,:;]+)[,:;]?$")


def referrer(layout: Layout) -> list[Candidate]:
    """The doctor to whom a report is written as a letter: who asked for it."""
    dear = next((m for line in layout.lines if (m := _DEAR.match(line.text.strip()))), None)
    if dear is None:
        return []
    surname = dear.group("who").split()[-1].casefold()
    for line in layout.lines[:18]:
        for chunk in line.chunks:
            degree = CREDENTIAL.search(chunk.text)
            name = chunk.text[: degree.start()] if degree else chunk.text
            name = re.sub(r"^(?:To:\s*)?(?:Dr|Doctor|Prof)\b\.?\s+", "", name).strip(" ,")
            parts = name.casefold().replace(",", " ").split()
            titled = degree is not None or name != chunk.text.strip(" ,")
            if titled and len(parts) > 1 and surname in parts and like_person(name):
                at = chunk.text.find(name)
                tokens = covering(chunk.tokens, at, at + len(name))
                doubts = {"prose": 0.4}
                return [
                    Candidate(
                        "provider.ordering", name, tokens, layout, line.index, None, doubts, {},
                        (), name,
                    )
                ]  # fmt: skip
    return []


def _under_label(layout: Layout, labels: Labels, chunk: Chunk) -> bool:
    """Whether a label without a value of its own stands over the cell."""
    return any(
        abs(label.x0 - chunk.x0) < 3 * layout.char
        for above in range(max(0, chunk.line - 2), chunk.line)
        for label in labels.get(above, ())
    )


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
                and not CREDENTIAL.search(text)
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
