"""The list of claims: saved views, filters, what is open and how old, and a patient's claims."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from claims.models import ClaimStatus
from claims.permissions import may_create_claims, may_read_claims
from claims.queries import list_claims
from claims.views.rows import aging_chart, claim_rows
from claims.worklist import (
    AGES,
    OPEN,
    Asked,
    OpenMoney,
    asked_for,
    changes_since,
    find_claims,
    moves_since,
    open_money,
    total_of,
)
from clinic.listing import Page, Slice
from clinic.tallies import tallies
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, link, pager, part_of, uuid_of

CHANGES = "changes"
VIEWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "Open", OPEN),
    ("to_submit", "To submit", (ClaimStatus.PENDING,)),
    (
        "with_payer",
        "With the payer",
        (ClaimStatus.SUBMITTED, ClaimStatus.RECEIVED, ClaimStatus.UNDER_REVIEW),
    ),
    ("denied", "Denied", (ClaimStatus.DENIED,)),
    (
        "to_receive",
        "Money to come",
        (ClaimStatus.APPROVED, ClaimStatus.SETTLEMENT_IN_PROGRESS),
    ),
    ("settled", "Settled", (ClaimStatus.SETTLEMENT_DONE,)),
    ("all", "All", ()),
    (CHANGES, "Changed since yesterday", ()),
)
MOST_PAYERS = 12
OF_PATIENT = 12
FILTERS = ("view", "status", "payer", "age", "q", "patient_id")


@page("GET")
def claims(request: PageRequest) -> HttpResponse:
    """The list: what is open, unless another view is asked for; or one of its parts."""
    if not may_read_claims(request.login):
        raise PermissionDenied
    wanted = request.GET.get("fragment", "")
    if wanted == "money":
        money = open_money(today=timezone.localdate())
        return answer(request, "claims/_aging.html", aging_chart(money))
    asked = _asked(request)
    context = _listed(request, asked)
    if wanted == "rows":
        return answer(request, "claims/_rows.html", context)
    money = open_money(today=timezone.localdate())
    context |= aging_chart(money) | _choices(request, money)
    context["can_create"] = may_create_claims(request.login)
    return answer(request, "claims/claims.html", context)


def claims_of(request: PageRequest, patient_id: UUID) -> dict[str, Any]:
    """What ``claims/_patient.html`` shows of a patient's claims; nothing for who may not see."""
    if not may_read_claims(request.login):
        return {"patient_claims": None}
    found = list_claims(Slice(OF_PATIENT), patient_id=patient_id)
    rows = [row | {"amount_cents": round(row["amount"] * 100)} for row in found.rows]
    return {
        "patient_claims": claim_rows(rows),
        "patient_claims_more": max(0, found.total - len(rows)),
        "can_create_claims": may_create_claims(request.login),
    }


def _asked(request: HttpRequest) -> Asked:
    view = choice(request, "view", [name for name, *_ in VIEWS])
    status = choice(request, "status", ClaimStatus.values)
    statuses = next(of for name, _, of in VIEWS if name == view)
    changed = timezone.now() if view == CHANGES else None
    return Asked(
        statuses=(status,) if status else statuses,
        payer=request.GET.get("payer", "").strip()[:200],
        age=choice(request, "age", [name for name, *_ in AGES]),
        q=request.GET.get("q", "").strip()[:200],
        patient_id=uuid_of(request.GET.get("patient_id")),
        changed_since=changes_since(changed, timezone.get_current_timezone()) if changed else None,
    )


def _listed(request: PageRequest, asked: Asked) -> dict[str, Any]:
    today = timezone.localdate()
    where = asked_for(asked, today=today)

    def fetch(part: Slice) -> Page:
        return find_claims(part, where, today=today)

    found = part_of(request, fetch)
    rows = claim_rows(found.rows)
    if asked.changed_since:
        moved = moves_since([row["id"] for row in rows], asked.changed_since)
        for row in rows:
            row["moved"] = moved.get(row["id"])
    narrowed = any(request.GET.get(name) for name in FILTERS)
    hidden = sum(tallies("claim").values()) if narrowed and not rows else 0
    sums = total_of(where) if rows else None
    return {
        "claims": rows,
        "q": asked.q,
        "changed_since": asked.changed_since,
        "sum_cents": sums.cents if sums else 0,
        "hidden_by_filter": hidden,
        **pager(request, found),
    }


def _choices(request: HttpRequest, money: OpenMoney) -> dict[str, Any]:
    counts = tallies("claim")
    of_view = {name: sum(counts.get(one, 0) for one in of) for name, _, of in VIEWS if of}
    views = [(name, label) for name, label, _ in VIEWS]
    shown = chips(request, "view", views)
    for chip in shown:
        chip["url"] = link(request, view=chip["value"], status=None)
        chip["count"] = of_view.get(chip["value"])
    payers = [(name, name) for name, _ in money.payers[:MOST_PAYERS]]
    chosen = request.GET.get("payer", "").strip()[:200]
    if chosen and chosen not in dict(payers):
        payers.append((chosen, chosen))
    ages = [(name, f"{name.replace('-', ' to ')} days") for name, *_ in AGES]
    status = [("", "Every status"), *ClaimStatus.choices]
    return {
        "views": shown,
        "filters": [
            ("status", "Status", chips(request, "status", status, counts=counts)),
            ("payer", "Payer", chips(request, "payer", [("", "Every payer"), *payers])),
            ("age", "Age", chips(request, "age", [("", "Every age"), *ages])),
        ],
    }
