"""Agent runs: long work in named steps that survives the death of any part."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class RunStatus(models.TextChoices):
    """queued -> running -> waiting_input -> queued ... -> completed, or failed."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING_INPUT = "waiting_input", "Waiting for a person"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


MOVES: dict[str, frozenset[str]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.FAILED}),
    RunStatus.RUNNING: frozenset(
        {
            RunStatus.RUNNING,
            RunStatus.QUEUED,
            RunStatus.WAITING_INPUT,
            RunStatus.COMPLETED,
            RunStatus.FAILED,
        }
    ),
    RunStatus.WAITING_INPUT: frozenset({RunStatus.QUEUED, RunStatus.COMPLETED, RunStatus.FAILED}),
    RunStatus.COMPLETED: frozenset({RunStatus.WAITING_INPUT}),
    RunStatus.FAILED: frozenset({RunStatus.QUEUED}),
}


class Lane(models.TextChoices):
    """Which workers may take a run: quick work is not held up behind reading pictures."""

    QUICK = "quick", "Quick"
    READING = "reading", "Reading pictures"


class AgentRun(ClinicOwned):
    """One execution of an agent on one subject. This row is the queue of record.

    A worker owns a running run while ``lease_token`` is its own and ``lease_until`` has not
    passed; every write of the runner names the token, so a worker that slept through the end of
    its lease changes nothing. ``due_at`` is when it wants attention (queued runs only).
    """

    agent = models.CharField(max_length=40)
    status = models.CharField(max_length=15, choices=RunStatus, default=RunStatus.QUEUED)
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.QUICK)
    patient_id = models.UUIDField(null=True, blank=True)
    document_id = models.UUIDField(null=True, blank=True)
    claim_id = models.UUIDField(null=True, blank=True)
    subject_version = models.IntegerField(default=1)
    inputs = models.JSONField(default=dict)
    outputs = models.JSONField(default=dict)
    answer = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    graph_step = models.CharField(max_length=40, blank=True)
    attempts = models.IntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClinicOwned.Meta):
        db_table = "agent_executions"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "agent", "document_id", "subject_version"],
                condition=models.Q(document_id__isnull=False),
                name="one_run_per_document_version",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="runs_newest"),
            models.Index(fields=["clinic", "document_id"], name="runs_of_document"),
            models.Index(fields=["due_at"], condition=models.Q(status="queued"), name="runs_due"),
            models.Index(
                fields=["lease_until"], condition=models.Q(status="running"), name="runs_leased"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.status}"


class LaneTurn(ClinicOwned):
    """When a run of the clinic was last taken in a lane; the clinic longest without is next."""

    lane = models.CharField(max_length=10, choices=Lane)
    taken_at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        db_table = "agent_turns"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "lane"], name="turn_once_per_lane"),
        ]

    def __str__(self) -> str:
        return self.lane


class AgentStep(ClinicOwned):
    """The checkpoint of a finished step: its output, kept so that it is never done twice."""

    run = models.ForeignKey(AgentRun, on_delete=models.CASCADE, related_name="steps")
    position = models.IntegerField()
    name = models.CharField(max_length=40)
    output = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "run", "name"], name="step_once_per_run"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.name}"


class AIArtifact(ClinicOwned):
    """Something an agent made that may be kept for a while, such as a summary."""

    kind = models.CharField(max_length=40)
    patient_id = models.UUIDField(null=True, blank=True)
    content = models.JSONField()
    model = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        db_table = "ai_artifacts"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["clinic", "kind", "patient_id", "-created_at"], name="artifacts_of"
            ),
            models.Index(fields=["expires_at"], name="artifacts_expiry"),
        ]

    def __str__(self) -> str:
        return self.kind
