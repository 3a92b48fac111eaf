"""Names of people: order-free comparison, and whether a text can be a name at all."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

SUFFIXES = {"jr", "sr", "ii", "iii", "iv", "v"}
TITLES = {
    "med",
    "dipl",
    "herr",
    "frau",
    "sra",
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "mx",
    "sir",
    "madam",
}
CREDENTIALS = {
    "md",
    "do",
    "np",
    "pa",
    "pac",
    "rn",
    "phd",
    "dds",
    "dpm",
    "facp",
    "facc",
    "arnp",
    "aprn",
    "fnp",
    "dnp",
    "mbbs",
    "crna",
    "pharmd",
    "lcsw",
    "dmd",
    "dc",
    "od",
    "fnpc",
    "fnpbc",
    "facs",
    "faap",
    "frcr",
    "dabr",
    "msn",
    "cnm",
    "mph",
    "bc",
    "c",
    "pt",
    "dpt",
    "otr",
    "slp",
    "lpn",
    "lmft",
    "lpc",
    "cnp",
    "mhs",
}
_NOT_NAMES = {
    "mri",
    "mra",
    "ultrasound",
    "contrast",
    "without",
    "radiograph",
    "mammogram",
    "mammography",
    "tomography",
    "echocardiogram",
    "date",
    "birth",
    "dob",
    "sex",
    "gender",
    "age",
    "phone",
    "address",
    "id",
    "number",
    "name",
    "mrn",
    "account",
    "provider",
    "physician",
    "team",
    "room",
    "type",
    "status",
    "report",
    "result",
    "results",
    "collected",
    "received",
    "page",
    "of",
    "the",
    "and",
    "to",
    "for",
    "is",
    "was",
    "laboratory",
    "hospital",
    "clinic",
    "insurance",
    "information",
    "none",
    "unknown",
    "relationship",
    "self",
    "spouse",
    "plan",
    "group",
    "member",
    "signature",
    "medical",
    "center",
    "centre",
    "services",
    "male",
    "female",
    "specimen",
    "fasting",
    "ordering",
    "test",
    "final",
    "street",
    "st",
    "ave",
    "avenue",
    "road",
    "suite",
    "health",
    "see",
    "not",
    "no",
    "yes",
    "please",
    "print",
    "last",
    "first",
    "middle",
    "initial",
    "home",
    "work",
    "cell",
    "email",
    "fax",
    "npi",
    "record",
    "with",
    "this",
    "that",
    "has",
    "have",
    "who",
    "your",
    "you",
    "patient",
    "accession",
    "reported",
    "history",
    "summary",
    "visit",
    "discharge",
    "consent",
    "form",
    "payer",
    "claim",
    "department",
    "associates",
    "llc",
    "inc",
    "card",
    "subscriber",
    "dependent",
    "state",
    "city",
    "zip",
    "code",
    "copay",
    "diagnosis",
    "procedure",
    "exam",
    "imaging",
    "radiology",
    "determination",
    "benefit",
    "benefits",
    "adverse",
    "denial",
    "appeal",
    "request",
    "decision",
    "coverage",
    "approval",
    "additional",
    "prior",
    "letter",
    "review",
    "service",
    "referral",
    "consultation",
    "authorization",
    "payment",
    "statement",
    "policy",
    "notification",
    "re",
    "dear",
    "sincerely",
    "claims",
    "records",
    "treatment",
    "follow",
    "up",
    "screening",
    "blood",
    "pressure",
    "heart",
    "vitals",
    "temperature",
    "weight",
    "pulse",
    "allergies",
    "medications",
    "questions",
    "annual",
    "in",
    "on",
    "by",
    "at",
    "from",
    "or",
    "a",
    "an",
    "authorized",
    "representative",
    "primary",
    "secondary",
    "reason",
    "comments",
    "comment",
    "notes",
    "note",
    "units",
    "reference",
    "range",
    "questionnaire",
    "intake",
    "registration",
    "medicine",
    "notice",
    "privacy",
    "practices",
    "agreement",
    "rights",
    "checklist",
    "survey",
    "satisfaction",
    "instructions",
    "education",
    "portal",
    "financial",
    "responsibility",
    "demographics",
    "admission",
    "assessment",
    "evaluation",
    "progress",
    "confidential",
    "release",
    "acknowledgement",
    "acknowledgment",
    "receipt",
    "pharmacy",
    "pediatrics",
    "foundation",
    "trust",
    "institute",
    "network",
    "physicians",
    "specialists",
    "university",
    "resulting",
    "agency",
    "location",
}


def words_of(name: str) -> list[str]:
    """Folded words of a name without titles and credentials; suffixes are kept."""
    text = unicodedata.normalize("NFKD", name)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower().replace("'", "")
    words = re.findall(r"[a-z]+(?:-[a-z]+)*", text.replace(".", ""))
    kept = [w for w in words if w not in TITLES and w not in CREDENTIALS]
    return [w for w in kept if w]


def similarity(one: str, other: str) -> float:
    """0 to 1, blind to order; an initial fits the name it begins; middle names may be missing.

    Suffixes that contradict (Jr against Sr) keep father and son apart.
    """
    a, b = words_of(one), words_of(other)
    suffix_a, suffix_b = set(a) & SUFFIXES, set(b) & SUFFIXES
    a = [w for w in a if w not in SUFFIXES]
    b = [w for w in b if w not in SUFFIXES]
    if not a or not b:
        return 0.0
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    rest, total, weight = list(long), 0.0, 0.0
    for word in sorted(short, key=len, reverse=True):
        best, at = 0.0, -1
        for index, candidate in enumerate(rest):
            score = _word_similarity(word, candidate)
            if score > best:
                best, at = score, index
        importance = 0.4 if len(word) == 1 else 1.0
        total += best * importance
        weight += importance
        if at >= 0 and best > 0.5:
            rest.pop(at)
    score = total / weight if weight else 0.0
    full = sum(1 for w in short if len(w) > 1)
    if full < 2 and len(long) > 1:
        score *= 0.85
    if suffix_a and suffix_b and suffix_a != suffix_b:
        score = min(score, 0.6)
    return score


def _word_similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if len(one) == 1 or len(other) == 1:
        return 0.95 if one[0] == other[0] else 0.0
    if "-" in one or "-" in other:
        parts = [_plain(p, q) for p in one.split("-") for q in other.split("-")]
        return max([0.9 * max(parts), _plain(one.replace("-", ""), other.replace("-", ""))])
    return _plain(one, other)


def _plain(one: str, other: str) -> float:
    ratio = fuzz.ratio(one, other) / 100
    return ratio if ratio >= 0.75 else ratio * 0.5


_TO_BE_DATED = re.compile(r"\b(?:MM|DD|YY(?:YY)?)(?:\s*[.-]?\s*(?:MM|DD|YY(?:YY)?))+\b")
"""What a form prints where a date goes, "MM DD YY"; on a scan its parts run together."""


_PLAN = re.compile(r"\b(?:PPO|HMO|POS|EPO|HDHP|HSA)\b")
"""What an insurer's plan is called by, and nobody."""


def looks_like_name(text: str) -> bool:
    """Two to six alphabetic words, none of them a label's or an institution's."""
    if (
        _PLAN.search(text)
        or re.search(r"\d|[:@/\\_=#&$%]", text)
        or len(text) > 60
        or _TO_BE_DATED.search(text)
    ):
        return False
    raw = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", text)
    words = words_of(text)
    content = [w for w in words if len(w) > 1 and w not in SUFFIXES]
    if not len(content) >= 1 or len(raw) > 9 or len(words) > 6:
        return False
    if any(w in _NOT_NAMES for w in words if len(w) > 1):
        return False
    return all(
        w[0].isupper()
        or w.lower() in TITLES
        or w.lower()
        in {
            "de",
            "la",
            "van",
            "von",
            "der",
            "del",
            "da",
            "di",
            "bin",
            "al",
            "el",
            "y",
            "dos",
            "den",
        }
        for w in raw
    )
