"""Celery's side of agent runs."""

from __future__ import annotations

from celery import shared_task

from agents import runner
from agents.queries import next_in_lane
from clinic.current import enter_clinic

TRIES = 10


@shared_task(name="agents.perform_run")
def perform_run(*, clinic_id: str, run_id: str, lane: str) -> None:
    """Performs one due run of the lane: not the one rung for, but the one whose turn it is.

    Each due run has rung, so as many runs are performed as there were rings; only their order is
    another, fair between clinics. A second or late ring finds nothing to claim.
    """
    del clinic_id, run_id
    for _ in range(TRIES):
        due = next_in_lane(lane)
        if not due:
            return
        for clinic, run in due:
            with enter_clinic(clinic):
                if runner.perform(run, lane=lane):
                    return
