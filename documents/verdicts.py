"""What people found when they looked at documents: recorded, summed up, and acted upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from clinic.recording import Actor, Record, change
from clinic.refusals import invalid
from documents.actions import READER
from documents.measure import (
    LEAST_THRESHOLD,
    MOST_THRESHOLD,
    TARGET,
    Mode,
    Share,
    next_mode,
    sure_fields,
)
from documents.models import (
    AutoFiling,
    Document,
    DocumentKind,
    ReadingAid,
    Verdict,
    VerdictSource,
)
from tasks.agent_tasks import open_agent_task
from tasks.models import PENDING, Priority, Task

WEEK = timedelta(days=7)
REMEMBERED = timedelta(days=90)
AUDIT_TASK = "reading_audit"
UNSEEN = (VerdictSource.AUDIT, VerdictSource.SHADOW)
"""Documents that were, or would have been, filed without a person; they alone switch a mode."""


def filing_of(kind: str) -> AutoFiling:
    """A kind's rule; unsaved and on for one that nobody has touched."""
    return AutoFiling.objects.filter(kind=kind).first() or AutoFiling(kind=kind)


def source_of(document: Document) -> VerdictSource:
    """Why a person looks at a document; asked before its tasks are closed."""
    if "shadow_mode" in (document.extracted or {}).get("reasons", []):
        return VerdictSource.SHADOW
    audited = Task.objects.filter(
        document_id=document.pk, kind=AUDIT_TASK, state__in=PENDING
    ).exists()
    return VerdictSource.AUDIT if audited else VerdictSource.REVIEW


def record_verdict(document: Document, source: VerdictSource, record: Record) -> None:
    """Keeps what a person found, once for each document, and switches the kind's mode if need be.

    A document that nobody but a person has read says nothing of the machine.
    """
    seen = sure_fields(document.extracted or {})
    if not document.kind or not (document.extracted or {}).get("pipeline_version"):
        return
    Verdict.objects.update_or_create(
        document=document,
        defaults={
            "kind": document.kind,
            "source": source,
            "sure": seen.total,
            "sure_right": seen.right,
        },
    )
    if source in UNSEEN:
        _switch(document, record)


def _switch(document: Document, record: Record) -> None:
    AutoFiling.objects.get_or_create(kind=document.kind)
    filing = AutoFiling.objects.select_for_update(no_key=True).get(kind=document.kind)
    mode = next_mode(_mode(filing), unseen(document.kind, since=filing.changed_at), TARGET)
    if mode == filing.mode:
        return
    _set_mode(filing, mode, record)
    label = DocumentKind(document.kind).label
    told = "is on again" if mode == "on" else "was switched off"
    why = (
        f"At least {TARGET:.0%} of its values proved right in what people checked."
        if mode == "on"
        else f"Fewer than {TARGET:.0%} of its values proved right in what people checked. "
        "Documents of this kind come to a person until the measure is met again."
    )
    open_agent_task(
        record=record,
        title=f"Automatic filing {told}: {label}",
        description=why,
        kind="auto_filing",
        agent_type=READER,
        patient_id=None,
        priority=Priority.HIGH if mode == "shadow" else Priority.LOW,
    )


def _mode(filing: AutoFiling) -> Mode:
    return "on" if filing.mode == "on" else "shadow"


def _set_mode(filing: AutoFiling, mode: str, record: Record) -> None:
    filing.mode, filing.changed_at = mode, timezone.now()
    filing.save()
    record.audit("auto_filing.change", filing, detail={"kind": filing.kind, "mode": mode})


def unseen(kind: str, *, since: datetime | None = None) -> Share:
    """Values of a kind that were, or would have been, charted without a person."""
    start = max(filter(None, (since, timezone.now() - REMEMBERED)))
    rows = Verdict.objects.filter(kind=kind, source__in=UNSEEN, at__gte=start)
    summed = rows.aggregate(right=Sum("sure_right"), total=Sum("sure"))
    return Share(summed["right"] or 0, summed["total"] or 0)


