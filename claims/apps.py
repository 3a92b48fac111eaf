"""The claims app."""

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    """See the app's models."""

    name = "claims"
