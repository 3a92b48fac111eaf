"""Extracted fields against truth: what is right, wrong and missed, with its confidence.

A laboratory result is right only if test, value and unit are; range and flag are counted on their
own. Facts that truth marks optional count neither way, nor do found diagnoses that are negated or
a relative's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.extraction.normal import (
    VITALS,
    alnum,
    comparer,
    ratio,
    same_unit,
    same_value,
)
from documents.samples.truth import Box, Truth, TruthField

LABEL_LIKENESS = 0.88
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
    "procedure": "history",
    "immunization": "history",
    "imaging": "imaging",
    "insurance": "insurance",
    "claim": "claim",
    "consent": "consent",
    "emergency": "emergency",
}
ALSO_FAIR = {
    "provider.author": ("provider.rendering",),
    "provider.rendering": ("provider.author",),
    "insurance.subscriber": ("patient.name",),
    "insurance.subscriber_dob": ("patient.dob",),
    "doc.date_signed": ("consent.signed_date",),
    "consent.signed_date": ("doc.date_signed",),
}
"""A value right under another name is no error under this one: who saw the patient also wrote the
note, the member of a payer's letter is the subscriber. It is not what was asked either."""


def family(name: str) -> str:
    """The group of fields that a target of the design speaks of."""
    if name == "insurance.member_id":
        return "member_id"
    return FAMILIES.get(name.split(".")[0], "other")


@dataclass(frozen=True, slots=True)
class Judged:
    """One counted fact: right, wrong (found but not so) or missed (``confidence`` None).

    ``field`` is the id of the extracted field, ``fact`` what truth says in its place.
    """

    family: str
    name: str
    outcome: str
    confidence: float | None = None
    box_hit: bool | None = None
    expected: str = ""
    found: str = ""
    fact: TruthField | None = None
    field: str = ""


@dataclass(slots=True)
class Scored:
    """The judgement of one document."""

    truth: Truth
    kind: str
    judged: list[Judged] = field(default_factory=list)


def box_hit(truth: Box, page: int, found: Sequence[float] | None, found_page: int | None) -> bool:
    """Intersection over union of at least one half, or the found centre inside the truth."""
    if found is None or page != found_page:
        return False
    x0, y0, x1, y1 = found
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    if truth[0] <= cx <= truth[2] and truth[1] <= cy <= truth[3]:
        return True
    wide = min(x1, truth[2]) - max(x0, truth[0])
    tall = min(y1, truth[3]) - max(y0, truth[1])
    if wide <= 0 or tall <= 0:
        return False
    both = wide * tall
    total = (x1 - x0) * (y1 - y0) + (truth[2] - truth[0]) * (truth[3] - truth[1]) - both
    return both / total >= 0.5


def score(truth: Truth, extracted: dict[str, Any]) -> Scored:
    """Judge the ``extracted`` object of the contract against truth."""
    scored = Scored(truth, extracted["document"]["kind"]["value"])
    found = [f for f in extracted["fields"] if f["value"] is not None]
    names = {f.name for f in truth.fields} | {f["name"] for f in found}
    for name in sorted(names):
        wanted = [f for f in truth.fields if f.name == name]
        have = [f for f in found if f["name"] == name]
        if name == "lab":
            _judge_labs(wanted, have, scored.judged)
        else:
            others = () if wanted else ALSO_FAIR.get(name, ())
            fair = [f for f in truth.fields if f.name in others]
            _judge_plain(name, wanted, [f for f in have if not _fair(f, fair)], scored.judged)
    return scored


def _fair(item: dict[str, Any], facts: list[TruthField]) -> bool:
    compare = comparer(item["name"])
    return any(compare(fact.value, str(item["value"])) for fact in facts)


def _agrees(wanted: TruthField, found: dict[str, Any]) -> bool:
    if wanted.name in ("diagnosis", "allergy"):
        if bool(found.get("negated")) != wanted.negated:
            return False
        if (found.get("context") or "patient") != wanted.context:
            return False
        code = (found.get("code") or {}).get("code")
        if wanted.code and code and alnum(code) == alnum(wanted.code):
            return True
    if wanted.name == "vital":
        label, other = alnum(wanted.label or ""), alnum(found.get("label") or "")
        if VITALS.get(label, label) != VITALS.get(other, other):
            return False
    return comparer(wanted.name)(wanted.value, str(found["value"]))


def _judge_plain(
    name: str, wanted: list[TruthField], have: list[dict[str, Any]], out: list[Judged]
) -> None:
    """Match each found value to a fact not yet taken; repeats of a right value are no error."""
    group = family(name)
    open_facts = sorted(wanted, key=lambda f: f.optional)
    taken: list[TruthField] = []
    left: list[dict[str, Any]] = []
    for item in sorted(have, key=lambda f: -float(f["confidence"])):
        match = next((f for f in open_facts if _agrees(f, item)), None)
        if match is not None:
            open_facts.remove(match)
            taken.append(match)
            if not match.optional:
                out.append(_right(group, match, item))
        elif any(_agrees(f, item) for f in taken) or _not_the_patients(item):
            continue
        else:
            left.append(item)
    missed = [f for f in open_facts if not f.optional]
    for item in left:
        out.append(
            Judged(
                group, name, "wrong", float(item["confidence"]), None,
                expected="; ".join(f.value for f in missed)[:80], found=_shown(item),
                field=_id(item),
            )
        )  # fmt: skip
    out += [Judged(group, name, "missed", expected=_asked(f), fact=f) for f in missed]


def _id(item: dict[str, Any]) -> str:
    return str(item.get("id") or "")


def _asked(fact: TruthField) -> str:
    return f"{fact.label} = {fact.value}" if fact.label else fact.value