@dataclass(frozen=True, slots=True)
class KindMeasure:
    """A kind's week: what people checked, and its rule."""

    kind: str
    documents: int
    audited: int
    values: Share
    unseen: Share
    filing: AutoFiling


def _deciding(rules: Mapping[str, AutoFiling], now: datetime) -> QuerySet[Verdict]:
    """What :func:`unseen` sums up, of every kind at once: the shown figures are those that decide.

    A kind's count begins anew when its mode changes.
    """
    switched = {kind: rule.changed_at for kind, rule in rules.items() if rule.changed_at}
    counted = ~Q(kind__in=switched)
    for kind, since in switched.items():
        counted |= Q(kind=kind, at__gte=since)
    return Verdict.objects.filter(counted, source__in=UNSEEN, at__gte=now - REMEMBERED)


def week_in_all(now: datetime) -> Share:
    """The week's values of all kinds that the machine was sure of, and those that were right."""
    week = Verdict.objects.filter(at__gt=now - WEEK)
    summed = week.aggregate(right=Sum("sure_right"), total=Sum("sure"))
    return Share(summed["right"] or 0, summed["total"] or 0)


def week_by_kind(now: datetime) -> list[KindMeasure]:
    """Each kind's week, in three queries, in the order of the kinds."""
    rules = {filing.kind: filing for filing in AutoFiling.objects.all()}
    week = Verdict.objects.filter(at__gt=now - WEEK).values("kind", "source")
    summed = list(week.annotate(n=Count("pk"), right=Sum("sure_right"), total=Sum("sure")))
    hidden = {
        row["kind"]: Share(row["right"], row["total"])
        for row in _deciding(rules, now)
        .values("kind")
        .annotate(right=Sum("sure_right"), total=Sum("sure"))
    }
    found = []
    for kind in DocumentKind.values:
        rows = [row for row in summed if row["kind"] == kind]
        found.append(
            KindMeasure(
                kind=kind,
                documents=sum(row["n"] for row in rows),
                audited=sum(row["n"] for row in rows if row["source"] in UNSEEN),
                values=Share(sum(row["right"] for row in rows), sum(row["total"] for row in rows)),
                unseen=hidden.get(kind, Share(0, 0)),
                filing=rules.get(kind) or AutoFiling(kind=kind),
            )
        )
    return found


def set_filing(*, kind: str, threshold: float, shadow: bool, by: Actor) -> AutoFiling:
    """A person's rule for a kind: the least confidence, and shadow mode.

    Out of shadow mode a kind comes by its measure alone.

    Raises:
        Invalid: for an unknown kind, or a threshold outside of what may be filed unseen.
    """
    if kind not in DocumentKind.values:
        raise invalid("kind", "Choose one of the listed kinds.")
    if not LEAST_THRESHOLD <= threshold <= MOST_THRESHOLD:
        raise invalid("threshold", "Choose a confidence between 0.90 and 0.999.")
    with change(by) as record:
        AutoFiling.objects.get_or_create(kind=kind)
        filing = AutoFiling.objects.select_for_update(no_key=True).get(kind=kind)
        if filing.mode == "shadow" and not shadow:
            mode = next_mode("shadow", unseen(kind, since=filing.changed_at), TARGET)
            if mode != "on":
                raise invalid(
                    "shadow", f"It is switched on once {TARGET:.0%} is proven by what people check."
                )
        filing.threshold = threshold
        mode_wanted = "shadow" if shadow else "on"
        if filing.mode != mode_wanted:
            filing.mode, filing.changed_at = mode_wanted, timezone.now()
        filing.save()
        detail = {"kind": kind, "mode": filing.mode, "threshold": threshold}
        record.audit("auto_filing.change", filing, detail=detail)
    return filing


def set_reading_aid(*, use_model: bool, by: Actor) -> ReadingAid:
    """Switches a language model's suggestions on or off for the clinic."""
    with change(by) as record:
        aid, _ = ReadingAid.objects.update_or_create(defaults={"use_model": use_model})
        record.audit("reading_aid.change", aid, detail={"use_model": use_model})
    return aid
