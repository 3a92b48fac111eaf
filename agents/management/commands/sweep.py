"""The sweep: rings for due runs and does the periodic chores, without Celery or the broker."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from agents.chores import due_chores
from agents.sweep import Watch, round_of_ringing

logger = logging.getLogger(__name__)


def do_chores(done: dict[str, float]) -> None:
    """Does the chores that are due. One that fails waits for its next time; runs are rung for.

    Raises:
        OperationalError, InterfaceError: when the database is away; the chore stays due.
    """
    for name, chore in due_chores(done, time.monotonic()):
        try:
            chore()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - its message may hold PHI
            logger.error("The chore %r failed: %s", name, type(error).__name__)
        done[name] = time.monotonic()


class Command(BaseCommand):
    """Runs until it is ended. Run one per installation; two do no harm."""

    help = "Ring for due agent runs, and do periodic chores, until ended."

    def handle(self, *args: Any, **options: Any) -> None:
        """Looks every SWEEP_SECONDS; outlives the database being away."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        watch = Watch()
        done: dict[str, float] = {}
        while not stop.wait(settings.SWEEP_SECONDS):
            try:
                if round_of_ringing(watch):
                    self._say_wedged(watch)
                do_chores(done)
            except DatabaseTrouble as error:
                logger.warning("The database is away: %s", type(error).__name__)
                connection.close()

    def _say_wedged(self, watch: Watch) -> None:
        """Asks the supervisor to restart the worker, by a file it looks for."""
        logger.error("Due runs are not taken although they were rung for.")
        folder = settings.VAR_DIR / "run"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "worker-wedged").touch()
        watch.moved_at = timezone.now()
