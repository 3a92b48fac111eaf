"""How many statements a page costs."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

MOST_QUERIES = 12
OF_THE_TEST = ("SAVEPOINT", "RELEASE SAVEPOINT")


def page_and_queries(browser: Any, path: str) -> tuple[Any, int]:
    """A page, and its statements without those by which the test wraps transactions."""
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(path)
    found = [one["sql"] for one in captured.captured_queries]
    return page, sum(not sql.startswith(OF_THE_TEST) for sql in found)
