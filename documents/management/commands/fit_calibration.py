"""Fits how sure to be of a value: for one clinic, from its reviewers' answers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from clinic.current import enter_clinic
from clinic.models import Clinic
from clinic.recording import SYSTEM
from documents.calibration import TooFewLabels, fit_own


class Command(BaseCommand):
    """Learns from what reviewers kept and changed; the next documents are read with it.

    What ships with the program is fitted to made-up papers by ``python -m bench.extraction fit``.
    """

    help = "Fit a clinic's own calibration to its reviewers' answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The clinic."""
        parser.add_argument("--clinic", type=UUID, required=True, metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says what was learnt from how much.

        Raises:
            CommandError: when there is no such clinic, or too little to learn from.
        """
        if not Clinic.objects.filter(pk=options["clinic"]).exists():
            raise CommandError("There is no clinic with this id.")
        with enter_clinic(options["clinic"]):
            try:
                own = fit_own(by=SYSTEM)
            except TooFewLabels as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            f"Calibration {own} from {own.labels} judged values, {own.changed} of them changed. "
            "The next documents are read with it."
        )
