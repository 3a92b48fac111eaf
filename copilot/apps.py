"""The copilot app."""

from django.apps import AppConfig


class CopilotConfig(AppConfig):
    """Conversations and messages, and the copilot with its tools."""

    name = "copilot"

    def ready(self) -> None:
        """Makes the tools known, and has the runs of dead processes ended."""
        import copilot.tools  # noqa: F401, PLC0415 - models are not ready before
        from agents import chores  # noqa: PLC0415
        from copilot.orphans import end_orphans  # noqa: PLC0415

        chores.register("copilot runs of dead processes", 2, end_orphans)
