"""The consents app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard, needs


class ConsentsConfig(AppConfig):
    """Forms that patients sign; brings the agent that writes to them."""

    name = "consents"

    def ready(self) -> None:
        """Makes the agent known, forms expire, and signatures show on the dashboard."""
        from agents import chores, registry, subjects  # noqa: PLC0415 - models come first
        from consents.actions import expire_forms  # noqa: PLC0415
        from consents.letters import AGENT, NAME, WAY  # noqa: PLC0415
        from consents.needs import CONSENTS  # noqa: PLC0415

        needs.register(CONSENTS)
        registry.register(AGENT)
        subjects.register(NAME, WAY)
        chores.register("consent forms' expiry", 60, expire_forms)
        dashboard.register_activity("consent_form", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    return f"Consent form {doc['status'].replace('_', ' ')}: {doc['name']}"
