"""The wiring, as an app so that its management commands are found."""

from django.apps import AppConfig


class BacklineConfig(AppConfig):
    """Has no models; brings the Celery application to whoever starts Django."""

    name = "backline"

    def ready(self) -> None:
        """Makes jobs find their broker."""
        from agents import chores  # noqa: PLC0415 - models are not ready before
        from backline import celery  # noqa: F401, PLC0415 - imported for the current app
        from backline.chores import forget_everywhere  # noqa: PLC0415

        chores.register("old answers", 24 * 3600, forget_everywhere)
