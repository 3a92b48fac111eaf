"""Telephone calls: to be made, and what came of them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class CallStatus(models.TextChoices):
    """pending -> initiated -> in_progress -> completed; any of them may have failed."""

    PENDING = "pending", "To make"
    INITIATED = "initiated", "Dialled"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


# A person who writes a call down afterwards leaves out what went before.
MOVES: dict[str, frozenset[str]] = {
    CallStatus.PENDING: frozenset(
        {
            CallStatus.INITIATED,
            CallStatus.IN_PROGRESS,
            CallStatus.COMPLETED,
            CallStatus.FAILED,
        }
    ),
    CallStatus.INITIATED: frozenset(
        {CallStatus.IN_PROGRESS, CallStatus.COMPLETED, CallStatus.FAILED}
    ),
    CallStatus.IN_PROGRESS: frozenset({CallStatus.COMPLETED, CallStatus.FAILED}),
    CallStatus.COMPLETED: frozenset(),
    CallStatus.FAILED: frozenset(),
}
ENDED = (CallStatus.COMPLETED, CallStatus.FAILED)


class VoiceCall(ClinicOwned):
    """One call to a patient. Without a telephone service a person makes it and writes it down.

    ``vapi_call_id`` is the service's own id, null for a call that a person makes.
    """

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(
        "tasks.Task", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    purpose = models.CharField(max_length=300)
    phone_number = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=CallStatus, default=CallStatus.PENDING)
    outcome = models.TextField(blank=True)
    duration_seconds = models.IntegerField(null=True, blank=True)
    vapi_call_id = models.CharField(max_length=100, null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "voice_calls"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(duration_seconds__isnull=True)
                | models.Q(duration_seconds__gte=0),
                name="call_lasts_no_less_than_nothing",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="calls_newest"),
            models.Index(fields=["clinic", "status", "-created_at", "-id"], name="calls_by_status"),
            models.Index(fields=["clinic", "patient", "-created_at"], name="calls_of_patient"),
            models.Index(
                fields=["clinic", "task"],
                condition=models.Q(task__isnull=False),
                name="calls_of_task",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose
