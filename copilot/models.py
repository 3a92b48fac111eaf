"""Conversations and their messages."""

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
    last_message_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        db_table = "conversations"
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
