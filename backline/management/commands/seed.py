"""Fills an installation with made-up clinics to try."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backline.seeding import seed_demo, seed_founding


class Command(BaseCommand):
    """Idempotent: seeding again adds nothing."""

    help = "Seed the founding document's clinic; with --demo also staff, papers, a second clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        """--demo and --allow-demo-password."""
        parser.add_argument("--demo", action="store_true", help="add sample papers and more")
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
        if options["demo"]:
            seed_demo()
        else:
            seed_founding()
        self.stdout.write("Seeded.")
