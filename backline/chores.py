"""Chores of the sweep that belong to the lowest apps, which know nothing of the sweep."""

from __future__ import annotations

from django.utils import timezone

from clinic.api.idempotency import forget_old_answers
from clinic.current import enter_clinic
from clinic.models import Clinic, LoginSession, SocketTicket


def forget_everywhere() -> None:
    """Deletes answers kept for repeated requests, dead sessions and spent tickets."""
    for clinic_id in Clinic.objects.values_list("pk", flat=True):
        with enter_clinic(clinic_id):
            forget_old_answers()
    now = timezone.now()
    SocketTicket.objects.filter(expires_at__lt=now).delete()
    LoginSession.objects.filter(expires_at__lt=now).delete()
