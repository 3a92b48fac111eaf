"""Everything that happened about one patient, in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from appointments.permissions import may_read_appointments
from backline.pages.patient import about, banner, find_patient
from claims.permissions import may_read_claims
from clinic.listing import Key, Listing, Page, Row, Slice, Where, fetch, newest_first
from clinic.logins import Login
from clinic.looking import audit_look
from clinic.templatetags.words import KINDS, STATUSES
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of
from consents.permissions import may_read_forms
from documents.permissions import may_read_documents
from tasks.permissions import may_read_tasks
from voice.permissions import may_read_calls


@dataclass(frozen=True, slots=True)
class Lane:
    """What one app tells. ``sql`` selects clinic_id, patient_id, id, at, what, title, note."""

    kind: str
    label: str
    icon: str
    page: str
    may: Callable[[Login], bool]
    sql: str


LANES = (
    Lane(
        "document", "Documents", "file", "document", may_read_documents,
        "SELECT clinic_id, patient_id, id, created_at, 'received', kind, name FROM documents",
    ),
    Lane(
        "visit", "Visits", "calendar", "appointment", may_read_appointments,
        "SELECT clinic_id, patient_id, id, starts_at, status, title, '' FROM appointments",
    ),
    Lane(
        "task", "Tasks", "tasks", "task", may_read_tasks,
        "SELECT clinic_id, patient_id, id, created_at, 'open', title, '' FROM tasks"
        " UNION ALL SELECT clinic_id, patient_id, id, closed_at, state, title, '' FROM tasks"
        " WHERE closed_at IS NOT NULL AND state IN ('done', 'cancelled')",
    ),
    Lane(
        "claim", "Claims", "claim", "claim", may_read_claims,
        "SELECT c.clinic_id, c.patient_id, c.id, e.at, e.status, 'Claim C' || c.number,"
        " c.insurance_provider FROM claims c JOIN claim_events e"
        " ON e.clinic_id = c.clinic_id AND e.claim_id = c.id WHERE e.status <> ''",
    ),
    Lane(
        "consent", "Consents", "consent", "consent", may_read_forms,
        "SELECT clinic_id, patient_id, id, sent_at, 'sent', name, '' FROM consent_forms"
        " WHERE sent_at IS NOT NULL UNION ALL SELECT clinic_id, patient_id, id,"
        " coalesce(signed_at, ended_at), status, name, '' FROM consent_forms"
        " WHERE coalesce(signed_at, ended_at) IS NOT NULL",
    ),
    Lane(
        "call", "Calls", "phone", "call", may_read_calls,
        "SELECT clinic_id, patient_id, id, coalesce(ended_at, started_at, created_at), status,"
        " purpose, left(outcome, 80) FROM voice_calls",
    ),
)  # fmt: skip
BY_KIND = {lane.kind: lane for lane in LANES}


@page("GET")
def patient_timeline(request: PageRequest, pk: UUID) -> HttpResponse:
    """The page, or its rows and banner when events say that they changed."""
    found = find_patient(pk)
    wanted = request.GET.get("fragment", "")
    context: dict[str, Any] = {"patient": about(found)}
    if wanted == "banner":
        return answer(request, "patients/_banner.html", context | banner(request, found))
    lanes = [lane for lane in LANES if lane.may(request.login)]
    kind = choice(request, "kind", [lane.kind for lane in lanes])
    asked = [lane for lane in lanes if kind in ("", lane.kind)]
    part = part_of(request, lambda part: list_happenings(part, pk, asked))
    context |= {"happenings": [_told(row) for row in part.rows], "kind": kind}
    context |= pager(request, part)
    if wanted == "rows":
        return answer(request, "patients/_timeline.html", context)
    audit_look("patient.view", found, by=request.login.actor, patient_id=found.pk)
    labels = [("", "Everything"), *((lane.kind, lane.label) for lane in lanes)]
    context |= banner(request, found) | {"kinds": chips(request, "kind", labels)}
    return answer(request, "patients/timeline.html", context)


def list_happenings(part: Slice, patient_id: UUID, lanes: Iterable[Lane]) -> Page:
    """A page of what happened about a patient in these lanes, latest first; visits to come first.

    Raises:
        Invalid: for a cursor that is not one of ours.
    """
    told = " UNION ALL ".join(
        f"SELECT '{lane.kind}', l.* FROM ({lane.sql})"  # noqa: S608 - our own SQL
        " l (clinic_id, patient_id, id, at, what, title, note)"
        for lane in lanes
    )
    names = ("kind", "clinic_id", "patient_id", "id", "at", "what", "title", "note")
    columns = {name: f"h.{name}" for name in names[3:]}
    listing = Listing(
        columns={"kind": "h.kind", **columns},
        source=f"({told}) h ({', '.join(names)})",
        owner="h",
        order=(*newest_first("h", "id", "at"), Key("what", "h.what", str)),
    )
    where = Where()
    where.equal("h.patient_id", patient_id)
    return fetch(listing, where, part)


def _told(row: Row) -> dict[str, Any]:
    lane = BY_KIND[row["kind"]]
    title, note = row["title"], row["note"]
    if lane.kind == "document":
        title = KINDS.get(title, "Document")
    return {
        "icon": lane.icon,
        "url": reverse(lane.page, args=[row["id"]]),
        "title": title,
        "note": note,
        "what": row["what"],
        "tone": STATUSES[row["what"]].tone,
        "at": row["at"],
    }
