"""Reads about the clinic itself and the people in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from clinic.models import Membership, Role, User

LOOKS = 2000


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the clinic."""

    id: UUID
    name: str
    email: str
    role: str
    is_active: bool = True


def members(*, with_former: bool = False) -> list[Member]:
    """The clinic's people by name."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email")
    if not with_former:
        rows = rows.filter(is_active=True, user__is_active=True)
    return [
        Member(m.user_id, m.user.name or m.user.email, m.user.email, m.role, m.is_active)
        for m in rows
    ]


def member(user_id: UUID) -> User | None:
    """The person, if they work in the clinic now."""
    found = Membership.objects.select_related("user").filter(
        user_id=user_id, is_active=True, user__is_active=True
    )
    membership = found.first()
    return membership.user if membership else None


def members_called(name: str) -> list[User]:
    """The members a written name may mean: by name or e-mail address, case ignored.

    Reads names alone and in SQL, since every task with a name written on it asks.
    """
    wanted = name.strip().casefold()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.id, u.name, u.email FROM clinic_membership m JOIN users u ON u.id = m.user_id"
            " WHERE m.clinic_id = %s AND m.is_active AND u.is_active",
            [current_clinic_id()],
        )
        found = [
            user_id
            for user_id, *names in cursor.fetchall()
            if any(one.casefold() == wanted for one in names)
        ]
    return list(User.objects.filter(pk__in=found)) if found else []


def latest_events(limit: int) -> list[dict[str, Any]]:
    """The clinic's latest events, newest first."""
    return events_where("true", limit=limit)


def events_where(condition: str, *, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The latest events that fit a condition of ours in SQL, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, type, op, doc, at FROM clinic_event WHERE clinic_id = %s"  # noqa: S608
            f" AND (%s::bigint IS NULL OR seq < %s) AND {condition} ORDER BY seq DESC LIMIT %s",
            [current_clinic_id(), before, before, limit],
        )
        names = ("seq", "type", "op", "doc", "at")
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for event in found:
        if isinstance(event["doc"], str):
            event["doc"] = orjson.loads(event["doc"])
    return found


def is_role(text: str) -> bool:
    """Whether this is one of the roles."""
    return text in Role.values


def looks_at(
    patient_id: UUID, *, since: datetime | None = None, until: datetime | None = None
) -> list[dict[str, Any]]:
    """Who did what about a patient, one row a person and action, the latest first.

    Reads at most LOOKS lines of the audit, its latest.
    """
    names = ("person", "action", "times", "last_at")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor, action, count(*), max(at) FROM (SELECT actor, action, at"
            " FROM clinic_auditentry WHERE clinic_id = %s AND patient_id = %s"
            " AND (%s::timestamptz IS NULL OR at >= %s) AND (%s::timestamptz IS NULL OR at < %s)"
            " ORDER BY seq DESC LIMIT %s) lines GROUP BY actor, action ORDER BY max(at) DESC",
            [current_clinic_id(), patient_id, since, since, until, until, LOOKS],
        )
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
