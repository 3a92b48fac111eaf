"""How many statements a page costs."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

MOST_QUERIES = 12
OF_THE_TEST = ("SAVEPOINT", "RELEASE SAVEPOINT")
BOUNDS = ("BEGIN", "COMMIT")


def page_and_queries(browser: Any, path: str) -> tuple[Any, int]:
    """A page, and its statements without the bounds of transactions, the test's own among them."""
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(path)
    found = [one["sql"] for one in captured.captured_queries]
    return page, sum(not sql.startswith(OF_THE_TEST) and sql not in BOUNDS for sql in found)
