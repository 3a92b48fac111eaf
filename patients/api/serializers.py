"""Bodies and answers about patients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from clinic.api.fields import Line, OneOf
from patients.models import Gender, PatientStatus

Fields = serializers.Serializer[object]
OLDEST = date(1880, 1, 1)


class GenderField(OneOf):
    """A gender; the case of the letters does not matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Gender, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The choice."""
        return super().to_internal_value(data.capitalize() if isinstance(data, str) else data)


class BirthDate(serializers.DateField):
    """A day on which somebody alive may have been born."""

    default_error_messages = {  # noqa: RUF012 - DRF's own pattern
        "future": "A date of birth cannot be in the future.",
        "past": "A date of birth cannot be before 1880.",
    }

    def to_internal_value(self, value: Any) -> date:
        """The day.

        Raises:
            ValidationError: for one that cannot be.
        """
        day = super().to_internal_value(value)
        if day > timezone.now().date() + timedelta(days=1):
            self.fail("future")
        if day < OLDEST:
            self.fail("past")
        return day


class Address(Fields):
    """A postal address."""

    line1 = Line(max_length=200, required=False, allow_blank=True)
    line2 = Line(max_length=200, required=False, allow_blank=True)
    city = Line(max_length=120, required=False, allow_blank=True)
    state = Line(max_length=60, required=False, allow_blank=True)
    postal_code = Line(max_length=20, required=False, allow_blank=True)
    country = Line(max_length=60, required=False, allow_blank=True)


class PatientDetails(Fields):
    """What may be said of a patient."""

    first_name = Line(max_length=120, allow_blank=True, help_text="Empty for a single name.")
    last_name = Line(max_length=120)
    dob = BirthDate(required=False, allow_null=True)
    gender = GenderField(required=False)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.RegexField(
        r"^\s*(\+?[0-9(][0-9 ().\-/x#ext]*)?\s*$",
        max_length=40,
        required=False,
        allow_blank=True,
        error_messages={"invalid": "Use digits, spaces and + ( ) - . / only."},
    )
    address = Address(required=False)
    preconditions = serializers.ListField(
        child=Line(max_length=300), required=False, max_length=100
    )
    profile_image = serializers.RegexField(
        r"^(https?://[!-~]+|/[!-~]*)?$",
        max_length=500,
        required=False,
        allow_blank=True,
        error_messages={"invalid": "Give the address of a picture."},
    )


class NewPatient(PatientDetails):
    """A patient to add."""


class PatientChange(PatientDetails):
    """What to change; what is left out stays."""

    status = OneOf(PatientStatus, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Name at least one thing to change.")
        return attrs


class PatientRow(Fields):
    """A patient in a list."""

    patient_id = serializers.UUIDField()
    mrn = serializers.CharField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    status = OneOf(PatientStatus)
    tasks_count = serializers.IntegerField()
    appointments_count = serializers.IntegerField()
    flagged_count = serializers.IntegerField()
    profile_image = serializers.CharField(allow_blank=True)
    dob = serializers.DateField(allow_null=True)
    gender = OneOf(Gender)
    created_at = serializers.DateTimeField()
    score = serializers.FloatField(required=False, help_text="With `q`: how likely, 0 to 1.")
    match = serializers.CharField(
        required=False, allow_blank=True, help_text="With `q`: why it was found, if not by name."
    )


class Flag(Fields):
    """Something about a patient that needs a look."""

    code = serializers.CharField()
    text = serializers.CharField()
    raised_at = serializers.DateTimeField()


class Vital(Fields):
    """The latest measurement of a vital sign, and where it was read."""

    name = serializers.CharField()
    value = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    date = serializers.DateField(allow_null=True)
    document_id = serializers.UUIDField(allow_null=True)
    page = serializers.IntegerField(allow_null=True)
    bbox = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class PatientAnswer(PatientRow):
    """One patient."""

    age = serializers.IntegerField(allow_null=True)
    address = serializers.DictField(child=serializers.CharField(allow_blank=True))
    preconditions = serializers.ListField(child=serializers.CharField())
    flags = Flag(many=True)
    latest_vitals = Vital(many=True)
    chart_version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class PossibleDuplicate(Fields):
    """Somebody who may be the same person."""

    patient_id = serializers.UUIDField()
    mrn = serializers.CharField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField()
    dob = serializers.DateField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    score = serializers.FloatField()


class PatientCreated(Fields):
    """The new patient's ids, and who may be the same person."""

    patient_id = serializers.UUIDField()
    mrn = serializers.CharField()
    message = serializers.CharField()
    possible_duplicates = PossibleDuplicate(many=True)
