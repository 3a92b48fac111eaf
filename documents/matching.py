"""Whose paper is it: candidates from the clinic's patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from documents.pipeline.types import ChartFacts, Extraction
from patients.models import Patient

SURE = 0.9
MARGIN = 0.1
_MOST_COMPARED = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient the paper may belong to; ``score`` in [0, 1]."""

    patient: Patient
    score: float
    agree: tuple[str, ...]
    disagree: tuple[str, ...]


def candidates(extraction: Extraction, *, most: int = 5) -> list[Candidate]:
    """The most likely patients by what the paper says of its patient, best first."""
    return candidates_of_each([extraction], most=most)[0]


def candidates_of_each(papers: Sequence[Extraction], *, most: int = 5) -> list[list[Candidate]]:
    """:func:`candidates` of several papers, in as many queries as for one."""
    said = [_said(paper) for paper in papers]
    of_name = _by_names([one["name"] for one in said])
    wanted = Q(pk__in={pk for found in of_name for pk in found})
    wanted |= Q(mrn__in={one["mrn"] for one in said if one["mrn"]})
    wanted |= Q(dob__in={day for one in said if (day := _date(one["dob"]))})
    patients = list(Patient.objects.filter(wanted)[: _MOST_COMPARED * len(papers)])
    return [
        _compared(paper, [p for p in patients if _may_be(p, one, names)])[:most]
        for paper, one, names in zip(papers, said, of_name, strict=True)
    ]


def _said(paper: Extraction) -> dict[str, str]:
    """Name, number and birth date on the paper; empty where it says none."""
    values = {f.name: f.value for f in paper.fields if f.value and f.context == "patient"}
    return {part: values.get(f"patient.{part}") or "" for part in ("name", "mrn", "dob")}


def _may_be(patient: Patient, said: dict[str, str], names: set[UUID]) -> bool:
    numbered = bool(said["mrn"]) and patient.mrn == said["mrn"]
    born = _date(said["dob"])
    return patient.pk in names or numbered or (born is not None and patient.dob == born)


def _compared(paper: Extraction, patients: Sequence[Patient]) -> list[Candidate]:
    from documents.pipeline.extraction.verify import patient_match  # noqa: PLC0415 - brings numpy

    found = []
    for patient in patients:
        match: dict[str, Any] = patient_match(paper.fields, _identity(patient))
        found.append(
            Candidate(patient, match["score"], tuple(match["agree"]), tuple(match["disagree"]))
        )
    found.sort(key=lambda c: (-c.score, c.patient.last_name, str(c.patient.pk)))
    return [c for c in found if c.score > 0.3]


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


def _by_names(names: Sequence[str]) -> list[set[UUID]]:
    """The patients that a search for each name finds; none for an empty one."""
    found: list[set[UUID]] = [set() for _ in names]
    if not any(names):
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wanted.place, hit.id FROM unnest(%s::text[]) WITH ORDINALITY"
            " AS wanted(name, place),"
            " LATERAL patients_search(wanted.name, '', NULL, NULL, 20, 0) AS hit"
            " WHERE wanted.name <> ''",
            [[name.replace("%", "") for name in names]],
        )
        for place, pk in cursor.fetchall():
            found[place - 1].add(pk)
    return found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
