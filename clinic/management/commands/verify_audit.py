"""Checks every clinic's audit chain."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.audit import verify_chain
from clinic.current import enter_clinic
from clinic.models import Clinic


class Command(BaseCommand):
    """Exit code 1 when a line was edited, deleted, inserted or reordered."""

    help = "Verify the hash chain of every clinic's audit."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per clinic."""
        bad = 0
        for clinic in Clinic.objects.order_by("created_at"):
            with enter_clinic(clinic.pk):
                chain = verify_chain()
            said = "holds" if chain.holds else f"BROKEN at {list(chain.broken)[:10]}"
            if chain.cut_off:
                said += ", end cut off"
            bad += not chain.holds
            self.stdout.write(f"{clinic.pk} {chain.lines} lines: {said}")
        if bad:
            raise CommandError(f"{bad} of the chains do not hold.")
