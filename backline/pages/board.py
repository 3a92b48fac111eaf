"""The visits of a day with what each of them still needs: one red cell, one thing to do.

Only what the product holds is judged: insurance cards in the chart, consent forms, and papers.
Nobody asks payers about eligibility or authorisation here, and the board says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from appointments.permissions import may_read_appointments
from appointments.schedule import visits_between
from appointments.views.calendar import day_of
from backline.templatetags.board import ASKED
from clinic.listing import Row
from clinic.templatetags.dates import human_date
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, link
from consents.models import OPEN, ConsentForm, ConsentStatus, FormTemplate
from consents.permissions import may_send_forms
from documents.models import Document, DocumentStatus
from patients.models import Coverage, Patient

MOST_TEMPLATES = 6
READING = (DocumentStatus.UPLOADED, DocumentStatus.INGESTING)


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing a visit needs. ``state`` is ok, warn, bad or unknown; ``url`` does it."""

    label: str
    state: str
    words: str
    action: str = ""
    url: str = ""


@dataclass(slots=True)
class Known:
    """What is on file of one patient, as far as a visit needs it."""

    payer: str = ""
    effective: date | None = None
    signed: Any = None
    open_form: tuple[UUID, str, str] | None = None
    to_review: int = 0
    reading: int = 0
    papers: int = 0
    first_doubtful: UUID | None = None
    missing: list[str] = field(default_factory=list)


@page("GET")
def board(request: PageRequest) -> HttpResponse:
    """Tomorrow's visits, or another day's; a fragment of it follows events."""
    if not may_read_appointments(request.login):
        raise PermissionDenied
    day = day_of(request, ahead=1)
    zone = timezone.get_current_timezone()
    visits = [one for one in visits_between(day, 1, zone, provider_id=None) if one["standing"]]
    known = known_of({one["patient_id"] for one in visits})
    rows = [
        one
        | {
            "url": page_of("appointment", one["appointment_id"]),
            "cells": cells_of(one, known[one["patient_id"]]),
        }
        for one in visits
    ]
    context = {
        "day": day,
        "is_tomorrow": (day - timezone.localdate()).days == 1,
        "visits": rows,
        "wanting": sum(any(cell.state == "bad" for cell in row["cells"]) for row in rows),
        "ask": ask(request) if may_send_forms(request.login) and rows else "",
        "before_url": link(request, date=(day - timedelta(days=1)).isoformat()),
        "after_url": link(request, date=(day + timedelta(days=1)).isoformat()),
    }
    fragments = {"rows": "appointments/_board.html"}
    return answer(request, "appointments/board.html", context, fragments)


def ask(request: PageRequest) -> str:
    """The form that asks the patient ASKED for a consent; nothing without a wording to ask for."""
    offered = templates()
    if not offered:
        return ""
    context = {"templates": offered, "patient_id": ASKED}
    return render_to_string("consents/_ask.html", context, request)


def templates() -> list[FormTemplate]:
    """The wordings that may be sent, by name."""
    return list(FormTemplate.objects.filter(is_active=True).order_by("name")[:MOST_TEMPLATES])


def known_of(patient_ids: Iterable[UUID]) -> dict[UUID, Known]:
    """What is on file of some patients, in four statements."""
    ids = list(patient_ids)
    known: dict[UUID, Known] = defaultdict(Known)
    patients = Patient.objects.filter(pk__in=ids).values_list("pk", "dob", "phone", "email")
    for pk, dob, phone, email in patients:
        given = {"date of birth": dob, "phone": phone, "e-mail": email}
        known[pk].missing = [name for name, value in given.items() if not value]
    cards = Coverage.objects.filter(patient_id__in=ids, is_current=True).order_by(
        F("effective_date").asc(nulls_first=True), "recorded_at"
    )
    for card in cards.values_list("patient_id", "payer", "effective_date"):
        known[card[0]].payer, known[card[0]].effective = card[1], card[2]
    forms = ConsentForm.objects.filter(
        patient_id__in=ids, status__in=[*OPEN, ConsentStatus.SIGNED]
    ).order_by("created_at", "pk")
    for pk, form_id, name, status, at in forms.values_list(
        "patient_id", "pk", "name", "status", "signed_at"
    ):
        if status == ConsentStatus.SIGNED:
            known[pk].signed = max(filter(None, (known[pk].signed, at)))
        else:
            known[pk].open_form = (form_id, name, status)
    _papers(known, ids)
    return known


def _papers(known: dict[UUID, Known], ids: list[UUID]) -> None:
    doubtful = Q(status=DocumentStatus.NOT_INGESTED)
    counted = Document.objects.filter(patient_id__in=ids).values("patient_id")
    for row in counted.annotate(
        papers=Count("pk", filter=~Q(status=DocumentStatus.REJECTED)),
        reading=Count("pk", filter=Q(status__in=READING)),
        doubtful=ArrayAgg("pk", filter=doubtful, order_by="created_at", default=[]),
    ):
        one = known[row["patient_id"]]
        one.papers, one.to_review, one.reading = row["papers"], len(row["doubtful"]), row["reading"]
        one.first_doubtful = next(iter(row["doubtful"]), None)


def page_of(name: str, pk: UUID | None) -> str:
    """The address of one thing's page; a large board has a thousand of them."""
    before, after = _around_id(name)
    return f"{before}{pk}{after}"


@cache
def _around_id(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[ASKED]).partition(str(ASKED))
    return before, after


def cells_of(visit: Row, known: Known) -> list[Cell]:
    """The cells of a visit, in the order of the board's columns."""
    return [
        _insurance(visit, known),
        Cell("Eligibility", "unknown", "Not checked"),
        Cell("Authorisation", "unknown", "Not checked"),
        _consent(known),
        _waiting_papers(visit, known),
        _details(visit, known),
    ]


def _insurance(visit: Row, known: Known) -> Cell:
    if not known.payer:
        url = f"{page_of('patient', visit['patient_id'])}#documents"
        return Cell("Insurance card", "bad", "No card on file", "Upload the card", url)
    since = f", from {human_date(known.effective)}" if known.effective else ""
    return Cell("Insurance card", "ok", f"{known.payer}{since}")


def _consent(known: Known) -> Cell:
    """Bad when nothing was ever signed: the template offers handing over or a link."""
    if known.signed:
        return Cell("Consent", "ok", f"Signed {human_date(known.signed)}")
    if known.open_form:
        form_id, name, status = known.open_form
        words = "not sent yet" if status == ConsentStatus.TO_DO else "not signed yet"
        url = page_of("consent", form_id)
        return Cell("Consent", "warn", f"{name}: {words}", "Open it", url)
    return Cell("Consent", "bad", "Nothing signed", "Get it signed")


def _waiting_papers(visit: Row, known: Known) -> Cell:
    if known.to_review:
        words = f"{known.to_review} to check"
        url = page_of("document", known.first_doubtful)
        return Cell("Papers", "bad", words, "Check them", url)
    if known.reading:
        return Cell("Papers", "warn", f"{known.reading} being read")
    if not known.papers:
        url = f"{page_of('patient', visit['patient_id'])}#documents"
        return Cell("Papers", "warn", "None on file", "Upload", url)
    return Cell("Papers", "ok", "All filed")


def _details(visit: Row, known: Known) -> Cell:
    if known.missing:
        url = page_of("patient", visit["patient_id"])
        return Cell("Details", "warn", f"No {' and no '.join(known.missing)}", "Open", url)
    return Cell("Details", "ok", "Complete")
