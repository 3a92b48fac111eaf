"""The appointments app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard, needs


class AppointmentsConfig(AppConfig):
    """Visits."""

    name = "appointments"

    def ready(self) -> None:
        """Adds to the dashboard."""
        from appointments.needs import SOON, VISITS  # noqa: PLC0415 - needs the models
        from appointments.queries import visits_today  # noqa: PLC0415

        needs.register(VISITS)
        needs.register_visits(SOON)
        dashboard.register_stat("appointments_today", lambda clinic: visits_today(clinic.tzinfo))
        dashboard.register_activity("appointment", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    what = {"insert": "booked", "delete": "deleted"}.get(op, doc["status"].replace("_", " "))
    return f"Appointment {what}: {doc['title']}"
