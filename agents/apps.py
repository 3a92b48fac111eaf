"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """See the app's models."""

    name = "agents"

    def ready(self) -> None:
        """Has what agents made purged when it has expired."""
        from agents import chores  # noqa: PLC0415 - models are not ready before
        from agents.artifacts import purge_artifacts  # noqa: PLC0415

        chores.register("expired artifacts", 600, purge_artifacts)
