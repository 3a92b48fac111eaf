"""What a full day looks like: doubtful papers with their tasks, and one chart of many papers.

One paper of each sort is made as the reader makes it, and copied with INSERT ... SELECT: COPY is
refused by row-level security.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from django.db import connection, models

from agents.models import AgentRun
from clinic.current import current_clinic_id
from clinic.ids import uuid7
from clinic.models import ClinicNumber
from documents.models import DocumentStatus
from documents.tests.papers import made_document
from patients.models import LabResult, Patient
from tasks.models import Task

TESTS = 40
LABS = {f"Test {number}": 100 + number for number in range(8)}


def add_doubtful(count: int) -> None:
    """So many papers that wait for a person, each with its run and task, of as many patients."""
    known = Patient.objects.order_by("-mrn").values_list("pk", flat=True)[:count]
    patients = list(islice(cycle(known), count))
    first = made_document(Patient.objects.get(pk=patients[0]), LABS)
    columns = [_ids(count), _ids(count), _ids(count), patients]
    run, task = AgentRun.objects.get(document_id=first.pk), Task.objects.get(document_id=first.pk)
    number = ClinicNumber.objects.get(series="task")
    about = {"patient_id": "c.d", "document_id": "c.a"}
    text = {"storage_name": "c.a::text", "sha256": "md5(c.a::text) || md5(c.b::text)"}
    _copies(first, columns, {"id": "c.a", "patient_id": "c.d", **text})
    _copies(run, columns, {"id": "c.b", **about})
    taken = {"number": f"{number.last} + c.n", "run_id": "c.b"}
    _copies(task, columns, {"id": "c.c", **about, **taken})
    number.last += count
    number.save()


def give_papers(patient: Patient, count: int) -> UUID:
    """So many papers on one chart with their values; the first of them."""
    first = made_document(patient, LABS, status=DocumentStatus.INGESTED)
    ids = [first.pk, *_ids(count - 1)]
    columns = [ids[1:]]
    text = {"storage_name": "c.a::text", "sha256": "md5(c.a::text) || md5(c.n::text)"}
    _copies(first, columns, {"id": "c.a", **text})
    for lab in LabResult.objects.filter(source_document_id=first.pk):
        own = {"name": f"'Test ' || (c.n %% {TESTS})", "source_document_id": "c.a"}
        own |= {"effective_date": "date '2026-11-01' - c.n::int", "value_num": "c.n"}
        _copies(lab, columns, {"id": "gen_random_uuid()", **own})
    return ids[0]


def _ids(count: int) -> list[UUID]:
    return [uuid7() for _ in range(count)]


def _copies(
    like: models.Model, columns: Sequence[Sequence[UUID]], changed: Mapping[str, str]
) -> None:
    """One copy of a row for each line of ``columns``, called c.a, c.b, ... with c.n from 1.

    ``changed`` maps columns to SQL; every other column is as in the row.
    """
    table = like._meta.db_table
    names = [str(field.column) for field in like._meta.concrete_fields]
    values = ", ".join(changed.get(name, f'l."{name}"') for name in names)
    aliases = ", ".join("abcd"[: len(columns)])
    given: list[Any] = [list(column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} l,"
            f" unnest({', '.join(['%s::uuid[]'] * len(given))}) WITH ORDINALITY c ({aliases}, n)"
            " WHERE l.clinic_id = %s AND l.id = %s",
            [*given, current_clinic_id(), like.pk],
        )
