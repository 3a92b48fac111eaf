"""What can be the name of a test, and what only stands where a name would."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.pipeline.extraction.atoms import Atom
from documents.pipeline.extraction.lines import Token, norm
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.pipeline.extraction.normalise.units import to_ucum

_PROSE = {
    "the",
    "is",
    "are",
    "was",
    "were",
    "if",
    "should",
    "with",
    "this",
    "that",
    "which",
    "been",
    "has",
    "have",
    "may",
    "not",
    "for",
    "than",
    "when",
    "who",
    "from",
    "your",
    "and",
    "or",
    "be",
    "by",
    "as",
    "to",
    "of",
    "in",
    "on",
    "at",
    "a",
    "an",
    "will",
    "can",
    "please",
    "patients",
}
COMMENT = re.compile(
    r"^(?:\*+\s?)?(?:note|comment|comments|interpretation|reference|ref|please|desirable|optimal"
    r"|borderline|near optimal|according|performed|method|source|disclaimer|footnote|see|caution"
    r"|see note|values?|results? (?:of|for)|this test|for|prediabetes|diabetes|increased risk"
    r"|goal|target|guidelines?|recommended|legend|key|h =|l =|page)\b",
    re.IGNORECASE,
)
REJECTED = {
    "page",
    "phone",
    "fax",
    "tel",
    "telephone",
    "dob",
    "date of birth",
    "age",
    "mrn",
    "collected",
    "reported",
    "received",
    "patient",
    "patient name",
    "patient id",
    "accession",
    "specimen",
    "clia",
    "npi",
    "account",
    "room",
    "ssn",
    "zip",
    "suite",
    "ste",
    "po box",
    "box",
    "height",
    "weight",
    "bp",
    "blood pressure",
    "pulse",
    "temperature",
    "temp",
    "total volume",
    "fasting",
    "time",
    "date",
    "printed",
    "ordered",
    "result",
    "results",
    "report",
    "status",
    "sex",
    "gender",
    "order",
    "order number",
    "accession number",
    "version",
    "copy",
    "clia no",
    "total",
    "amount",
    "report date",
    "collection date",
    "date collected",
    "lab",
    "id",
    "no",
    "sample",
    "sample id",
    "client",
    "license",
    "tax id",
    "street",
    "address",
    "ext",
    "bmi",
    "rev",
    "revision",
    "form",
    "value",
    "your value",
    "your result",
    "normal range",
    "reference range",
    "range",
    "test result",
    "ordering physician",
    "ordering provider",
    "physician",
    "provider",
    "facility",
    "doctor",
}


def clean_name(text: str) -> str:
    """A name without leader dots, footnote marks and trailing colons."""
    text = re.sub(r"\.{2,}|_{2,}|…", " ", text)
    text = re.sub(r"\s+", " ", text).strip(" :=*•·|-–")
    return re.sub(r"\s*[¹²³†‡^*]+$", "", text).strip()


def known(name: str) -> float:
    """How well a printed name fits a test of the table (1.0 exact, 0.0 unknown)."""
    return candidates(name)[1]


_BARE_UNITS = {"%", "fl", "pg", "sec", "seconds", "ratio", "index"}  # (Mg) is magnesium


def split_unit(name: tuple[Token, ...]) -> tuple[tuple[Token, ...], Atom | None]:
    """A unit printed behind the name, ``Glucose (mg/dL)`` or ``Glucose, mg/dL``, as an atom."""
    for count in (1, 2, 3):
        if len(name) <= count:
            break
        tail = name[-count:]
        text = " ".join(t.text for t in tail)
        bare = text.strip("()[],")
        bracketed = text[:1] in "([" and text[-1:] in ")]"
        after_comma = name[-count - 1].text.endswith(",")
        if not bracketed and not (after_comma and ("/" in bare or bare == "%")):
            continue
        ucum = to_ucum(bare)
        if ucum is not None and ("/" in bare or bare.lower() in _BARE_UNITS):
            return name[:-count], Atom(
                "unit", bare, tuple(tail), tail[0].x0, tail[-1].x1, 0, ucum=ucum
            )
    return name, None


RANGE_WORDS = re.compile(
    r"\b(?:range|reference|ref|normal|expected|standard|healthy|between|target|interval|goal|limits?"
    r"|valeurs? (?:de )?(?:r[ée]f[ée]rence|usuelles?|normales?)|normes?|intervalle|rango|intervalo"
    r"|valores? (?:de )?(?:referencia|normales?)|referenz(?:bereich|wert)?|normbereich"
    r"|normwert|riferimento|valori)\b",
    re.IGNORECASE,
)
"""What is printed before a range, in the languages of the reports."""


def rejected(name: str) -> bool:
    """Names that head a row of the form, not of the results."""
    key = norm(name)
    return (
        not re.search(r"[a-z]", key)
        or key in REJECTED
        or key.split()[0] in {"page", "phone", "fax", "clia"}
        or len(key) > 70
    )


def prosaic(words: Sequence[str]) -> bool:
    """A sentence rather than a name."""
    folded = [w.lower().strip(".,;()") for w in words]
    common = sum(w in _PROSE for w in folded)
    return (
        (len(words) > 8 and common >= 2)
        or common >= 3
        or (len(words) > 4 and common >= 2 and words[-1].endswith("."))
    )
