"""Fills an installation with made-up clinics to try."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backline.scaling import seed_scale
from backline.seeding import PASSWORD, seed_demo, seed_founding


class Command(BaseCommand):
    """Idempotent: seeding again adds nothing."""

    help = "Seed the founding document's clinic; with --demo also staff, papers, a second clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        """--demo, --scale and --allow-demo-password."""
        parser.add_argument("--demo", action="store_true", help="add sample papers and more")
        parser.add_argument(
            "--scale",
            type=int,
            metavar="N",
            help="make one more clinic, of N patients with the rest in proportion, to measure with",
        )
        parser.add_argument(
            "--allow-demo-password",
            action="store_true",
            help="let people sign in with the published password although DEBUG is off",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when the published password would open a real installation."""
        if not settings.DEBUG and not options["allow_demo_password"]:
            raise CommandError(
                "The seeded people have a published password. On an installation that others can "
                "reach this is dangerous; if it is meant, add --allow-demo-password."
            )
        if options["scale"]:
            self._scale(options["scale"])
        elif options["demo"]:
            seed_demo()
        else:
            seed_founding()
        self.stdout.write("Seeded.")

    def _scale(self, count: int) -> None:
        try:
            scaled = seed_scale(count, PASSWORD)
        except ValueError as error:
            raise CommandError(str(error)) from error
        word = "made" if scaled.made else "there already"
        self.stdout.write(f"Clinic {scaled.clinic_id} of {scaled.email}: {word}.")
