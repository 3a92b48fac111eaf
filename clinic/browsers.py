"""A person's sessions: the browsers they signed in with, and programs, each to be ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from clinic.models import LoginSession, User
from clinic.recording import Actor, change
from clinic.refusals import Missing

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One place where a person is signed in. ``is_this`` is the one that asks."""

    id: UUID
    name: str
    is_browser: bool
    ip: str | None
    created_at: datetime
    is_this: bool


def note_browser(*, user: User, key: str, user_agent: str, ip: str | None) -> None:
    """Remembers that a browser signed in, under the key of its session in the portal."""
    LoginSession.objects.create(
        user=user,
        portal_key=key,
        user_agent=user_agent.replace("\0", "")[:200],
        ip=ip,
        expires_at=timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def forget_browser(key: str | None) -> None:
    """The browser signed out by itself."""
    if key:
        LoginSession.objects.filter(portal_key=key, ended_at=None).update(ended_at=timezone.now())


def sessions_of(user: User, key: str | None) -> list[OpenSession]:
    """Where a person is signed in, the asking browser first, then the newest."""
    rows = LoginSession.objects.filter(user=user, ended_at=None, expires_at__gt=timezone.now())
    found = [
        OpenSession(
            id=row.pk,
            name=called(row.user_agent),
            is_browser=bool(row.portal_key),
            ip=row.ip,
            created_at=row.created_at,
            is_this=bool(key) and row.portal_key == key,
        )
        for row in rows.order_by("-created_at", "-pk")[:100]
    ]
    return sorted(found, key=lambda one: not one.is_this)


def end_one(*, user: User, session_id: UUID, by: Actor) -> None:
    """Signs one browser or program out, at once.

    Raises:
        Missing: when it is not one of the person's open sessions.
    """
    with change(by=by) as record:
        found = LoginSession.objects.filter(pk=session_id, user=user, ended_at=None)
        row = found.select_for_update(no_key=True).first()
        if row is None:
            raise Missing
        _end([row])
        record.audit("user.session_end", user)


def end_others(user: User, *, but_key: str | None = None) -> None:
    """Signs a person out everywhere, or everywhere but in one browser."""
    with transaction.atomic():
        rows = LoginSession.objects.filter(user=user, ended_at=None)
        if but_key:
            rows = rows.exclude(portal_key=but_key)
        _end(list(rows.select_for_update(no_key=True).order_by("pk")))


def renamed(old: str | None, new: str | None) -> None:
    """The portal gave a browser's session another key."""
    if old and new:
        LoginSession.objects.filter(portal_key=old, ended_at=None).update(portal_key=new)


def _end(rows: list[LoginSession]) -> None:
    keys = [row.portal_key for row in rows if row.portal_key]
    if keys:
        Session.objects.filter(session_key__in=keys).delete()
    LoginSession.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=timezone.now())


def called(user_agent: str) -> str:
    """A browser in words: Firefox on Windows; what a program calls itself otherwise."""
    browser = next((word for mark, word in BROWSERS if mark in user_agent), "")
    machine = next((word for mark, word in MACHINES if mark in user_agent), "")
    if browser and machine:
        return f"{browser} on {machine}"
    own = re.match(r"[\w.-]{1,40}", user_agent)
    return browser or (own.group(0) if own else "Unknown program")
