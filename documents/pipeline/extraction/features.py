"""What speaks for and against a value besides its own evidence: its page, its document, its kin.

The readers put into ``Field.features`` what they saw of the value itself (a doubtful label, a
missing unit). Here stand the doubts that show only beside everything else found: results out of
their column, units on the page that no result was read for, a document whose patient was not
found. Every feature is a doubt, 0 (none) to about 1, so that a fit can be held to never trust a
value more because of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from documents.pipeline.types import Field, PageText, Word

FAMILIES = {
    "patient": "identity",
    "doc": "dates",
    "provider": "provider",
    "facility": "provider",
    "lab": "lab",
    "vital": "vital",
    "diagnosis": "clinical",
    "medication": "clinical",
    "allergy": "clinical",
    "procedure": "clinical",
    "immunization": "clinical",
    "imaging": "imaging",
    "insurance": "insurance",
    "claim": "insurance",
}
OWN_DOUBTS = {"engine_doubt", "recognised"}
UNIT = re.compile(
    r"^(?:[munpk]?g|[munpfd]?mol|m?[IU]{1,2}|mEq|cells|Tsd|Mio|10[*^]?\d|x10[*^E]?\d+|K|G|T|M)/"
    r"[A-Za-zµμ]+\S*$|^(?:%|fL|pg|mmHg)$",
    re.IGNORECASE,
)
UNIT_IN = re.compile(r"\b(?:[munp]?g|mmol|[umn]?mol|m?U|IU)/[dmu]?L\b", re.IGNORECASE)
LABELLED = ("patient.", "doc.", "insurance.", "claim.")
STRAY = 0.04  # of the page's width between the middles of values of one column
POOR_DPI = 150.0
FEW_KIN = 3  # undoubted kin that every value is given, so that one bad neighbour says little


def family_of(name: str) -> str:
    """The group of field names that share habits of being right."""
    return FAMILIES.get(name.partition(".")[0], "other")


def in_context(
    fields: Sequence[Field],
    pages: Sequence[PageText],
    *,
    kind: str,
    kind_confidence: float,
    language: str,
) -> list[Field]:
    """The fields of a document with what the rest of it says of each."""
    by_number = {page.number: page for page in pages}
    on_page: dict[int | None, list[Field]] = {}
    for field in fields:
        on_page.setdefault(field.page, []).append(field)
    whole = _document(fields, kind, kind_confidence, language)
    of_pages = {number: _page(by_number[number]) for number in on_page if number in by_number}
    columns = {number: _lab_page(found, by_number.get(number or 0))
               for number, found in on_page.items()}  # fmt: skip
    text = {number: Counter(w.text.strip(".,:;()") for w in by_number[number].words)
            for number in of_pages}  # fmt: skip
    kin = _kin(fields)
    dates = [f for f in fields if f.name.startswith("doc.date") or f.name.endswith("dob")]
    out = []
    for field in fields:
        page = by_number.get(field.page or 0)
        total, count = kin[family_of(field.name)]
        others = (total - _own_doubt(field)) / (count - 1 + FEW_KIN)
        more = {**whole, **of_pages.get(field.page or 0, {}), "kin_doubt": min(1.0, others)}
        if page is not None:
            more |= _place(field, page, text[page.number])
        if field.name == "lab":
            more |= columns[field.page] | _lab(field, on_page[field.page])
        more |= _said(field, dates)
        kept = {name: round(value, 3) for name, value in more.items() if value > 0}
        out.append(replace(field, features={**field.features, **kept}))
    return out


def _document(
    fields: Sequence[Field], kind: str, kind_confidence: float, language: str
) -> dict[str, float]:
    names = {f.name for f in fields if f.value is not None and f.context == "patient"}
    who = bool(names & {"patient.name", "insurance.subscriber"})
    return {
        "kind_doubt": 1.0 if kind == "other" else 1.0 - kind_confidence,
        "no_name": float(not who),
        "no_birth": float(not names & {"patient.dob", "patient.mrn", "insurance.member_id"}),
        "foreign": float(language not in ("", "en")),
        "little": 1.0 / len(fields) if fields else 1.0,
    }


def _page(page: PageText) -> dict[str, float]:
    """How well the page could be read at all."""
    read = [word for word in page.words if word.source == "ocr"]
    if not read:
        return {"layer_doubt": float(page.text_layer == "untrusted")}
    mean = sum(1.0 - word.score for word in read) / len(read)
    weak = sum(word.score < 0.8 for word in read) / len(read)
    dpi = page.quality.get("dpi", POOR_DPI)
    return {
        "page_doubt": min(2.0, mean / 0.1),
        "weak_words": min(1.0, weak * 4),
        "coarse": min(1.0, max(0.0, (POOR_DPI - dpi) / 60)),
        "skewed": min(1.0, abs(page.quality.get("skew_deg", 0.0)) / 5),
    }


def _lab_page(found: Sequence[Field], page: PageText | None) -> dict[str, float]:
    """Whether the results found are all that the page seems to hold, and complete ones."""
    labs = [field for field in found if field.name == "lab"]
    if not labs or page is None:
        return {}
    units = sum(bool(UNIT.match(w.text) or UNIT_IN.search(w.text)) for w in page.words)
    with_unit = sum(field.unit is not None for field in labs)
    return {
        "unexplained": max(0.0, 1.0 - len(labs) / units) if units else 0.0,
        "few": 1.0 / len(labs),
        "kin_without_range": sum(field.ref_range is None for field in labs) / len(labs),
        "kin_without_unit": 1.0 - with_unit / len(labs),
    }


def _lab(field: Field, found: Sequence[Field]) -> dict[str, float]:
    """One result beside its neighbours, and what its own row proves."""
    labs = [f for f in found if f.name == "lab" and f.bbox]
    middles = [(f.bbox[0] + f.bbox[2]) / 2 for f in labs if f.bbox and f is not field]
    own = (field.bbox[0] + field.bbox[2]) / 2 if field.bbox else 0.0
    near = sum(abs(own - other) < STRAY for other in middles)
    ranged = sum(f.ref_range is not None for f in labs) * 2 > len(labs)
    united = sum(f.unit is not None for f in labs) * 2 > len(labs)
    flag = field.flag or {}
    proved = field.ref_range is not None and field.value_num is not None
    said = flag.get("raw") and flag.get("derived")
    return {
        "stray": 1.0 - near / len(middles) if middles else 0.5,
        "odd_range": float(ranged and field.ref_range is None),
        "odd_unit": float(united and field.unit is None),
        "unproved": 0.0 if said else 0.5 if proved else 1.0,
        "uncoded": float(field.code is None),
        "odd_label": float(_odd_label(field.label)),
        "comparator": float(field.comparator is not None),
    }


def _odd_label(label: str | None) -> bool:
    """A test's name that is a unit, a number or a sentence."""
    if not label:
        return True
    words = label.split()
    digits = sum(c.isdigit() for c in label)
    return bool(UNIT.match(label) or UNIT_IN.search(label)) or len(words) > 7 or digits > 3


