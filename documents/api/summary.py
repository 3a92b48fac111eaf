"""A patient's summary over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.parameters import Parameter
from clinic.api.schema import endpoint
from clinic.api.views import ClinicView
from documents.api.serializers import BoxField
from documents.models import DocumentKind
from documents.summary import summarise_patient
from patients.permissions import may_read_patients


def _yes_or_no(raw: str) -> bool:
    if raw not in ("true", "false", "1", "0"):
        raise ValueError("Say true or false.")
    return raw in ("true", "1")


REFRESH = (
    Parameter(
        "refresh", _yes_or_no, {"type": "boolean"}, "Write it anew although one is kept.", False
    ),
)


class CitationShape(serializers.Serializer[Any]):
    """Where a fact was read."""

    document_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices, allow_null=True)
    field_id = serializers.CharField(required=False, allow_blank=True)
    page = serializers.IntegerField()
    excerpt = serializers.CharField(allow_blank=True)
    bbox = BoxField()


class SummaryShape(serializers.Serializer[Any]):
    """Paragraphs; a mark such as [2] in them is the second citation."""

    summary = serializers.CharField()
    citations = CitationShape(many=True)
    generated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    model = serializers.CharField(help_text="What wrote it: rules, and which version of them.")


class SummaryView(ClinicView):
    """One patient's summary."""

    @endpoint(
        may=may_read_patients,
        tag="Patients",
        name="get_patient_summary",
        summary="A patient's summary with citations",
        description="Problems, allergies, medications, results out of range and trends, latest "
        "vital signs, and what is open. Every clinical sentence cites document, page and box; "
        "what was charted without such a place is counted and not told. Written by rules, kept "
        "for an hour, and dropped when the chart changes. Leaves one line in the audit.",
        parameters=REFRESH,
        answers={200: SummaryShape},
        errors=(404,),
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """200."""
        values = self.query(REFRESH)
        found = summarise_patient(patient_id=patient_id, by=self.actor, refresh=values["refresh"])
        return Response(
            {
                "summary": found.text,
                "citations": found.citations,
                "generated_at": found.generated_at,
                "expires_at": found.expires_at,
                "model": found.model,
            }
        )
