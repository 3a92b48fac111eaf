"""Addresses of signing in and of the pages without data."""

from django.urls import path

from clinic.views import (
    forgotten,
    health,
    invitation,
    members,
    profile,
    sessions,
    settings,
    undoing,
)

urlpatterns = [
    path("login", sessions.login, name="login"),
    path("login/code", sessions.login_code, name="login_code"),
    path("password/forgotten", forgotten.forgotten, name="password_forgotten"),
    path("password/reset/<str:user>/<str:token>", forgotten.reset, name="password_reset"),
    path("invitations/<str:secret>", invitation.invitation, name="invitation"),
    path("settings", settings.settings, name="settings"),
    path("members", members.members, name="members"),
    path("profile", profile.profile, name="profile"),
    path("profile/second-factor", profile.second_factor, name="profile_factor"),
    path("logout", sessions.leave, name="logout"),
    path("clinic", sessions.switch, name="switch_clinic"),
    path("styleguide", health.styleguide, name="styleguide"),
    path("undo/<uuid:pk>", undoing.undo, name="undo"),
    path("healthz", health.healthz, name="healthz"),
]
