"""Looks after due runs from outside of Celery and the broker.

Rings for runs that nobody took: the broker was away, its memory was lost, the worker died, or
a lease ran out. When ringing does not help, the worker is said to be wedged.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from agents.doorbell import ring
from agents.models import AgentRun, Lane
from agents.queries import DueRun, due_runs
from clinic.current import enter_clinic

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=2)
RING_AGAIN = timedelta(seconds=15)
RING_AT_MOST = 16
WEDGED_AFTER = timedelta(seconds=90)


@dataclass(slots=True)
class Watch:
    """What the sweep remembers between two rounds."""

    due: set[UUID] = field(default_factory=set)
    moved_at: datetime = field(default_factory=timezone.now)


def _first_of(runs: list[DueRun], lane: str) -> list[DueRun]:
    return [run for run in runs if run.lane == lane][:RING_AT_MOST]


def round_of_ringing(watch: Watch) -> bool:
    """One round; True when runs are due, were rung for, and none was taken for too long.

    A run is rung for when it is due longer than the first ring needs, and again each
    ``RING_AGAIN``, in each lane the longest due first and few at a time, so that a long queue is
    not filled with rings. Progress is any due run having been taken since the last round.
    """
    now = timezone.now()
    runs = due_runs()
    ids = {run.run_id for run in runs}
    if not ids or watch.due - ids:
        watch.moved_at = now
    watch.due = ids
    reached = True
    for run in (run for lane in Lane for run in _first_of(runs, lane)):
        late = now - run.due_since > GRACE
        recently = run.rung_at is not None and now - run.rung_at < RING_AGAIN
        if late and not recently:
            reached = ring(run.clinic_id, run.run_id, run.lane)
            if not reached:
                break
            with enter_clinic(run.clinic_id):
                AgentRun.objects.filter(pk=run.run_id).update(rung_at=Now())
    if not reached:
        watch.moved_at = now  # the broker is away: the worker cannot be blamed
    return bool(ids) and now - watch.moved_at > WEDGED_AFTER
