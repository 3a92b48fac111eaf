"""One regular expression a field over lines of text: what a weekend's work would do.

It is the baseline that the extraction is printed beside. It is written against the usual wording
of American papers and was not tuned on the measured documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.pipeline.types import PageText, Word

DAY = (
    r"(?P<value>\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{4}-\d\d-\d\d|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}"
    r"|\d{1,2}[ -][A-Z][a-z]{2}[ -]\d{4})"
)
NAME = r"(?P<value>[A-Z][\w'’-]+,? [A-Z][\w'’.-]*(?: [A-Z][\w'’.-]+)?)"
DATE_FORMS = (
    "%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%Y-%m-%d", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y",
    "%d %b %Y",
)  # fmt: skip
KINDS = {
    "lab": ("reference", "specimen", "collected", "laboratory", "result", "mg/dl"),
    "imaging": ("impression", "findings", "technique", "radiology", "exam"),
    "medical_history": ("history", "referral", "family history", "surgical history"),
    "summary": ("visit", "discharge", "assessment", "plan", "subjective", "chief complaint"),
    "consent_form": ("consent", "signature", "i understand", "i agree"),
    "insurance_card": ("member", "rxbin", "rxpcn", "copay", "group"),
    "claim_form": ("claim", "charges", "insured", "procedures", "cpt"),
    "payer_letter": ("dear", "denied", "appeal", "determination", "sincerely"),
}
FIELDS = tuple(
    (name, re.compile(pattern, re.IGNORECASE if name not in {"patient.name"} else 0))
    for name, pattern in (
        ("patient.name", rf"(?:Patient(?: Name)?|PATIENT(?: NAME)?|Name|Member)\s*:?\s+{NAME}"),
        ("patient.dob", rf"(?:DOB|date of birth|birth date|born)\W*{DAY}"),
        ("patient.sex", r"(?:sex|gender)\W*(?P<value>female|male|[mf])\b"),
        ("patient.mrn", r"(?:MRN|medical record (?:number|no\.?|#))\W*(?P<value>[A-Z\d][\w-]+)"),
        ("patient.phone", r"(?:phone|tel)\W*(?P<value>\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})"),
        ("doc.date_collected", rf"(?:collected|collection date)\W*(?:on )?{DAY}"),
        ("doc.date_reported", rf"(?:reported|report date)\W*{DAY}"),
        ("doc.date_service", rf"(?:date of (?:service|visit|exam)|DOS|visit date)\W*{DAY}"),
        ("doc.date", rf"^\W*(?:date\W*)?{DAY}\W*$"),
        ("insurance.member_id", r"(?:member|subscriber|policy) ?(?:id|#|no\.?|number)\W*"
                                r"(?P<value>[A-Z\d][A-Z\d-]+)"),
        ("insurance.group", r"(?:group|grp)(?: ?(?:no\.?|#|number))?\W*"
                            r"(?P<value>[A-Z\d-]*\d[\w-]*)"),
        ("insurance.rx_bin", r"(?:rx ?)?bin\W*(?P<value>\d{6})"),
        ("insurance.rx_pcn", r"(?:rx ?)?pcn\W*(?P<value>[A-Z\d]+)"),
        ("claim.number", r"claim (?:number|no\.?|#)\W*(?P<value>[A-Z\d][A-Z\d-]+)"),
        ("claim.total", r"total (?:charges?|billed)?\W*(?P<value>[\d,]+\.\d\d)"),
        ("provider.npi", r"NPI\W*(?P<value>\d{10})"),
        ("provider.ordering", rf"(?:ordering|referring) (?:provider|physician)\W*{NAME}"),
        ("imaging.exam", r"(?:exam(?:ination)?|procedure)\s*:\s*(?P<value>.+)$"),
    )
)  # fmt: skip
LAB = re.compile(
    r"^(?P<label>[A-Za-z][A-Za-z0-9 ,()/%.-]*?[A-Za-z)])\s+(?P<value>[<>]?\d+(?:\.\d+)?)"
    r"\s*(?P<flag>H|L|High|Low|\*)?\s+(?:(?P<unit>[A-Za-zµ%][A-Za-z0-9µ%/.^*]*)\s+)?"
    r"(?P<flag2>H|L|High|Low)?\s*(?P<range>[<>]=?\s?\d+(?:\.\d+)?|\d+(?:\.\d+)?\s?[-–]\s?"
    r"\d+(?:\.\d+)?)?"
)
CODED = re.compile(r"(?P<value>[A-Z][A-Za-z ,]+?)\s*[(\[]?(?P<code>[A-TV-Z]\d\d(?:\.\w{1,4})?)\b")
DRUG = re.compile(r"^\W*(?P<value>[A-Z][a-z]+(?: [a-z]+)? \d+(?:\.\d+)? ?(?:mg|mcg|g|units?|mL)\b)")
ALLERGY = re.compile(r"allerg(?:y|ies)\W+(?P<value>[A-Za-z].+)$", re.IGNORECASE)
DATES = {"patient.dob", "doc.date_collected", "doc.date_reported", "doc.date_service", "doc.date"}


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one line; ``text`` joins them with single spaces."""

    page: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def at(self, start: int, end: int) -> list[Word]:
        """The words under these letters of ``text``."""
        out, position = [], 0
        for word in self.words:
            if position < end and position + len(word.text) > start:
                out.append(word)
            position += len(word.text) + 1
        return out


