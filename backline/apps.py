"""The wiring, as an app so that its management commands are found."""

from django.apps import AppConfig


class BacklineConfig(AppConfig):
    """Has no models."""

    name = "backline"