def _not_the_patients(item: dict[str, Any]) -> bool:
    return bool(item.get("negated")) or (item.get("context") or "patient") != "patient"


def _right(group: str, fact: TruthField, item: dict[str, Any]) -> Judged:
    hit = box_hit(fact.bbox, fact.page, item.get("bbox"), item.get("page"))
    return Judged(
        group, fact.name, "right", float(item["confidence"]), hit, fact.value, str(item["value"]),
        fact, _id(item),
    )  # fmt: skip


def _shown(item: dict[str, Any]) -> str:
    label = f"{item.get('label')} = " if item.get("label") else ""
    unit = f" {item['unit']}" if item.get("unit") else ""
    return f"{label}{item['value']}{unit}"[:100]


def _lab_likeness(fact: TruthField, item: dict[str, Any]) -> float:
    """How surely a found row is this fact: the test first, then date, value and place."""
    likeness = ratio(fact.label or "", item.get("label") or "")
    if likeness < LABEL_LIKENESS:
        return 0.0
    same_day = item.get("effective_date") in (None, fact.effective_date)
    hit = box_hit(fact.bbox, fact.page, item.get("bbox"), item.get("page"))
    right = same_value(fact.value, _lab_value(item))
    return likeness + 1.0 * same_day + 0.5 * right + 0.75 * hit


def _lab_value(item: dict[str, Any]) -> str:
    """The result as text; the number that was understood wins over how it was written."""
    comparator = item.get("comparator") or ""
    understood = item.get("value_num")
    value = str(item["value"] if understood is None else understood)
    return value if value.startswith(comparator) else f"{comparator}{value}"


def _judge_labs(wanted: list[TruthField], have: list[dict[str, Any]], out: list[Judged]) -> None:
    pairs = sorted(
        (
            (_lab_likeness(fact, item), i, j)
            for i, fact in enumerate(wanted)
            for j, item in enumerate(have)
        ),
        reverse=True,
    )
    matched: dict[int, int] = {}
    used: set[int] = set()
    for likeness, i, j in pairs:
        if likeness > 0 and i not in matched and j not in used:
            matched[i] = j
            used.add(j)
    asked = [f for f in wanted if not f.optional]
    repeated = {alnum(f.label or "") for f in asked}
    several_days = len({f.effective_date for f in asked}) > 1 and len(repeated) < len(asked)
    for i, fact in enumerate(wanted):
        item = have[matched[i]] if i in matched else None
        if fact.optional:
            continue
        _judge_row(fact, item, several_days, out)
    for j, item in enumerate(have):
        if j not in used:
            out.append(
                Judged(
                    "lab", "lab", "wrong", float(item["confidence"]), None, "", _shown(item),
                    field=_id(item),
                )
            )  # fmt: skip


def _judge_row(
    fact: TruthField, item: dict[str, Any] | None, several_days: bool, out: list[Judged]
) -> None:
    expected = f"{fact.label} = {fact.value} {fact.unit or ''}".strip()
    if item is None:
        out.append(Judged("lab", "lab", "missed", expected=expected, fact=fact))
    else:
        right = same_value(fact.value, _lab_value(item)) and same_unit(
            fact.unit, item.get("unit"), item.get("unit_ucum")
        )
        if several_days:
            right = right and item.get("effective_date") == fact.effective_date
        hit = box_hit(fact.bbox, fact.page, item.get("bbox"), item.get("page"))
        confidence, shown = float(item["confidence"]), _shown(item)
        outcome = "right" if right else "wrong"
        hit = hit if right else None
        out.append(
            Judged("lab", "lab", outcome, confidence, hit, expected, shown, fact, _id(item))
        )  # fmt: skip
        if not right:
            out.append(Judged("lab", "lab", "missed", expected=expected, fact=fact))
    _judge_extra("lab_range", expected, fact, (item or {}).get("ref_range"), out)
    _judge_extra("lab_flag", expected, fact, (item or {}).get("flag"), out)


def _judge_extra(group: str, row: str, fact: TruthField, have: Any, out: list[Judged]) -> None:
    """Range or flag of a row; confidence is the row's business, so none is recorded."""
    wanted: Any = fact.flag if group == "lab_flag" else fact.ref_range
    if group == "lab_flag":
        right = bool(wanted) and bool(have) and _same_flag(wanted, have)
        given = bool(have) and bool(have.get("raw")) and have.get("normalized") not in (None, "N")
    else:
        right = bool(wanted) and bool(have) and _same_range(wanted, have)
        given = bool(have) and bool(have.get("raw"))
    outcomes = ["right"] if right else [*(["wrong"] * given), *(["missed"] * bool(wanted))]
    for outcome in outcomes:
        out.append(
            Judged(group, group, outcome, None, None, f"{row}: {wanted}", str(have), fact)
        )  # fmt: skip


def _same_flag(wanted: str, have: dict[str, Any]) -> bool:
    normal = have.get("normalized")
    return normal == wanted or (normal in ("A", "*") and have.get("derived") == wanted)


def _same_range(wanted: dict[str, Any], have: dict[str, Any]) -> bool:
    if wanted.get("low") is None and wanted.get("high") is None:
        return alnum(str(wanted["raw"])) == alnum(str(have.get("raw") or ""))

    def side(value: Any) -> float | None:
        return None if value is None else float(value)

    return all(side(wanted.get(k)) == side(have.get(k)) for k in ("low", "high"))


def everything(documents: Iterable[Scored]) -> list[tuple[Scored, Judged]]:
    """All judgements with their documents."""
    return [(document, judged) for document in documents for judged in document.judged]
