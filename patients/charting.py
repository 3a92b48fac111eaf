"""Writing facts into a chart, and flags that ask for a look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.utils import timezone

from clinic.recording import Record
from patients.models import CHART_ENTRIES, ChartEntry, Coverage, Patient, PatientFlag

LOOK_ALIKE = str.maketrans("01i58", "ollsb")
SAME_FACT: dict[str, tuple[str, ...]] = {
    "labresult": ("name", "value", "unit", "effective_date"),
    "vitalsign": ("name", "value", "unit", "effective_date"),
    "condition": ("name", "negated"),
    "medicationstatement": ("name",),
    "allergyintolerance": ("name", "negated"),
    "immunization": ("name", "effective_date"),
    "procedure": ("name", "effective_date"),
    "coverage": ("payer", "member_id", "group_number"),
}
"""What makes two entries the same fact: a second copy of a paper adds nothing to the chart."""


def chart_facts(patient_id: UUID, entries: Sequence[ChartEntry], record: Record) -> int:
    """Adds entries to a patient's chart, leaving out what is charted already; how many it added.

    For use inside the caller's change. Holds the patient's row, so that two copies of a paper
    that are charted at the same time see each other.
    """
    patients = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id)
    list(patients.values_list("pk"))
    added = 0
    for model in CHART_ENTRIES:
        fresh = [entry for entry in entries if type(entry) is model]
        if not fresh:
            continue
        known = {
            _fact(entry) for entry in model.objects.filter(patient_id=patient_id, is_current=True)
        }
        new = []
        for entry in fresh:
            if _fact(entry) not in known:
                known.add(_fact(entry))
                entry.patient_id = patient_id
                new.append(entry)
        model.objects.bulk_create(new)
        added += len(new)
    if added:
        touch_chart(patient_id, record)
    return added


def withdraw_facts(document_id: UUID, record: Record) -> int:
    """Marks what a document put into charts as charted by mistake; how many entries."""
    withdrawn = 0
    for model in CHART_ENTRIES:
        rows = model.objects.filter(source_document_id=document_id, is_current=True)
        patients = set(rows.values_list("patient_id", flat=True))
        withdrawn += rows.update(is_current=False)
        for patient_id in patients:
            touch_chart(patient_id, record)
    return withdrawn


def current_facts(patient_id: UUID, document_ids: Sequence[UUID]) -> list[ChartEntry]:
    """What the given documents have in a patient's chart."""
    return [
        entry
        for model in CHART_ENTRIES
        for entry in model.objects.filter(
            patient_id=patient_id, source_document_id__in=document_ids, is_current=True
        )
    ]


def withdraw_entries(entries: Sequence[ChartEntry], record: Record) -> None:
    """Marks entries as not true any more: a later paper states them differently."""
    for model in CHART_ENTRIES:
        ids = [entry.pk for entry in entries if type(entry) is model]
        if ids:
            model.objects.filter(pk__in=ids).update(is_current=False)
    for patient_id in {entry.patient_id for entry in entries}:
        touch_chart(patient_id, record)


def same_fact(one: ChartEntry, other: ChartEntry) -> bool:
    """Whether two entries say the same of the same thing."""
    return type(one) is type(other) and _fact(one) == _fact(other)


def same_matter(one: ChartEntry, other: ChartEntry) -> bool:
    """Whether two entries are about the same thing on the same day, whatever they say of it."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Coverage):
        return True
    days = {one.effective_date, other.effective_date} - {None}
    if len(days) > 1:
        return False
    codes = getattr(one, "code", ""), getattr(other, "code", "")
    if all(codes):
        return codes[0] == codes[1]
    return _as_read(getattr(one, "name", "")) == _as_read(getattr(other, "name", ""))


def _as_read(name: str) -> str:
    """A name without what readers of pictures confuse: `LDL Cho1` is LDL Chol, never HDL Chol."""
    return re.sub(r"\W", "", name.lower().replace("rn", "m")).translate(LOOK_ALIKE)


def move_facts(document_id: UUID, to_patient: UUID, record: Record) -> int:
    """Moves what a document put into a chart to another patient's chart; how many entries.

    What that chart has already stays there once.
    """
    moved = 0
    left: set[UUID] = set()
    for model in CHART_ENTRIES:
        rows = model.objects.filter(source_document_id=document_id).exclude(patient_id=to_patient)
        there = model.objects.filter(patient_id=to_patient, is_current=True)
        known = {_fact(entry) for entry in there}
        twice = [entry.pk for entry in rows.filter(is_current=True) if _fact(entry) in known]
        model.objects.filter(pk__in=twice).update(is_current=False)
        left |= set(rows.values_list("patient_id", flat=True))
        moved += rows.update(patient_id=to_patient)
    for patient_id in [*left, *([to_patient] if moved else [])]:
        touch_chart(patient_id, record)
    return moved


@dataclass(frozen=True, slots=True)
class Following:
    """A charted fact that follows its paper; ``known`` says that the other chart has it already."""

    kind: str
    label: str
    value: str
    known: bool


def following(document_id: UUID, to_patient: UUID) -> list[Following]:
    """What a document put into a chart, beside what another patient's chart has already."""
    found = []
    for model in CHART_ENTRIES:
        rows = list(model.objects.filter(source_document_id=document_id, is_current=True))
        if not rows:
            continue
        there = model.objects.filter(patient_id=to_patient, is_current=True)
        known = {_fact(entry) for entry in there}
        kind = str(model._meta.verbose_name)
        found += [Following(kind, _label(row), _value(row), _fact(row) in known) for row in rows]
    return found


