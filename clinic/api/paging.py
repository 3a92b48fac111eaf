"""A page of a list as an answer: a JSON array, with the total and the next page in headers."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.listing import Page, Row


def listed(request: Request, page: Page, rows: list[Row] | None = None) -> Response:
    """200 with X-Total-Count and Link; ``rows`` stand in for the page's own when given."""
    headers = {"X-Total-Count": str(page.total)}
    if page.estimated:
        headers["X-Total-Count-Estimated"] = "true"
    links = []
    for relation, cursor in (("next", page.next), ("prev", page.previous)):
        if cursor is not None:
            links.append(f'<{_with_cursor(request, cursor)}>; rel="{relation}"')
    if links:
        headers["Link"] = ", ".join(links)
    return Response(page.rows if rows is None else rows, headers=headers)


def listed_by_skip(
    request: Request, rows: list[Row], *, total: int, limit: int, skip: int
) -> Response:
    """The same for a ranked list, which has no keyset: its links count rows."""
    links = []
    if skip + len(rows) < total and rows:
        links.append(f'<{_with_skip(request, skip + limit)}>; rel="next"')
    if skip:
        links.append(f'<{_with_skip(request, max(0, skip - limit))}>; rel="prev"')
    headers = {"X-Total-Count": str(total)}
    if links:
        headers["Link"] = ", ".join(links)
    return Response(rows, headers=headers)


def _with_cursor(request: Request, cursor: str) -> str:
    query = request._request.GET.copy()
    query.pop("skip", None)
    query["cursor"] = cursor
    return request._request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _with_skip(request: Request, skip: int) -> str:
    query = request._request.GET.copy()
    query["skip"] = str(skip)
    return request._request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
