"""The patients app."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """See the app's models."""

    name = "patients"
