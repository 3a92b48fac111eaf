"""Shapes that many answers share."""

from __future__ import annotations

from rest_framework import serializers


class ErrorAnswer(serializers.Serializer[object]):
    """What every error answers with."""

    detail = serializers.CharField(help_text="A sentence for a person.")
    code = serializers.CharField(help_text="A name for a program.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What was wrong with which field.",
    )
