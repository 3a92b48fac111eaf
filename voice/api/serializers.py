"""Bodies and answers about telephone calls."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.api.fields import Line, OneOf, Text
from voice.models import CallStatus

Fields = serializers.Serializer[object]
DAY_SECONDS = 24 * 3600


class NewCall(Fields):
    """A call to make."""

    patient_id = serializers.UUIDField()
    task_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    purpose = Line(max_length=300)
    phone_number = serializers.RegexField(
        r"^\s*(\+?[0-9(][0-9 ().\-/x#ext]*)?\s*$",
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="The patient's own when left out.",
        error_messages={"invalid": "Use digits, spaces and + ( ) - . / only."},
    )


class CallCreated(Fields):
    """The new call's ids."""

    call_id = serializers.UUIDField()
    vapi_call_id = serializers.CharField(allow_null=True)
    status = OneOf(CallStatus)
    message = serializers.CharField()


class CallChange(Fields):
    """How far the call is, and what came of it."""

    status = OneOf(CallStatus, required=False)
    outcome = Text(required=False, allow_blank=True)
    duration_seconds = serializers.IntegerField(required=False, min_value=0, max_value=DAY_SECONDS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to record.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Give a status, an outcome or a duration.")
        return attrs


class CallRow(Fields):
    """A telephone call; ``vapi_call_id`` is null for one that a person makes."""

    call_id = serializers.UUIDField()
    vapi_call_id = serializers.CharField(allow_null=True)
    status = OneOf(CallStatus)
    purpose = serializers.CharField()
    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    task_id = serializers.UUIDField(allow_null=True)
    phone_number = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True)
    duration_seconds = serializers.IntegerField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
