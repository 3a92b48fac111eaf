"""What every signed-in page shows around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from clinic.logins import Login, tenants_of
from clinic.models import User
from clinic.tallies import tally

PLACES = (
    ("dashboard", "Dashboard", "home", ("dashboard",)),
    ("documents", "Documents", "inbox", ("document",)),
    ("patients", "Patients", "patients", ("patient",)),
    ("tasks", "Tasks", "tasks", ("task",)),
)
WAITING = {
    "documents": ("document.not_ingested",),
    "tasks": ("task.open", "task.in_progress"),
}


def portal(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the clinic and the person; read from the database only when a page shows it."""
    login: Login | None = getattr(request, "login", None)
    if login is None:
        return {}
    return {
        "clinic": login.clinic,
        "clinics": SimpleLazyObject(lambda: _clinics(login.user)),
        "nav": SimpleLazyObject(lambda: _navigation(request)),
        "role": login.role.value,
        "live_seq": getattr(request, "live_seq", None),
    }


def _clinics(user: User) -> list[dict[str, Any]]:
    return [{"id": tenant.tenant_id, "name": tenant.name} for tenant in tenants_of(user)]


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    here = (request.resolver_match.url_name or "") if request.resolver_match else ""
    return [
        {
            "label": label,
            "url": reverse(name),
            "icon": icon,
            "count": tally(*WAITING[name]) if name in WAITING else None,
            "current": here.startswith(prefixes),
        }
        for name, label, icon, prefixes in PLACES
    ]
