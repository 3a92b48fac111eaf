"""The claims app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard, needs


class ClaimsConfig(AppConfig):
    """Claims to insurers."""

    name = "claims"

    def ready(self) -> None:
        """Adds to the dashboard."""
        from claims.needs import CLAIMS  # noqa: PLC0415 - needs the models

        needs.register(CLAIMS)
        dashboard.register_tally("claims_pending", "claim.pending")
        dashboard.register_activity("claim", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    what = "created" if op == "insert" else doc["status"].replace("_", " ")
    return f"Claim {doc['claim_id_display']} to {doc['insurance_provider']} {what}"
