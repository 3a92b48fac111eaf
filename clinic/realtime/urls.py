"""Addresses of the events under /api."""

from django.urls import path

from clinic.api.events import EventsView, TicketView, event_stream
from clinic.api.views import routes

urlpatterns = [
    path("events/stream", event_stream, name="event_stream"),
    path("events/stream/", event_stream),
    *routes(("events", EventsView, "events"), ("ws-ticket", TicketView, "ws_ticket")),
]
