"""The appointments app."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """See the app's models."""

    name = "appointments"
