"""Who is asking, and for which clinic: one way in for tokens, portal sessions and sockets.

An access token stands for a :class:`~clinic.models.LoginSession` row. Every request looks at
that row, the user and the membership in one query, so ending any of them takes effect at once.
Where the door allows it (``clinic.current.put_off_checks``) a login that this process has found
before is not read again: its first statement is preceded by one that refuses it unless the rows
are still the same.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from clinic.current import due_check, enter_clinic
from clinic.models import Clinic, LoginSession, Role, User
from clinic.recording import Actor


class NotSignedIn(Exception):
    """No token, a bad or expired one, an ended session, or a person who was deactivated."""


class NotAMember(Exception):
    """The person does not belong to that clinic, or there is no such clinic."""


@dataclass(frozen=True, slots=True)
class Login:
    """A person at work in one clinic. ``expires_at`` is the end of the token, None for a page."""

    user: User
    clinic: Clinic
    role: Role
    actor: Actor
    session_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program keeps: ``token`` for requests, ``refresh`` for one renewal."""

    token: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """A clinic someone belongs to."""

    tenant_id: UUID
    name: str
    role: str


# In the models' own order: from_db() takes a full row by position.
_USER = tuple(field.attname for field in User._meta.concrete_fields)
_CLINIC = tuple(field.attname for field in Clinic._meta.concrete_fields)
_COLUMNS = ", ".join([*(f"u.{c}" for c in _USER), "m.role", *(f"c.{c}" for c in _CLINIC)])
# As in clinic_require_login.
_MARK = "md5(row(u.*, m.role, c.*)::text)"
_MEMBER = (
    " LEFT JOIN clinic_membership m ON m.user_id = u.id AND m.clinic_id = %s AND m.is_active"
    " LEFT JOIN clinic_clinic c ON c.id = m.clinic_id AND c.is_active"
)
_BY_SESSION = (
    f"SELECT {_COLUMNS}, {_MARK} FROM clinic_loginsession s"  # noqa: S608 - our own names
    f" JOIN users u ON u.id = s.user_id{_MEMBER}"
    " WHERE s.id = %s AND s.user_id = %s AND s.ended_at IS NULL"
    " AND s.expires_at > now() AND u.is_active"
)
_BY_USER = f"SELECT {_COLUMNS} FROM users u{_MEMBER} WHERE u.id = %s AND u.is_active"  # noqa: S608


