"""Addresses of the copilot outside of the API: its pages, and what tells of /mcp."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from copilot import views
from copilot.toolbox import known_tools


@require_safe
def resource(request: HttpRequest) -> JsonResponse:
    """RFC 9728: what an outside agent must bring to /mcp."""
    del request
    return JsonResponse(
        {
            "resource": f"{settings.PUBLIC_URL}/mcp",
            "resource_name": "Backline",
            "bearer_methods_supported": ["header"],
            "scopes_supported": sorted({tool.scope for tool in known_tools()}),
        }
    )


urlpatterns = [
    path("copilot", views.copilot, name="copilot"),
    path("conversations", views.conversations, name="conversations"),
    path("conversations/<uuid:pk>", views.conversation, name="conversation"),
    path(".well-known/oauth-protected-resource", resource),
    path(".well-known/oauth-protected-resource/mcp", resource, name="mcp_resource"),
]
