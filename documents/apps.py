"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """See the app's models."""

    name = "documents"
