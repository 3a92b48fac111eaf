"""Bodies and answers about claims. Amounts are decimal dollars."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from claims.models import ClaimStatus
from clinic.api.fields import Dollars, Line, OneOf, Text

Fields = serializers.Serializer[object]


class NewClaim(Fields):
    """A claim to make."""

    patient_id = serializers.UUIDField()
    insurance_provider = Line(max_length=200)
    amount = Dollars(min_value=Decimal("0.01"), help_text="US dollars, such as 3500.00.")
    procedure_code = Line(
        max_length=20, required=False, allow_blank=True, default="", help_text="As your code set."
    )
    diagnosis_code = Line(
        max_length=20, required=False, allow_blank=True, default="", help_text="ICD-10-CM."
    )
    service_date = serializers.DateField()
    description = Text(required=False, allow_blank=True, default="")


class ClaimChange(Fields):
    """A move, a note, or a move with a note."""

    status = OneOf(ClaimStatus, required=False)
    note = Text(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Give a status, a note, or both.")
        return attrs


class ClaimRow(Fields):
    """A claim in a list."""

    claim_id = serializers.UUIDField()
    claim_id_display = serializers.CharField()
    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    insurance_provider = serializers.CharField()
    amount = serializers.FloatField()
    status = OneOf(ClaimStatus)
    submitted_date = serializers.DateField(allow_null=True)
    last_event_at = serializers.DateTimeField()


class ClaimAnswer(ClaimRow):
    """A claim."""

    procedure_code = serializers.CharField(allow_blank=True)
    diagnosis_code = serializers.CharField(allow_blank=True)
    service_date = serializers.DateField()
    description = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ClaimCreated(Fields):
    """The new claim's ids."""

    claim_id = serializers.UUIDField()
    claim_id_display = serializers.CharField()
    status = OneOf(ClaimStatus)
    warnings = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField()


class ClaimEventAnswer(Fields):
    """An entry of a claim's timeline; ``time`` is the clinic's clock."""

    event_id = serializers.UUIDField()
    position = serializers.IntegerField()
    event_type = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    time = serializers.RegexField(r"^\d{2}:\d{2}$")
    payload = serializers.DictField()
