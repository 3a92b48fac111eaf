"""Starting, answering and retrying agent runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from agents.doorbell import ring_after_commit
from agents.models import AgentRun, RunStatus
from agents.queries import event_doc
from agents.registry import Then, agent_named
from agents.runner import finish_step, settle
from clinic.current import current_clinic_id
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Missing

STOPPABLE = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


class UnknownRun(Missing):
    """There is no such run in this clinic."""

    sentence = "There is no such agent run."


class NotWaiting(Conflict):
    """The run does not wait for an answer (any more)."""

    code = "not_waiting"
    sentence = "Somebody has already answered this."


class NotFailed(Conflict):
    """Only a failed run can be tried again."""

    code = "not_failed"
    sentence = "Only a run that failed can be tried again."


class NotStoppable(Conflict):
    """The run is over or waits, or its agent's work may have reached somebody already."""

    code = "not_stoppable"
    sentence = "This run cannot be stopped (any more)."


def start_run(
    *,
    agent: str,
    by: Actor,
    patient_id: UUID | None = None,
    document_id: UUID | None = None,
    claim_id: UUID | None = None,
    inputs: dict[str, Any] | None = None,
    subject_version: int = 1,
) -> AgentRun:
    """Queues a run and rings for a worker after the commit.

    Raises:
        UnknownAgent: see there.
        IntegrityError: for a second run of one document version.
    """
    agent_named(agent)
    with change(by) as record:
        run = AgentRun.objects.create(
            agent=agent,
            patient_id=patient_id,
            document_id=document_id,
            claim_id=claim_id,
            subject_version=subject_version,
            inputs=inputs or {},
            due_at=timezone.now(),
            started_by_id=by.user_id,
        )
        record.event("agent_run", "insert", event_doc(run))
        ring_after_commit(current_clinic_id(), run.pk, run.lane)
    return run


def answer_run(*, run_id: UUID, answer: dict[str, Any], by: Actor) -> AgentRun:
    """Gives a waiting run its answer, and takes it on at once while steps only write.

    The answer becomes the output of the step the run waits for. Steps that follow without
    ``work`` run in this same transaction; a step with work is left to a worker.

    Raises:
        UnknownRun: see there.
        NotWaiting: when it does not wait, or somebody else was faster.
    """
    with change(by) as record:
        run = _locked(run_id)
        if run.status != RunStatus.WAITING_INPUT:
            raise NotWaiting
        run.answer = answer
        AgentRun.objects.filter(pk=run.pk).update(answer=answer)
        done = set(run.steps.values_list("name", flat=True))
        then = Then.CONTINUE
        for step in agent_named(run.agent).steps:
            if step.name in done or then is not Then.CONTINUE:
                continue
            if step.work is not None:
                _queue_again(run)
                break
            output = answer if step.waits_for_answer else None
            then = finish_step(run, step, output, record, len(done), timezone.now())
            done.add(step.name)
        if then is Then.FINISH:
            settle(run, RunStatus.COMPLETED, record)
        elif then is Then.WAIT:
            settle(run, RunStatus.WAITING_INPUT, record)
        record.audit("agent_run.answer", run, patient_id=run.patient_id)
    return run


def runs_of_document(document_id: UUID) -> list[dict[str, Any]]:
    """The document's runs as :func:`take_back_answers` restores them."""
    rows = AgentRun.objects.filter(document_id=document_id).prefetch_related("steps")
    return [
        {
            "id": run.pk,
            "status": run.status,
            "patient_id": run.patient_id,
            "outputs": run.outputs,
            "answer": run.answer,
            "graph_step": run.graph_step,
            "steps": [step.name for step in run.steps.all()],
        }
        for run in rows
    ]


def take_back_answers(document_id: UUID, before: list[dict[str, Any]], record: Record) -> None:
    """Puts the document's runs back to where they were; steps finished since are forgotten.

    For use inside the caller's change, with the runs locked.
    """
    earlier = {str(one["id"]): one for one in before}
    for run in AgentRun.objects.filter(document_id=document_id):
        was = earlier.get(str(run.pk))
        if was is None:
            continue
        AgentRun.objects.filter(pk=run.pk).update(patient_id=was["patient_id"])
        if run.status == was["status"]:
            continue
        run.steps.exclude(name__in=was["steps"]).delete()
        run.outputs, run.graph_step = was["outputs"], was["graph_step"]
        settle(run, RunStatus(was["status"]), record, answer=was["answer"])


def end_waiting_runs(document_id: UUID, record: Record) -> None:
    """Ends the runs that wait for an answer about a document whose next version is read."""
    for run in AgentRun.objects.select_for_update(no_key=True).filter(
        document_id=document_id, status=RunStatus.WAITING_INPUT
    ):
        run.outputs = {**run.outputs, "superseded": True}
        settle(run, RunStatus.COMPLETED, record)


def retry_run(*, run_id: UUID, by: Actor) -> AgentRun:
    """Queues a failed run again from its last checkpoint.

    Raises:
        UnknownRun: see there.
        NotFailed: when it has not failed.
    """
    with change(by) as record:
        run = _locked(run_id)
        if run.status != RunStatus.FAILED:
            raise NotFailed
        _queue_again(run)
        record.event("agent_run", "update", event_doc(run))
        record.audit("agent_run.retry", run, patient_id=run.patient_id)
    return run


def stop_run(*, run_id: UUID, by: Actor) -> AgentRun:
    """Breaks a queued or running run off; its subject goes to a person as after a failure.

    A worker that is at it loses its lease and writes nothing more.

    Raises:
        UnknownRun: see there.
        NotStoppable: see there.
    """
    with change(by) as record:
        run = _locked(run_id)
        agent = agent_named(run.agent)
        if not agent.can_be_stopped or run.status not in STOPPABLE:
            raise NotStoppable
        run.error = f"Stopped by {by.label}"
        settle(run, RunStatus.FAILED, record, error=run.error)
        agent.gave_up(run, record)
        record.audit("agent_run.stop", run, patient_id=run.patient_id)
    return run


def _locked(run_id: UUID) -> AgentRun:
    try:
        return AgentRun.objects.select_for_update(no_key=True).get(pk=run_id)
    except AgentRun.DoesNotExist as error:
        raise UnknownRun from error


def _queue_again(run: AgentRun) -> None:
    AgentRun.objects.filter(pk=run.pk).update(
        status=RunStatus.QUEUED,
        due_at=Now(),
        attempts=0,
        error="",
        lease_token=None,
        lease_until=None,
        finished_at=None,
        updated_at=Now(),
    )
    run.status = RunStatus.QUEUED
    ring_after_commit(current_clinic_id(), run.pk, run.lane)