def _own_doubt(field: Field) -> float:
    """The largest doubt that the value's reader had."""
    return max((v for k, v in field.features.items() if k not in OWN_DOUBTS), default=0.0)


def _kin(fields: Sequence[Field]) -> dict[str, tuple[float, int]]:
    """Sum and number of the doubts of each family: mistakes come in company."""
    out: dict[str, tuple[float, int]] = {}
    for field in fields:
        total, count = out.get(family_of(field.name), (0.0, 0))
        out[family_of(field.name)] = (total + _own_doubt(field), count + 1)
    return out


def _place(field: Field, page: PageText, text: Counter[str]) -> dict[str, float]:
    """Print larger or smaller than the page's, at its edge, and nowhere repeated."""
    if field.bbox is None:
        return {}
    inside = [w for w in page.words if _within(w, field.bbox)]
    heights = [w.bbox[3] - w.bbox[1] for w in page.words]
    usual = median(heights) if heights else 0.0
    own = median(w.bbox[3] - w.bbox[1] for w in inside) if inside else usual
    ratio = own / usual if usual else 1.0
    out = {
        "odd_size": min(1.0, max(0.0, abs(ratio - 1.0) - 0.25)),
        "edge": float(min(field.bbox[0], field.bbox[1]) < 0.02 or field.bbox[3] > 0.97),
    }
    if field.name in ("patient.name", "patient.dob", "patient.mrn", "facility"):
        last = max((w.text.strip(".,:;()") for w in inside), key=len, default="")
        out["seen_once"] = float(text[last] < 2)
    return out


def _within(word: Word, box: tuple[float, float, float, float]) -> bool:
    x, y = (word.bbox[0] + word.bbox[2]) / 2, (word.bbox[1] + word.bbox[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _said(field: Field, dates: Sequence[Field]) -> dict[str, float]:
    """The value's own form: no label where there should be one, too many or too few words."""
    value = field.value or ""
    words = len(value.split())
    out = {"unlabelled": float(field.label is None and field.name.startswith(LABELLED))}
    if field.name == "patient.name" or field.name.startswith("provider.") or (
        field.name == "insurance.subscriber"
    ):  # fmt: skip
        out["odd_words"] = float(words < 2 or words > 4)
    elif field.name in ("diagnosis", "medication", "allergy", "procedure"):
        out["odd_words"] = float(words > 7)
        out["uncoded"] = float(field.code is None and field.name == "diagnosis")
    elif field.name.endswith(("member_id", ".mrn", ".number", ".group", ".accession")):
        out["odd_words"] = float(not any(c.isdigit() for c in value) or len(value) < 4)
    if field.name.startswith("doc.date"):
        days = {f.value for f in dates if f.name.startswith("doc.date") and f.value}
        born = {f.value for f in dates if f.name.endswith("dob") and f.value}
        years = sorted(day[:4] for day in days if day)
        out["odd_day"] = float(
            value in born or (len(years) > 1 and value[:4] != years[len(years) // 2])
        )
    return out
