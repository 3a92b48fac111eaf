"""What a sample document says, and where: the answers that extraction is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Box = tuple[float, float, float, float]
BoxMap = Callable[[int, Box], Box]


@dataclass(frozen=True, slots=True)
class TruthField:
    """One fact on the page; ``value`` is normalised (ISO dates), ``raw`` is what is printed.

    ``optional`` facts may be found or left alone without counting either way: a second facility
    on the letterhead, a relative's disease. ``bbox`` is in fractions of the displayed page.
    """

    name: str
    value: str
    page: int
    bbox: Box
    raw: str
    label: str | None = None
    unit: str | None = None
    ref_range: dict[str, Any] | None = None
    flag: str | None = None
    effective_date: str | None = None
    code: str | None = None
    context: str = "patient"
    negated: bool = False
    optional: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON form without the attributes that say nothing."""
        data: dict[str, Any] = {"name": self.name, "value": self.value, "raw": self.raw}
        for key in ("label", "unit", "ref_range", "flag", "effective_date", "code"):
            value = getattr(self, key)
            if value is not None:
                data[key] = value
        if self.context != "patient":
            data["context"] = self.context
        for key in ("negated", "optional"):
            if getattr(self, key):
                data[key] = True
        data["page"] = self.page
        data["bbox"] = [round(v, 5) for v in self.bbox]
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TruthField:
        """Inverse of :meth:`as_dict`."""
        values = dict(data)
        x0, y0, x1, y1 = values.pop("bbox")
        return cls(bbox=(x0, y0, x1, y1), **values)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive pages that are one document of one patient; ``patient`` is None on a cover."""

    kind: str
    pages: tuple[int, ...]
    patient: str | None


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known of one sample document."""

    kind: str
    layout: str
    variant: str
    patient: str | None
    pages: int
    fields: tuple[TruthField, ...]
    parts: tuple[Part, ...] = ()
    language: str = "en"
    blank: bool = False
    held_out: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON form, as written beside the document."""
        return {
            "kind": self.kind,
            "layout": self.layout,
            "variant": self.variant,
            "patient": self.patient,
            "language": self.language,
            "pages": self.pages,
            "blank": self.blank,
            "held_out": self.held_out,
            "parts": [
                {"kind": p.kind, "pages": list(p.pages), "patient": p.patient} for p in self.parts
            ],
            "notes": self.notes,
            "fields": [f.as_dict() for f in self.fields],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Truth:
        """Inverse of :meth:`as_dict`."""
        values = dict(data)
        fields = tuple(TruthField.from_dict(row) for row in values.pop("fields"))
        parts = tuple(
            Part(row["kind"], tuple(row["pages"]), row["patient"]) for row in values.pop("parts")
        )
        return cls(fields=fields, parts=parts, **values)

    def mapped(self, move: BoxMap, variant: str) -> Truth:
        """The same facts on a captured page: ``move(page, box)`` gives the box there."""
        fields = tuple(replace(f, bbox=move(f.page, f.bbox)) for f in self.fields)
        return replace(self, fields=fields, variant=variant)


def union(boxes: list[Box]) -> Box:
    """The smallest box around all of them."""
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
