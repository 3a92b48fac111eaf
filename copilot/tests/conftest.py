"""The tools of ``scripted_tools``, for tests that call them in this process."""

import pytest
from django.utils import timezone

from copilot.tests import scripted_tools
from copilot.tests.charted import make_maria


@pytest.fixture
def scripted():
    from copilot.modelled import _agent

    scripted_tools.register_all()
    _agent.cache_clear()
    yield
    scripted_tools.forget_all()
    _agent.cache_clear()


@pytest.fixture(params=["rules", "model"])
def engine(request, settings, monkeypatch):
    """The test runs with the rules, and with a language model that thinks as they do."""
    if request.param == "rules":
        return
    from copilot import modelled
    from copilot.tests.scripted_model import SETTING, scripted_model
    from copilot.toolbox import Page, known_tools

    settings.COPILOT_MODEL = SETTING
    tools = frozenset(tool.name for tool in known_tools())
    model = scripted_model(timezone.now(), tools, Page())
    monkeypatch.setattr(modelled, "build_model", lambda: model)


@pytest.fixture
def maria(alice):
    return make_maria(alice)
