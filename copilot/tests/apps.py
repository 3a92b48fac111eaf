"""An app that brings the tools of ``scripted_tools`` to a server under test."""

from django.apps import AppConfig


class ScriptedConfig(AppConfig):
    name = "copilot.tests"
    label = "copilot_tests"

    def ready(self):
        from copilot.tests import scripted_tools

        scripted_tools.register_all()
