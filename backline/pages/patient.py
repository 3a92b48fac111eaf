"""One patient: the chart with its evidence, and what is going on around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from appointments.views.calendar import visits_of
from claims.views.board import claims_of
from clinic.listing import Slice
from clinic.looking import audit_look
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer
from consents.views.board import forms_of
from documents.queries import inbox
from documents.summary import summarise_patient
from documents.views.inbox import upload_choices
from patients.chart import Item, chart
from patients.models import AllergyIntolerance, Patient, PatientFlag
from tasks.queries import list_tasks
from tasks.views.rows import task_row
from voice.views.board import calls_of

DOCUMENTS = 12
TASKS = 20


Context = dict[str, Any]
Part = Callable[[PageRequest, Patient], Context]
Parts = Mapping[str, tuple[str, Part]]


@page("GET")
def patient(request: PageRequest, pk: UUID) -> HttpResponse:
    """The chart, with the tasks and papers of the patient."""
    return _shown(request, pk, CHART, "patients/patient.html", upload_choices())


@page("GET")
def patient_desk(request: PageRequest, pk: UUID) -> HttpResponse:
    """What the desk does for the patient: visits, consent forms, claims and calls."""
    return _shown(request, pk, DESK, "patients/desk.html", {})


@page("GET")
def patient_print(request: PageRequest, pk: UUID) -> HttpResponse:
    """The chart on paper: every value with the paper it was read from and who accepted it."""
    found = find_patient(pk)
    audit_look("patient.print", found, by=request.login.actor, patient_id=found.pk)
    context = {"patient": about(found), "printed_at": timezone.now()}
    context |= _chart(request, found) | _tasks(request, found)
    return answer(request, "patients/chart_print.html", context)


def _shown(
    request: PageRequest, pk: UUID, parts: Parts, template: str, more: Context
) -> HttpResponse:
    """A page of a patient; fragments of it are refreshed without another line of audit."""
    found = find_patient(pk)
    context: Context = {"patient": about(found)}
    wanted = request.GET.get("fragment", "")
    if wanted in ONLY_ASKED or wanted in parts:
        part_template, part = ONLY_ASKED.get(wanted) or parts[wanted]
        return answer(request, part_template, context | part(request, found))
    audit_look("patient.view", found, by=request.login.actor, patient_id=found.pk)
    for _, part in parts.values():
        context |= part(request, found)
    return answer(request, template, context | more)


def find_patient(pk: UUID) -> Patient:
    """A patient with the texts of the open flags.

    Raises:
        Http404: when the clinic has none of that id.
    """
    flags = PatientFlag.objects.filter(patient=OuterRef("pk"), cleared_at=None)
    texts = ArraySubquery(flags.order_by("raised_at", "pk").values("text"))
    found = Patient.objects.annotate(flag_texts=texts).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def about(found: Any) -> Context:
    """What the banner and the strip show of a patient."""
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


def _chart(request: PageRequest, found: Patient) -> Context:
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


def _documents(request: PageRequest, found: Patient) -> Context:
    del request
    listed = inbox(Slice(DOCUMENTS), patient_id=found.pk)
    return {"documents": listed.rows, "documents_more": listed.total - len(listed.rows)}


def _tasks(request: PageRequest, found: Patient) -> Context:
    rows = list_tasks(Slice(TASKS), pending=True, patient_id=found.pk).rows
    return {"tasks": [task_row(row, request.login.user.pk) for row in rows]}


MARK = re.compile(r"\[(\d+)\]")


def _summary(request: PageRequest, found: Patient) -> Context:
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


def banner(request: PageRequest, found: Patient) -> Context:
    """The allergies, where the rest of the chart is not shown."""
    del request
    rows = AllergyIntolerance.objects.filter(patient=found, is_current=True)
    known = list(rows.order_by("-effective_date", "-recorded_at"))
    return {
        "allergies": [{"label": one.name} for one in known if not one.negated],
        "allergies_known": bool(known),
    }


CHART: Parts = {
    "chart": ("patients/_chart.html", _chart),
    "documents": ("patients/_documents.html", _documents),
    "tasks": ("patients/_tasks.html", _tasks),
}
DESK: Parts = {
    "banner": ("patients/_banner.html", banner),
    "visits": ("appointments/_patient.html", lambda request, found: visits_of(request, found.pk)),
    "consents": ("consents/_patient.html", lambda request, found: forms_of(request, found.pk)),
    "claims": ("claims/_patient.html", lambda request, found: claims_of(request, found.pk)),
    "calls": ("voice/_patient.html", lambda request, found: calls_of(request, found.pk)),
}
ONLY_ASKED: Parts = {
    "banner": ("patients/_banner.html", banner),
    "summary": ("patients/_summary.html", _summary),
}
"""Parts that a page asks for itself once it is open."""
