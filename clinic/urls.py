"""Addresses of signing in and of the pages without data."""

from django.urls import path

from clinic.views import health, sessions

urlpatterns = [
    path("login", sessions.login, name="login"),
    path("logout", sessions.leave, name="logout"),
    path("clinic", sessions.switch, name="switch_clinic"),
    path("styleguide", health.styleguide, name="styleguide"),
    path("healthz", health.healthz, name="healthz"),
]
