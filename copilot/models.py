"""Conversations, their messages, and the copilot's runs in them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class Channel(models.TextChoices):
    """Where a conversation is held."""

    COPILOT = "copilot", "Copilot"
    INTERNAL = "internal", "Internal"
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"


class Conversation(ClinicOwned):
    """Messages about one subject, or about none in particular.

    ``last_message_at`` orders the list: the latest message's time, at first the making's.
    ``thread_id`` is what a client of the copilot calls it; None for every other conversation.
    """

    channel = models.CharField(max_length=10, choices=Channel)
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    claim = models.ForeignKey(
        "claims.Claim", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    appointment = models.ForeignKey(
        "appointments.Appointment",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    thread_id = models.CharField(max_length=200, null=True, blank=True)
    last_message_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        db_table = "conversations"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "thread_id"], name="one_thread_of_a_name"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-last_message_at", "-id"], name="conversations_latest"),
            models.Index(
                fields=["clinic", "channel", "-last_message_at", "-id"],
                name="conversations_of_channel",
            ),
            models.Index(
                fields=["clinic", "patient", "-last_message_at"], name="conversations_of_patient"
            ),
            models.Index(
                fields=["clinic", "claim"],
                condition=models.Q(claim__isnull=False),
                name="conversations_of_claim",
            ),
            models.Index(
                fields=["clinic", "appointment"],
                condition=models.Q(appointment__isnull=False),
                name="conversations_of_visit",
            ),
        ]

    def __str__(self) -> str:
        return self.channel


class Message(ClinicOwned):
    """Something that was said. ``rich`` is what a screen may show beside the text."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    text = models.TextField()
    rich = models.JSONField(null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    author_label = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        db_table = "messages"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["clinic", "conversation", "created_at", "id"],
                name="messages_of_conversation",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Via(models.TextChoices):
    """How the copilot was reached."""

    COPILOT = "copilot", "Copilot"
    MCP = "mcp", "Outside agent"


class CopilotStatus(models.TextChoices):
    """running -> finished, waiting (for an approval or the client's tool), stopped or failed."""

    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    WAITING = "waiting", "Waiting for the person"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


class CopilotRun(ClinicOwned):
    """One turn of the copilot, and its receipt: who, with which model, at what cost.

    A process owns a running run while ``lease_until`` has not passed; every write of it asks
    that the run still runs, so one that was frozen past its lease changes nothing. ``run_id`` is
    the client's, ``input`` what was new in its request. ``history`` is the whole conversation as
    the model sees it, kept with the latest turn alone; ``interrupts`` is what a person is asked,
    ``client_calls`` the calls of the client's own tools that are to be answered. A call over MCP
    has no conversation.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="runs"
    )
    run_id = models.CharField(max_length=200)
    via = models.CharField(max_length=10, choices=Via, default=Via.COPILOT)
    status = models.CharField(max_length=10, choices=CopilotStatus, default=CopilotStatus.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asker = models.CharField(max_length=200)
    model = models.CharField(max_length=100)
    input = models.JSONField(default=dict)
    history = models.JSONField(default=list)
    interrupts = models.JSONField(default=list)
    client_calls = models.JSONField(default=list)
    input_tokens = models.IntegerField(default=0)
    output_tokens = models.IntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    error = models.CharField(max_length=40, blank=True)
    stop_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClinicOwned.Meta):
        db_table = "copilot_runs"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "conversation", "run_id"],
                name="one_run_of_a_name",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["clinic", "conversation"],
                condition=models.Q(status="running"),
                name="one_run_at_a_time",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="copilot_runs_newest"),
            models.Index(
                fields=["clinic", "started_by", "-created_at", "-id"], name="copilot_runs_of_person"
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(status="running"),
                name="copilot_runs_leased",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.via} {self.status}"


class Outcome(models.TextChoices):
    """What became of a call."""

    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    DENIED = "denied", "The person said no"
    FAILED = "failed", "Failed"


class CopilotCall(ClinicOwned):
    """A tool that a run called: with what, what became of it, and which rows it touched.

    ``touched`` is a list of {"kind", "id", "changed"}.
    """

    run = models.ForeignKey(CopilotRun, on_delete=models.CASCADE, related_name="calls")
    call_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    approved = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome)
    touched = models.JSONField(default=list)
    milliseconds = models.IntegerField()
    at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        db_table = "copilot_calls"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "run", "call_id"], name="one_line_a_call"),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.outcome}"


class RunEvent(ClinicOwned):
    """An AG-UI event of a conversation, as it was sent; ``seq`` has no gap in it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(CopilotRun, on_delete=models.CASCADE, related_name="events")
    seq = models.IntegerField()
    event = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        db_table = "agent_run_event"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "conversation", "seq"], name="events_of_a_thread_in_order"
            ),
        ]

    def __str__(self) -> str:
        return str(self.seq)
