"""Addresses of signing up, in and out, and of the dashboard."""

from __future__ import annotations

from django.urls import path

from clinic.api.auth_views import LoginView, LogoutView, MeView, RefreshView, RegisterView
from clinic.api.dashboard_views import RecentActivity, StatsView
from clinic.api.docs_views import SchemaView, docs
from clinic.api.views import routes

urlpatterns = [
    path("docs", docs, name="api-docs"),
    path("docs/", docs),
    *routes(
        ("auth/register", RegisterView, "api-register"),
        ("auth/login", LoginView, "api-login"),
        ("auth/refresh", RefreshView, "api-refresh"),
        ("auth/logout", LogoutView, "api-logout"),
        ("auth/me", MeView, "api-me"),
        ("dashboard/stats", StatsView, "api-dashboard-stats"),
        ("dashboard/recent-activity", RecentActivity, "api-dashboard-recent-activity"),
        ("schema", SchemaView, "api-schema"),
    ),
]
