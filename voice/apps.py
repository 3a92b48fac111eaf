"""The voice app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard, needs


class VoiceConfig(AppConfig):
    """Telephone calls."""

    name = "voice"

    def ready(self) -> None:
        """Adds to the dashboard."""
        from voice.needs import CALLS  # noqa: PLC0415 - needs the models

        needs.register(CALLS)
        dashboard.register_activity("voice_call", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    what = "planned" if op == "insert" else doc["status"].replace("_", " ")
    return f"Call {what}: {doc['purpose']}"
