"""How ambiguous writing is read for a clinic: its language, its order of day and month."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from clinic.models import Clinic
from documents.pipeline.types import Locale


def locale_of(clinic_id: UUID) -> Locale:
    """The clinic's locale, with today's date where it is."""
    clinic = Clinic.objects.get(pk=clinic_id)
    return Locale(
        language=clinic.language,
        day_first=clinic.day_first,
        today=datetime.now(clinic.tzinfo).date(),
    )
