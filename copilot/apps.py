"""The copilot app."""

from django.apps import AppConfig


class CopilotConfig(AppConfig):
    """Conversations and messages."""

    name = "copilot"
