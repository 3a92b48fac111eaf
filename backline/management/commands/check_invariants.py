"""Reports what must always hold, as figures."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backline.invariants import CHECKS, violations
from clinic.current import enter_clinic
from clinic.models import Clinic


class Command(BaseCommand):
    """Exit code 1 when a figure is not zero."""

    help = "Check the invariants of every clinic; all figures must be zero."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per invariant, summed over the clinics."""
        total = dict.fromkeys(CHECKS, 0)
        for clinic in Clinic.objects.order_by("created_at"):
            with enter_clinic(clinic.pk):
                for name, count in violations().items():
                    total[name] += count
        for name, (what, _) in CHECKS.items():
            self.stdout.write(f"{name} {total[name]:6d}  {what}")
        if any(total.values()):
            raise CommandError("Not everything holds.")