def lines_of(page: PageText) -> list[Line]:
    """Words whose middles are within half a height of each other, left to right."""
    rows: list[list[Word]] = []
    for word in sorted(page.words, key=lambda w: (w.bbox[1] + w.bbox[3]) / 2):
        middle, tall = (word.bbox[1] + word.bbox[3]) / 2, word.bbox[3] - word.bbox[1]
        last = rows[-1][-1] if rows else None
        if last and abs((last.bbox[1] + last.bbox[3]) / 2 - middle) < tall / 2:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [Line(page.number, tuple(sorted(row, key=lambda w: w.bbox[0]))) for row in rows]


def extract_plain(pages: Sequence[PageText]) -> dict[str, Any]:
    """The parts of the contract's object that scoring looks at."""
    lines = [line for page in pages for line in lines_of(page)]
    whole = "\n".join(line.text for line in lines).casefold()
    counts = {kind: sum(word in whole for word in words) for kind, words in KINDS.items()}
    kind = max(counts, key=lambda one: counts[one])
    fields = [*_single(lines), *_lists(lines, kind), *_impression(lines)]
    for number, field in enumerate(fields, 1):
        field["id"] = f"f{number}"
    return {"document": {"kind": {"value": kind if counts[kind] > 1 else "other"}},
            "fields": fields}  # fmt: skip


def _field(name: str, line: Line, match: re.Match[str], **more: Any) -> dict[str, Any]:
    words = line.at(*match.span("value")) or list(line.words)
    value = match["value"].strip(" .;,")
    return {
        "name": name,
        "value": _iso(value) if name in DATES else value,
        "page": line.page,
        "bbox": [
            min(w.bbox[0] for w in words), min(w.bbox[1] for w in words),
            max(w.bbox[2] for w in words), max(w.bbox[3] for w in words),
        ],
        "confidence": round(min(w.score for w in words), 4),
        **more,
    }  # fmt: skip


def _iso(text: str) -> str:
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text.replace(".", ""), form).date().isoformat()
        except ValueError:
            continue
    return text


def _single(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """The first match of every field."""
    for name, pattern in FIELDS:
        for line in lines:
            match = pattern.search(line.text)
            if match:
                yield _field(name, line, match)
                break


def _lists(lines: Sequence[Line], kind: str) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = LAB.match(line.text) if kind == "lab" else None
        if row and (row["unit"] or row["range"]):
            flag = row["flag"] or row["flag2"]
            letter = (flag or "")[:1]
            yield _field(
                "lab", line, row, label=row["label"], unit=row["unit"],
                ref_range=_range(row["range"]) if row["range"] else None,
                flag={"raw": flag, "normalized": letter, "derived": letter} if flag else None,
            )  # fmt: skip
            continue
        if kind in {"summary", "medical_history"}:
            for name, pattern in (("diagnosis", CODED), ("medication", DRUG)):
                if match := pattern.search(line.text):
                    code = {"code": match["code"]} if name == "diagnosis" else None
                    yield _field(name, line, match, code=code)
            if match := ALLERGY.search(line.text):
                yield _field("allergy", line, match)


def _range(raw: str) -> dict[str, Any]:
    numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", raw)]
    if raw[0] in "<>":
        low, high = (None, numbers[0]) if raw[0] == "<" else (numbers[0], None)
    else:
        low, high = numbers[0], numbers[-1]
    return {"raw": raw, "low": low, "high": high}


def _impression(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """What follows the heading, up to the next one."""
    for index, line in enumerate(lines):
        if not re.match(r"\W*impression\b", line.text, re.IGNORECASE):
            continue
        words = list(line.words[1:])
        for more in lines[index + 1 : index + 6]:
            if re.match(r"[A-Z][A-Za-z ]+:", more.text) or "sign" in more.text.lower():
                break
            words += more.words
        if words:
            joined = Line(line.page, tuple(words))
            match = re.match(r"(?P<value>.+)", joined.text)
            if match:
                yield _field("imaging.impression", joined, match)
        return
