"""The patients app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard


class PatientsConfig(AppConfig):
    """Patients and their charts."""

    name = "patients"

    def ready(self) -> None:
        """Adds to the dashboard."""
        statuses = ("active", "inactive", "deceased")
        dashboard.register_tally("patients_total", *(f"patient.{one}" for one in statuses))
        dashboard.register_activity("patient", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    return "Patient added" if op == "insert" else "Chart or details changed"
