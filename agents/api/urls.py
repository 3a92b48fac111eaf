"""Addresses of agent runs."""

from __future__ import annotations

from agents.api.views import ResumeView, RunsView, RunView, StartView
from clinic.api.views import routes

urlpatterns = routes(
    ("agents/runs", RunsView, "api-agent-runs"),
    ("agents/runs/<uuid:run_id>", RunView, "api-agent-run"),
    ("agents/runs/<uuid:run_id>/resume", ResumeView, "api-agent-run-resume"),
    ("agents/<slug:name>/start", StartView, "api-agent-start"),
)
