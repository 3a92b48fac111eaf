"""The voice app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard


class VoiceConfig(AppConfig):
    """Telephone calls."""

    name = "voice"

    def ready(self) -> None:
        """Adds to the dashboard."""
        dashboard.register_activity("voice_call", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    what = "planned" if op == "insert" else doc["status"].replace("_", " ")
    return f"Call {what}: {doc['purpose']}"