def _label(entry: ChartEntry) -> str:
    return str(getattr(entry, "name", "") or getattr(entry, "payer", "") or entry)


def _value(entry: ChartEntry) -> str:
    parts = [getattr(entry, name, "") for name in ("comparator", "value", "unit")]
    return " ".join(part for part in ("".join(parts[:2]), parts[2]) if part)


def facts_from(document_id: UUID) -> list[list[object]]:
    """What a document put into charts: [model, id, is_current, patient_id] of each entry."""
    return [
        [model._meta.model_name, pk, is_current, patient_id]
        for model in CHART_ENTRIES
        for pk, is_current, patient_id in model.objects.filter(
            source_document_id=document_id
        ).values_list("pk", "is_current", "patient_id")
    ]


def restore_facts(document_id: UUID, before: Sequence[Sequence[object]], record: Record) -> None:
    """Puts a document's entries back to where :func:`facts_from` found them.

    Entries made since then are marked as charted by mistake. A fact that another paper put into
    the chart meanwhile is there once: as it was before.
    """
    touched: set[UUID] = set()
    for model in CHART_ENTRIES:
        rows = {row.pk: row for row in model.objects.filter(source_document_id=document_id)}
        was = {UUID(str(pk)): row for name, pk, *row in before if name == model._meta.model_name}
        back: dict[UUID, set[tuple[object, ...]]] = {}
        for pk, row in rows.items():
            current, patient = was.get(pk, [False, row.patient_id])
            patient_id = UUID(str(patient))
            if (row.is_current, row.patient_id) != (current, patient_id):
                touched |= {row.patient_id, patient_id}
                model.objects.filter(pk=pk).update(is_current=current, patient_id=patient_id)
            if current:
                back.setdefault(patient_id, set()).add(_fact(row))
        for patient_id, facts in back.items():
            _leave_once(model, patient_id, facts, document_id)
    for patient_id in sorted(touched):
        touch_chart(patient_id, record)


def _leave_once(
    model: type[ChartEntry], patient_id: UUID, facts: set[tuple[object, ...]], document_id: UUID
) -> None:
    """Takes these facts of other papers out of the chart: it has them from this document."""
    others = model.objects.filter(patient_id=patient_id, is_current=True).exclude(
        source_document_id=document_id
    )
    twice = [row.pk for row in others if row.source_document_id and _fact(row) in facts]
    model.objects.filter(pk__in=twice).update(is_current=False)


def touch_chart(patient_id: UUID, record: Record) -> None:
    """Says that a chart changed: what was derived from it is out of date."""
    Patient.objects.filter(pk=patient_id).update(
        chart_version=models.F("chart_version") + 1, updated_at=timezone.now()
    )
    patient = Patient.objects.get(pk=patient_id)
    record.event("patient", "update", patient_event(patient))


def patient_event(patient: Patient) -> dict[str, object]:
    """What open screens are told of a patient."""
    return {
        "patient_id": patient.pk,
        "patient_name": patient.name,
        "mrn": patient.mrn,
        "status": patient.status,
    }


def raise_flag(patient_id: UUID, code: str, text: str, object_id: UUID) -> None:
    """Flags a patient once for the same thing."""
    PatientFlag.objects.get_or_create(
        patient_id=patient_id,
        code=code,
        object_id=object_id,
        cleared_at=None,
        defaults={"text": text},
    )


def clear_flags(object_id: UUID) -> None:
    """Clears what was flagged because of an object."""
    PatientFlag.objects.filter(object_id=object_id, cleared_at=None).update(
        cleared_at=timezone.now()
    )


def _fact(entry: ChartEntry) -> tuple[object, ...]:
    values = []
    for name in SAME_FACT[entry._meta.model_name or ""]:
        value = getattr(entry, name)
        values.append(" ".join(value.lower().split()) if isinstance(value, str) else value)
    return tuple(values)
