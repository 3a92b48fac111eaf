"""The wiring, as an app so that its management commands are found."""

from django.apps import AppConfig


class BacklineConfig(AppConfig):
    """Has no models; brings the Celery application to whoever starts Django."""

    name = "backline"

    def ready(self) -> None:
        """Makes jobs find their broker."""
        from backline import celery  # noqa: F401, PLC0415 - imported for the current app
