"""The tools of ``scripted_tools``, for tests that call them in this process."""

import pytest

from copilot.tests import scripted_tools


@pytest.fixture
def scripted():
    from copilot.thinking import _agent

    scripted_tools.register_all()
    _agent.cache_clear()
    yield
    scripted_tools.forget_all()
    _agent.cache_clear()
