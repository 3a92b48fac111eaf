"""The ``extracted`` JSON of a document, in the order and the words in which a person checks it.

Works on the public contract only, so that it needs no model and no query: doubtful fields first,
the rest grouped, each with its box as a viewBox of 1000 x 1000 and a crop of the page around it.
``spoken`` is a date as people write it, beside the ISO form in the input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clinic.templatetags.dates import human_date
from clinic.templatetags.words import FIELD_LABELS, GROUP_TITLES, REASONS, WARNINGS

CROP_RATIO = 7.0
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Crop:
    """Where to cut the page picture: a viewBox in page units, and the page's size."""

    view_box: str
    width: float
    height: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ReviewField:
    """One field as shown; ``box`` is (x, y, width, height) in thousandths of the page."""

    id: str
    name: str
    group: str
    label: str
    value: str
    spoken: str
    unit: str
    has_unit: bool
    long: bool
    confidence: float | None
    state: str
    doubtful: bool
    selected: bool
    removed: bool
    page: int | None
    excerpt: str
    reference: str
    flag: str
    date: str
    original: str
    negated: bool
    warnings: tuple[str, ...]
    box: tuple[float, float, float, float] | None
    crop: Crop | None


@dataclass(frozen=True, slots=True)
class Group:
    """Fields shown together; ``table`` groups have units, ranges and flags."""

    key: str
    title: str
    table: bool
    fields: tuple[ReviewField, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the right half of the review page shows."""

    doubtful: tuple[ReviewField, ...] = ()
    groups: tuple[Group, ...] = ()
    reasons: tuple[str, ...] = ()
    total: int = 0
    confidence: float | None = None
    fields: tuple[ReviewField, ...] = field(default=())

    def on_page(self, number: int) -> list[ReviewField]:
        """The fields with a box on this page."""
        return [f for f in self.fields if f.page == number and f.box]


def build_review(
    extracted: Mapping[str, Any],
    pages: list[Any],
    *,
    editable: bool = True,
    posted: Mapping[str, str] | None = None,
    selected: str = "",
) -> Review:
    """Groups and words for the ``extracted`` contract.

    ``pages`` have number, width and height; ``posted`` is a refused form whose values are kept.
    Fields already answered by a person are never doubtful again.
    """
    sizes = {int(_get(p, "number")): (_get(p, "width"), _get(p, "height")) for p in pages}
    needs = set(extracted.get("needs_review") or ()) if editable else set()
    shown = [
        _field(raw, needs=needs, sizes=sizes, posted=posted, selected=selected)
        for raw in extracted.get("fields") or ()
    ]
    rest = [f for f in shown if not f.doubtful]
    known = [key for key in GROUP_TITLES if any(f.group == key for f in rest)]
    unknown = sorted({f.group for f in rest} - set(GROUP_TITLES))
    groups = tuple(
        Group(
            key=key,
            title=GROUP_TITLES.get(key, key.replace("_", " ").capitalize()),
            table=key in {"lab", "vital"},
            fields=tuple(f for f in rest if f.group == key),
        )
        for key in [*known, *unknown]
    )
    return Review(
        doubtful=tuple(f for f in shown if f.doubtful),
        groups=groups,
        reasons=tuple(dict.fromkeys(reason_sentence(r) for r in extracted.get("reasons") or ())),
        total=len(shown),
        confidence=extracted.get("confidence"),
        fields=tuple(shown),
    )


def reason_sentence(reason: str) -> str:
    """A machine reason such as ``low_confidence:lab`` as a sentence without a full stop."""
    code, _, what = str(reason).partition(":")
    subject = FIELD_LABELS.get(what) or GROUP_TITLES.get(what) or what.replace("_", " ")
    known = REASONS.get(code)
    if known is None:
        words = code.replace("_", " ").capitalize()
        return f"{words}: {subject}" if subject else words
    return known.format(what=subject or "Something").rstrip(": ")


def warning_sentence(code: str) -> str:
    """A field warning in words; ``code:detail`` keeps its detail when the code is unknown."""
    head, _, detail = str(code).partition(":")
    if head in WARNINGS:
        return WARNINGS[head]
    words = head.replace("_", " ").capitalize()
    return f"{words}: {detail}" if detail else f"{words}."


def _get(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name)


def _group_of(name: str) -> str:
    head = name.partition(".")[0]
    return "doc" if head in {"provider", "facility"} else head


def _field(
    raw: Mapping[str, Any],
    *,
    needs: set[str],
    sizes: dict[int, tuple[float, float]],
    posted: Mapping[str, str] | None,
    selected: str,
) -> ReviewField:
    key, name = str(raw["id"]), str(raw["name"])
    review = raw.get("review") or {}
    state = review.get("state") or "none"
    value = str(raw.get("value") if raw.get("value") is not None else "")
    unit = str(raw.get("unit") or "")
    removed = state == "removed"
    if posted is not None:
        value = posted.get(f"value-{key}", value)
        unit = posted.get(f"unit-{key}", unit)
        removed = bool(posted.get(f"remove-{key}"))
    label = _label(name, raw.get("label"))
    flags = raw.get("flag") or {}
    box = raw.get("bbox")
    page = raw.get("page")
    comparator = raw.get("comparator") or ""
    if comparator and not value.startswith(comparator):
        value = f"{comparator}{value}"
    return ReviewField(
        id=key,
        name=name,
        group=_group_of(name),
        label=label,
        value=value,
        spoken=human_date(value) if ISO_DATE.fullmatch(value) else "",
        unit=unit,
        has_unit=name in {"lab", "vital"},
        long=len(value) > 48,
        confidence=raw.get("confidence"),
        state=state,
        doubtful=key in needs and state == "none",
        selected=key == selected,
        removed=removed,
        page=page,
        excerpt=str(raw.get("excerpt") or ""),
        reference=str((raw.get("ref_range") or {}).get("raw") or ""),
        flag=str(flags.get("normalized") or flags.get("derived") or flags.get("raw") or ""),
        date=str(raw.get("effective_date") or ""),
        original=_original(review.get("original")),
        negated=bool(raw.get("negated")),
        warnings=tuple(warning_sentence(w) for w in raw.get("warnings") or ()),
        box=_thousandths(box) if box else None,
        crop=_crop(box, sizes[page]) if box and page in sizes else None,
    )


def _label(name: str, printed: Any) -> str:
    """Our word for a field that has one place; the printed word tells repeated ones apart."""
    own = FIELD_LABELS.get(name)
    if own and "." in name:
        return own
    return str(printed or own or name.replace(".", " ").capitalize())


def _original(original: Any) -> str:
    if isinstance(original, Mapping):
        parts = [original.get("value"), original.get("unit")]
        return " ".join(str(part) for part in parts if part)
    return str(original or "")


def _thousandths(box: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(v) * 1000 for v in box)
    pad_x, pad_y = 4.0, 3.0
    return (
        round(x0 - pad_x, 1),
        round(y0 - pad_y, 1),
        round(x1 - x0 + 2 * pad_x, 1),
        round(y1 - y0 + 2 * pad_y, 1),
    )


def _crop(box: Any, size: tuple[float, float]) -> Crop:
    """A strip of constant shape around the box, kept inside the page."""
    width, height = float(size[0]), float(size[1])
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    strip_h = max((y1 - y0) * 2.2, width * 0.045)
    strip_w = min(max(strip_h * CROP_RATIO, (x1 - x0) * 1.1), width)
    strip_h = max(strip_h, strip_w / CROP_RATIO)
    left = min(max((x0 + x1) / 2 - strip_w / 2, 0), width - strip_w)
    top = min(max((y0 + y1) / 2 - strip_h / 2, 0), max(height - strip_h, 0))
    pad = (y1 - y0) * 0.2
    return Crop(
        view_box=f"{left:.1f} {top:.1f} {strip_w:.1f} {strip_h:.1f}",
        width=width,
        height=height,
        box=(
            round(x0 - pad, 1),
            round(y0 - pad, 1),
            round(x1 - x0 + 2 * pad, 1),
            round(y1 - y0 + 2 * pad, 1),
        ),
    )
