"""Settings of a server with tools for tests beside the product's own."""

from backline.settings import *  # noqa: F403
from backline.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "copilot.tests.apps.ScriptedConfig"]
