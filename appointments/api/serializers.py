"""Bodies and answers about visits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from appointments.models import AppointmentStatus
from clinic.api.fields import Line, Moment, OneOf

Fields = serializers.Serializer[object]


class NewAppointment(Fields):
    """A visit to book."""

    patient_id = serializers.UUIDField()
    provider_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A member of the clinic."
    )
    type = Line(max_length=60)
    title = Line(max_length=200)
    starts_at = Moment()
    ends_at = Moment()
    location = Line(max_length=200, required=False, allow_blank=True, default="")


class AppointmentChange(Fields):
    """What to change; what is left out stays."""

    provider_id = serializers.UUIDField(required=False, allow_null=True)
    type = Line(max_length=60, required=False)
    title = Line(max_length=200, required=False)
    starts_at = Moment(required=False)
    ends_at = Moment(required=False)
    location = Line(max_length=200, required=False, allow_blank=True)
    status = OneOf(AppointmentStatus, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Name at least one thing to change.")
        return attrs


class AppointmentAnswer(Fields):
    """A visit; ``time`` is the clinic's clock."""

    appointment_id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    provider_id = serializers.UUIDField(allow_null=True)
    provider_name = serializers.CharField(allow_null=True)
    type = serializers.CharField()
    title = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time = serializers.RegexField(r"^\d{2}:\d{2}$")
    location = serializers.CharField(allow_blank=True)
    status = OneOf(AppointmentStatus)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AppointmentCreated(Fields):
    """The new visit's id."""

    appointment_id = serializers.UUIDField()
    message = serializers.CharField()
