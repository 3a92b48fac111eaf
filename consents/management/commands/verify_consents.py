"""Checks the seal of every signed form."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.current import enter_clinic
from clinic.models import Clinic
from consents.models import ConsentForm
from consents.signing import check_form


class Command(BaseCommand):
    """Reads the signed files of all clinics."""

    help = "Check that every signed consent form is, byte for byte, what was sealed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints how many hold, and each that does not.

        Raises:
            CommandError: when one does not.
        """
        checked = broken = 0
        for clinic_id in Clinic.objects.values_list("pk", flat=True):
            with enter_clinic(clinic_id):
                signed = ConsentForm.objects.filter(document__isnull=False)
                for form_id in signed.values_list("pk", flat=True):
                    verdict = check_form(form_id)
                    checked += 1
                    if not verdict.holds:
                        broken += 1
                        self.stdout.write(f"{form_id}: {verdict.problem}")
        self.stdout.write(f"{checked} signed forms checked, {broken} broken.")
        if broken:
            raise CommandError("Some signed forms were changed.")
