"""Denied claims by reason and payer, with the money in them and the days that are left."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone

from claims.denials import meaning_of
from claims.permissions import may_read_claims
from claims.views.rows import claim_rows
from claims.worklist import Total, denial_groups, denied_claims
from clinic.listing import Page, Slice
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, link, pager, part_of

NO_CODE = "-"


@page("GET")
def denials(request: PageRequest) -> HttpResponse:
    """The groups, and the claims of one of them or of all, the next deadline first."""
    if not may_read_claims(request.login):
        raise PermissionDenied
    today = timezone.localdate()
    code = request.GET.get("code", "")[:40]
    payer = request.GET.get("payer", "")[:200]

    def fetch(part: Slice) -> Page:
        asked = {"denial_code": "" if code == NO_CODE else code or None, "payer": payer or None}
        return denied_claims(part, today=today, **asked)

    found = part_of(request, fetch)
    groups = denial_groups(today=today)
    for group in groups:
        value = group["denial_code"] or NO_CODE
        group |= {
            "meaning": meaning_of(group["denial_code"]),
            "url": link(request, code=value, payer=group["payer"]),
            "current": (value, group["payer"]) == (code, payer),
        }
    context: dict[str, Any] = {
        "groups": groups,
        "claims": claim_rows(found.rows),
        "chosen": next((group for group in groups if group["current"]), None),
        "narrowed": bool(code or payer),
        "sum": sum((Total(group["count"], group["cents"]) for group in groups), Total()),
        **pager(request, found),
    }
    return answer(request, "claims/denials.html", context, {"rows": "claims/_denials.html"})
