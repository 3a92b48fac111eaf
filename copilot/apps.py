"""The copilot app."""

from django.apps import AppConfig


class CopilotConfig(AppConfig):
    """Conversations and messages, and the copilot with its tools."""

    name = "copilot"

    def ready(self) -> None:
        """Makes the tools known."""
        import copilot.tools  # noqa: F401, PLC0415 - models are not ready before
