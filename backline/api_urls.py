"""Every address under /api: each app brings its own; what is none of them answers 404 as JSON."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, re_path

from clinic.api.views import NothingHere

APPS = (
    "clinic",
    "patients",
    "tasks",
    "agents",
    "documents",
    "appointments",
    "consents",
    "claims",
    "copilot",
    "voice",
)

api_patterns: list[URLPattern | URLResolver] = [
    *(re_path("", include(f"{app}.api.urls")) for app in APPS),
    re_path("", include("clinic.realtime.urls")),
    re_path("", NothingHere.as_view()),
]
