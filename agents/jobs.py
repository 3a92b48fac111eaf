"""Celery's side of agent runs."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from agents import runner
from clinic.current import enter_clinic


@shared_task(name="agents.perform_run")
def perform_run(*, clinic_id: str, run_id: str, lane: str) -> None:
    """Performs a run if it is due in this lane; a second or late ring finds nothing to claim."""
    with enter_clinic(UUID(clinic_id)):
        runner.perform(UUID(run_id), lane=lane)
