"""Bodies and answers about conversations."""

from __future__ import annotations

from rest_framework import serializers

from clinic.api.fields import OneOf, Text
from copilot.models import Channel

Fields = serializers.Serializer[object]


class NewConversationSubject(Fields):
    """What a conversation is about; any of them may be left out."""

    patient_id = serializers.UUIDField(required=False, allow_null=True)
    claim_id = serializers.UUIDField(required=False, allow_null=True)
    appointment_id = serializers.UUIDField(required=False, allow_null=True)


class NewConversation(Fields):
    """A conversation to begin."""

    channel = OneOf(Channel)
    subject = NewConversationSubject(required=False, default=dict)


class ConversationCreated(Fields):
    """The new conversation's id."""

    conversation_id = serializers.UUIDField()
    message = serializers.CharField()


class ConversationSubject(Fields):
    """What a conversation is about."""

    patient_id = serializers.UUIDField(allow_null=True)
    claim_id = serializers.UUIDField(allow_null=True)
    appointment_id = serializers.UUIDField(allow_null=True)


class ConversationRow(Fields):
    """A conversation in a list; ``last_message`` is the beginning of it."""

    conversation_id = serializers.UUIDField()
    channel = OneOf(Channel)
    subject = ConversationSubject()
    patient_name = serializers.CharField(allow_null=True)
    last_message = serializers.CharField(allow_null=True)
    last_message_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class NewMessage(Fields):
    """A message to write."""

    conversation_id = serializers.UUIDField()
    text = Text(max_length=20_000)
    rich = serializers.DictField(
        required=False, allow_null=True, help_text="What a screen may show beside the text."
    )


class MessageCreated(Fields):
    """The new message's id."""

    message_id = serializers.UUIDField()
    message = serializers.CharField()


class MessageRow(Fields):
    """A message."""

    message_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    text = serializers.CharField()
    rich = serializers.DictField(allow_null=True)
    author = serializers.CharField()
    author_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
