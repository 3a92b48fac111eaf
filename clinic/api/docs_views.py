"""The API's description for programs, and the page that shows it to people."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.views import OpenView
from clinic.api.wire import WireRenderer


class SchemaView(OpenView):
    """OpenAPI 3. Made once a process: it is the same for everybody."""

    schema = None
    renderer_classes = (WireRenderer,)

    def get(self, request: Request) -> Response:
        """200."""
        return Response(openapi())


@cache
def openapi() -> dict[str, Any]:
    """The whole schema."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own files; works under the portal's content security policy."""
    return render(request, "clinic/api_docs.html")
