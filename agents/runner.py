"""Performs agent runs, so that any part may die at any time.

A run is claimed by compare-and-set with a lease. Every write names the lease's token in its
transaction, so a worker that was frozen past its lease and wakes up changes nothing. A finished
step leaves its output as a checkpoint and is never done again.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, models
from django.db.models.functions import Now
from django.utils import timezone

from agents.doorbell import ring_after_commit
from agents.models import AgentRun, AgentStep, Lane, LaneTurn, RunStatus
from agents.queries import event_doc, next_in_lane
from agents.registry import Agent, Step, Then, agent_named
from clinic.current import current_clinic_id
from clinic.recording import Actor, Record, change

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 2


class LeaseLost(Exception):
    """Another worker owns the run by now; whatever was about to be written is dropped."""


class MovedToLane(Exception):
    """The run was put back: for the workers of another lane, or for another clinic's turn."""


class Attempt:
    """A claimed run in the hands of this worker."""

    def __init__(self, run: AgentRun, agent: Agent) -> None:
        self.run = run
        self.agent = agent
        self.actor = Actor(agent.label)
        self.done: dict[str, Any] = dict(run.steps.values_list("name", "output"))

    def commit(self, write: Callable[[Record], None]) -> None:
        """Runs ``write`` in one transaction that holds only while the lease is ours.

        Raises:
            LeaseLost: when it is not; nothing is written.
        """
        with change(self.actor) as record:
            self._hold()
            write(record)

    def need_lane(self, lane: Lane) -> None:
        """Goes on only in the lane; else puts the run back for that lane's workers.

        Raises:
            MovedToLane: after putting it back.
            LeaseLost: when the run is no longer ours.
        """
        if self.run.lane == lane:
            return
        with change(self.actor):
            self._put_back(lane=lane, due_at=Now())
        raise MovedToLane

    def give_way(self) -> None:
        """Lets another clinic have the worker when it is its turn; what is read so far stays.

        The run keeps its place among its own clinic's.

        Raises:
            MovedToLane: after putting the run back.
            LeaseLost: when the run is no longer ours.
        """
        first = next_in_lane(self.run.lane, 1)
        if not first or first[0][0] == current_clinic_id():
            return
        with change(self.actor):
            self._put_back()
        raise MovedToLane

    def _put_back(self, **fields: Any) -> None:
        self._hold(
            status=RunStatus.QUEUED,
            lease_token=None,
            lease_until=None,
            attempts=models.F("attempts") - 1,
            **fields,
        )
        lane = fields.get("lane", self.run.lane)
        ring_after_commit(current_clinic_id(), self.run.pk, lane)

    def _hold(self, **fields: Any) -> None:
        held = AgentRun.objects.filter(
            pk=self.run.pk, lease_token=self.run.lease_token, status=RunStatus.RUNNING
        ).update(**{"lease_until": _lease_end(), **fields})
        if not held:
            raise LeaseLost


