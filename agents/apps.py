"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """See the app's models."""

    name = "agents"
