"""Shapes of agent runs on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.models import AgentRun, RunStatus


class StepShape(serializers.Serializer[Any]):
    """A finished step."""

    name = serializers.CharField()
    position = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()


class RunRowShape(serializers.Serializer[Any]):
    """A run in a list."""

    run_id = serializers.UUIDField()
    agent = serializers.CharField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    graph_step = serializers.CharField(allow_blank=True)
    patient_id = serializers.UUIDField(allow_null=True)
    document_id = serializers.UUIDField(allow_null=True)
    claim_id = serializers.UUIDField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunShape(RunRowShape):
    """A run with its steps."""

    steps = StepShape(many=True)
    inputs = serializers.DictField()
    outputs = serializers.DictField()
    waiting_for_task_id = serializers.UUIDField(allow_null=True)


class RunSubject(serializers.Serializer[Any]):
    """What the run is about; exactly one."""

    patient_id = serializers.UUIDField(required=False)
    document_id = serializers.UUIDField(required=False)
    claim_id = serializers.UUIDField(required=False)


class StartBody(serializers.Serializer[Any]):
    """What an agent is started with."""

    subject = RunSubject()
    inputs = serializers.DictField(required=False)


class StartAnswer(serializers.Serializer[Any]):
    """A queued run."""

    run_id = serializers.UUIDField()
    status = serializers.CharField()
    message = serializers.CharField()


class ResumeBody(serializers.Serializer[Any]):
    """A person's answer to what the run waits for."""

    task_id = serializers.UUIDField(required=False)
    resolution = serializers.DictField(help_text="As in PATCH /documents/{id} for a review.")


def run_row(run: AgentRun) -> dict[str, Any]:
    """A run as :class:`RunRowShape`."""
    return {
        "run_id": run.pk,
        "agent": run.agent,
        "status": run.status,
        "graph_step": run.graph_step,
        "patient_id": run.patient_id,
        "document_id": run.document_id,
        "claim_id": run.claim_id,
        "error": run.error or None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def run_answer(run: AgentRun, waiting_for: Any) -> dict[str, Any]:
    """A run as :class:`RunShape`; step outputs stay inside, they may hold whole documents."""
    steps = run.steps.order_by("position").defer("output")
    return {
        **run_row(run),
        "steps": [
            {
                "name": step.name,
                "position": step.position,
                "started_at": step.started_at,
                "finished_at": step.finished_at,
            }
            for step in steps
        ],
        "inputs": run.inputs,
        "outputs": run.outputs,
        "waiting_for_task_id": waiting_for,
    }
