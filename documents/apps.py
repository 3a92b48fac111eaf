"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Papers in, facts out; brings the extraction agent and the chores of its files."""

    name = "documents"

    def ready(self) -> None:
        """Makes the extraction agent known."""
        from agents import registry  # noqa: PLC0415 - models are not ready before
        from documents.agent import AGENT  # noqa: PLC0415

        registry.register(AGENT)
