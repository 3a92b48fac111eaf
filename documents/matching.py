"""Whose paper is it: candidates from the clinic's patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from documents.pipeline.types import ChartFacts, Extraction
from patients.models import Patient

SURE = 0.9
MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient the paper may belong to; ``score`` in [0, 1]."""

    patient: Patient
    score: float
    agree: tuple[str, ...]
    disagree: tuple[str, ...]


def candidates(extraction: Extraction, *, most: int = 5) -> list[Candidate]:
    """The most likely patients by what the paper says of its patient, best first."""
    from documents.pipeline.extraction.verify import patient_match  # noqa: PLC0415 - brings numpy

    values = {f.name: f.value for f in extraction.fields if f.value and f.context == "patient"}
    name, mrn, dob = (values.get(f"patient.{part}") for part in ("name", "mrn", "dob"))
    wanted = Q(pk__in=_by_name(name)) if name else Q()
    if mrn:
        wanted |= Q(mrn=mrn)
    if dob:
        wanted |= Q(dob=_date(dob)) if _date(dob) else Q()
    if not wanted:
        return []
    found = []
    for patient in Patient.objects.filter(wanted)[:50]:
        match: dict[str, Any] = patient_match(extraction.fields, _identity(patient))
        found.append(
            Candidate(patient, match["score"], tuple(match["agree"]), tuple(match["disagree"]))
        )
    found.sort(key=lambda c: (-c.score, c.patient.last_name, str(c.patient.pk)))
    return [c for c in found if c.score > 0.3][:most]


def sure_match(found: list[Candidate]) -> Patient | None:
    """The one patient who agrees in name and birth date or number, with nobody close behind."""
    if not found:
        return None
    best = found[0]
    rival = found[1].score if len(found) > 1 else 0.0
    proven = "name" in best.agree and {"dob", "mrn"} & set(best.agree) and not best.disagree
    return best.patient if proven and best.score >= SURE and best.score - rival >= MARGIN else None


def _identity(patient: Patient) -> ChartFacts:
    return ChartFacts(
        patient_id=str(patient.pk),
        first_name=patient.first_name,
        last_name=patient.last_name,
        dob=patient.dob,
        sex=patient.gender,
        mrn=patient.mrn,
        phone=patient.phone,
    )


def _by_name(name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM patients_search(%s, '', NULL, NULL, 20, 0)", [name.replace("%", "")]
        )
        return [row[0] for row in cursor.fetchall()]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
