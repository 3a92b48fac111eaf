#!/usr/bin/env python
"""Django's command line for Backline."""

import os
import sys


def main() -> None:
    """Run one management command with Backline's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - Django's order

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
