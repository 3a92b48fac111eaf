"""Work for people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class TaskState(models.TextChoices):
    """open -> in_progress -> done, or cancelled; done and cancelled can be opened again."""

    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


MOVES: dict[str, frozenset[str]] = {
    TaskState.OPEN: frozenset({TaskState.IN_PROGRESS, TaskState.DONE, TaskState.CANCELLED}),
    TaskState.IN_PROGRESS: frozenset({TaskState.OPEN, TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.CANCELLED: frozenset({TaskState.OPEN}),
}
PENDING = (TaskState.OPEN, TaskState.IN_PROGRESS)


class Priority(models.TextChoices):
    """How soon."""

    URGENT = "urgent", "Urgent"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class Task(ClinicOwned):
    """Something a person has to do.

    ``run_id`` names the agent run that waits for the answer; a database constraint keeps it to
    one pending task a run. ``assigned_to`` is a name as written, ``assignee`` a member when known.
    """

    number = models.BigIntegerField(editable=False)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=40, default="general")
    source = models.CharField(max_length=20, default="person")
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    document_id = models.UUIDField(null=True, blank=True)
    run_id = models.UUIDField(null=True, blank=True)
    agent_type = models.CharField(max_length=40, blank=True)
    assigned_to = models.CharField(max_length=200, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    state = models.CharField(max_length=12, choices=TaskState, default=TaskState.OPEN)
    confidence_score = models.FloatField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(ClinicOwned.Meta):
        db_table = "tasks"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "number"], name="task_number_once"),
            models.UniqueConstraint(
                fields=["clinic", "run_id"],
                condition=models.Q(state__in=["open", "in_progress"], run_id__isnull=False),
                name="one_pending_task_per_run",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "state", "-created_at", "-id"], name="tasks_by_state"),
            models.Index(fields=["clinic", "-created_at", "-id"], name="tasks_newest"),
            models.Index(fields=["clinic", "patient", "-created_at"], name="tasks_of_patient"),
            models.Index(
                fields=["clinic", "assignee", "state", "-created_at"], name="tasks_of_assignee"
            ),
            models.Index(fields=["clinic", "document_id"], name="tasks_of_document"),
            models.Index(
                fields=["clinic", "assignee", "priority", "created_at"],
                condition=models.Q(state__in=["open", "in_progress"], document_id__isnull=True),
                name="tasks_pressing",
            ),
            models.Index(
                fields=["clinic", "priority", "created_at"],
                condition=models.Q(
                    state__in=["open", "in_progress"],
                    document_id__isnull=True,
                    assignee__isnull=True,
                    assigned_to="",
                ),
                name="tasks_of_nobody",
            ),
            models.Index(
                fields=["clinic", "priority", "created_at"],
                condition=models.Q(
                    state__in=["open", "in_progress"],
                    document_id__isnull=False,
                    assignee__isnull=True,
                    assigned_to="",
                ),
                name="reviews_of_nobody",
            ),
            models.Index(
                fields=["clinic", "assignee", "priority", "created_at"],
                condition=models.Q(state__in=["open", "in_progress"], document_id__isnull=False),
                name="reviews_pressing",
            ),
            models.Index(
                fields=["clinic", "assignee", "due_at"],
                condition=models.Q(state__in=["open", "in_progress"], due_at__isnull=False),
                name="tasks_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display_id} {self.title}"

    @property
    def display_id(self) -> str:
        """The number as people say it."""
        return f"T{self.number}"

    @property
    def is_pending(self) -> bool:
        """Whether somebody still has to do it."""
        return self.state in PENDING

    def waiting_minutes(self, now: datetime) -> int:
        """Whole minutes from its making to its end, or to now while it is pending."""
        return max(0, int(((self.closed_at or now) - self.created_at).total_seconds() // 60))


class TaskComment(ClinicOwned):
    """A remark on a task."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    author_label = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "task", "created_at"], name="comments_of_task"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
