"""Tells a worker that a run is due. The run's row is the queue; a lost ring only means later."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ring_after_commit(clinic_id: UUID, run_id: UUID, lane: str) -> None:
    """Rings once the transaction has committed, and not at all if it does not."""
    transaction.on_commit(lambda: ring(clinic_id, run_id, lane))


def ring(clinic_id: UUID, run_id: UUID, lane: str) -> bool:
    """Sends the job to the lane's queue; False when the broker is away (the sweep rings again)."""
    from agents.jobs import perform_run  # noqa: PLC0415 - jobs import the runner, which rings

    try:
        perform_run.apply_async(
            kwargs={"clinic_id": str(clinic_id), "run_id": str(run_id)},
            queue=f"backline.{lane}",
            retry=False,
        )
    except (OperationalError, OSError) as error:
        logger.warning("The broker is away (%s); the sweep will ring.", type(error).__name__)
        return False
    return True
