"""Addresses of telephone calls."""

from django.urls import path

from voice.views import board, call

urlpatterns = [
    path("calls", board.calls, name="calls"),
    path("calls/new", call.call_new, name="call_new"),
    path("calls/<uuid:pk>", call.call, name="call"),
]