def tenants_of(user: User) -> list[Tenant]:
    """The clinics a person belongs to, longest membership first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_id, name, role FROM clinic_memberships_of(%s)", [user.pk])
        return [Tenant(*row) for row in cursor.fetchall()]


def start_session(user: User, clinic_id: UUID, *, user_agent: str = "") -> Tokens:
    """Signs a program in: a new session and its first pair of tokens."""
    session = LoginSession.objects.create(
        user=user,
        refresh_id=secrets.token_urlsafe(32),
        user_agent=user_agent[:200],
        expires_at=timezone.now() + max(settings.JWT_REFRESH_TTL, settings.JWT_TTL),
    )
    return _tokens(session, clinic_id)


def renew_session(refresh: str) -> Tokens:
    """A new pair for a refresh token, which is spent by it.

    Raises:
        NotSignedIn: for a bad, expired or spent token. A spent one ends the session, because
            either its owner or a thief holds the newer one.
    """
    try:
        claims = RefreshToken(refresh)  # type: ignore[arg-type]
        session_id, refresh_id = UUID(claims["sid"]), str(claims["rid"])
        clinic_id = UUID(claims["tenant_id"])
    except (TokenError, KeyError, ValueError) as error:
        raise NotSignedIn from error
    fresh = secrets.token_urlsafe(32)
    alive = LoginSession.objects.filter(
        pk=session_id, ended_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    renewed = alive.filter(refresh_id=refresh_id).update(
        refresh_id=fresh, expires_at=timezone.now() + settings.JWT_REFRESH_TTL
    )
    if not renewed:
        alive.update(ended_at=timezone.now())
        raise NotSignedIn
    return _tokens(LoginSession.objects.get(pk=session_id), clinic_id)


def end_session(session_id: UUID) -> None:
    """Signs a program out; its tokens are dead from here on."""
    LoginSession.objects.filter(pk=session_id, ended_at=None).update(ended_at=timezone.now())


def login_from_token(raw: str, tenant: str | None = None, *, ip: str | None = None) -> Login:
    """The login an access token stands for, in the named clinic or else the token's own.

    Raises:
        NotSignedIn: see there.
        NotAMember: for a clinic the person does not belong to, or a name that is no id.
    """
    session_id, user_id, own_clinic, expires_at = _read(raw)
    if expires_at <= datetime.now(UTC):
        raise NotSignedIn
    clinic_id = _clinic_id(tenant, own_clinic)
    row = _row_of_session(session_id, user_id, clinic_id)
    return _login(row, ip, session_id=session_id, expires_at=expires_at)


def login_of_user(user_id: UUID, clinic_id: UUID, *, ip: str | None = None) -> Login:
    """The login of a person the portal has already signed in.

    Raises:
        NotSignedIn: when deactivated.
        NotAMember: when the membership ended.
    """
    return _login(_one(clinic_id, _BY_USER, [clinic_id, user_id]), ip)


def login_of_session(session_id: UUID, user_id: UUID, clinic_id: UUID) -> Login:
    """The login of a token's session, looked at again while a socket stays open.

    Raises:
        NotSignedIn: when the session ended or the person was deactivated.
        NotAMember: when the membership ended.
    """
    row = _one(clinic_id, _BY_SESSION, [clinic_id, session_id, user_id])
    return _login(row, None, session_id=session_id)


MOST_KNOWN = 4096
_known: dict[tuple[UUID, UUID, UUID], tuple[Any, ...]] = {}


def _row_of_session(session_id: UUID, user_id: UUID, clinic_id: UUID) -> tuple[Any, ...] | None:
    """The login's row: read now, or known and to be checked by the next statement."""
    key = (session_id, user_id, clinic_id)
    due = due_check()
    row = _known.get(key) if due is not None else None
    if row is not None and due is not None:
        ids = f"'{session_id}', '{user_id}', '{clinic_id}'"
        due.statement = f"SELECT clinic_require_login({ids}, '{row[-1]}'); "
        return row
    row = _one(clinic_id, _BY_SESSION, [clinic_id, session_id, user_id])
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    if row is not None:
        _known[key] = row
    else:
        _known.pop(key, None)
    return row


@lru_cache(maxsize=4096)
def _read(raw: str) -> tuple[UUID, UUID, UUID, datetime]:
    """Session, person, clinic and end of a token. Its signature holds for ever, so a program's
    next request need not compute it again; whether the session still stands is asked each time.

    Raises:
        NotSignedIn: for a token that is not ours, and for one that has expired.
    """
    try:
        claims = AccessToken(raw)  # type: ignore[arg-type]
        expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC)
        return UUID(claims["sid"]), UUID(claims["sub"]), UUID(claims["tenant_id"]), expires_at
    except (TokenError, KeyError, ValueError) as error:
        raise NotSignedIn from error


def _clinic_id(tenant: str | None, default: UUID) -> UUID:
    if not tenant:
        return default
    try:
        return UUID(tenant)
    except ValueError as error:
        raise NotAMember from error


def _one(clinic_id: UUID, statement: str, parameters: list[UUID]) -> tuple[Any, ...] | None:
    with enter_clinic(clinic_id), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _login(
    row: tuple[Any, ...] | None,
    ip: str | None,
    *,
    session_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Login:
    if row is None:
        raise NotSignedIn
    user = User.from_db("default", _USER, row[: len(_USER)])
    role, clinic_id = row[len(_USER)], row[len(_USER) + 1]
    if role is None or clinic_id is None:
        raise NotAMember
    first = len(_USER) + 1
    clinic = Clinic.from_db("default", _CLINIC, row[first : first + len(_CLINIC)])
    actor = Actor(user.name or user.email, user.pk, ip)
    return Login(user, clinic, Role(role), actor, session_id, expires_at)


def _tokens(session: LoginSession, clinic_id: UUID) -> Tokens:
    now = timezone.now()
    common = {"sub": str(session.user_id), "sid": str(session.pk), "tenant_id": str(clinic_id)}
    access, refresh = AccessToken(), RefreshToken()
    for token, life in ((access, settings.JWT_TTL), (refresh, settings.JWT_REFRESH_TTL)):
        token.set_exp(from_time=now, lifetime=_at_least_a_second(life))
        for name, value in common.items():
            token[name] = value
    refresh["rid"] = session.refresh_id
    return Tokens(str(access), str(refresh))


def _at_least_a_second(life: timedelta) -> timedelta:
    return max(life, timedelta(seconds=1))
