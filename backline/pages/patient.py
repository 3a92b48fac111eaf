"""One patient: the chart with its evidence, and what is going on around it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import Http404, HttpResponse
from django.urls import reverse

from appointments.models import Appointment
from claims.views.board import claims_of
from clinic.listing import Slice
from clinic.recording import change
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer
from documents.queries import inbox
from documents.summary import summarise_patient
from documents.views.inbox import upload_choices
from patients.chart import Item, chart
from patients.models import Patient, PatientFlag
from tasks.queries import list_tasks
from tasks.views.rows import task_row

DOCUMENTS = 12
TASKS = 20
VISITS = 12


@page("GET")
def patient(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page of a patient; fragments of it are refreshed without another line of audit."""
    flags = PatientFlag.objects.filter(patient=OuterRef("pk"), cleared_at=None)
    texts = ArraySubquery(flags.order_by("raised_at", "pk").values("text"))
    found = Patient.objects.annotate(flag_texts=texts).filter(pk=pk).first()
    if found is None:
        raise Http404
    context: dict[str, Any] = {"patient": _about(found)}
    wanted = request.GET.get("fragment", "")
    if wanted == "summary":
        return answer(request, "patients/_summary.html", context | _summary(request, found))
    if wanted in PARTS:
        template, part = PARTS[wanted]
        return answer(request, template, context | part(request, found))
    with change(by=request.login.actor) as record:
        record.audit("patient.view", found, patient_id=found.pk)
    for _, part in PARTS.values():
        context |= part(request, found)
    context |= {"appointments": _visits(found), **upload_choices()}
    return answer(request, "patients/patient.html", context)


def _about(found: Any) -> dict[str, Any]:
    address = found.address or {}
    return {
        "id": found.pk,
        "full_name": found.name,
        "dob": found.dob,
        "sex": found.gender,
        "mrn": found.mrn,
        "phone": found.phone,
        "email": found.email,
        "address": ", ".join(str(part) for part in address.values() if part),
        "status": found.status,
        "preconditions": found.preconditions,
        "flags": found.flag_texts,
    }


def _chart(request: PageRequest, found: Patient) -> dict[str, Any]:
    del request
    known = chart(found.pk)
    typed = [Item(text, "", None, None) for text in found.preconditions]
    return {
        "labs": sorted(known.labs, key=lambda lab: (not lab.flag, lab.label.casefold())),
        "problems": [*known.problems, *typed],
        "allergies": known.allergies,
        "allergies_known": known.allergies_known,
        "medications": known.medications,
        "vitals": known.vitals,
        "immunizations": known.immunizations,
        "procedures": known.procedures,
        "insurance": known.insurance,
    }


def _documents(request: PageRequest, found: Patient) -> dict[str, Any]:
    del request
    listed = inbox(Slice(DOCUMENTS), patient_id=found.pk)
    return {"documents": listed.rows, "documents_more": listed.total - len(listed.rows)}


def _tasks(request: PageRequest, found: Patient) -> dict[str, Any]:
    rows = list_tasks(Slice(TASKS), pending=True, patient_id=found.pk).rows
    return {"tasks": [task_row(row, request.login.user.pk) for row in rows]}


def _claims(request: PageRequest, found: Patient) -> dict[str, Any]:
    return claims_of(request, found.pk)


MARK = re.compile(r"\[(\d+)\]")


def _summary(request: PageRequest, found: Patient) -> dict[str, Any]:
    """The chart in sentences; each is parts of text and the places in documents they cite."""
    told = summarise_patient(patient_id=found.pk, by=request.login.actor)
    sentences = []
    for line in told.text.splitlines():
        parts: list[dict[str, Any]] = []
        for place, piece in enumerate(MARK.split(line)):
            if place % 2 == 0:
                parts.append({"text": piece})
            else:
                cited = told.citations[int(piece) - 1]
                page = f"#page-{cited['page']}" if cited["page"] else ""
                url = reverse("document", args=[cited["document_id"]]) + page
                parts.append({"number": piece, "url": url, "kind": cited["kind"], **cited})
        if line.strip():
            sentences.append(parts)
    return {"sentences": sentences, "generated_at": told.generated_at}


def _visits(found: Patient) -> list[dict[str, Any]]:
    rows = Appointment.objects.filter(patient=found).select_related("provider")
    return [
        {
            "title": row.title,
            "starts_at": row.starts_at,
            "provider_name": (row.provider.name or row.provider.email) if row.provider else "",
            "status": row.status,
        }
        for row in rows.order_by("-starts_at", "-id")[:VISITS]
    ]


PARTS = {
    "chart": ("patients/_chart.html", _chart),
    "documents": ("patients/_documents.html", _documents),
    "tasks": ("patients/_tasks.html", _tasks),
    "claims": ("claims/_patient.html", _claims),
}
