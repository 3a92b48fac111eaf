"""The tasks app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """See the app's models."""

    name = "tasks"
