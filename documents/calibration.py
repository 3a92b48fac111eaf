"""A clinic's own calibration: fitted to what its reviewers kept and changed.

The labels are the reviewed documents themselves: what a person left as it stood was right, what
they changed or removed was wrong; documents filed automatically and checked later (the audit
sample) count like any other. Features are not stored: the words are, so the facts are taken out
again as they are today and matched with what was judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from clinic.current import current_clinic_id
from clinic.recording import Actor, change
from clinic.refusals import Invalid
from documents.locale import locale_of
from documents.models import Calibration, Document, DocumentStatus
from documents.pipeline.extraction.calibrate import Judged, fit_clinic
from documents.pipeline.extraction.confidence import Model, shipped
from documents.pipeline.extraction.features import family_of
from documents.pipeline.types import Field, PageText

LEAST_LABELS = 300
JUDGED = {"confirmed": True, "corrected": False, "removed": False}
Key = tuple[str, int | None, str]


class TooFewLabels(Invalid):
    """There is not yet enough to learn from."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"Reviewers have judged {found} values so far. A calibration of the clinic's own "
            f"needs {LEAST_LABELS}; until then the shipped one is used."
        )
        self.found = found


def fit_own(*, by: Actor) -> Calibration:
    """Fits the current clinic's calibration to all that its people have judged.

    Raises:
        TooFewLabels: and nothing is changed.
    """
    rows = list(judged_values())
    if len(rows) < LEAST_LABELS:
        raise TooFewLabels(len(rows))
    base = shipped()
    with change(by) as record:
        last = Calibration.objects.aggregate(last=Max("number"))["last"] or 0
        version = f"{base.version}+clinic.{last + 1}"
        own = Calibration.objects.create(
            number=last + 1,
            base=base.version,
            content=fit_clinic(rows, version=version, base=base),
            labels=len(rows),
            changed=sum(not row.right for row in rows),
        )
        record.audit("calibration.fit", own, detail={"labels": own.labels, "version": version})
    return own


def own_model() -> Model | None:
    """The current clinic's calibration when it has one for what ships today."""
    own = Calibration.objects.order_by("-number").first()
    if own is None or own.base != shipped().version:
        return None
    return Model.from_dict(own.content)


def judged_values() -> Iterator[Judged]:
    """Every value of the clinic that a person has judged, with what is seen of it today."""
    from documents.pipeline.extraction import extract  # noqa: PLC0415 - the web never extracts
    from documents.pipeline.extraction.verify import verify  # noqa: PLC0415

    locale = locale_of(current_clinic_id())
    reviewed = Document.objects.filter(
        status=DocumentStatus.APPROVED, reviewed_at__isnull=False, extracted__isnull=False
    )
    for document in reviewed.order_by("reviewed_at", "pk").iterator(chunk_size=20):
        verdicts = _verdicts(document.extracted or {})
        rows = document.page_texts.order_by("number").values_list("text", flat=True)
        pages = [PageText.from_dict(row) for row in rows]
        if not verdicts or not pages:
            continue
        seen = verify(extract(pages, locale=locale), None, today=document.created_at.date())
        for field in seen.fields:
            right = verdicts.get(_key(field))
            if right is not None:
                yield Judged(
                    dict(field.features), right, family_of(field.name), str(document.pk)
                )  # fmt: skip


def _verdicts(extracted: dict[str, Any]) -> dict[Key, bool]:
    """What the machine had said, by name, page and value; whether a person let it stand."""
    out: dict[Key, bool] = {}
    for field in extracted.get("fields", ()):
        state, original = field["review"]["state"], field["review"]["original"]
        if state not in JUDGED:
            continue
        value = (original or field)["value"]
        if value is not None:
            label = field["label"] or ""
            out[f"{field['name']}|{label}", field["page"], value] = JUDGED[state]
    return out


def _key(field: Field) -> Key:
    return f"{field.name}|{field.label or ''}", field.page, field.value or ""
