"""From the review page's form to an answer: only what a person changed is named in it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from documents.corrections import Answer, ReviewRefused
from documents.models import DocumentStatus

Json = dict[str, Any]
ADDED = ("lab", "vital", "diagnosis", "medication", "allergy")
MEASURED = ("lab", "vital")


def approval(post: QueryDict, extracted: Json | None) -> Answer:
    """The answer of an approval.

    Raises:
        ReviewRefused: for an added row that is incomplete.
    """
    fields = (extracted or {}).get("fields", [])
    removals = [f["id"] for f in fields if post.get(f"remove-{f['id']}")]
    kind_read = (extracted or {}).get("document", {}).get("kind", {}).get("value")
    kind = post.get("kind", "")
    return Answer(
        status=DocumentStatus.APPROVED,
        kind=kind if kind != kind_read else "",
        corrections=[
            one for f in fields if f["id"] not in removals and (one := _correction(post, f))
        ],
        additions=_additions(post),
        removals=removals,
    )


def rejection(post: QueryDict) -> Answer:
    """The answer of a rejection."""
    return Answer(status=DocumentStatus.REJECTED, reason=post.get("reason", "").strip()[:1000])


def _correction(post: QueryDict, field: Json) -> Json | None:
    name = f"value-{field['id']}"
    if name not in post:
        return None
    value, unit = str(post[name]).strip(), post.get(f"unit-{field['id']}")
    shown, own_unit = shown_value(field), field["unit"] or ""
    same_value = _plain(value) == _plain(shown)
    same_unit = unit is None or unit.strip() == own_unit
    if same_value and same_unit:
        return None
    one: Json = {"id": field["id"], "value": shown if same_value else value}
    if not same_unit and unit is not None:
        one["unit"] = unit.strip()
    return one


def shown_value(field: Json) -> str:
    """A field's value as its input shows it: with its comparator."""
    value = str(field["value"] if field["value"] is not None else "")
    comparator = field.get("comparator") or ""
    return value if value.startswith(comparator) else f"{comparator}{value}"


def _plain(text: str) -> str:
    """Without what a browser changes by itself: line ends of an area, all of them in a line."""
    return text.replace("\r", "").replace("\n", "").strip()


def _additions(post: QueryDict) -> list[Json]:
    columns = [
        [str(text).strip() for text in post.getlist(f"add-{part}")]
        for part in ("name", "label", "value", "unit", "page")
    ]
    return [one for row in zip(*columns, strict=False) if (one := _addition(*row))]


def _addition(name: str, label: str, value: str, unit: str, page: str) -> Json | None:
    if not label and not value:
        return None
    if name not in ADDED:
        raise ReviewRefused({"add-name": ["Choose what the added value is."]})
    if name in MEASURED and not label:
        raise ReviewRefused({"add-label": ["Enter the name of the added value, such as LDL."]})
    if name in MEASURED and not value:
        raise ReviewRefused({"add-value": [f"Enter the value of {label}."]})
    number = int(page) if page.isdecimal() and len(page) < 5 else None
    return {
        "name": name,
        "label": label[:200] or None,
        "value": value or label,
        "unit": unit[:60] or None,
        "page": number or None,
    }
