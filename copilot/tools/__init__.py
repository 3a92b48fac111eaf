"""The tools, by subject. Importing this package registers them all."""

from copilot.tools import patients, tasks

__all__ = ["patients", "tasks"]
