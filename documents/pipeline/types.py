"""The values that travel between the stages of reading a document.

Every box is ``(x0, y0, x1, y1)`` in fractions of the page as it is displayed (after its
rotation), origin at the top left; pages count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

SCHEMA_VERSION = "1.0"
PIPELINE_VERSION = "2026.11"

Box = tuple[float, float, float, float]
TextLayer = Literal["trusted", "untrusted", "absent"]
Source = Literal["pdf", "ocr", "docx", "person", "model"]


class Rejected(Exception):
    """The file cannot be read, now or later; ``message`` is written for a receptionist.

    ``code`` is one of empty_file, corrupt_file, unsupported_type, resource_limit,
    too_many_pages, image_too_large.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NeedsPassword(Exception):
    """The file is encrypted for reading and no password, or a wrong one, was given."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the child process that opens a file."""

    wall_seconds: float = 40.0
    cpu_seconds: int = 30
    memory_bytes: int = 1_500_000_000
    max_pages: int = 200
    max_pixels: int = 60_000_000


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters without a gap; ``score`` is the engine's own, 1.0 for a text layer."""

    text: str
    bbox: Box
    score: float = 1.0
    source: Source = "pdf"

    def as_list(self) -> list[Any]:
        """Compact JSON form: [text, x0, y0, x1, y1, score, source]."""
        return [self.text, *(round(v, 5) for v in self.bbox), round(self.score, 4), self.source]

    @classmethod
    def from_list(cls, row: list[Any]) -> Word:
        """Inverse of :meth:`as_list`."""
        text, x0, y0, x1, y1, score, source = row
        return cls(text, (x0, y0, x1, y1), score, source)


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """A page after opening: its words if the file has trustworthy ones, else an image to read.

    ``width`` and ``height`` are in points for PDF pages and pixels for pictures, as displayed.
    ``widgets`` are filled form fields [(name, value, box)].
    """

    number: int
    width: float
    height: float
    text_layer: TextLayer
    words: tuple[Word, ...] = ()
    image: Path | None = None
    dpi: float | None = None
    widgets: tuple[tuple[str, str, Box], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What the child process found; ``flags`` such as active_content, repaired, attachments.

    ``pending`` are the numbers of pages whose pictures were not asked for yet.
    """

    mime: str
    pages: tuple[OpenedPage, ...]
    flags: tuple[str, ...] = ()
    pdf_info: dict[str, str] = field(default_factory=dict)
    pending: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as read: the only input of extraction, stored so that it can be repeated."""

    number: int
    width: float
    height: float
    text_layer: TextLayer
    words: tuple[Word, ...]
    quality: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON form, words compact."""
        return {
            "number": self.number,
            "width": self.width,
            "height": self.height,
            "text_layer": self.text_layer,
            "words": [word.as_list() for word in self.words],
            "quality": self.quality,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PageText:
        """Inverse of :meth:`as_dict`."""
        return cls(
            number=data["number"],
            width=data["width"],
            height=data["height"],
            text_layer=data["text_layer"],
            words=tuple(Word.from_list(row) for row in data["words"]),
            quality=data["quality"],
        )


@dataclass(frozen=True, slots=True)
class Locale:
    """How ambiguous writing is read: ``day_first`` for dates, ``decimal_comma`` for numbers."""

    language: str = "en"
    day_first: bool = False
    decimal_comma: bool = False
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One fact with its evidence; the shape of ``extracted.fields[]``."""

    id: str
    name: str
    value: str | None
    page: int | None = None
    bbox: Box | None = None
    excerpt: str | None = None
    confidence: float = 0.0
    group: str | None = None
    label: str | None = None
    code: dict[str, Any] | None = None
    value_num: float | None = None
    comparator: str | None = None
    value_type: str = "string"
    unit: str | None = None
    unit_ucum: str | None = None
    ref_range: dict[str, Any] | None = None
    flag: dict[str, Any] | None = None
    effective_date: str | None = None
    negated: bool = False
    context: str = "patient"
    source: Source = "pdf"
    warnings: tuple[str, ...] = ()
    features: dict[str, float] = field(default_factory=dict)

    def warned(self, code: str) -> Field:
        """The same field carrying one more warning code."""
        return self if code in self.warnings else replace(self, warnings=(*self.warnings, code))

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON object; ``features`` stay inside the pipeline."""
        return {
            "id": self.id,
            "name": self.name,
            "group": self.group,
            "label": self.label,
            "code": self.code,
            "value": self.value,
            "value_num": self.value_num,
            "comparator": self.comparator,
            "value_type": self.value_type,
            "unit": self.unit,
            "unit_ucum": self.unit_ucum,
            "ref_range": self.ref_range,
            "flag": self.flag,
            "effective_date": self.effective_date,
            "negated": self.negated,
            "context": self.context,
            "confidence": round(self.confidence, 4),
            "page": self.page,
            "bbox": [round(v, 5) for v in self.bbox] if self.bbox else None,
            "excerpt": self.excerpt,
            "source": self.source,
            "warnings": list(self.warnings),
            "review": {"state": "none", "by": None, "at": None, "original": None},
        }


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive pages that are one document of one kind; ``starts`` is why it begins there."""

    id: int
    kind: str
    pages: tuple[int, int]
    confidence: float
    starts: str = ""
    cover: bool = False
    other_patient: bool = False


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """What the chart says of the patient the document was filed under, for verification."""

    patient_id: str
    first_name: str
    last_name: str
    dob: date | None
    sex: str | None = None
    mrn: str | None = None
    phone: str | None = None
    earlier_labs: tuple[tuple[str, str, float, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything taken from a document, before a decision (``reasons`` empty until then)."""

    pages: int
    kind: str
    kind_confidence: float
    fields: tuple[Field, ...]
    segments: tuple[Segment, ...] = ()
    language: str = "en"
    quality: dict[str, Any] = field(default_factory=dict)
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    needs_review: tuple[str, ...] = ()
    patient_match: dict[str, Any] = field(default_factory=dict)
    duplicates: tuple[dict[str, Any], ...] = ()
    calibration_version: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The ``extracted`` object of the HTTP contract, schema version 1.0."""
        return {
            "schema_version": SCHEMA_VERSION,
            "pipeline_version": PIPELINE_VERSION,
            "calibration_version": self.calibration_version,
            "confidence": round(self.confidence, 4),
            "reasons": list(self.reasons),
            "document": {
                "pages": self.pages,
                "language": self.language,
                "kind": {"value": self.kind, "confidence": round(self.kind_confidence, 4)},
                "quality": self.quality,
            },
            "segments": [
                {
                    "id": s.id,
                    "kind": s.kind,
                    "pages": list(range(s.pages[0], s.pages[1] + 1)),
                    "confidence": round(s.confidence, 4),
                    "starts": s.starts,
                    "cover": s.cover,
                    "other_patient": s.other_patient,
                }
                for s in self.segments
            ],
            "fields": [f.as_dict() for f in self.fields],
            "needs_review": list(self.needs_review),
            "patient_match": self.patient_match,
            "duplicates": list(self.duplicates),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """``ingest`` or not, and why; ``reasons`` as machine words such as low_confidence:lab."""

    ingest: bool
    confidence: float
    reasons: tuple[str, ...]
    needs_review: tuple[str, ...]
