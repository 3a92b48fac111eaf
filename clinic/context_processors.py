"""What every signed-in page shows around its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from clinic.logins import Login, tenants_of
from clinic.models import User
from clinic.notes import UNREAD_NAME
from clinic.permissions import may_manage_members, may_read_audit
from clinic.views.lists import counts


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation, shown when there is a page of that name that the role may open.

    ``here`` are the beginnings of the names of pages that belong to it; ``waiting`` names the
    tallies whose sum stands beside it.
    """

    name: str
    label: str
    icon: str
    here: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    may: Callable[[Login], bool] | None = None


GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "Work",
        (
            Place("dashboard", "Dashboard", "home", ("dashboard",)),
            Place("documents", "Documents", "inbox", ("document",), ("document.not_ingested",)),
            Place("tasks", "Tasks", "tasks", ("task",), ("task.open", "task.in_progress")),
            Place("patients", "Patients", "patients", ("patient",)),
            Place("appointments", "Appointments", "calendar", ("appointment",)),
        ),
    ),
    (
        "Money and forms",
        (
            Place("claims", "Claims", "claim", ("claim",), ("claim.denied",)),
            Place("consents", "Consents", "consent", ("consent", "form_template")),
        ),
    ),
    (
        "Records",
        (
            Place("agents", "Agents", "agent", ("agent",)),
            Place("calls", "Calls", "phone", ("call",)),
            Place("conversations", "Conversations", "chat", ("conversation",)),
            Place("measure", "Measure", "chart", ("measure",)),
            Place("audit", "Audit", "audit", ("audit",), may=may_read_audit),
        ),
    ),
    (
        "Clinic",
        (
            Place("day", "The day", "clock", ("day",), may=may_read_audit),
            Place("settings", "Settings", "settings", ("settings",), may=may_manage_members),
            Place("members", "Members", "user", ("member",), may=may_manage_members),
        ),
    ),
)
TABS = 4


def portal(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the clinic and the person; read from the database only when a page shows it."""
    login: Login | None = getattr(request, "login", None)
    if login is None:
        return {}
    navigation = SimpleLazyObject(lambda: _navigation(request, login))
    return {
        "clinic": login.clinic,
        "clinics": SimpleLazyObject(lambda: _clinics(login.user)),
        "nav": navigation,
        "nav_tabs": SimpleLazyObject(lambda: navigation[0]["items"][:TABS]),
        "role": login.role.value,
        "unread": SimpleLazyObject(lambda: counts(request)[UNREAD_NAME]),
        "live_seq": getattr(request, "live_seq", None),
    }


def _clinics(user: User) -> list[dict[str, Any]]:
    return [{"id": tenant.tenant_id, "name": tenant.name} for tenant in tenants_of(user)]


def _navigation(request: HttpRequest, login: Login) -> list[dict[str, Any]]:
    """The groups with their entries, empty groups left out. The first entries are the tab bar."""
    here = (request.resolver_match.url_name or "") if request.resolver_match else ""
    known = counts(request)
    groups = []
    for label, places in GROUPS:
        items = [
            {
                "label": place.label,
                "url": url,
                "icon": place.icon,
                "count": sum(known.get(name, 0) for name in place.waiting),
                "current": here.startswith(place.here),
            }
            for place in places
            if (place.may is None or place.may(login)) and (url := _url_of(place.name))
        ]
        if items:
            current = any(item["current"] for item in items)
            groups.append({"label": label, "items": items, "current": current})
    return groups


def _url_of(name: str) -> str:
    """The page's address; nothing when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
