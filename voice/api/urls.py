"""Addresses of telephone calls."""

from __future__ import annotations

from clinic.api.views import routes
from voice.api.views import CallDetail, CallList, InitiateCall, Webhook

urlpatterns = routes(
    ("voice/initiate-call", InitiateCall, "api-voice-initiate"),
    ("voice/calls", CallList, "api-voice-calls"),
    ("voice/calls/<uuid:call_id>", CallDetail, "api-voice-call"),
    ("voice/webhook", Webhook, "api-voice-webhook"),
)