def perform(run_id: UUID, *, lane: str | None = None) -> bool:
    """Claims a due run and takes it as far as it goes; False when it is not to be had.

    With a ``lane`` only while the run is in it: a late ring of the quick lane must not have a
    quick worker read pictures.
    """
    run = _claim(run_id, lane)
    if run is None:
        return False
    agent = agent_named(run.agent)
    if run.attempts > MAX_ATTEMPTS:
        _give_up(run, agent, "It ended the worker each time it was tried.")
        return True
    attempt = Attempt(run, agent)
    try:
        _advance(attempt)
    except MovedToLane:
        pass
    except LeaseLost:
        logger.warning("Run %s went to another worker.", run.pk)
    except (OperationalError, InterfaceError):
        raise  # the lease runs out by itself; the database may not be there to say more
    except Exception as error:  # noqa: BLE001 - recorded with the run; its message may hold PHI
        logger.error(
            "Run %s failed: %s\n%s",
            run.pk,
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        _try_later(run, agent, error)
    return True


def _advance(attempt: Attempt) -> None:
    position = len(attempt.done)
    for step in attempt.agent.steps:
        if step.name in attempt.done:
            continue
        started = timezone.now()
        output = _work(attempt, step) if step.work else None
        with change(attempt.actor) as record:
            attempt._hold(graph_step=step.name)
            then = finish_step(attempt.run, step, output, record, position, started)
            _follow(attempt.run, then, record)
        attempt.done[step.name] = output
        position += 1
        if then is not Then.CONTINUE:
            return


def finish_step(
    run: AgentRun,
    step: Step,
    output: Any,
    record: Record,
    position: int,
    started: Any,
) -> Then:
    """Writes the checkpoint and what the step records; for use inside the caller's change."""
    AgentStep.objects.create(
        run=run,
        position=position,
        name=step.name,
        output={} if output is None else output,
        started_at=started,
        finished_at=timezone.now(),
    )
    run.graph_step = step.name
    return step.record(run, output, record) if step.record else Then.CONTINUE


def _follow(run: AgentRun, then: Then, record: Record) -> None:
    """Moves the run on after a step, with its event."""
    if then is Then.WAIT:
        settle(run, RunStatus.WAITING_INPUT, record)
    elif then is Then.FINISH:
        settle(run, RunStatus.COMPLETED, record)


def settle(run: AgentRun, status: RunStatus, record: Record, **fields: Any) -> None:
    """Ends the lease and moves the run to a status in which no worker holds it."""
    ended = status in (RunStatus.COMPLETED, RunStatus.FAILED)
    AgentRun.objects.filter(pk=run.pk).update(
        status=status,
        graph_step=run.graph_step,
        lease_token=None,
        lease_until=None,
        attempts=0,
        outputs=run.outputs,
        finished_at=Now() if ended else None,
        updated_at=Now(),
        **fields,
    )
    run.status = status
    record.event("agent_run", "update", event_doc(run))


def _claim(run_id: UUID, lane: str | None = None) -> AgentRun | None:
    token = uuid4()
    due = models.Q(status=RunStatus.QUEUED, due_at__lte=Now()) | models.Q(
        status=RunStatus.RUNNING, lease_until__lte=Now()
    )
    rows = AgentRun.objects.filter(due, pk=run_id)
    claimed = (rows.filter(lane=lane) if lane else rows).update(
        status=RunStatus.RUNNING,
        lease_token=token,
        lease_until=_lease_end(),
        attempts=models.F("attempts") + 1,
        updated_at=Now(),
    )
    if not claimed:
        return None
    run = AgentRun.objects.get(pk=run_id)
    LaneTurn.objects.bulk_create(
        [LaneTurn(lane=run.lane, taken_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["clinic", "lane"],
        update_fields=["taken_at"],
    )
    return run


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _work(attempt: Attempt, step: Step) -> Any:
    """Runs the step's work while a thread keeps the lease, up to the step's limit."""
    assert step.work is not None
    stop = threading.Event()
    keeper = threading.Thread(
        target=copy_context().run,
        args=(_keep_lease, attempt.run, step.limit_seconds, stop),
        name="lease",
        daemon=True,
    )
    keeper.start()
    try:
        return step.work(attempt)
    finally:
        stop.set()


def _keep_lease(run: AgentRun, limit_seconds: int, stop: threading.Event) -> None:
    pause = settings.RUN_LEASE_SECONDS / 3
    waited = 0.0
    try:
        while not stop.wait(pause) and waited < limit_seconds:
            waited += pause
            try:
                AgentRun.objects.filter(pk=run.pk, lease_token=run.lease_token).update(
                    lease_until=_lease_end()
                )
            except DatabaseError:
                logger.warning("The lease of run %s could not be renewed.", run.pk)
    finally:
        connection.close()


def _try_later(run: AgentRun, agent: Agent, error: Exception) -> None:
    """Queues the run again after a growing pause, or gives it up."""
    sentence = f"{type(error).__name__} at step {run.graph_step or 'start'}"
    if run.attempts >= MAX_ATTEMPTS:
        _give_up(run, agent, sentence)
        return
    pause = FIRST_PAUSE_SECONDS * 2**run.attempts
    AgentRun.objects.filter(
        pk=run.pk, lease_token=run.lease_token, status=RunStatus.RUNNING
    ).update(
        status=RunStatus.QUEUED,
        lease_token=None,
        lease_until=None,
        due_at=Now() + timedelta(seconds=pause),
        error=sentence,
        updated_at=Now(),
    )


def _give_up(run: AgentRun, agent: Agent, sentence: str) -> None:
    with change(Actor(agent.label)) as record:
        held = AgentRun.objects.filter(
            pk=run.pk, lease_token=run.lease_token, status=RunStatus.RUNNING
        ).update(lease_until=_lease_end())
        if not held:
            return
        run.error = sentence
        settle(run, RunStatus.FAILED, record, error=sentence)
        agent.gave_up(run, record)
