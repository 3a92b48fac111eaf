"""Bodies and answers about consent forms and their templates."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.api.fields import Line, OneOf, Text
from consents.models import ConsentStatus, LetterStatus

Fields = serializers.Serializer[object]


class NewTemplate(Fields):
    """A template to add."""

    name = Line(max_length=200)
    description = Text(required=False, allow_blank=True, default="", max_length=2000)
    purpose = Line(max_length=200, required=False, allow_blank=True, default="")
    body = Text(
        max_length=100_000,
        help_text="Markdown. Fields: {{patient.name}}, {{patient.first_name}}, "
        "{{patient.last_name}}, {{patient.dob}}, {{patient.mrn}}, {{clinic.name}}, {{today}}.",
    )


class TemplateChange(Fields):
    """What to change; what is left out stays."""

    name = Line(max_length=200, required=False)
    description = Text(required=False, allow_blank=True, max_length=2000)
    purpose = Line(max_length=200, required=False, allow_blank=True)
    body = Text(max_length=100_000, required=False)
    is_active = serializers.BooleanField(required=False, help_text="False retires it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Name at least one thing to change.")
        return attrs


class TemplateAnswer(Fields):
    """A template; ``version`` counts the changes of its wording."""

    form_template_id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField(allow_blank=True)
    body = serializers.CharField()
    version = serializers.IntegerField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TemplateCreated(Fields):
    """The new template's id."""

    form_template_id = serializers.UUIDField()
    message = serializers.CharField()


class FormsToSend(Fields):
    """Who is asked to sign what."""

    patient_id = serializers.UUIDField()
    form_template_ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=20
    )


class SentForm(Fields):
    """A form on its way."""

    form_id = serializers.UUIDField()
    name = serializers.CharField()
    status = OneOf(ConsentStatus)


class FormsSent(Fields):
    """The forms, in the order of their templates."""

    sent_forms = SentForm(many=True)
    message = serializers.CharField()


class FormChange(Fields):
    """A move that the clinic may make."""

    status = OneOf(ConsentStatus, help_text="sent (again), or withdrawn.")
    reason = Line(max_length=1000, required=False, allow_blank=True, default="")


class FormRow(Fields):
    """A consent form in a list."""

    form_id = serializers.UUIDField()
    name = serializers.CharField()
    purpose = serializers.CharField(allow_blank=True)
    status = OneOf(ConsentStatus)
    patient_id = serializers.UUIDField()
    patient_name = serializers.CharField()
    form_template_id = serializers.UUIDField()
    letter = OneOf(LetterStatus, allow_null=True, help_text="How far the e-mail is.")
    sent_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When its link runs out.")
    document_id = serializers.UUIDField(allow_null=True, help_text="The signed and sealed PDF.")
    created_at = serializers.DateTimeField()


class FormAnswer(FormRow):
    """A consent form with its wording and the evidence of its signing."""

    body = serializers.CharField(help_text="The wording as sent, Markdown.")
    body_sha256 = serializers.CharField()
    template_version = serializers.IntegerField()
    sent_to = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    signer_name = serializers.CharField(allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    evidence = serializers.DictField(
        help_text="`opened`, `signed` or `declined`: {at, ip, user_agent}; `seal_certificate`."
    )
    updated_at = serializers.DateTimeField()
