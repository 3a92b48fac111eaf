"""Which application serves which WebSocket path."""

from channels.routing import URLRouter
from django.urls import re_path

from clinic.realtime.consumers import refuse, tenant_socket

application = URLRouter(
    [
        re_path(r"^ws/tenant/(?P<tenant_id>[^/]+)/?$", tenant_socket),  # type: ignore[arg-type]
        re_path(r"", refuse),  # type: ignore[arg-type]
    ]
)
