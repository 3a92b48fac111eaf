"""The clinic app."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """Clinics, people, tenancy, events and audit."""

    name = "clinic"
