"""How right the reading is this week, and what is filed without a person because of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.refusals import Invalid
from clinic.templatetags.words import KINDS
from clinic.views.access import PageRequest, page
from documents.measure import LEAST_THRESHOLD, MOST_THRESHOLD, TARGET, Share
from documents.models import FilingMode
from documents.permissions import may_change_filing
from documents.suggestions import wanted
from documents.verdicts import KindMeasure, set_filing, set_reading_aid, week_by_kind

Json = dict[str, Any]
LEFT, WIDTH, ROW = 130.0, 430.0, 34.0
FLOOR = 0.8
"""Where the picture's scale begins, unless an interval reaches below."""


@page("GET", "POST")
def measure(request: PageRequest) -> HttpResponse:
    """The measure; a POST changes a kind's rule."""
    problem = None
    if request.method == "POST":
        if not may_change_filing(request.login):
            raise PermissionDenied
        try:
            _change(request)
        except Invalid as error:
            problem = error.message
        else:
            return redirect("measure")
    found = week_by_kind(timezone.now())
    context = {
        "kinds": [_row(one) for one in found],
        "chart": _chart(found),
        "total": _total([one.values for one in found]),
        "documents": sum(one.documents for one in found),
        "audited": sum(one.audited for one in found),
        "target": TARGET,
        "least": LEAST_THRESHOLD,
        "most": MOST_THRESHOLD,
        "editable": may_change_filing(request.login),
        "problem": problem,
        "model": settings.READER_MODEL,
        "use_model": bool(settings.READER_MODEL) and wanted(),
    }
    return render(request, "documents/measure.html", context, status=422 if problem else 200)


def _change(request: PageRequest) -> None:
    if request.POST.get("action") == "model":
        aid = set_reading_aid(use_model="use_model" in request.POST, by=request.login.actor)
        how = "on" if aid.use_model else "off"
        messages.success(request, f"Suggestions of the language model are {how}.")
        return
    kind = request.POST.get("kind", "")
    try:
        threshold = float(request.POST.get("threshold", "").replace(",", "."))
    except ValueError:
        threshold = 0.0
    filing = set_filing(
        kind=kind,
        threshold=threshold,
        shadow="shadow" in request.POST,
        by=request.login.actor,
    )
    how = "in shadow mode" if filing.mode == FilingMode.SHADOW else "filed when sure"
    messages.success(request, f"{KINDS[kind]}: from {filing.threshold:.3g} confidence, {how}.")


def _row(one: KindMeasure) -> Json:
    return {
        "kind": one.kind,
        "label": KINDS[one.kind],
        "documents": one.documents,
        "audited": one.audited,
        "values": _share(one.values),
        "unseen": _share(one.unseen),
        "threshold": f"{one.filing.threshold:.3f}".rstrip("0").ljust(4, "0"),
        "mode": one.filing.mode,
        "since": one.filing.changed_at,
        "to_prove": one.filing.mode == FilingMode.SHADOW and one.unseen.low < TARGET,
    }


def _share(share: Share) -> Json | None:
    if share.value is None:
        return None
    return {
        "right": share.right,
        "total": share.total,
        "value": _percent(share.value),
        "low": _percent(share.low),
        "high": _percent(share.high),
        "meets": share.low >= TARGET,
        "misses": share.high < TARGET,
    }


def _percent(value: float) -> str:
    """98.4 %; only the whole is 100 %."""
    rounded = f"{value * 100:.1f}"
    return "99.9 %" if rounded == "100.0" and value < 1 else f"{rounded.removesuffix('.0')} %"


def _total(shares: list[Share]) -> Json | None:
    return _share(Share(sum(s.right for s in shares), sum(s.total for s in shares)))


def _chart(found: list[KindMeasure]) -> Json | None:
    """Where the picture's marks lie: a line with its interval for each kind with figures."""
    shown = [one for one in found if one.values.total]
    if not shown:
        return None
    start = min(FLOOR, *(one.values.low for one in shown))

    def x(value: float) -> float:
        return round(LEFT + (value - start) / (1 - start) * WIDTH, 1)

    rows = [
        {
            "label": KINDS[one.kind],
            "y": 20 + ROW * at,
            "low": x(one.values.low),
            "high": x(one.values.high),
            "value": x(one.values.value or 0.0),
            "told": _share(one.values),
        }
        for at, one in enumerate(shown)
    ]
    ticks = [start, (start + 1) / 2, 1.0]
    return {
        "rows": rows,
        "width": LEFT + WIDTH + 60,
        "height": 20 + ROW * len(rows) + 24,
        "foot": 20 + ROW * len(rows),
        "target": x(TARGET),
        "ticks": [{"x": x(tick), "label": _percent(tick)} for tick in ticks],
    }
