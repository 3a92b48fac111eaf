"""A live server for the tests of sockets and streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.realtime.tests.live import Live, running_server


@pytest.fixture(scope="session")
def live_server_process(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("live")
    with running_server(folder) as live:
        yield live


@pytest.fixture
def live(transactional_db: None, live_server_process: Live) -> Live:
    """The server of this run; everything is committed, and gone after the test."""
    return live_server_process
