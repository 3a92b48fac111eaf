"""What agents made and keep for a while; an expired one is never given out, and goes in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.models import AIArtifact
from clinic.current import enter_clinic
from clinic.models import Clinic


def kept_artifact(kind: str, patient_id: UUID, *, model: str) -> AIArtifact | None:
    """The latest one of a kind about a patient, if it has not expired."""
    rows = AIArtifact.objects.filter(
        kind=kind, patient_id=patient_id, model=model, expires_at__gt=timezone.now()
    )
    return rows.order_by("-created_at", "-pk").first()


def keep_artifact(
    kind: str, patient_id: UUID, *, content: dict[str, Any], model: str, lasts: timedelta
) -> AIArtifact:
    """Keeps one in place of the earlier ones of its kind about the patient."""
    AIArtifact.objects.filter(kind=kind, patient_id=patient_id).delete()
    return AIArtifact.objects.create(
        kind=kind,
        patient_id=patient_id,
        content=content,
        model=model,
        expires_at=timezone.now() + lasts,
    )


def purge_artifacts() -> None:
    """Deletes every clinic's expired ones; a chore of the sweep."""
    for clinic_id in Clinic.objects.values_list("pk", flat=True):
        with enter_clinic(clinic_id):
            AIArtifact.objects.filter(expires_at__lte=timezone.now()).delete()
